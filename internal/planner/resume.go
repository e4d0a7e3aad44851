package planner

import (
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// isPopulated tells whether the data of a joining node is complete: one of its subscriptions has been
// given the shape that it has at the end, which happens only after everything else has succeeded.
func (r *roster) isPopulated(n *NodeResources) (bool, error) {
	record, _ := r.start.Get(database.RolesSourceIdentifier(n.NodeName))
	source, err := database.RolesSourceNode(record)
	if err != nil {
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
		switch {
		case r.primaryLost(n):
			again = append(again, r.ofInstances(n)...)
			again = append(again, r.ofDatabase(n)...)
		case r.dataLost(n):
			again = append(again, r.ofDatabase(n)...)
		case r.copyOutdated(n):
			again = append(again, r.ofCopy(n)...)
		}
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

// ofDatabase are the database of a joining node and all that lives in it or follows from its data.
func (r *roster) ofDatabase(n *NodeResources) []resource.Identifier {
	ids := []resource.Identifier{database.PostgresDatabaseIdentifier(n.NodeName, n.databaseName())}
	for _, other := range r.all {
		in, out := n.link(other.NodeName, n.NodeName), n.link(n.NodeName, other.NodeName)
		ids = append(ids, database.SubscriptionIdentifier(in),
			database.SubscriptionIdentifier(out), database.ReplicationSlotIdentifier(out))
	}
	return append(ids, r.ofCopy(n)...)
}

// ofCopy are the copy of a joining node and all that follows from it.
func (r *roster) ofCopy(n *NodeResources) []resource.Identifier {
	link := n.link(n.SourceNode, n.NodeName)
	ids := []resource.Identifier{
		database.SubscriptionIdentifier(link),
		database.SyncEventIdentifier(link),
		database.WaitForSyncEventIdentifier(link),
	}
	for _, peer := range r.with(member) {
		link := n.link(peer.NodeName, n.NodeName)
		ids = append(ids,
			database.LagTrackerIdentifier(peer.NodeName, n.NodeName, n.databaseName()),
			database.ReplicationSlotAdvanceIdentifier(link),
			database.ReplicationOriginAdvanceIdentifier(link))
	}
	return ids
}

// copyOutdated tells whether the copy of a joining node was made without a slot on one of the peers: what
// that peer wrote after the copy, and before the slot is made, would be missing.
func (r *roster) copyOutdated(n *NodeResources) bool {
	for _, peer := range r.with(member) {
		if peer.NodeName == n.SourceNode {
			continue
		}
		if !r.has(database.ReplicationSlotCreateIdentifier(n.link(peer.NodeName, n.NodeName))) {
			return true
		}
	}
	return false
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
