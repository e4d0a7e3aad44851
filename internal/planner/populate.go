package planner

import (
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// PopulateNode returns the diff that brings a new node to the data of its source and of all peers, which
// are the existing nodes besides the source, while everyone goes on writing. It is nil if the node has no
// source. docs/planning.md says why the dependencies in it lose no row and repeat none.
func PopulateNode(node *NodeResources, existingNodeNames []string) (*resource.State, error) {
	return PopulateNodesUntil(nil, existingNodeNames, []*NodeResources{node})
}

// PopulateNodes returns the diff that populates all new nodes that have a source; nil if none has one. The
// marker from a peer to a source is written once for all of them, after the slots of all are there.
func PopulateNodes(existing, nodes []*NodeResources) (*resource.State, error) {
	return PopulateNodesUntil(nil, names(nil, existing), nodes)
}

// PopulateNodesUntil is PopulateNodes for existing nodes of these names, unless it is told to stop: then what it returns
// means nothing.
func PopulateNodesUntil(
	stop *interrupt.Poller, existing []string, nodes []*NodeResources,
) (*resource.State, error) {
	p := populating{stop: stop, making: func(link database.Link) database.ReplicationSlotCreate {
		return database.ReplicationSlotCreate{Link: link}
	}}
	return p.populate(existing, nodes)
}

// populate is PopulateNodesUntil.
func (p *populating) populate(existing []string, nodes []*NodeResources) (*resource.State, error) {
	p.diff, p.slotsBefore = resource.NewState(), make(map[database.Link][]resource.Identifier)
	for _, node := range interrupt.Each(p.stop, nodes) {
		if node.SourceNode != "" && node.SourceNode == node.NodeName {
			return nil, &SourceNodeError{Node: node.NodeName, Source: node.SourceNode, Problem: SourceIsSelf}
		}
		if err := node.check(p.stop); err != nil {
			return nil, err
		}
		if node.SourceNode != "" {
			p.addNode(node, existing)
		}
	}
	p.addMarkers()
	if p.diff.Len() == 0 {
		return nil, nil
	}
	return p.diff, nil
}

// names are the names of the nodes.
func names(stop *interrupt.Poller, nodes []*NodeResources) []string {
	names := make([]string, len(nodes))
	for i, node := range interrupt.Each(stop, nodes) {
		names[i] = node.NodeName
	}
	return names
}

// populating gathers what populates one or more nodes. Its parts carry the numbers of the steps in "Populating a new
// node" of docs/planning.md. What one step waits for is what its resources depend on.
type populating struct {
	stop *interrupt.Poller
	diff *resource.State
	// making is what makes the slot of a link ahead.
	making func(database.Link) database.ReplicationSlotCreate
	// recorded is as in NodeResources.
	recorded *resource.State
	// slotsBefore are, for each link from a peer to a source, the slots that have to be there before its marker is
	// written: those of the peer for all nodes that copy the source.
	slotsBefore map[database.Link][]resource.Identifier
}

// addNode adds (1) and (3) to (6) for a node.
func (p *populating) addNode(node *NodeResources, existing []string) {
	node.addDatabase(p.stop, p.diff)
	var caughtUp []resource.Identifier
	for _, peer := range interrupt.Each(p.stop, existing) {
		if peer == node.NodeName || peer == node.SourceNode {
			continue
		}
		p.addSlot(node, peer)                                 // (1)
		caughtUp = append(caughtUp, p.addWait(node, peer)...) // (3)
		p.addAdvance(node, peer)                              // (6)
	}
	p.addCopy(node.link(node.SourceNode, node.NodeName), caughtUp) // (4), (5)
}

// addSlot adds (1), the slot in which a peer keeps what it writes from now on, and the subscription that takes the slot
// over. That stays disabled until the end state enables it (7).
func (p *populating) addSlot(node *NodeResources, peer string) {
	link := node.link(peer, node.NodeName)
	making := p.making(link)
	slotMade := making.Identifier()
	p.diff.Add(database.ReplicationSlot{Link: link}.Resource())
	p.diff.Add(making.Resource())
	p.diff.Add(database.Subscription{
		Link: link, Disabled: true, ExtraDependencies: []resource.Identifier{slotMade},
	}.Resource())
	toSource := node.link(peer, node.SourceNode)
	p.slotsBefore[toSource] = append(p.slotsBefore[toSource], slotMade)
}

// addMarkers adds (2), the markers from the peers to the sources.
func (p *populating) addMarkers() {
	for link, slots := range p.slotsBefore {
		if p.stop.Spend(len(slots)) {
			return
		}
		slots = inRecordedOrder(p.stop, p.recorded, database.SyncEventIdentifier(link), slots)
		p.diff.Add(database.SyncEvent{Link: link, ExtraDependencies: slots}.Resource())
	}
}

// addWait adds (3), the wait until the source has what a peer wrote before its marker. It returns what the copy has to
// wait for.
func (p *populating) addWait(node *NodeResources, peer string) []resource.Identifier {
	wait := database.WaitForSyncEvent{Link: node.link(peer, node.SourceNode)}.Resource()
	catchup := database.PeerCatchup{
		Source: node.SourceNode, Peer: peer, DatabaseName: node.databaseName(),
	}.Resource()
	p.diff.Add(wait)
	p.diff.Add(catchup)
	return []resource.Identifier{wait.Identifier, catchup.Identifier}
}

// addCopy adds (4), the copy of schema and rows along the link from the source, and (5), the marker that tells when
// it is complete.
func (p *populating) addCopy(link database.Link, caughtUp []resource.Identifier) {
	if p.stop.Spend(len(caughtUp)) {
		return
	}
	caughtUp = inRecordedOrder(p.stop, p.recorded, database.SubscriptionIdentifier(link), caughtUp)
	p.diff.Add(database.ReplicationSlot{Link: link}.Resource())
	p.diff.Add(database.Subscription{
		Link: link, SyncStructure: true, SyncData: true, ExtraDependencies: caughtUp,
	}.Resource())
	p.diff.Add(database.SyncEvent{Link: link}.Resource())
	p.diff.Add(database.WaitForSyncEvent{Link: link}.Resource())
}

// addAdvance adds (6), which finds the last commit of a peer that came with the copy, and moves slot and origin behind
// it.
func (p *populating) addAdvance(node *NodeResources, peer string) {
	link := node.link(peer, node.NodeName)
	copied := database.WaitForSyncEventIdentifier(node.link(node.SourceNode, node.NodeName))
	p.diff.Add(database.LagTracker{
		Origin: peer, Receiver: node.NodeName, DatabaseName: node.databaseName(), Source: node.SourceNode,
		DependentResources: []resource.Identifier{copied},
	}.Resource())
	p.diff.Add(database.ReplicationSlotAdvance{Link: link, Source: node.SourceNode}.Resource())
	p.diff.Add(database.ReplicationOriginAdvance{Link: link, Source: node.SourceNode}.Resource())
}

// populate returns the diff that populates what is incomplete, and goes on where earlier plans stopped.
func (m *membership) populate(incomplete []*NodeResources, end *resource.State) (*resource.State, error) {
	p := populating{stop: m.stop, making: m.making, recorded: m.start}
	diff, err := p.populate(names(m.stop, m.members), incomplete)
	if err != nil {
		return nil, err
	}
	if diff == nil {
		diff = resource.NewState()
	}
	if err := m.leaveSettled(diff); err != nil {
		return nil, err
	}
	return diff, m.finishFailed(diff, end)
}

// leaveSettled takes out of the populate what would undo what is done: of a node that only needs one
// subscription again, the others go on as they are.
func (m *membership) leaveSettled(populate *resource.State) error {
	for _, n := range interrupt.Each(m.stop, m.with(joining)) {
		for _, provider := range interrupt.Each(m.stop, m.providers(n)) {
			link := n.link(provider, n.NodeName)
			settled, err := m.settled(link)
			if err != nil {
				return err
			}
			subscription, _ := m.start.Get(database.SubscriptionIdentifier(link))
			if !settled || subscription.NeedsRecreate {
				continue
			}
			populate.Add(subscription)
			populate.Remove(database.LagTrackerIdentifier(provider, n.NodeName, n.databaseName()))
			populate.Remove(database.ReplicationSlotAdvanceIdentifier(link))
			populate.Remove(database.ReplicationOriginAdvanceIdentifier(link))
		}
	}
	return m.stop.Err()
}

// finishFailed adds to the populate the final shape of subscriptions that have failed in the one in which they
// copy, of nodes that have all their data: what is updated in between must not let them copy again.
func (m *membership) finishFailed(populate, end *resource.State) error {
	for _, n := range interrupt.Each(m.stop, m.with(populated)) {
		link := n.link(n.SourceNode, n.NodeName)
		settled, err := m.settled(link)
		if err != nil {
			return err
		}
		found, ok := m.start.Get(database.SubscriptionIdentifier(link))
		desired, stays := end.Get(database.SubscriptionIdentifier(link))
		if ok && stays && !settled && found.Error != "" {
			populate.Add(desired)
		}
	}
	return nil
}
