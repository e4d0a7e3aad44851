package planner

import (
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// unrecordedSlots returns the diff that records the slots of links between such providers and subscribers, where something
// but the slot is recorded: only the record of a slot makes someone drop it. The slots of a database that is gone are gone
// with it.
func (m *membership) unrecordedSlots(of func(database.Link) bool) *resource.State {
	diff := resource.NewState()
	for r := range m.start.All(m.stop) {
		if r.Identifier.Type == database.TypeReplicationSlot {
			continue
		}
		if link, ok := linkOf(m.stop, r); ok && of(link) {
			m.recordSlot(diff, link)
		}
	}
	return diff
}

// recordUnknownSlots adds to the diff the slots on members for such nodes, of which nothing at all is recorded: a node that
// has been linked has had a slot on each other one, and the event that made it may have run. What reads from it may be there,
// too, until the database of the node is gone: the order that it returns has the slot deleted after that.
func (m *membership) recordUnknownSlots(diff *resource.State, of func(node string) bool) []resource.Constraint {
	linked := make(map[string]bool)
	for r := range m.start.All(m.stop) {
		if r.Identifier.Type != database.TypeSubscription {
			continue
		}
		if link, ok := database.LinkOf(r.Identifier); ok {
			linked[link.Provider], linked[link.Subscriber] = of(link.Provider), of(link.Subscriber)
		}
	}
	var orders []resource.Constraint
	for name, isOne := range linked {
		if m.stop.Stopped() {
			break
		}
		if !isOne {
			continue
		}
		var order resource.Constraint
		for _, n := range interrupt.Each(m.stop, m.members) {
			link := n.link(n.NodeName, name)
			if m.recordSlot(diff, link) {
				order.After = append(order.After, database.ReplicationSlotIdentifier(link))
				order.Before = []resource.Identifier{database.PostgresDatabaseIdentifier(name, link.DatabaseName)}
			}
		}
		orders = append(orders, order)
	}
	return orders
}

// recordSlot adds the slot of a link to the diff, and tells whether it has, which is if it is not recorded.
func (m *membership) recordSlot(diff *resource.State, link database.Link) bool {
	slot := database.ReplicationSlotIdentifier(link)
	if m.recorded(slot) || diff.Has(slot) || !m.exists(database.PostgresDatabaseIdentifier(link.Provider, link.DatabaseName)) {
		return false
	}
	diff.Add(database.ReplicationSlot{Link: link}.Resource())
	return true
}

// isLeft tells whether a link is not desired any more.
func (m *membership) isLeft(link database.Link) bool {
	return m.leaves(link.Provider) || m.leaves(link.Subscriber)
}

// leaves tells whether a node is not desired any more.
func (m *membership) leaves(node string) bool { return m.status[node] == 0 }
