package database

import "github.com/pgplanner/pgplanner/internal/resource"

// TypeReplicationSlot is the type of ReplicationSlot.
const TypeReplicationSlot resource.Type = "database.replication_slot"

// ReplicationSlot is the record of the slot that a link's subscription reads from. Executing a create or
// an update does nothing: the subscription makes its slot, or takes over that of a ReplicationSlotCreate.
// Executing a delete drops the slot at the provider, which would otherwise keep WAL until its disk is
// full; that is why every subscription has one, and why the subscription depends on it and is deleted
// first.
//
// It depends on the provider's Postgres database, because a logical slot belongs to one database and has
// to be dropped before it.
type ReplicationSlot struct{ Link }

// ReplicationSlotIdentifier identifies the link's replication slot.
func ReplicationSlotIdentifier(l Link) resource.Identifier { return l.identifier(TypeReplicationSlot) }

// Resource makes the resource.
func (s ReplicationSlot) Resource() *resource.Resource {
	var buffer [bufferSize]byte
	return build(
		ReplicationSlotIdentifier(s.Link),
		onPrimary(s.Provider),
		s.attributes(buffer[:0]).json(),
		[]resource.Identifier{s.providerDatabase()},
	)
}

// SlotNodes reads provider and subscriber back from the identifier of a ReplicationSlot; ok is false for
// any other identifier.
func SlotNodes(id resource.Identifier) (provider, subscriber string, ok bool) {
	if id.Type != TypeReplicationSlot {
		return "", "", false
	}
	link, ok := LinkOf(id)
	return link.Provider, link.Subscriber, ok
}
