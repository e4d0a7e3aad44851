package planner

import (
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// isPopulated tells whether the data of a joining node is complete: one of its subscriptions has been
// given the shape that it has at the end, which happens only after everything else has succeeded, and
// nothing of it has been lost since.
func (r *roster) isPopulated(n *NodeResources) (bool, error) {
	record, _ := r.start.Get(database.RolesSourceIdentifier(n.NodeName))
	source, err := database.RolesSourceNode(record)
	if err != nil || r.dataLost(n) || r.slotLost(n, source) {
		return false, err
	}
	for _, provider := range r.providers(n, source) {
		subscription, ok := r.start.Get(database.SubscriptionIdentifier(n.link(provider, n.NodeName)))
		if !ok {
			continue
		}
		if settled, err := database.SubscriptionSettled(subscription); err != nil || settled {
			return settled, err
		}
	}
	return false, nil
}

// providers are the nodes from which start has a slot for the joining node, its source among them.
func (r *roster) providers(n *NodeResources, source string) []string {
	names := []string{source}
	for _, slot := range r.start.OfType(database.TypeReplicationSlot) {
		provider, subscriber, ok := database.SlotNodes(slot.Identifier)
		if ok && subscriber == n.NodeName && provider != source {
			names = append(names, provider)
		}
	}
	return names
}

// dataLost tells whether a joining node has lost what it has copied so far: its primary instance or its
// database has to be made again, and comes back empty.
func (r *roster) dataLost(n *NodeResources) bool {
	return r.primaryLost(n) || !r.has(database.PostgresDatabaseIdentifier(n.NodeName, n.databaseName()))
}

// slotLost tells whether a slot for the node has to be made again: what its provider has written since the
// slot was gone is kept nowhere, so that the copy has to be made again, too.
func (r *roster) slotLost(n *NodeResources, source string) bool {
	for _, provider := range r.providers(n, source) {
		slot, ok := r.start.Get(database.ReplicationSlotIdentifier(n.link(provider, n.NodeName)))
		if ok && slot.NeedsRecreate {
			return true
		}
	}
	return false
}

// primaryLost tells whether the primary instance of a joining node is gone or has to be made again.
func (r *roster) primaryLost(n *NodeResources) bool {
	primary := n.primaryInstanceID()
	if node, ok := r.start.Get(database.NodeIdentifier(n.NodeName)); ok {
		if stored, err := database.NodePrimaryInstanceID(node); err == nil && stored != "" {
			primary = stored
		}
	}
	return !r.has(database.InstanceIdentifier(primary))
}

// remember returns start without what has to be done again for the nodes that are joining: it is then
// created once more, and not taken for done or merely updated. Start itself stays as it is.
func (r *roster) remember() *resource.State {
	var again []resource.Identifier
	for _, n := range r.with(joining) {
		if r.primaryLost(n) {
			again = append(again, r.ofInstances(n)...)
		}
		if r.dataLost(n) {
			again = append(again, database.PostgresDatabaseIdentifier(n.NodeName, n.databaseName()))
		}
		if r.dataLost(n) || r.copyOutdated(n) {
			again = append(again, r.ofCopy(n)...)
		}
		again = append(again, r.lostSlots(n)...)
	}
	if len(again) == 0 {
		return r.start
	}
	start := r.start.Clone()
	for _, id := range again {
		start.Remove(id)
	}
	return start
}

// ofInstances are the wanted instances of a node and the node. A replica of a lost primary cannot follow
// the one that takes its place, so that the replicas are made again, too.
func (r *roster) ofInstances(n *NodeResources) []resource.Identifier {
	ids := []resource.Identifier{database.NodeIdentifier(n.NodeName)}
	for _, i := range n.InstanceResources {
		ids = append(ids, database.InstanceIdentifier(i.id()))
	}
	return ids
}

// ofCopy are the copy of a joining node, all that leads to it but the slots on the peers, and all that
// follows from it. The markers are written again, since the node may have confirmed changes of a peer that
// the source did not have yet: the slots do not keep them any more, so that the next copy has to bring them.
func (r *roster) ofCopy(n *NodeResources) []resource.Identifier {
	source := n.link(n.SourceNode, n.NodeName)
	ids := []resource.Identifier{
		database.SyncEventIdentifier(source), database.WaitForSyncEventIdentifier(source),
	}
	for _, other := range r.all {
		in, out := n.link(other.NodeName, n.NodeName), n.link(n.NodeName, other.NodeName)
		ids = append(ids, database.SubscriptionIdentifier(in),
			database.SubscriptionIdentifier(out), database.ReplicationSlotIdentifier(out))
	}
	for _, peer := range r.peers(n) {
		in, marker := n.link(peer, n.NodeName), n.link(peer, n.SourceNode)
		ids = append(ids,
			database.SyncEventIdentifier(marker),
			database.WaitForSyncEventIdentifier(marker),
			database.PeerCatchupIdentifier(n.SourceNode, peer, n.databaseName()),
			database.LagTrackerIdentifier(peer, n.NodeName, n.databaseName()),
			database.ReplicationSlotAdvanceIdentifier(in),
			database.ReplicationOriginAdvanceIdentifier(in))
	}
	return ids
}

// peers are the members other than the source of a joining node.
func (r *roster) peers(n *NodeResources) []string {
	var names []string
	for _, m := range r.with(member) {
		if m.NodeName != n.SourceNode {
			names = append(names, m.NodeName)
		}
	}
	return names
}

// copyOutdated tells whether the copy of a joining node was made without one of the slots that keep what
// is written after it: that would be missing.
func (r *roster) copyOutdated(n *NodeResources) bool {
	if !r.recorded(database.SubscriptionIdentifier(n.link(n.SourceNode, n.NodeName))) {
		return false
	}
	if !r.has(database.ReplicationSlotIdentifier(n.link(n.SourceNode, n.NodeName))) {
		return true
	}
	for _, peer := range r.peers(n) {
		link := n.link(peer, n.NodeName)
		if !r.has(database.ReplicationSlotIdentifier(link)) || !r.has(database.ReplicationSlotCreateIdentifier(link)) {
			return true
		}
	}
	return false
}

// lostSlots are the makings of slots on peers whose slot is recorded as gone: it is made again.
func (r *roster) lostSlots(n *NodeResources) []resource.Identifier {
	var ids []resource.Identifier
	for _, peer := range r.peers(n) {
		link := n.link(peer, n.NodeName)
		if !r.has(database.ReplicationSlotIdentifier(link)) {
			ids = append(ids, database.ReplicationSlotCreateIdentifier(link))
		}
	}
	return ids
}

// repairs returns the diff that mends what new nodes will depend on: of the members' databases and the
// replication between them, what start does not have, or has as failed. Nil if nothing is broken.
func (r *roster) repairs(end *resource.State) *resource.State {
	members := r.with(member)
	shape := resource.NewState()
	for _, n := range members {
		n.addDatabase(shape)
	}
	ids := make([]resource.Identifier, 0, shape.Len())
	for _, wanted := range shape.Resources() {
		ids = append(ids, wanted.Identifier)
	}
	for _, n := range members {
		for _, other := range members {
			if other.NodeName != n.NodeName {
				link := n.link(n.NodeName, other.NodeName)
				ids = append(ids, database.ReplicationSlotIdentifier(link), database.SubscriptionIdentifier(link))
			}
		}
	}
	diff := resource.NewState()
	for _, id := range ids {
		if found, ok := r.start.Get(id); ok && !found.NeedsRecreate && found.Error == "" {
			continue
		}
		if wanted, ok := end.Get(id); ok {
			diff.Add(wanted)
		}
	}
	if diff.Len() == 0 {
		return nil
	}
	return diff
}
