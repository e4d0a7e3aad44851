package verify

import (
	"slices"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// gone is what the request names as lost, and what start says that is on it.
type gone struct {
	hosts map[string]bool
	// nodes are those all of whose instances, if they are there, are on these hosts, and at least one is.
	nodes map[string]bool
	// slots are those that others have for these nodes, in order.
	slots []*entry
}

// findGone finds out what is lost, if the request is known.
func (m *mesh) findGone() {
	if m.options.Desired == nil || len(m.options.Desired.LostHosts) == 0 {
		return
	}
	m.gone.hosts, m.gone.nodes = make(map[string]bool), make(map[string]bool)
	for _, id := range interrupt.Each(m.stop, m.options.Desired.LostHosts) {
		m.gone.hosts[id] = true
	}
	left := make(map[string]bool)
	for r := range m.start.All(m.stop) {
		if r.Identifier.Type != database.TypeInstance {
			continue
		}
		_, node := database.InstanceHome(m.stop, r)
		if node == "" {
			node = m.instanceNode(r.Identifier.ID)
		}
		if m.isOnGoneHost(r) {
			m.gone.nodes[node] = true
		} else if isThere(r) {
			left[node] = true
		}
	}
	for node := range left {
		if !m.stops() {
			delete(m.gone.nodes, node)
		}
	}
	for _, r := range interrupt.Each(m.stop, m.ofType(database.TypeReplicationSlot, m.start)) {
		if m.isForGone(r.Identifier) {
			m.gone.slots = append(m.gone.slots, m.entry(r.Identifier))
		}
	}
}

func (m *mesh) isOnGoneHost(r *resource.Resource) bool {
	return r.Executor.Type == resource.ExecutorHost && m.gone.hosts[r.Executor.ID]
}

// isGone tells whether the events of a resource would have to be executed on a lost host.
func (m *mesh) isGone(r *resource.Resource) bool {
	return m.isOnGoneHost(r) || r.Executor.Type == resource.ExecutorPrimary && m.gone.nodes[r.Executor.ID]
}

// isForGone tells whether a resource is about a link from a node that is there to one that is lost.
func (m *mesh) isForGone(id resource.Identifier) bool {
	link, ok := linkOf(id)
	return ok && m.gone.nodes[link.Subscriber] && !m.gone.nodes[link.Provider]
}

// judgeGone judges an event by what is lost: of that, records are forgotten, and nothing is executed; and what others keep
// for lost nodes goes first.
func (m *mesh) judgeGone(x *entry, e *resource.Event, at place) {
	if m.options.Desired == nil {
		return // who is lost is not known
	}
	if _, node := database.InstanceHome(m.stop, e.Resource); x.id.Type == database.TypeInstance && isPut(e) && !m.isOnGoneHost(e.Resource) {
		delete(m.gone.nodes, node) // it has a primary again
	}
	where := e.Resource
	if e.Type.Removes() && x.now != nil {
		where = x.now // that is where it is
	}
	switch forgets := e.Type == resource.EventForget; {
	case m.isGone(where) && !forgets:
		m.about(RuleLostHost, at, *x.id, "would be executed on a lost host, for its "+e.Type.String())
	case forgets && !m.isGone(where):
		m.about(RuleLostHost, at, *x.id, "is forgotten, and is on no lost host")
	}
	if e.Type.Removes() {
		m.judgePeerGone(x, at)
	}
	if len(m.gone.slots) > 0 && !m.mayPrecedeSlots(x, e) {
		if i := slices.IndexFunc(m.gone.slots, func(slot *entry) bool { return m.stops() || slot.now != nil && slot.deletion == nil }); i >= 0 {
			m.about(RuleLostSlot, at, *x.id, "has its event before what another node keeps for a lost one:", *m.gone.slots[i].id)
		}
	}
}

// mayPrecedeSlots tells whether an event may come before the slots for lost nodes are deleted: the deletes of what joining
// nodes do again, monitors of lost nodes, the records of such slots, and what depends on them.
func (m *mesh) mayPrecedeSlots(x *entry, e *resource.Event) bool {
	switch x.id.Type {
	case database.TypeReplicationSlotCreate:
		link, ok := m.slotLink(e.Resource)
		return ok && (m.joining[link.Subscriber] || m.gone.nodes[link.Subscriber]) && e.Type.Removes()
	case database.TypeReplicationSlot:
		return m.isForGone(*x.id) || e.Type.Removes() && m.mayRedo(*x.id)
	case database.TypePeerCatchup:
		link, _ := linkOf(*x.id)
		return e.Type.Removes() && (m.gone.nodes[link.Provider] || m.mayRedo(*x.id))
	case database.TypeMonitorInstance:
		return e.Type == resource.EventForget || e.Type.Removes() && m.mayRedo(*x.id)
	}
	return e.Type.Removes() && (m.isForGone(*x.id) || m.mayRedo(*x.id))
}

// peerLink is the link of what tells of a node that another one is its peer: a slot that was made ahead, or a subscription
// that waits.
func (m *mesh) peerLink(r *resource.Resource) (link database.Link, ok bool) {
	switch {
	case r == nil:
		return link, false
	case r.Identifier.Type == database.TypeReplicationSlotCreate:
		return m.slotLink(r)
	case r.Identifier.Type != database.TypeSubscription:
		return link, false
	}
	flags, err := flagsOf(m.stop, r)
	link, ok = linkOf(r.Identifier)
	return link, ok && err == nil && flags.disabled
}

// isStillTold tells whether something else than x tells of the link, and goes later.
func (m *mesh) isStillTold(link database.Link, x *entry, at place) bool {
	for _, id := range interrupt.Each(m.stop, []resource.Identifier{database.SubscriptionIdentifier(link), m.making(link)}) {
		other := m.entry(id)
		goes := m.plan.drops(other) && m.plan.phase(other) <= at.phase
		if _, tells := m.peerLink(other.now); tells && other != x && !goes {
			return true
		}
	}
	return false
}

// judgePeerGone judges, when the last goes that tells of a joining node that a lost one was its peer, that what the node has
// copied is gone before: else a copy that lacks what the peer wrote would look as if it could go on.
func (m *mesh) judgePeerGone(x *entry, at place) {
	link, ok := m.peerLink(x.now)
	if ok = ok && !m.isStillTold(link, x, at); !ok || !m.gone.nodes[link.Provider] || !m.joining[link.Subscriber] || m.gone.nodes[link.Subscriber] {
		return
	}
	for r := range m.start.All(m.stop) {
		other, isLink := linkOf(r.Identifier)
		if isLink && r.Identifier.Type == database.TypeSubscription && other.Subscriber == link.Subscriber &&
			m.wanted[other.Provider] != nil && !m.joining[other.Provider] && isThere(m.get(r.Identifier)) {
			m.about(RuleLostPeer, at, *x.id, "of a lost peer goes before what was copied beside it:", r.Identifier)
			return
		}
	}
}

// mayGoLost tells whether a resource may go before all else is done since it is lost, or is about a link with a lost node.
func (m *mesh) mayGoLost(x *entry) bool {
	if len(m.gone.hosts) == 0 {
		return false
	}
	if now := m.atStart(*x.id); now != nil && m.isGone(now) {
		return true
	}
	link, ok := linkOf(*x.id)
	if x.id.Type == database.TypeReplicationSlotCreate && x.now != nil {
		link, ok = m.slotLink(x.now)
	}
	return ok && (m.gone.nodes[link.Provider] || m.gone.nodes[link.Subscriber])
}
