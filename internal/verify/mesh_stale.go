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
			ids = append(ids, database.SubscriptionIdentifier(n.link(other, name)),
				database.SubscriptionIdentifier(n.link(name, other)))
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
