package verify

import (
	"slices"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// losses is what start tells of what members have lost.
type losses struct {
	// filled are the nodes with a Postgres database that does not have to be made again.
	filled map[string]bool
	// slots are the links that have lost their slots, and have subscriptions.
	slots []database.Link
	// linked are the nodes with links that are there only because their databases have been, sound those that have a
	// subscription, from or to them, which does not have to be made again. Nil: not known yet.
	linked, sound map[string]bool
}

// findLosses reads them from start.
func (m *mesh) findLosses() {
	m.lost.filled = make(map[string]bool)
	for r := range m.start.All(m.stop) {
		switch r.Identifier.Type {
		case database.TypePostgresDatabase:
			if name, _, ok := cutName(r.Identifier.ID); ok && isThere(r) {
				m.lost.filled[name] = true
			}
		case database.TypeReplicationSlot:
			link, ok := linkOf(r.Identifier)
			if ok && link.Provider != link.Subscriber && r.NeedsRecreate && m.atStart(database.SubscriptionIdentifier(link)) != nil {
				m.lost.slots = append(m.lost.slots, link)
			}
		}
	}
}

// findLinked finds the nodes that are linked, and those that are soundly so.
func (m *mesh) findLinked() {
	if m.lost.linked != nil {
		return
	}
	m.lost.linked, m.lost.sound = make(map[string]bool), make(map[string]bool)
	for r := range m.start.All(m.stop) {
		link, ok := database.LinkOf(r.Identifier)
		if !ok || link.Provider == link.Subscriber { // no node is linked to itself, whatever a record says
			continue
		}
		isSubscription := r.Identifier.Type == database.TypeSubscription
		if !m.isTarget(link.Provider) && !m.isTarget(link.Subscriber) {
			m.lost.linked[link.Provider] = true
			m.lost.linked[link.Subscriber] = m.lost.linked[link.Subscriber] || isSubscription // the slot can be older
		}
		if isSubscription && isThere(r) {
			m.lost.sound[link.Provider], m.lost.sound[link.Subscriber] = true, true
		}
	}
}

// isLinked tells whether start has links of a node that need its database: it has been a member. Those from and to nodes
// that are to be restored say nothing.
func (m *mesh) isLinked(name string) bool {
	m.findLinked()
	return m.lost.linked[name]
}

// isTarget tells whether a node is to be restored.
func (m *mesh) isTarget(name string) bool {
	n := m.wanted[name]
	return n != nil && n.Restore != nil
}

// stillHoldsData tells whether a node is a member that is wanted, and that holds data which it is to keep.
func (m *mesh) stillHoldsData(name string) bool {
	n := m.wanted[name]
	return n != nil && n.Restore == nil && !m.joining[name] && isThere(m.atStart(n.postgres))
}

// judgeMembers judges that no node stays that lacks rows which nothing will bring, unless it is asked to go on so.
func (m *mesh) judgeMembers() {
	for i := range m.options.Desired.Nodes {
		n := &m.options.Desired.Nodes[i]
		if m.stops() {
			return
		}
		if !m.goesOn(n) && !m.joining[n.Name] && !isThere(m.atStart(n.postgres)) && m.isLinked(n.Name) {
			m.about(RuleMemberIncomplete, theEnd(), n.postgres, "is lost, and its node stays without its rows")
		}
	}
	for _, link := range interrupt.Each(m.stop, m.lost.slots) {
		if n := m.wanted[link.Subscriber]; n != nil && !m.goesOn(n) && !m.joining[n.Name] && m.lacksRows(link) {
			m.about(RuleMemberIncomplete, theEnd(), database.ReplicationSlotIdentifier(link),
				"is lost, and its subscriber stays without the rows that it has not sent")
		}
	}
}

// goesOn tells whether a node may lack what its records say that it lacks.
func (m *mesh) goesOn(n *DesiredNode) bool { return n.Restore != nil || n.Continues && m.update }

// lacksRows tells whether rows are missing behind a link that has lost its slot: its provider had some to send, and its
// subscriber had begun to receive.
func (m *mesh) lacksRows(link database.Link) bool {
	return !m.isTarget(link.Provider) && m.mayHaveMore(link.Provider) && !m.isUnbegun(link)
}

// mayHaveMore tells whether a node may have rows that it has not sent: it holds data, and is wanted, or has not been let
// go yet, which takes its monitors first.
func (m *mesh) mayHaveMore(name string) bool {
	if !m.lost.filled[name] || !m.anyInstanceAtStart(name) {
		return false
	}
	return m.wanted[name] != nil && !m.joining[name] || m.isWatched(name, m.atStart)
}

// isWatched tells whether there are records of monitors of instances of the node.
func (m *mesh) isWatched(name string, record func(resource.Identifier) *resource.Resource) bool {
	return slices.ContainsFunc(m.instancesOf(name), func(id resource.Identifier) bool {
		return m.stops() || record(database.MonitorInstanceIdentifier(id.ID)) != nil
	})
}

// isUnbegun tells whether nothing has come through a link, as its subscription has failed at its first creation: that has
// an error and is to be made again, and is no copy and none whose position was to be found; or no subscription of
// the subscriber has come to be.
func (m *mesh) isUnbegun(link database.Link) bool {
	subscription := m.atStart(database.SubscriptionIdentifier(link))
	flags, err := flagsOf(m.stop, subscription)
	failed := err == nil && !flags.disabled && subscription.NeedsRecreate && subscription.Error != ""
	traces := append(positionOf(link), database.ReplicationSlotCreateIdentifier(link))
	if failed && !slices.ContainsFunc(traces, func(id resource.Identifier) bool { return m.stops() || m.atStart(id) != nil }) {
		return true
	}
	m.findLinked()
	return !m.lost.sound[link.Subscriber]
}

// judgeMadeAgain judges, when a slot between members is created, that no rows are missing behind it without anything that tells:
// of a link that has lost its slot the subscription goes first, and then the record that says so. A slot that is there
// stays.
func (m *mesh) judgeMadeAgain(x *entry, at place) {
	link, ok := linkOf(*x.id)
	before := m.atStart(*x.id)
	if !ok || before == nil {
		return
	}
	subscription := m.entry(database.SubscriptionIdentifier(link))
	if m.atStart(*subscription.id) == nil || m.joining[link.Subscriber] || m.joining[link.Provider] {
		return
	}
	switch gone := subscription.deletion; {
	case before.NeedsRecreate:
		if (gone == nil || x.deletion == nil || x.deletion.at <= gone.at) && !m.isUnbegun(link) {
			m.about(RuleLinkOverLoss, at, *x.id, "is made again before what has lost it is deleted:", *subscription.id, *x.id)
		}
	case m.stillHoldsData(link.Provider) && m.stillHoldsData(link.Subscriber):
		m.about(RuleLinkOverLoss, at, *x.id, "is made again, though it is there for", *subscription.id)
	}
}

// judgeEmpty judges, when a Postgres database is created, that it gets rows from somewhere, if others have some, and that
// the node had none.
func (m *mesh) judgeEmpty(x *entry, at place) {
	name, _, _ := cutName(x.id.ID)
	n := m.wanted[name]
	switch {
	case m.stillHoldsData(name):
		m.about(RuleDataAbandoned, at, *x.id, "is made again, though it is there")
	case n == nil || n.Restore != nil || m.survivor == "" || m.isJoining(name):
	case m.atStart(*x.id) != nil || m.isLinked(name): // it failed at its first creation, or see judgeMembers
	case n.Database.HasRestoreConfig && n.AllowMissingRows:
	default:
		m.about(RuleEmptyBesideMembers, at, *x.id, "is created without the rows that there are in",
			database.NodeIdentifier(m.survivor))
	}
}
