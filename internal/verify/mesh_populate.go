package verify

import (
	"slices"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// gap is a part of a populate that is not done: there is no record of it, it has failed, or what has to come before
// it was done once more and it was not.
type gap struct{ missing resource.Identifier }

// firstGap returns the first of the parts that is not done after the one before it, the first of them after
// the given time; nil if there is none. The time 0 is before everything.
func (m *mesh) firstGap(after moment, parts ...resource.Identifier) *gap {
	for _, id := range parts {
		x := m.entry(id)
		if !isDone(x.now) || after > 0 && x.changed <= after {
			return &gap{id}
		}
		after = x.changed
	}
	return nil
}

// isPopulated tells whether the node had all its data at the start, and has not lost it since or begun to copy
// it again.
func (m *mesh) isPopulated(n *node) bool {
	if !n.populated || m.emptied(n) > 0 || m.copied[n.name] > 0 {
		return false
	}
	return isThere(m.get(database.SubscriptionIdentifier(n.link(m.sourceOf(n.name), n.name))))
}

// emptied is the time at which the plans last made the database of a node, or its primary: since then
// it holds what was brought to it later. 0: not in these plans.
func (m *mesh) emptied(n *node) moment {
	made := m.entry(database.PostgresDatabaseIdentifier(n.name, n.database)).made
	if primary := m.primaryOf(n); primary != "" {
		made = max(made, m.entry(database.InstanceIdentifier(primary)).made)
	}
	return made
}

// gapOf returns what a joining node lacks to be populated; nil if nothing.
func (m *mesh) gapOf(n *node) *gap {
	if n.judged == m.clock {
		return n.gap
	}
	n.judged, n.gap = m.clock, nil
	if m.isPopulated(n) {
		return nil
	}
	source := m.sourceOf(n.name)
	if source == "" {
		n.gap = &gap{database.RolesSourceIdentifier(n.name)}
		return n.gap
	}
	n.gap = m.gapInCopy(n, source)
	for _, peer := range m.peersOf(n, source) {
		if !m.stops() && n.gap == nil {
			n.gap = m.gapInAdvances(n, source, peer)
		}
	}
	return n.gap
}

// gapBefore returns what has to be done before the subscription of a joining node applies changes. Only
// its source and its peers have changes that it holds already.
func (m *mesh) gapBefore(n *node, source string, link database.Link) *gap {
	if g := m.gapInCopy(n, source); g != nil {
		return g
	}
	if !slices.Contains(m.peersOf(n, source), link.Provider) {
		return nil
	}
	return m.gapInAdvances(n, source, link.Provider)
}

// gapInCopy returns what lacks before a joining node holds all that it copies: the database, the copy, made
// since the database and since all slots, and the marker that has arrived behind it.
func (m *mesh) gapInCopy(n *node, source string) *gap {
	postgres := database.PostgresDatabaseIdentifier(n.name, n.database)
	emptied := m.emptied(n)
	if x := m.entry(postgres); !isDone(x.now) || emptied > 0 && x.made < emptied {
		return &gap{postgres}
	}
	link := n.link(source, n.name)
	subscription := m.entry(database.SubscriptionIdentifier(link))
	copied := m.copied[n.name]
	if !isDone(subscription.now) || emptied > 0 && copied <= emptied || (m.outlived[n.name] || m.formers[n.name] != nil && m.formers[n.name].begins) && copied == 0 {
		return &gap{*subscription.id}
	}
	for _, provider := range interrupt.Each(m.stop, append([]string{source}, m.peersOf(n, source)...)) {
		made, g := m.slotMade(n, source, provider)
		if g != nil {
			return g
		}
		if made > 0 && copied <= made {
			return &gap{*subscription.id}
		}
	}
	return m.firstGap(copied, database.SyncEventIdentifier(link), database.WaitForSyncEventIdentifier(link))
}

// gapInAdvances returns what lacks between the copy of a joining node and the start of its subscription to
// the peer: that, the look at what the copy brought, and the advances of slot and origin. A subscription
// that is made again has lost its position, so that the advances come after it.
func (m *mesh) gapInAdvances(n *node, source, peer string) *gap {
	link := n.link(peer, n.name)
	subscription := m.entry(database.SubscriptionIdentifier(link))
	if emptied := m.emptied(n); !isThere(subscription.now) || emptied > 0 && subscription.made <= emptied {
		return &gap{*subscription.id}
	}
	received := m.entry(database.WaitForSyncEventIdentifier(n.link(source, n.name)))
	lag := database.LagTrackerIdentifier(peer, n.name, n.database)
	if g := m.firstGap(received.changed, lag); g != nil {
		return g
	}
	return m.firstGap(max(m.entry(lag).changed, subscription.made),
		database.ReplicationSlotAdvanceIdentifier(link), database.ReplicationOriginAdvanceIdentifier(link))
}

// judgeCopy judges an event that copies rows into a node.
func (m *mesh) judgeCopy(x *entry, link database.Link, at place) {
	n := m.node(link.Subscriber, link.DatabaseName)
	if m.sourceOf(n.name) != link.Provider {
		m.about(RuleRolesSourceMissing, at, *x.id, "copies without being named by",
			database.RolesSourceIdentifier(n.name))
	}
	if n.member {
		m.about(RuleCopyIntoMember, at, *x.id, "copies into a node that holds data")
	}
	m.judgeProvider(x, link, at)
	m.judgeAlone(x, n, at)
	for _, peer := range interrupt.Each(m.stop, m.peersOf(n, link.Provider)) {
		if g := m.gapInPreparation(n, link.Provider, peer); g != nil {
			m.about(RuleCopyTooEarly, at, *x.id, "copies before is done:", g.missing)
		}
	}
	m.copied[n.name] = m.clock
}

// judgeAlone judges that no other subscription applies changes to a node while it copies. A provider that is
// joining itself has none to send.
func (m *mesh) judgeAlone(x *entry, n *node, at place) {
	for _, other := range interrupt.Each(m.stop, m.nodeNames()) {
		id := database.SubscriptionIdentifier(n.link(other, n.name))
		r := m.get(id)
		if id == *x.id || !isThere(r) || m.isJoining(other) {
			continue
		}
		if flags, err := flagsOf(m.stop, r); err == nil && flags.settled() {
			m.about(RuleJoiningIn, at, *x.id, "copies while changes are applied by", id)
		}
	}
}

// gapInPreparation returns what lacks before a copy of the source holds all that the slot of the peer does
// not keep.
func (m *mesh) gapInPreparation(n *node, source, peer string) *gap {
	made, g := m.slotMade(n, source, peer)
	if g != nil {
		return g
	}
	marker := m.entry(database.SyncEventIdentifier(n.link(peer, source)))
	slot := m.making(n.link(peer, n.name))
	switch {
	case !isDone(marker.now) || marker.changed <= made && made > 0:
		return &gap{*marker.id}
	case marker.changed == 0 && !slices.Contains(marker.now.Dependencies, slot):
		// Both are of the start: the marker was written after the slots on which it depends.
		return &gap{*marker.id}
	}
	if g := m.firstGap(marker.changed, database.WaitForSyncEventIdentifier(n.link(peer, source))); g != nil {
		return g
	}
	return m.firstGap(marker.changed, database.PeerCatchupIdentifier(source, peer, n.database))
}

// slotMade returns the time at which the slot of the provider for a joining node was last made, and what
// lacks until it is. That of the source is made by the copy, so that it counts when there is a record of it.
func (m *mesh) slotMade(n *node, source, provider string) (moment, *gap) {
	link := n.link(provider, n.name)
	record := m.entry(database.ReplicationSlotIdentifier(link))
	if !isThere(record.now) {
		return 0, &gap{*record.id}
	}
	made := record.made
	if m.isRecordedLate(link) {
		made = 0
	}
	if provider == source {
		return made, nil
	}
	ahead := m.entry(m.making(link))
	if !isDone(ahead.now) || made > 0 && ahead.made <= made {
		return 0, &gap{*ahead.id}
	}
	return ahead.made, nil
}

// isRecordedLate tells whether start has no record of a slot that has been made: that has its making, or what reads from
// it. Some planners do not record slots. The record makes no slot, so that to put it loses none.
func (m *mesh) isRecordedLate(link database.Link) bool {
	return m.atStart(database.ReplicationSlotIdentifier(link)) == nil &&
		(isThere(m.atStart(database.RecordedSlotCreate(link, m.start.Has).Identifier())) ||
			isThere(m.atStart(database.SubscriptionIdentifier(link))))
}
