package verify

import (
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// positionOf are what finds the position of a link, in order: what has arrived, and the slot and the origin moved behind it.
func positionOf(link database.Link) []resource.Identifier {
	return []resource.Identifier{
		database.LagTrackerIdentifier(link.Provider, link.Subscriber, link.DatabaseName),
		database.ReplicationSlotAdvanceIdentifier(link), database.ReplicationOriginAdvanceIdentifier(link),
	}
}

// isBetweenMembers tells whether both nodes of a link are members. One that joins again counts as one that provides, until it
// is drained.
func (m *mesh) isBetweenMembers(link database.Link) bool {
	provides := m.node(link.Provider, link.DatabaseName).member || m.isUndrained(link.Provider)
	return provides && m.node(link.Subscriber, link.DatabaseName).member
}

// isNew tells whether the slot of a link keeps nothing that may have arrived: start has no slot, or it has lost it, or the
// plans have deleted it, or have made a database of one of the two nodes. A slot that start has not recorded is there if
// something reads from it.
func (m *mesh) isNew(link database.Link) bool {
	for _, name := range [2]string{link.Provider, link.Subscriber} {
		if m.entry(database.PostgresDatabaseIdentifier(name, link.DatabaseName)).made > 0 {
			return true
		}
	}
	slot := m.entry(database.ReplicationSlotIdentifier(link))
	switch before := m.atStart(*slot.id); {
	case slot.deletion != nil:
		return true
	case before != nil:
		return before.NeedsRecreate
	}
	return m.atStart(database.SubscriptionIdentifier(link)) == nil
}

// judgeWaiting judges, when a subscription between members that was to do something else before is put to wait, that
// nothing stands as done of what found its position before. A crash right after would leave a state in which nothing tells
// that it has to be found.
func (m *mesh) judgeWaiting(x *entry, e *resource.Event, link database.Link, before flags, at place) {
	if e.Type == resource.EventUpdate && before.disabled && isDone(x.now) || !m.isBetweenMembers(link) {
		return
	}
	m.waiting[*x.id] = m.clock
	for _, id := range positionOf(link) {
		if old := m.entry(id); old.changed == 0 && isDone(old.now) {
			m.about(RuleStaleRecord, at, *x.id, "is put to wait for its position while there stands as done:", id)
		}
	}
}

// judgePosition judges the start of a subscription whose node is not joining. Between members it goes on from a position
// that is found after it was told to wait; if nothing has arrived, there is none to find. For other nodes nothing tells
// their source, but what leads to a start was done.
func (m *mesh) judgePosition(x *entry, e *resource.Event, link database.Link, before flags, at place) {
	isCreate := e.Type == resource.EventCreate
	if before.settled() && !isCreate {
		return
	}
	isBetween := m.isBetweenMembers(link)
	if isCreate && isBetween && !m.isNew(link) {
		m.about(RuleEnabledTooEarly, at, *x.id, "is created to apply changes from a position that nothing has told it")
	}
	if isCreate && isBetween || before.settled() {
		return
	}
	parts, after := positionOf(link)[1:], moment(0)
	switch {
	case before.copies:
		parts = []resource.Identifier{database.SyncEventIdentifier(link), database.WaitForSyncEventIdentifier(link)}
	case isBetween:
		parts, after = positionOf(link), m.waiting[*x.id]
	}
	if g := m.firstGap(after, parts...); g != nil {
		m.about(RuleEnabledTooEarly, at, *x.id, "applies changes before is done:", g.missing)
	}
}
