package database

import "github.com/pgplanner/pgplanner/internal/resource"

// TypeDumpRoles is the type of DumpRoles.
const TypeDumpRoles resource.Type = "database.dump_roles"

// DumpRoles reads the cluster-wide roles of a node, which replication of a database does not carry over.
// Only execution knows the roles and the statements that make them: they are null here, and comparison
// skips them.
//
// It depends on the node, whose primary it asks.
type DumpRoles struct{ NodeName string }

// DumpRolesIdentifier identifies the dump of the node's roles.
func DumpRolesIdentifier(node string) resource.Identifier {
	return resource.Identifier{Type: TypeDumpRoles, ID: node}
}

// Resource makes the resource.
func (d DumpRoles) Resource() *resource.Resource {
	var buffer [bufferSize]byte
	attributes := newObject(buffer[:0]).
		text("node_name", d.NodeName).
		null("roles").
		null("statements").
		json()
	return ignoring(
		build(
			DumpRolesIdentifier(d.NodeName),
			onPrimary(d.NodeName),
			attributes,
			[]resource.Identifier{NodeIdentifier(d.NodeName)},
		),
		"/roles", "/statements",
	)
}
