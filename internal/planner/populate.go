package planner

import (
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// PopulateNode returns the diff that brings a new node to the data of its source and of all peers, which
// are the existing nodes besides the source, while everyone goes on writing. It is nil if the node has no
// source. docs/planning.md says why the dependencies in it lose no row and repeat none.
func PopulateNode(node *NodeResources, existingNodeNames []string) (*resource.State, error) {
	existing := make([]*NodeResources, len(existingNodeNames))
	for i, name := range existingNodeNames {
		existing[i] = &NodeResources{NodeName: name}
	}
	return PopulateNodes(existing, []*NodeResources{node})
}

// populate gathers what populates one or more nodes.
type populate struct {
	diff *resource.State
	// markers are the links from peers to sources, with the slots that have to be there before the marker
	// is written: those for all nodes that copy the source.
	markers map[database.Link][]resource.Identifier
}

func newPopulate() *populate {
	return &populate{diff: resource.NewState(), markers: make(map[database.Link][]resource.Identifier)}
}

func (p *populate) addNode(node *NodeResources, existingNodeNames []string) {
	node.addDatabase(p.diff)
	var caughtUp []resource.Identifier
	for _, peer := range existingNodeNames {
		if peer != node.NodeName && peer != node.SourceNode {
			caughtUp = append(caughtUp, p.addPeer(node, peer)...)
		}
	}
	p.addCopy(node.link(node.SourceNode, node.NodeName), caughtUp)
}

// addPeer adds what prepares the replication from a peer to the node, which stays disabled until the copy
// from the source holds all that the peer wrote before. It returns what the copy has to wait for.
func (p *populate) addPeer(node *NodeResources, peer string) []resource.Identifier {
	toNode, toSource := node.link(peer, node.NodeName), node.link(peer, node.SourceNode)
	slotMade := database.ReplicationSlotCreateIdentifier(toNode)
	p.markers[toSource] = append(p.markers[toSource], slotMade)
	name := node.databaseName()
	catchup := database.PeerCatchup{Source: node.SourceNode, Peer: peer, DatabaseName: name}
	copied := database.WaitForSyncEventIdentifier(node.link(node.SourceNode, node.NodeName))
	for _, r := range []*resource.Resource{
		database.ReplicationSlot{Link: toNode}.Resource(),
		database.ReplicationSlotCreate{Link: toNode}.Resource(),
		database.Subscription{
			Link: toNode, Disabled: true, ExtraDependencies: []resource.Identifier{slotMade},
		}.Resource(),
		database.WaitForSyncEvent{Link: toSource}.Resource(),
		catchup.Resource(),
		database.LagTracker{
			Origin: peer, Receiver: node.NodeName, DatabaseName: name,
			DependentResources: []resource.Identifier{copied},
		}.Resource(),
		database.ReplicationSlotAdvance{Link: toNode}.Resource(),
		database.ReplicationOriginAdvance{Link: toNode}.Resource(),
	} {
		p.diff.Add(r)
	}
	return []resource.Identifier{
		database.WaitForSyncEventIdentifier(toSource),
		database.PeerCatchupIdentifier(node.SourceNode, peer, name),
	}
}

// addCopy adds the copy of schema and rows along the link from the source, and the marker that tells when
// it is complete.
func (p *populate) addCopy(link database.Link, caughtUp []resource.Identifier) {
	p.diff.Add(database.ReplicationSlot{Link: link}.Resource())
	p.diff.Add(database.Subscription{
		Link: link, SyncStructure: true, SyncData: true, ExtraDependencies: caughtUp,
	}.Resource())
	p.diff.Add(database.SyncEvent{Link: link}.Resource())
	p.diff.Add(database.WaitForSyncEvent{Link: link}.Resource())
}

// done adds the markers and returns the diff.
func (p *populate) done() *resource.State {
	for link, slots := range p.markers {
		p.diff.Add(database.SyncEvent{Link: link, ExtraDependencies: slots}.Resource())
	}
	return p.diff
}

// PopulateNodes returns the diff that populates all new nodes that have a source; nil if none has one. The
// marker from a peer to a source is written once for all of them, after the slots of all are there.
func PopulateNodes(existing, nodes []*NodeResources) (*resource.State, error) {
	names := make([]string, len(existing))
	for i, node := range existing {
		names[i] = node.NodeName
	}
	var p *populate
	for _, node := range nodes {
		if err := node.checkPopulate(); err != nil {
			return nil, err
		}
		if node.SourceNode == "" {
			continue
		}
		if p == nil {
			p = newPopulate()
		}
		p.addNode(node, names)
	}
	if p == nil {
		return nil, nil
	}
	return p.done(), nil
}

// checkPopulate refuses a node that cannot be populated from the source that it names.
func (n *NodeResources) checkPopulate() error {
	if n.SourceNode != "" && n.SourceNode == n.NodeName {
		return &SourceNodeError{Node: n.NodeName, Source: n.SourceNode, Problem: SourceIsSelf}
	}
	return n.check()
}
