package verify

import (
	"slices"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// former is a node that was a member, and joins again, or is to. Until it is drained, the others may lack what it wrote.
type former struct {
	// begins says that the plans make it joining.
	begins bool
	// goes says that plans delete a monitor of it, undrained that nothing has told yet that it is drained.
	goes, undrained bool
}

// findFormers finds the nodes that join again. The judge takes those that begin to for joining from the start: it is the
// first thing that is done to them.
func (m *mesh) findFormers() {
	for _, r := range interrupt.Each(m.stop, m.ofType(database.TypeRolesSource, m.start)) {
		if database.RolesSourceRejoins(m.stop, r) {
			m.formers[r.Identifier.ID] = &former{}
		}
	}
	for _, e := range m.events(m.plans) {
		if !isPut(e) || e.Resource.Identifier.Type != database.TypeRolesSource {
			continue
		}
		name := e.Resource.Identifier.ID
		if source, err := database.RolesSourceNode(m.stop, e.Resource); err == nil {
			m.nextSource[name] = source
		}
		if e.Type == resource.EventCreate && !m.joining[name] && database.RolesSourceRejoins(m.stop, e.Resource) {
			m.formers[name] = &former{begins: true}
		}
	}
	for name, f := range m.formers {
		if m.stops() {
			return
		}
		m.joining[name] = true
		f.goes = f.begins || m.losesMonitor(name)
		f.undrained = m.isWatched(name, m.get) && m.isRead(name, m.atStart) && (f.goes || !m.hasCopied(name))
	}
}

// hasCopied tells whether start has the marker behind the copy of a joining node: since that, it has written nothing.
func (m *mesh) hasCopied(name string) bool {
	link := database.Link{Provider: m.sourceOf(name), Subscriber: name, DatabaseName: m.databaseOf(name)}
	return m.atStart(database.SyncEventIdentifier(link)) != nil
}

// losesMonitor tells whether plans delete a monitor of the node.
func (m *mesh) losesMonitor(name string) bool {
	ids := m.instancesOf(name)
	for _, e := range m.events(m.plans) {
		if e.Type == resource.EventDelete && e.Resource.Identifier.Type == database.TypeMonitorInstance &&
			slices.Contains(ids, database.InstanceIdentifier(e.Resource.Identifier.ID)) {
			return true
		}
	}
	return false
}

// isRead tells whether there are records of links out of the node.
func (m *mesh) isRead(name string, record func(resource.Identifier) *resource.Resource) bool {
	return slices.ContainsFunc(m.nodeNames(), func(other string) bool {
		link := database.Link{Provider: name, Subscriber: other, DatabaseName: m.databaseOf(name)}
		return m.stops() || record(database.ReplicationSlotIdentifier(link)) != nil || record(database.SubscriptionIdentifier(link)) != nil
	})
}

// isUndrained tells whether others may lack what a node wrote that joins again. One that has all its data again has
// written nothing since it was drained.
func (m *mesh) isUndrained(name string) bool {
	f := m.formers[name]
	return f != nil && f.undrained && (f.goes || !m.node(name, m.databaseOf(name)).populated)
}

// noteDrained notes which nodes have been let go meanwhile: they have no monitor any more, or no links out.
func (m *mesh) noteDrained() {
	if len(m.formers) == 0 || m.lookedAt == m.clock {
		return
	}
	m.lookedAt = m.clock
	for name, f := range m.formers {
		if m.stops() {
			return
		}
		f.undrained = f.undrained && m.isWatched(name, m.get) && m.isRead(name, m.get)
	}
}

// judgeRejoin judges that a node begins to join again because it is asked to, and lacks rows, and that no node copies
// a source that lacks some itself.
func (m *mesh) judgeRejoin(x *entry, e *resource.Event, at place) {
	name := x.id.ID
	source, err := database.RolesSourceNode(m.stop, e.Resource)
	n := m.wanted[source]
	lacks := m.isDamaged(source) && m.formers[source] == nil && (n == nil || !n.Continues)
	if err == nil && (m.isJoining(source) || lacks) {
		m.about(RuleSourceIncomplete, at, *x.id, "names a source that lacks rows itself")
	}
	f := m.formers[name]
	if f == nil || !f.begins {
		return
	}
	if n = m.wanted[name]; n == nil || !n.Rejoins || !m.isDamaged(name) {
		m.about(RuleRejoinUnasked, at, *x.id, "lets a member join again that lacks nothing, or is not asked to")
	}
}

// isDamaged tells whether start says that a node lacks rows which nothing will bring.
func (m *mesh) isDamaged(name string) bool {
	return m.isEmptied(name) || slices.ContainsFunc(m.lost.slots, func(link database.Link) bool {
		return m.stops() || link.Subscriber == name && m.lacksRows(link)
	})
}

// isEmptied tells whether a member has lost all its data.
func (m *mesh) isEmptied(name string) bool {
	return (!m.lost.filled[name] || !m.anyInstanceAtStart(name)) && m.isLinked(name)
}

// judgeTaken judges, when something is deleted, that nothing of a node goes that joins again before all others have what it
// wrote: its monitors go first, after the drain, and then its links out, and its data.
func (m *mesh) judgeTaken(x *entry, at place) {
	name := ""
	switch x.id.Type {
	case database.TypeMonitorInstance:
		m.judgeLetGo(x, at)
		return
	case database.TypeReplicationSlot, database.TypeSubscription:
		link, _ := linkOf(*x.id)
		name = link.Provider
		slot := m.atStart(database.ReplicationSlotIdentifier(link))
		if n := m.wanted[link.Subscriber]; n != nil && n.Continues && (slot != nil && slot.NeedsRecreate || m.isEmptied(n.Name)) {
			return // that has given up what it lacks
		}
		if m.gone.nodes[link.Subscriber] {
			return
		}
	case database.TypePostgresDatabase:
		name, _, _ = cutName(x.id.ID)
	case database.TypeInstance:
		name = m.instanceNode(x.id.ID)
	case database.TypeNode:
		name = x.id.ID
	}
	if name != "" && m.isUndrained(name) && isThere(x.now) {
		m.about(RuleRejoinUndrained, at, *x.id, "is deleted before it is drained:", database.NodeIdentifier(name))
	}
}

// judgeLetGo judges, when a monitor is deleted, that its node is drained. Without any, it counts as such.
func (m *mesh) judgeLetGo(x *entry, at place) {
	name := m.instanceNode(x.id.ID)
	if !m.isUndrained(name) {
		return
	}
	if gap := m.gapInDrain(name); gap != nil {
		m.about(RuleRejoinUndrained, at, *x.id, "is deleted before is done:", gap.missing)
	}
}

// gapInDrain returns what lacks before the others have what a node wrote that joins again: of the markers that are written
// in these plans, and those who wait for them. Nil if nothing lacks, or what does is given up.
func (m *mesh) gapInDrain(name string) *gap {
	n := m.wanted[name]
	if n == nil || n.Undrained || n.Restore != nil {
		return nil
	}
	if !isThere(m.atStart(n.postgres)) || !m.anyInstanceAtStart(name) {
		return &gap{n.postgres}
	}
	for _, other := range interrupt.Each(m.stop, m.nodeNames()) {
		to := m.wanted[other]
		if to == nil || other == name || m.joining[other] || !m.node(other, to.Database.DatabaseName).member || m.isEmptied(other) {
			continue
		}
		link := n.linkTo(to)
		slot, subscription := m.atStart(database.ReplicationSlotIdentifier(link)), m.atStart(database.SubscriptionIdentifier(link))
		switch {
		case slot == nil && subscription == nil && m.sourceOf(name) != other:
		case slot != nil && slot.NeedsRecreate && !to.Continues && m.sourceOf(name) != other: // see judgeMembers
		default:
			marker := m.entry(database.SyncEventIdentifier(link))
			if marker.changed == 0 || !isDone(marker.now) {
				return &gap{*marker.id}
			}
			catchup := database.PeerCatchupIdentifier(other, name, link.DatabaseName)
			for _, id := range [2]resource.Identifier{database.WaitForSyncEventIdentifier(link), catchup} {
				if g := m.firstGap(marker.changed, id); g != nil {
					return g
				}
			}
		}
	}
	return nil
}

// judgeWriters judges, when a marker is written, that no service is left beside a node that is drained.
func (m *mesh) judgeWriters(x *entry, at place) {
	link, _ := linkOf(*x.id)
	if !m.isUndrained(link.Provider) {
		return
	}
	if m.writers == nil {
		m.findWriters()
	}
	for _, id := range interrupt.Each(m.stop, m.writers[link.Provider]) {
		if m.get(id) != nil {
			m.about(RuleRejoinUndrained, at, *x.id, "is written while there still is", id)
		}
	}
}

// findWriters finds what runs beside each node that joins again, and is no part of the database.
func (m *mesh) findWriters() {
	m.writers = make(map[string][]resource.Identifier)
	own := make(map[resource.Identifier]bool)
	for r := range m.start.All(m.stop) {
		own[r.Identifier] = database.IsCatalogType(r.Identifier.Type) || m.rows[max(m.find(r.Identifier), 0)].wanted != nil && !m.opens.services[r.Identifier]
	}
	for name := range m.formers {
		if m.stops() {
			return
		}
		beside := map[resource.Identifier]bool{
			database.PostgresDatabaseIdentifier(name, m.databaseOf(name)): true, database.NodeIdentifier(name): true,
		}
		for _, id := range m.instancesOf(name) {
			beside[id] = true
		}
		m.spread(beside)
		for id := range beside {
			if !m.stops() && !own[id] {
				m.writers[name] = append(m.writers[name], id)
			}
		}
		interrupt.SortFunc(m.stop, m.writers[name], resource.Identifier.Compare)
	}
}
