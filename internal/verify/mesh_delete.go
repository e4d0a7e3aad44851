package verify

import (
	"slices"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
)

// judgeDelete judges that an update deletes nothing before all else is done.
func (m *mesh) judgeDelete(x *entry, at place) {
	early := at.plan < m.lastPut
	if x.id.Type == database.TypeRolesSource {
		if at.phase <= m.plan.lastPut || early && !m.mayRedo(*x.id) && !(m.endsTurn() && m.isAttached(x)) {
			m.about(RuleRolesSourceDropped, at, *x.id, "is deleted before all else is done")
		}
		return
	}
	if early && !m.mayRedo(*x.id) && !m.endsTurn() && !m.mayGoLost(x) {
		m.about(RuleEarlyDelete, at, *x.id, "is deleted in a plan before the last create or update")
	}
}

// judgesDelete tells whether judgeDelete says all about when the resource may be deleted.
func (m *mesh) judgesDelete(x *entry) bool {
	return m != nil && m.update && x.id.Type == database.TypeRolesSource
}

// endsTurn tells whether nodes join in turns, and the plan ends one of them: something of populating nodes
// was there at the start, nothing of it is left behind this plan, and nodes begin to join in a later one. A
// node waits for its turn while there are markers for its source from before: its slots have to come first.
func (m *mesh) endsTurn() bool {
	if int(m.plan.number)-1 >= m.lastJoin {
		return false
	}
	if m.begun == nil {
		m.begun = []*entry{}
		begun := append(m.ofType(database.TypeRolesSource, m.start), m.ofType(database.TypeSyncEvent, m.start)...)
		for _, r := range interrupt.Each(m.stop, begun) {
			m.begun = append(m.begun, m.entry(r.Identifier))
		}
	}
	return len(m.begun) > 0 && !slices.ContainsFunc(m.begun, func(x *entry) bool {
		return m.stops() || x.now != nil && !m.plan.drops(x)
	})
}

// isAttached tells whether the node of a roles source has joined: it is populated, and all its
// subscriptions apply changes. A node that is not wanted has nothing to join.
func (m *mesh) isAttached(x *entry) bool {
	if _, wanted := m.end.Get(database.NodeIdentifier(x.id.ID)); !wanted {
		return true
	}
	n := m.node(x.id.ID, m.databaseOf(x.id.ID))
	if m.gapOf(n) != nil {
		return false
	}
	for _, other := range interrupt.Each(m.stop, m.nodeNames()) {
		r := m.get(database.SubscriptionIdentifier(n.link(other, n.name)))
		if r == nil {
			continue
		}
		if flags, err := flagsOf(m.stop, r); err != nil || !flags.settled() || !isDone(r) {
			return false
		}
	}
	return true
}
