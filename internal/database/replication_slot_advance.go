package database

import "github.com/pgplanner/pgplanner/internal/resource"

// TypeReplicationSlotAdvance is the type of ReplicationSlotAdvance.
const TypeReplicationSlotAdvance resource.Type = "database.replication_slot_advance_from_cts"

// ReplicationSlotAdvance moves the link's slot to just behind the last change of the provider that the
// subscriber holds already, so that it is not sent again. The position that it moved to is left out here,
// and comparison skips it.
//
// It depends on the Postgres database on both sides, and on the lag tracker that knows the position of that change.
type ReplicationSlotAdvance struct {
	Link
	Source string // as in LagTracker
}

// ReplicationSlotAdvanceIdentifier identifies the advance of the link's slot.
func ReplicationSlotAdvanceIdentifier(l Link) resource.Identifier {
	return l.identifier(TypeReplicationSlotAdvance)
}

// Resource makes the resource.
func (a ReplicationSlotAdvance) Resource() *resource.Resource {
	var buffer [bufferSize]byte
	id := ReplicationSlotAdvanceIdentifier(a.Link)
	return ignoring(
		build(
			id,
			onPrimary(a.Provider),
			a.attributesFrom(buffer[:0], a.Source).json(),
			[]resource.Identifier{
				a.providerDatabase(),
				a.subscriberDatabase(id.ID),
				LagTrackerIdentifier(a.Provider, a.Subscriber, a.DatabaseName),
			},
		),
		"/advanced_to_lsn",
	)
}
