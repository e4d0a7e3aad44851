package planner

import (
	"slices"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// isPopulated tells whether the data of a joining node is complete: it has been enabled, and nothing has
// been lost since.
func (r *roster) isPopulated(n *NodeResources) (bool, error) {
	record, _ := r.start.Get(database.RolesSourceIdentifier(n.NodeName))
	source, err := database.RolesSourceNode(record)
	if err != nil {
		return false, err
	}
	enabled, err := r.enabled(n, source)
	return enabled && !r.dataLost(n) && !r.slotLost(n, source), err
}

// enabled tells whether one of the subscriptions of a joining node has been given the shape that it has at
// the end, which happens only after everything else has succeeded.
func (r *roster) enabled(n *NodeResources, source string) (bool, error) {
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
	return !r.has(database.InstanceIdentifier(r.primaryOf(n)))
}

// primaryOf is the primary of a joining node: the recorded one, or else the wanted one.
func (r *roster) primaryOf(n *NodeResources) string {
	if node, ok := r.start.Get(database.NodeIdentifier(n.NodeName)); ok {
		if stored, err := database.NodePrimaryInstanceID(node); err == nil && stored != "" {
			return stored
		}
	}
	return n.primaryInstanceID()
}

// cleanUp plans the deletion of what joining nodes have to do again, and forgets it: each as a plan of its
// own, so that at every moment the state says what still is to be done. What made it necessary, such as an
// instance that is marked as needing recreation, stays to the end, and is then created like anything else.
func (r *roster) cleanUp() ([]resource.Plan, error) {
	var plans []resource.Plan
	for _, outdated := range []func(*NodeResources) ([]resource.Identifier, error){r.outdatedMarkers, r.outdatedCopy} {
		var ids []resource.Identifier
		for _, n := range r.with(joining) {
			more, err := outdated(n)
			if err != nil {
				return nil, err
			}
			ids = append(ids, more...)
		}
		plan, err := resource.PlanDelete(r.start, append(ids, r.start.Dependents(ids...)...))
		if err != nil {
			return nil, err
		}
		if len(plan.Phases) > 0 {
			plans = append(plans, plan)
			r.start = afterwards(r.start, []resource.Plan{plan})
		}
	}
	return plans, nil
}

// afterwards is the state once the plans have been executed.
func afterwards(start *resource.State, plans []resource.Plan) *resource.State {
	state := start.Clone()
	for _, plan := range plans {
		for _, phase := range plan.Phases {
			for _, event := range phase.Events {
				state.Apply(event)
			}
		}
	}
	return state
}

// outdatedMarkers are those that peers wrote for the source of a node that has been enabled and has to copy
// again: it may have confirmed changes of a peer that the source did not have yet. The slots do not keep
// them any more, so that the next copy has to wait until the source has them.
func (r *roster) outdatedMarkers(n *NodeResources) ([]resource.Identifier, error) {
	if !r.dataLost(n) && !r.slotLost(n, n.SourceNode) {
		return nil, nil
	}
	if enabled, err := r.enabled(n, n.SourceNode); err != nil || !enabled {
		return nil, err
	}
	var ids []resource.Identifier
	for _, peer := range r.peers(n) {
		ids = append(ids, r.recordedOf(database.SyncEventIdentifier(n.link(peer, n.SourceNode)))...)
	}
	return ids, nil
}

// outdatedCopy is what has to be done again for a joining node whose data is lost or lacks rows, but for
// what made it so: all that depends on it, the copy, and, of a node that has lost its primary, the
// replicas, which cannot follow the one that takes its place.
func (r *roster) outdatedCopy(n *NodeResources) ([]resource.Identifier, error) {
	var ids []resource.Identifier
	if r.primaryLost(n) {
		primary := database.InstanceIdentifier(r.primaryOf(n))
		ids = append(ids, r.start.Dependents(primary)...)
		for _, id := range r.instances(n) {
			if id != primary {
				ids = append(ids, r.recordedOf(id)...)
			}
		}
	}
	if id := database.PostgresDatabaseIdentifier(n.NodeName, n.databaseName()); !r.has(id) {
		ids = append(ids, r.start.Dependents(id)...)
	}
	lost := r.lostSlots(n)
	ids = append(ids, r.start.Dependents(lost...)...)
	copied := database.SubscriptionIdentifier(n.link(n.SourceNode, n.NodeName))
	if len(lost) > 0 || r.copiedWithoutSlot(n) {
		ids = append(ids, r.links(n)...)
	}
	if !r.has(copied) {
		ids = append(ids, r.start.Dependents(copied)...)
	}
	return ids, nil
}

// links are what replicates into the node, and what replicates out of it: its tables will be emptied, which
// must not reach the others.
func (r *roster) links(n *NodeResources) []resource.Identifier {
	var ids []resource.Identifier
	for _, other := range r.all {
		in, out := n.link(other.NodeName, n.NodeName), n.link(n.NodeName, other.NodeName)
		ids = append(ids, r.recordedOf(database.SubscriptionIdentifier(in))...)
		ids = append(ids, r.recordedOf(database.SubscriptionIdentifier(out))...)
		ids = append(ids, r.recordedOf(database.ReplicationSlotIdentifier(out))...)
	}
	return ids
}

// recordedOf is the identifier, if start has a resource for it.
func (r *roster) recordedOf(id resource.Identifier) []resource.Identifier {
	if r.recorded(id) {
		return []resource.Identifier{id}
	}
	return nil
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

// lostSlots are the slots for a joining node, and the makings of them, that have to be made again.
func (r *roster) lostSlots(n *NodeResources) []resource.Identifier {
	var ids []resource.Identifier
	for _, provider := range append(r.peers(n), n.SourceNode) {
		link := n.link(provider, n.NodeName)
		for _, id := range []resource.Identifier{
			database.ReplicationSlotIdentifier(link), database.ReplicationSlotCreateIdentifier(link),
		} {
			if r.recorded(id) && !r.has(id) {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// copiedWithoutSlot tells whether the copy of a joining node was made without the slot of one of the peers:
// what that peer wrote after it is kept nowhere.
func (r *roster) copiedWithoutSlot(n *NodeResources) bool {
	return r.recorded(database.SubscriptionIdentifier(n.link(n.SourceNode, n.NodeName))) &&
		slices.ContainsFunc(r.peers(n), func(peer string) bool {
			return !r.recorded(database.ReplicationSlotCreateIdentifier(n.link(peer, n.NodeName)))
		})
}

// late returns the newcomers that have to wait until nodes which are joining are done: they copy the same
// source, whose markers have been written before there were slots for them. To write these again would
// make the others copy again.
func (r *roster) late() map[string]bool {
	late := make(map[string]bool)
	for _, n := range r.with(newcomer) {
		if n.SourceNode == "" {
			continue
		}
		for _, peer := range r.peers(n) {
			if r.recorded(database.SyncEventIdentifier(n.link(peer, n.SourceNode))) {
				late[n.NodeName] = true
			}
		}
	}
	return late
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
