package database

import "github.com/pgplanner/pgplanner/internal/resource"

// TypeReplicationOriginAdvance is the type of ReplicationOriginAdvance.
const TypeReplicationOriginAdvance resource.Type = "database.replication_origin_advance"

// ReplicationOriginAdvance records on the subscriber the position that the link's slot was advanced to.
// With both sides agreeing on it, enabling the subscription neither repeats nor skips a change.
//
// It depends on the slot advance, which knows the position.
type ReplicationOriginAdvance struct {
	Link
	Source string // as in LagTracker
}

// ReplicationOriginAdvanceIdentifier identifies the advance of the link's replication origin.
func ReplicationOriginAdvanceIdentifier(l Link) resource.Identifier {
	return l.identifier(TypeReplicationOriginAdvance)
}

// Resource makes the resource.
func (a ReplicationOriginAdvance) Resource() *resource.Resource {
	var buffer [bufferSize]byte
	id := ReplicationOriginAdvanceIdentifier(a.Link)
	return build(
		id,
		onPrimary(a.Subscriber),
		a.attributesFrom(buffer[:0], a.Source).json(),
		[]resource.Identifier{{Type: TypeReplicationSlotAdvance, ID: id.ID}},
	)
}
