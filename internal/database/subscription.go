package database

import (
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// TypeSubscription is the type of Subscription.
const TypeSubscription resource.Type = "database.subscription"

// Subscription makes the subscriber of a link apply the changes of the provider. With SyncStructure and
// SyncData it first copies the provider's schema and rows. A disabled one exists, with a place in the
// provider's WAL, and applies nothing yet.
//
// It depends on the Postgres database on both sides, one to apply changes to and one to read them from,
// and on the slot, which is dropped only after the subscription that reads from it is gone. Extra
// dependencies are what must have happened before: for the disabled subscription of a new node to a peer,
// the slot that was made for it; for that to its source, that the source has all changes of the peers
// that their slots do not keep.
type Subscription struct {
	Link
	Disabled, SyncStructure, SyncData bool
	ExtraDependencies                 []resource.Identifier
	NeedsUpdate                       bool
}

// SubscriptionIdentifier identifies the link's subscription.
func SubscriptionIdentifier(l Link) resource.Identifier { return l.identifier(TypeSubscription) }

// Resource makes the resource.
func (s Subscription) Resource() *resource.Resource {
	return s.resource(s.id(), s.providerDatabase())
}

// resource makes the resource from what the slot of the link names, too.
func (s Subscription) resource(id string, providerDatabase resource.Identifier) *resource.Resource {
	var buffer [bufferSize]byte
	return build(
		resource.Identifier{Type: TypeSubscription, ID: id},
		onPrimary(s.Subscriber),
		s.attributes(buffer[:0]).json(),
		concat(s.ExtraDependencies,
			s.subscriberDatabase(id),
			providerDatabase,
			resource.Identifier{Type: TypeReplicationSlot, ID: id}),
	)
}

// Replication makes the slot of a link and its enabled subscription.
func Replication(l Link) (slot, subscription *resource.Resource) {
	slot = ReplicationSlot{Link: l}.Resource()
	return slot, Subscription{Link: l}.resource(slot.Identifier.ID, slot.Dependencies[0])
}

func (s Subscription) attributes(buffer []byte) object {
	return newObject(buffer).
		text("database_name", s.DatabaseName).
		flag("disabled", s.Disabled).
		identifiers(nil, "extra_dependencies", s.ExtraDependencies).
		flag("needs_update", s.NeedsUpdate).
		text("provider_node", s.Provider).
		text("subscriber_node", s.Subscriber).
		flag("sync_data", s.SyncData).
		flag("sync_structure", s.SyncStructure)
}

// SubscriptionFlags is what a stored subscription is to do.
type SubscriptionFlags struct {
	Disabled bool // it applies no changes
	Copies   bool // it copies schema or rows first
}

// ReadSubscriptionFlags reads what a stored subscription is to do. The error is an *AttributeError; of a
// computation that was told to stop, neither means anything.
func ReadSubscriptionFlags(stop *interrupt.Poller, r *resource.Resource) (SubscriptionFlags, error) {
	var flags [3]bool
	for i, key := range [3]string{"disabled", "sync_structure", "sync_data"} {
		var err error
		if flags[i], err = flagAttribute(stop, r, TypeSubscription, key); err != nil {
			return SubscriptionFlags{}, err
		}
	}
	return SubscriptionFlags{Disabled: flags[0], Copies: flags[1] || flags[2]}, nil
}

// SubscriptionDisabled tells of a stored subscription whether it applies no changes. One that does not tell does.
func SubscriptionDisabled(stop *interrupt.Poller, r *resource.Resource) bool {
	disabled, err := flagAttribute(stop, r, TypeSubscription, "disabled")
	return err == nil && disabled
}

// Settled tells whether the subscription replicates and has nothing to copy. One that does not, or still has, belongs
// to a node that is being populated, or waits for its position.
func (f SubscriptionFlags) Settled() bool { return f == SubscriptionFlags{} }
