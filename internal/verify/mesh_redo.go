package verify

import (
	"maps"
	"slices"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// mayRedo tells whether the resource belongs to a node that is joining at the start, or depends on something
// that does: itself, its instances and its database, the slots and subscriptions to and from it, its marker, and those that
// peers write for its source, with who waits for them. Or it is of a link that has lost its slot, or whose database is gone
// on one side; or it has made a slot ahead, or found the position of a link; or it is on another host than it is wanted. What
// of this has to be done again is deleted first, so that the state says so at every moment. That is safe at any time:
// nothing goes on by what is not there any more.
func (m *mesh) mayRedo(id resource.Identifier) bool {
	if m.redoable == nil {
		m.redoable = make(map[resource.Identifier]bool)
		for name := range m.joining {
			if m.stops() {
				break
			}
			n := m.node(name, m.databaseOf(name))
			m.redoable[database.PostgresDatabaseIdentifier(name, n.database)] = true
			m.redoable[database.NodeIdentifier(name)] = true
			for _, id := range m.instancesOf(name) {
				m.redoable[id] = true
				if m.formers[name] != nil {
					m.redoable[database.MonitorInstanceIdentifier(id.ID)] = true
				}
			}
			for _, other := range interrupt.Each(m.stop, m.nodeNames()) {
				for _, id := range m.between(n, other) {
					m.redoable[id] = true
				}
			}
		}
		m.noteLinks()
		m.spread(m.redoable)
	}
	return m.redoable[id]
}

// noteLinks notes the links of joining nodes, those from and to nodes without a record, too, and what of other links
// is lost or has been found out.
func (m *mesh) noteLinks() {
	for i := range m.start.Len() {
		if m.stops() {
			return
		}
		r := m.start.At(i)
		link, ok := database.Link{}, false
		switch r.Identifier.Type {
		case database.TypeReplicationSlot, database.TypeSubscription:
			link, ok = linkOf(r.Identifier)
			slot := m.atStart(database.ReplicationSlotIdentifier(link))
			if ok && (slot != nil && slot.NeedsRecreate || !m.bothDatabases(link)) {
				m.redoable[r.Identifier] = true
			}
		case database.TypeReplicationSlotCreate, database.TypeLagTracker, database.TypeReplicationSlotAdvance,
			database.TypeReplicationOriginAdvance:
			m.redoable[r.Identifier] = true
		default:
			if wanted, stays := m.end.Get(r.Identifier); stays && isElsewhere(r, wanted) {
				m.redoable[r.Identifier] = true
			}
		}
		if ok && (m.joining[link.Provider] || m.joining[link.Subscriber]) {
			m.redoable[r.Identifier] = true
		}
	}
}

// isElsewhere tells whether a resource of the caller is on another host than it is wanted: it goes there before it comes.
func isElsewhere(r, wanted *resource.Resource) bool {
	return !database.IsCatalogType(r.Identifier.Type) && isOnAnotherHost(r, wanted)
}

// bothDatabases tells whether start has the databases on both sides of a link, and does not have to make them again.
func (m *mesh) bothDatabases(link database.Link) bool {
	return isThere(m.atStart(database.PostgresDatabaseIdentifier(link.Provider, link.DatabaseName))) &&
		isThere(m.atStart(database.PostgresDatabaseIdentifier(link.Subscriber, link.DatabaseName)))
}

// between returns what belongs to a joining node and what it has to do with another one.
func (m *mesh) between(n *node, other string) []resource.Identifier {
	in, out, source, next := n.link(other, n.name), n.link(n.name, other), m.sourceOf(n.name), m.nextSource[n.name]
	return []resource.Identifier{
		database.ReplicationSlotIdentifier(in), database.ReplicationSlotIdentifier(out),
		m.making(in),
		database.SubscriptionIdentifier(in), database.SubscriptionIdentifier(out),
		database.LagTrackerIdentifier(other, n.name, n.database),
		database.ReplicationSlotAdvanceIdentifier(in), database.ReplicationOriginAdvanceIdentifier(in),
		database.SyncEventIdentifier(in), database.WaitForSyncEventIdentifier(in),
		database.SyncEventIdentifier(n.link(other, source)), database.WaitForSyncEventIdentifier(n.link(other, source)),
		database.PeerCatchupIdentifier(source, other, n.database), database.PeerCatchupIdentifier(next, other, n.database),
		database.SyncEventIdentifier(n.link(other, next)), database.WaitForSyncEventIdentifier(n.link(other, next)),
		database.SyncEventIdentifier(out), database.WaitForSyncEventIdentifier(out),
		database.PeerCatchupIdentifier(other, n.name, n.database), database.LagTrackerIdentifier(n.name, other, n.database),
		database.ReplicationSlotAdvanceIdentifier(out), database.ReplicationOriginAdvanceIdentifier(out),
	}
}

// spread adds to the resources all of start that depend on one of them, directly or not, by their records or by what
// they are.
func (m *mesh) spread(ids map[resource.Identifier]bool) {
	dependents := make(map[resource.Identifier][]resource.Identifier)
	ofType := make(map[resource.Type][]resource.Identifier)
	for r := range m.start.All(m.stop) {
		for _, id := range interrupt.Each(m.stop, r.Dependencies) {
			dependents[id] = append(dependents[id], r.Identifier)
		}
		for _, id := range interrupt.Each(m.stop, database.MissingDependencies(m.stop, r)) {
			dependents[id] = append(dependents[id], r.Identifier)
		}
		for _, t := range interrupt.Each(m.stop, r.TypeDependencies) {
			ofType[t] = append(ofType[t], r.Identifier)
		}
	}
	open := slices.Collect(maps.Keys(ids))
	for len(open) > 0 && !m.stops() {
		id := open[len(open)-1]
		open = open[:len(open)-1]
		for _, above := range interrupt.Each(m.stop, slices.Concat(dependents[id], ofType[id.Type])) {
			if !ids[above] {
				ids[above] = true
				open = append(open, above)
			}
		}
		delete(ofType, id.Type)
	}
}
