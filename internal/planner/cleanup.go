package planner

import (
	"slices"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// outdated is what joining nodes have to do again.
type outdated struct {
	gone []resource.Identifier // is deleted, with all that depends on it
	lost []resource.Identifier // is left as it is, so that it tells why; what depends on it is deleted
}

// cleanUp plans the deletion of what joining nodes have to do again: each kind as a plan of its own, so that at every
// moment the state says what still is to be done. What made it necessary, such as an instance that is marked as needing
// recreation, stays to the end, and is then created like anything else. Where the nodes stand is found out anew after
// each plan, as whoever stops there and asks again finds it: a node that shares what was deleted may not have all its
// data any more. It appends the plans, and returns the membership after them.
//
// Only tells of which nodes; nil: of all.
func (m *membership) cleanUp(plans []resource.Plan, only map[string]bool) ([]resource.Plan, *membership, error) {
	plans, m, err := m.cleanUpKinds(plans, only)
	if err != nil {
		return nil, nil, err
	}
	before := len(plans)
	if plans, m, err = m.takeDown(plans); err != nil || len(plans) == before {
		return plans, m, err
	}
	return m.cleanUpKinds(plans, only)
}

// cleanUpKinds is cleanUp for all nodes but those that are taken down: what of other joining nodes shows that they have to
// copy again because of these goes before.
func (m *membership) cleanUpKinds(plans []resource.Plan, only map[string]bool) ([]resource.Plan, *membership, error) {
	for _, kind := range []func(*membership, *outdated, *NodeResources){
		(*membership).outdatedMarkers, (*membership).outdatedData, (*membership).outdatedPeers,
	} {
		var found outdated
		for _, n := range interrupt.Each(m.stop, m.with(joining, populated)) {
			if (only == nil || only[n.NodeName]) && !m.isTakenDown(n) {
				kind(m, &found, n)
			}
		}
		var err error
		if plans, m, err = m.delete(plans, found.gone, found.lost); err != nil {
			return nil, nil, err
		}
	}
	return plans, m, nil
}

// delete appends the plan that deletes what is gone, and what depends on that or on what is lost; if that is nothing,
// there is none. It returns the membership after it.
func (m *membership) delete(
	plans []resource.Plan, gone, lost []resource.Identifier,
) ([]resource.Plan, *membership, error) {
	dependents, err := m.dependents(slices.Concat(gone, lost))
	if err != nil {
		return nil, nil, err
	}
	return m.remove(plans, append(gone, dependents...))
}

// remove appends the plan that deletes these resources, and forgets those of them that are lost. It returns the membership
// after it.
func (m *membership) remove(plans []resource.Plan, ids []resource.Identifier) ([]resource.Plan, *membership, error) {
	plan, err := resource.PlanDelete(m.stop, m.start, ids, m.isLost)
	if err != nil {
		return nil, nil, err
	}
	if len(plan.Phases) == 0 {
		return plans, m, nil
	}
	next, err := m.at(afterwards(m.stop, m.start, plan))
	return append(plans, plan), next, err
}

// dependents are what depends on the resources by the records of start. What is wanted is among them only if it is wanted
// to depend on them, too: a record that says more, of what is not wanted any more, must not take data with it.
func (m *membership) dependents(ids []resource.Identifier) ([]resource.Identifier, error) {
	found := m.start.Dependents(m.stop, ids...)
	if len(found) == 0 {
		return nil, nil
	}
	end, err := EndStateUntil(m.stop, m.all)
	if err != nil {
		return nil, err
	}
	lasting := m.start.Clone()
	for desired := range end.All(m.stop) {
		if record, ok := m.start.Get(desired.Identifier); ok {
			lasting.Add(m.lastingOf(record, desired))
		}
	}
	return lasting.Dependents(m.stop, ids...), nil
}

// lastingOf is a record with those of its dependencies that are wanted, or are what a subscription waits for while a node
// joins.
func (m *membership) lastingOf(record, desired *resource.Resource) *resource.Resource {
	wanted := make(map[resource.Identifier]bool, len(desired.Dependencies))
	for _, id := range interrupt.Each(m.stop, desired.Dependencies) {
		wanted[id] = true
	}
	subscribes := record.Identifier.Type == database.TypeSubscription
	lasting := *record
	lasting.Dependencies = nil
	for _, id := range interrupt.Each(m.stop, record.Dependencies) {
		waits := id.Type == database.TypeReplicationSlotCreate || id.Type == database.TypeWaitForSyncEvent ||
			id.Type == database.TypePeerCatchup
		if wanted[id] || subscribes && waits {
			lasting.Dependencies = append(lasting.Dependencies, id)
		}
	}
	return &lasting
}

// outdatedMarkers are those that peers wrote for the source of a node that has to copy again. If it has been
// enabled, recorded or not, it may have confirmed changes of a peer that the source did not have yet. The
// slots do not keep them any more, so that the next copy has to wait until the source has them. A node
// without a subscription to a peer cannot have been. And before a copy, they are those of which nothing says any more
// that they came after the slot of the peer.
func (m *membership) outdatedMarkers(found *outdated, n *NodeResources) {
	if m.status[n.NodeName] == populated {
		return
	}
	peers := m.peers(n)
	begun := slices.ContainsFunc(peers, func(peer string) bool {
		return m.stop.Stopped() || m.recorded(database.SubscriptionIdentifier(n.link(peer, n.NodeName)))
	})
	again := m.mustCopyAgain(n)
	copies := again || m.willCopy(n)
	for _, peer := range interrupt.Each(m.stop, peers) {
		marker := database.SyncEventIdentifier(n.link(peer, n.SourceNode))
		record, ok := m.start.Get(marker)
		making := m.making(n.link(peer, n.NodeName)).Identifier()
		if begun && again || copies && ok && database.SyncEventForgets(m.stop, record, making) {
			if m.recorded(marker) { // in whatever condition: the copies of others follow it
				found.gone = append(found.gone, marker)
			}
		}
	}
}

// willCopy tells whether a joining node has still to copy, or has failed to and tries again.
func (m *membership) willCopy(n *NodeResources) bool {
	link := n.link(n.SourceNode, n.NodeName)
	subscription, ok := m.start.Get(database.SubscriptionIdentifier(link))
	settled, err := m.settled(link)
	return !ok || subscription.Error != "" && (err != nil || !settled)
}

// outdatedData is what has to be done again for a joining node whose data is lost or lacks rows, but for
// what made it so: all that depends on it, the copy, and, of a node that has lost its primary, the
// replicas, which cannot follow the one that takes its place. Of a node that has all its data, it is what
// put a subscription that has to be made again at its position.
func (m *membership) outdatedData(found *outdated, n *NodeResources) {
	m.outdatedOut(found, n)
	if m.status[n.NodeName] == populated || m.stop.Err() != nil {
		return
	}
	if m.primaryLost(n) {
		m.outdatedReplicas(found, n)
	}
	if id := n.databaseIdentifier(); !m.exists(id) {
		found.lost = append(found.lost, id)
	}
	found.lost = append(found.lost, m.lostSlots(n)...)
	if m.mustCopyAgain(n) {
		m.outdatedLinks(found, n)
		return
	}
	for _, peer := range interrupt.Each(m.stop, m.peers(n)) {
		link := n.link(peer, n.NodeName)
		if !m.exists(database.SubscriptionIdentifier(link)) {
			m.discard(found, database.LagTrackerIdentifier(peer, n.NodeName, n.databaseName()),
				database.ReplicationSlotAdvanceIdentifier(link), database.ReplicationOriginAdvanceIdentifier(link))
		}
	}
}

// outdatedOut adds the links out of the node that wait or copy: nobody gets anything from a joining node until the end
// state has linked it, and then only what it writes from there on.
func (m *membership) outdatedOut(found *outdated, n *NodeResources) {
	for _, other := range interrupt.Each(m.stop, m.all) {
		out := n.link(n.NodeName, other.NodeName)
		subscription := database.SubscriptionIdentifier(out)
		if settled, err := m.settled(out); err == nil && !settled && m.recorded(subscription) {
			m.discard(found, subscription, database.ReplicationSlotIdentifier(out))
		}
	}
}

// outdatedReplicas adds what a node that has lost its primary had: its other instances, the node and its database, and
// what depends on that. The record of the database may be there without one of the node that leads to it.
func (m *membership) outdatedReplicas(found *outdated, n *NodeResources) {
	primary := database.InstanceIdentifier(n.primaryInstanceID())
	found.lost = append(found.lost, primary)
	m.discard(found, database.NodeIdentifier(n.NodeName), n.databaseIdentifier())
	for _, id := range interrupt.Each(m.stop, m.instances(n)) {
		if id != primary && m.recorded(id) {
			found.gone = append(found.gone, id)
		}
	}
}

// outdatedLinks adds what replicates into the node, and what replicates out of it: its tables will be emptied, which
// must not reach the others. The slots on the others stay: they keep what the next copy may lack.
func (m *membership) outdatedLinks(found *outdated, n *NodeResources) {
	for _, other := range interrupt.Each(m.stop, m.all) {
		in, out := n.link(other.NodeName, n.NodeName), n.link(n.NodeName, other.NodeName)
		m.discard(found, database.SubscriptionIdentifier(in), database.SubscriptionIdentifier(out),
			database.ReplicationSlotIdentifier(out))
		if m.status[other.NodeName] == member {
			m.discardMaking(found, n, in)
		}
	}
	for _, id := range interrupt.Each(m.stop, m.links[n.NodeName]) {
		link, _ := database.LinkOf(id)
		goes := m.status[link.Provider] == 0 && !m.lost.nodes[link.Provider] // what is recorded of a lost one goes last
		if id.Type == database.TypeSubscription && link.Subscriber == n.NodeName && goes {
			m.discard(found, id)
		}
	}
	found.lost = append(found.lost, database.SubscriptionIdentifier(n.link(n.SourceNode, n.NodeName)))
}

// outdatedPeers adds the links through which a joining node was to get the changes of what is no peer any more.
func (m *membership) outdatedPeers(found *outdated, n *NodeResources) {
	found.gone = append(found.gone, m.abandonedLinks(n)...)
}

// discard adds what start has of the given resources, and does not have to make again, to what goes.
func (m *membership) discard(found *outdated, ids ...resource.Identifier) {
	for _, id := range ids {
		if m.exists(id) {
			found.gone = append(found.gone, id)
		}
	}
}

// discardMaking adds what made the slot of a link into a joining node to what goes, to be done again, which is nothing
// where the slot lives: whoever deletes the subscription may drop the slot with it. As long as the marker behind the slot is
// there, without a subscription, nothing was. What is recorded by a former identifier may have made a slot of another name.
func (m *membership) discardMaking(found *outdated, n *NodeResources, in database.Link) {
	making := m.making(in)
	marked := m.recorded(database.SyncEventIdentifier(n.link(in.Provider, n.SourceNode)))
	if !making.Former && (!marked || m.recorded(database.SubscriptionIdentifier(in))) {
		m.discard(found, making.Identifier())
	}
}
