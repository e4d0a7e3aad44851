package database

import (
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// TypeRolesSource is the type of RolesSource.
const TypeRolesSource resource.Type = "database.roles_source"

const (
	keyRejoins        = "rejoins"
	keySourceNodeName = "source_node_name"
)

// RolesSource names the node whose roles a new node loads when its first instance is created, before it
// copies that node's data. It is created before the node and deleted after everything else has succeeded:
// as long as a state has it, the node is still joining.
//
// It depends on the dump of the source's roles.
type RolesSource struct {
	NodeName, SourceNodeName string
	// Rejoins says that the node was a member before, and the others may lack what it wrote then. It is no attribute of
	// other nodes.
	Rejoins bool
}

// RolesSourceIdentifier identifies the roles source of the new node.
func RolesSourceIdentifier(node string) resource.Identifier {
	return resource.Identifier{Type: TypeRolesSource, ID: node}
}

// Resource makes the resource.
func (s RolesSource) Resource() *resource.Resource {
	var buffer [bufferSize]byte
	attributes := newObject(buffer[:0]).text("node_name", s.NodeName)
	if s.Rejoins {
		attributes = attributes.flag(keyRejoins, true)
	}
	return build(
		RolesSourceIdentifier(s.NodeName),
		anywhere(),
		attributes.text(keySourceNodeName, s.SourceNodeName).json(),
		[]resource.Identifier{DumpRolesIdentifier(s.SourceNodeName)},
	)
}

// RolesSourceNode reads from a stored roles source which node it names. The error is an *AttributeError; of a
// computation that was told to stop, neither means anything.
func RolesSourceNode(stop *interrupt.Poller, r *resource.Resource) (string, error) {
	return textAttribute(stop, r, TypeRolesSource, keySourceNodeName)
}

// RolesSourceRejoins tells of a stored roles source whether its node was a member before. One that does not tell was none.
func RolesSourceRejoins(stop *interrupt.Poller, r *resource.Resource) bool {
	rejoins, err := flagAttribute(stop, r, TypeRolesSource, keyRejoins)
	return err == nil && rejoins
}
