package database

import (
	"encoding/json"

	"github.com/pgplanner/pgplanner/internal/resource"
)

// Replication makes the slot of a link and the subscription that applies its changes, as ReplicationSlot and
// Subscription do. A mesh of N nodes has nearly N*N links: so the two share memory, and the identifier
// of the provider's Postgres database, which is that of all its links, is given.
func Replication(l Link, provider resource.Identifier) (slot, subscription *resource.Resource) {
	var slotBuffer, subscriptionBuffer [scratchSize]byte
	slotObject := ReplicationSlot{l}.attributes(slotBuffer[:0])
	subscriptionObject := Subscription{Link: l}.attributes(subscriptionBuffer[:0])
	n := len(slotObject) + 1
	text := make(json.RawMessage, n+len(subscriptionObject)+1)
	text[copy(text, slotObject)] = '}'
	text[n+copy(text[n:], subscriptionObject)] = '}'

	id := l.id()
	slotID := resource.Identifier{Type: TypeReplicationSlot, ID: id}
	made := &struct {
		slot, subscription resource.Resource
		dependencies       [4]resource.Identifier
	}{dependencies: [...]resource.Identifier{provider, l.subscriberDatabase(id), provider, slotID}}
	made.slot = resource.Resource{
		Identifier: slotID, Executor: onPrimary(l.Provider), Attributes: text[:n:n],
		Dependencies: made.dependencies[:1:1], ResourceVersion: version,
	}
	made.subscription = resource.Resource{
		Identifier: resource.Identifier{Type: TypeSubscription, ID: id}, Executor: onPrimary(l.Subscriber),
		Attributes: text[n:], Dependencies: made.dependencies[1:], ResourceVersion: version,
	}
	return &made.slot, &made.subscription
}
