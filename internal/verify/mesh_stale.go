package verify

import (
	"slices"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// judgeStale judges, when x is created for a node that is joining at the start, or is the lost database of a member, that
// no record stands as done of what was lost with the x before.
func (m *mesh) judgeStale(x *entry, at place) {
	m.judgeTold(x, at)
	var stale []resource.Identifier
	for _, id := range interrupt.Each(m.stop, m.livesIn(x)) {
		if w := m.entry(id); w != x && w.changed == 0 && isDone(w.now) {
			stale = append(stale, id)
		}
	}
	if len(stale) > 0 {
		m.about(RuleStaleRecord, at, *x.id, "is created while there stands as done what was lost with it:", stale...)
	}
}

// livesIn returns what is lost when x is: x is the primary, the database, or a slot for a node that is joining
// at the start. Of all others it is nothing.
func (m *mesh) livesIn(x *entry) []resource.Identifier {
	switch x.id.Type {
	case database.TypeInstance:
		name := m.instanceNode(x.id.ID)
		if !m.joining[name] || m.readPrimary(name) != x.id.ID {
			return nil
		}
		ids := m.instancesOf(name)
		return append(ids, database.PostgresDatabaseIdentifier(name, m.databaseOf(name)))
	case database.TypePostgresDatabase:
		name, databaseName, _ := cutName(x.id.ID)
		if !m.joining[name] && !m.isLinked(name) {
			return nil
		}
		n := m.node(name, databaseName)
		var ids []resource.Identifier
		for _, other := range interrupt.Each(m.stop, m.nodeNames()) {
			in, out := n.link(other, name), n.link(name, other)
			ids = append(ids, database.SubscriptionIdentifier(in))
			if !m.mayTell(out) || !m.tellsLoss(out) {
				ids = append(ids, database.SubscriptionIdentifier(out))
			}
		}
		return ids
	case database.TypeReplicationSlot:
		return m.needsSlot(*x.id)
	case database.TypeReplicationSlotCreate:
		for _, id := range m.plan.of(x).Resource.Dependencies {
			if found := m.needsSlot(id); m.stops() || len(found) > 0 {
				return found[:min(len(found), 1)]
			}
		}
	}
	return nil
}

// needsSlot returns what is lost with a slot for a node that is joining at the start, from its source or a
// peer: the copy, first of all, and what made the slot ahead.
func (m *mesh) needsSlot(slot resource.Identifier) []resource.Identifier {
	provider, name, ok := database.SlotNodes(slot)
	if !ok || !m.joining[name] {
		return nil
	}
	link, _ := linkOf(slot)
	if m.isRecordedLate(link) {
		return nil
	}
	n, source := m.node(name, link.DatabaseName), m.sourceOf(name)
	if m.isPopulated(n) || provider != source && !slices.Contains(m.peersOf(n, source), provider) {
		return nil
	}
	return []resource.Identifier{
		database.SubscriptionIdentifier(n.link(source, name)), m.making(link),
	}
}

// judgeTold judges, when the lost database of a member is created again, that of each member that leaves, and has not been let
// go, the records still tell whether it lacks rows: what is written in the database from here on would not reach it, should it
// be wanted again.
func (m *mesh) judgeTold(x *entry, at place) {
	name, databaseName, ok := cutName(x.id.ID)
	if x.id.Type != database.TypePostgresDatabase || !ok || m.joining[name] || !m.isLinked(name) {
		return
	}
	for _, other := range interrupt.Each(m.stop, m.nodeNames()) {
		out := database.Link{Provider: name, Subscriber: other, DatabaseName: databaseName}
		slot := database.ReplicationSlotIdentifier(out)
		if m.mayTell(out) && m.isWatched(other, m.get) && m.atStart(slot) != nil && m.get(slot) == nil {
			m.about(RuleLinkOverLoss, at, *x.id, "is created while nothing tells any more what is missing in a node that leaves:", slot)
		}
	}
}

// mayTell tells whether the subscriber of a link is a member that leaves.
func (m *mesh) mayTell(link database.Link) bool {
	return link.Provider != link.Subscriber && m.holdsData(link.Subscriber, link.DatabaseName) &&
		!m.end.Has(database.NodeIdentifier(link.Subscriber))
}

// tellsLoss tells whether a link has lost its slot, and the record of that still says so.
func (m *mesh) tellsLoss(link database.Link) bool {
	slot := m.get(database.ReplicationSlotIdentifier(link))
	return slot != nil && slot.NeedsRecreate
}
