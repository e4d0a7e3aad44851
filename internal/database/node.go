package database

import (
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// TypeNode is the type of Node.
const TypeNode resource.Type = "database.node"

const keyPrimaryInstanceID = "primary_instance_id"

// PrimaryPointers are JSON pointers to where records of a type say which instance is the primary. Comparison skips these places, but
// plans depend on them.
func PrimaryPointers() map[resource.Type]string {
	return map[resource.Type]string{TypeInstance: "/" + keyPrimaryInstanceID, TypeNode: "/" + keyPrimaryInstanceID}
}

// Node is one writable member of the database. It stands for the instances together: executing it waits
// until they agree on a primary, and records which one that is.
//
// It depends on every instance of the node, so that whatever needs a node that accepts writes has one
// thing to depend on. Which instance is the primary may change by itself, so comparison skips it.
type Node struct {
	Name string
	// InstanceIDs keep their order: the primary that a new node should have comes first.
	InstanceIDs       []string
	PrimaryInstanceID string
}

// NodeIdentifier identifies the node of that name.
func NodeIdentifier(name string) resource.Identifier {
	return resource.Identifier{Type: TypeNode, ID: name}
}

// Resource makes the resource.
func (n Node) Resource() *resource.Resource {
	var buffer [bufferSize]byte
	attributes := newObject(buffer[:0]).
		texts(nil, "instance_ids", n.InstanceIDs).
		text("name", n.Name).
		text(keyPrimaryInstanceID, n.PrimaryInstanceID).
		json()
	instances := make([]resource.Identifier, len(n.InstanceIDs))
	for i, id := range n.InstanceIDs {
		instances[i] = InstanceIdentifier(id)
	}
	return ignoring(
		build(NodeIdentifier(n.Name), anywhere(), attributes, instances),
		"/primary_instance_id",
	)
}

// NodePrimaryInstanceID reads from a stored node which instance was its primary. It is "" if none was
// known. The error is an *AttributeError; of a computation that was told to stop, neither means anything.
func NodePrimaryInstanceID(stop *interrupt.Poller, r *resource.Resource) (string, error) {
	return textAttribute(stop, r, TypeNode, keyPrimaryInstanceID)
}
