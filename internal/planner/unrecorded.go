package planner

import (
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// unrecordedSlots returns the diff that records the slots of links between such providers and subscribers, where something but the slot is
// recorded: only the record of a slot makes someone drop it. Nil if there are none. The slots of a database that is gone
// are gone with it.
func (m *membership) unrecordedSlots(of func(database.Link) bool) *resource.State {
	diff := resource.NewState()
	for r := range m.start.All(m.stop) {
		if r.Identifier.Type == database.TypeReplicationSlot {
			continue
		}
		link, ok := linkOf(m.stop, r)
		if !ok || !of(link) {
			continue
		}
		recorded := m.recorded(database.ReplicationSlotIdentifier(link))
		if !recorded && m.exists(database.PostgresDatabaseIdentifier(link.Provider, link.DatabaseName)) {
			diff.Add(database.ReplicationSlot{Link: link}.Resource())
		}
	}
	if diff.Len() == 0 {
		return nil
	}
	return diff
}

// isLeft tells whether a link is not desired any more.
func (m *membership) isLeft(link database.Link) bool {
	return m.status[link.Provider] == 0 || m.status[link.Subscriber] == 0
}
