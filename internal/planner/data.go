package planner

import (
	"slices"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// hasAllData tells whether the data of a joining node is complete: one of its subscriptions has been given
// the shape that it has at the end, which happens only after everything else has succeeded; the others have
// it, too, or are at the position from which they may go on; and nothing has been lost since.
func (m *membership) hasAllData(n *NodeResources) (bool, error) {
	if m.lacksRows(n) {
		return false, nil
	}
	enabled := false
	for _, provider := range m.providers(n) {
		link := n.link(provider, n.NodeName)
		if m.stop.Stopped() || !m.exists(database.SubscriptionIdentifier(link)) {
			return false, nil
		}
		settled, err := m.settled(link)
		if err != nil {
			return false, err
		}
		if !settled && provider != n.SourceNode && !m.exists(database.ReplicationOriginAdvanceIdentifier(link)) {
			return false, nil
		}
		enabled = enabled || settled
	}
	return enabled, nil
}

// settled tells whether start has the subscription of the link in the shape that it has at the end.
func (m *membership) settled(link database.Link) (bool, error) {
	subscription, ok := m.start.Get(database.SubscriptionIdentifier(link))
	if !ok {
		return false, nil
	}
	flags, err := database.ReadSubscriptionFlags(m.stop, subscription)
	return err == nil && flags.Settled(), err
}

// mustCopyAgain tells whether a node that has not all its data has to copy from the beginning.
func (m *membership) mustCopyAgain(n *NodeResources) bool { return m.lacksRows(n) || m.copyFailed(n) }

// copyFailed tells whether the copy of a joining node has failed after the node began to provide: the copy that takes
// its place must not reach the others.
func (m *membership) copyFailed(n *NodeResources) bool {
	subscription, ok := m.start.Get(database.SubscriptionIdentifier(n.link(n.SourceNode, n.NodeName)))
	if !ok || subscription.Error == "" {
		return false
	}
	if flags, err := database.ReadSubscriptionFlags(m.stop, subscription); err != nil || flags.Settled() {
		return false
	}
	return m.anyOther(func(other *NodeResources) bool {
		out := n.link(n.NodeName, other.NodeName)
		return m.exists(database.ReplicationSlotIdentifier(out)) || m.exists(database.SubscriptionIdentifier(out))
	})
}

// anyOther tells whether it is so for any desired node.
func (m *membership) anyOther(is func(*NodeResources) bool) bool {
	return slices.ContainsFunc(m.all, func(other *NodeResources) bool { return m.stop.Stopped() || is(other) })
}

// lacksRows tells whether what a joining node has copied is lost, or lacks rows that are kept nowhere.
func (m *membership) lacksRows(n *NodeResources) bool {
	return m.primaryLost(n) || !m.exists(n.databaseIdentifier()) || m.copyLost(n) || len(m.lostSlots(n)) > 0 ||
		m.copiedWithoutSlot(n) || len(m.abandonedLinks(n)) > 0 || m.isTakenDown(n) || m.resourced[n.NodeName] || m.cutOff[n.NodeName]
}

// findCutOff finds the joining nodes that do not get what another one wrote. Of two of which one was a member, the slot is
// lost; or the provider was one, copies again now, and the link has lost anything else.
func (m *membership) findCutOff(nodes []*NodeResources) {
	m.cutOff = nil
	rejoins := func(r *resource.Resource) bool {
		return m.stop.Stopped() || database.RolesSourceRejoins(m.stop, r)
	}
	if !slices.ContainsFunc(m.start.OfType(database.TypeRolesSource), rejoins) {
		return
	}
	m.cutOff = make(map[string]bool)
	again := make(map[string]bool)
	for _, n := range interrupt.Each(m.stop, nodes) {
		again[n.NodeName] = m.mustCopyAgain(n)
	}
	for found := true; found && !m.stop.Stopped(); {
		found = false
		for _, n := range interrupt.Each(m.stop, nodes) {
			if !again[n.NodeName] && m.isCutOff(n, again) {
				m.cutOff[n.NodeName], again[n.NodeName], found = true, true, true
			}
		}
	}
}

// isCutOff tells that of a node, where those are known that copy again.
func (m *membership) isCutOff(n *NodeResources, again map[string]bool) bool {
	return m.anyOf(m.links[n.NodeName], func(id resource.Identifier) bool {
		link, ok := database.LinkOf(id)
		if !ok || id.Type != database.TypeSubscription || link.Subscriber != n.NodeName {
			return false
		}
		wasMember := m.wasMember(link.Provider)
		slot, ok := m.start.Get(database.ReplicationSlotIdentifier(link))
		return ok && slot.NeedsRecreate && (wasMember || m.wasMember(n.NodeName)) ||
			wasMember && (m.status[link.Provider] == 0 || again[link.Provider]) && !m.isSound(link)
	})
}

// primaryLost tells whether the primary instance of a joining node is gone or has to be made again: it comes back empty.
func (m *membership) primaryLost(n *NodeResources) bool {
	return !m.exists(database.InstanceIdentifier(n.primaryInstanceID()))
}

// copyLost tells whether the subscription to the source has to be made again: what it has received since
// the copy cannot be told from what it has not. If the node itself has begun to provide, or a peer to provide to it
// for good, the subscription has been there, and was deleted to be made again.
func (m *membership) copyLost(n *NodeResources) bool {
	id := database.SubscriptionIdentifier(n.link(n.SourceNode, n.NodeName))
	if m.recorded(id) {
		return !m.exists(id)
	}
	return m.anyOther(func(other *NodeResources) bool {
		out := n.link(n.NodeName, other.NodeName)
		settled, err := m.settled(n.link(other.NodeName, n.NodeName))
		return err == nil && settled || m.recorded(database.ReplicationSlotIdentifier(out)) ||
			m.recorded(database.SubscriptionIdentifier(out))
	})
}

// lostSlots are the slots for a joining node, and the makings of them, that have to be made again.
func (m *membership) lostSlots(n *NodeResources) []resource.Identifier {
	var ids []resource.Identifier
	for _, provider := range interrupt.Each(m.stop, m.providers(n)) {
		link := n.link(provider, n.NodeName)
		for _, id := range []resource.Identifier{
			database.ReplicationSlotIdentifier(link), m.making(link).Identifier(),
		} {
			if m.recorded(id) && !m.exists(id) {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// copiedWithoutSlot tells whether the copy of a joining node was made without the slot of one of the peers:
// what that peer wrote after it is kept nowhere. A peer that has joined beside it had written nothing then.
func (m *membership) copiedWithoutSlot(n *NodeResources) bool {
	return m.recorded(database.SubscriptionIdentifier(n.link(n.SourceNode, n.NodeName))) &&
		slices.ContainsFunc(m.peers(n), func(peer string) bool {
			link := n.link(peer, n.NodeName)
			settled, err := m.settled(link)
			return m.stop.Stopped() || !m.recorded(m.making(link).Identifier()) && (err != nil || !settled)
		})
}

// abandonedLinks are what is recorded of the links through which a joining node was to get the changes of what is no peer
// any more. What a peer that is not desired any more has written since the copy will not come through its slot: the next
// copy has to bring it, from the source. So it is with a peer that has lost its data since, or joins itself.
func (m *membership) abandonedLinks(n *NodeResources) []resource.Identifier {
	var ids []resource.Identifier
	for _, id := range interrupt.Each(m.stop, m.links[n.NodeName]) {
		record, _ := m.start.Get(id)
		link, ok := linkOf(m.stop, record)
		if !ok || link.Subscriber != n.NodeName || m.status[link.Provider] == member {
			continue
		}
		gone := m.status[link.Provider] == 0 && !m.recorded(database.RolesSourceIdentifier(link.Provider))
		if gone || m.wasPeer(link) {
			ids = append(ids, id)
		}
	}
	return ids
}

// wasPeer tells whether the provider was a peer of the subscriber when that began to join: only for one a slot is made
// ahead, and a subscription waits.
func (m *membership) wasPeer(link database.Link) bool {
	if m.recorded(m.making(link).Identifier()) {
		return true
	}
	subscription, ok := m.start.Get(database.SubscriptionIdentifier(link))
	return ok && database.SubscriptionDisabled(m.stop, subscription)
}
