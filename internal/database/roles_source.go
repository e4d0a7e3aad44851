package database

import (
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// TypeRolesSource is the type of RolesSource.
const TypeRolesSource resource.Type = "database.roles_source"

const keySourceNodeName = "source_node_name"

// RolesSource names the node whose roles a new node loads when its first instance is created, before it
// copies that node's data. It is created before the node and deleted after everything else has succeeded:
// as long as a state has it, the node is still joining.
//
// It depends on the dump of the source's roles.
type RolesSource struct {
	NodeName, SourceNodeName string
}

// RolesSourceIdentifier identifies the roles source of the new node.
func RolesSourceIdentifier(node string) resource.Identifier {
	return resource.Identifier{Type: TypeRolesSource, ID: node}
}

// Resource makes the resource.
func (s RolesSource) Resource() *resource.Resource {
	var buffer [bufferSize]byte
	attributes := newObject(buffer[:0]).
		text("node_name", s.NodeName).
		text(keySourceNodeName, s.SourceNodeName).
		json()
	return build(
		RolesSourceIdentifier(s.NodeName),
		anywhere(),
		attributes,
		[]resource.Identifier{DumpRolesIdentifier(s.SourceNodeName)},
	)
}

// RolesSourceNode reads from a stored roles source which node it names. The error is an *AttributeError; of a
// computation that was told to stop, neither means anything.
func RolesSourceNode(stop *interrupt.Poller, r *resource.Resource) (string, error) {
	return textAttribute(stop, r, TypeRolesSource, keySourceNodeName)
}
