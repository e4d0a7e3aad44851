package database

import (
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// TypeReplicationSlotCreate is the type of ReplicationSlotCreate.
const TypeReplicationSlotCreate resource.Type = "database.replication_slot_create"

// ReplicationSlotCreate makes the slot of a link before there is a subscription to read from it: from then
// on the provider, a peer, keeps its changes for the subscriber, a new node. Whatever the peer committed
// before that, the new node gets with the copy of its source.
//
// It depends on the provider's Postgres database, which the slot belongs to.
type ReplicationSlotCreate struct{ Link }

// ReplicationSlotCreateIdentifier identifies the creation of the link's slot by the slot's own name in
// Postgres. In one database, two links never have the same name as long as no provider's name has the
// word "sub" in it, set off by underscores or standing alone; links of different databases may have.
func ReplicationSlotCreateIdentifier(l Link) resource.Identifier {
	return resource.Identifier{
		Type: TypeReplicationSlotCreate,
		ID:   "spk_" + l.DatabaseName + "_" + l.Provider + "_sub_" + l.Provider + "_" + l.Subscriber,
	}
}

// Resource makes the resource.
func (c ReplicationSlotCreate) Resource() *resource.Resource {
	var buffer [bufferSize]byte
	return build(
		ReplicationSlotCreateIdentifier(c.Link),
		onPrimary(c.Provider),
		c.attributes(buffer[:0]).json(),
		[]resource.Identifier{c.providerDatabase(), ReplicationSlotIdentifier(c.Link)},
	)
}

// SlotCreateLink reads the link from the attributes of a stored ReplicationSlotCreate: its identifier does not tell where
// one name ends and the other begins. ok is false if they do not tell it, either, and for any other type.
func SlotCreateLink(stop *interrupt.Poller, r *resource.Resource) (link Link, ok bool) {
	for key, name := range map[string]*string{
		"database_name": &link.DatabaseName, "provider_node": &link.Provider, "subscriber_node": &link.Subscriber,
	} {
		text, err := textAttribute(stop, r, TypeReplicationSlotCreate, key)
		if err != nil || text == "" {
			return Link{}, false
		}
		*name = text
	}
	return link, true
}
