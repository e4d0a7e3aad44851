package database

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode"

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
type ReplicationSlotCreate struct {
	Link
	// Former says that it is recorded by its former identifier.
	Former bool
}

// ReplicationSlotCreateIdentifier identifies the creation of the link's slot by the slot's own name in
// Postgres. Where the names of the link make none that is legal, characters are replaced, what is too long is cut, and a
// hash of the link is appended, so that no two such links share a name. In one database, two other links never have
// the same name as long as no provider's name has the word "sub" in it, set off by underscores or standing alone; links
// of different databases may have.
func ReplicationSlotCreateIdentifier(l Link) resource.Identifier {
	name := formerSlotName(l)
	if !isSlotName(name) {
		name = legalSlotName(name, l)
	}
	return resource.Identifier{Type: TypeReplicationSlotCreate, ID: name}
}

// RecordedSlotCreate is the creation of the link's slot as a state has it, or should: by its former identifier if that is
// recorded. It was the same with any names, legal or not.
func RecordedSlotCreate(l Link, recorded func(resource.Identifier) bool) ReplicationSlotCreate {
	former := ReplicationSlotCreate{Link: l, Former: true}
	if name := formerSlotName(l); isSlotName(name) || !recorded(former.Identifier()) {
		return ReplicationSlotCreate{Link: l}
	}
	return former
}

// Identifier is that by which it is recorded.
func (c ReplicationSlotCreate) Identifier() resource.Identifier {
	if c.Former {
		return resource.Identifier{Type: TypeReplicationSlotCreate, ID: formerSlotName(c.Link)}
	}
	return ReplicationSlotCreateIdentifier(c.Link)
}

// Resource makes the resource.
func (c ReplicationSlotCreate) Resource() *resource.Resource {
	var buffer [bufferSize]byte
	return build(
		c.Identifier(),
		onPrimary(c.Provider),
		c.attributes(buffer[:0]).json(),
		[]resource.Identifier{c.providerDatabase(), ReplicationSlotIdentifier(c.Link)},
	)
}

// maxSlotName is how many bytes the name of a slot may have in Postgres.
const maxSlotName = 63

func formerSlotName(l Link) string {
	return "spk_" + l.DatabaseName + "_" + l.Provider + "_sub_" + l.Provider + "_" + l.Subscriber
}

func isSlotName(name string) bool {
	return len(name) <= maxSlotName && strings.IndexFunc(name, isNotInSlotName) < 0
}

func isNotInSlotName(c rune) bool { return (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' }

// legalSlotName makes a name of one that is not legal.
func legalSlotName(name string, l Link) string {
	sum := sha256.Sum256([]byte(l.id()))
	suffix := "_" + hex.EncodeToString(sum[:8])
	legal := strings.Map(func(c rune) rune {
		if c = unicode.ToLower(c); isNotInSlotName(c) {
			return '_'
		}
		return c
	}, name)
	return legal[:min(len(legal), maxSlotName-len(suffix))] + suffix
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
