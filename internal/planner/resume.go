package planner

import (
	"slices"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// settleJoining tells which of the joining nodes have all their data.
func (r *roster) settleJoining() error {
	for _, n := range r.with(joining, populated) {
		complete, err := r.hasAllData(n)
		if err != nil {
			return err
		}
		r.standings[n.NodeName] = joining
		if complete {
			r.standings[n.NodeName] = populated
		}
	}
	return nil
}

// hasAllData tells whether the data of a joining node is complete: one of its subscriptions has been given
// the shape that it has at the end, which happens only after everything else has succeeded; the others have
// it, too, or are at the position from which they may go on; and nothing has been lost since.
func (r *roster) hasAllData(n *NodeResources) (bool, error) {
	if r.lacksRows(n) {
		return false, nil
	}
	enabled := false
	for _, provider := range append(r.peers(n), n.SourceNode) {
		link := n.link(provider, n.NodeName)
		if !r.has(database.SubscriptionIdentifier(link)) {
			return false, nil
		}
		settled, err := r.settled(link)
		if err != nil {
			return false, err
		}
		if !settled && provider != n.SourceNode && !r.has(database.ReplicationOriginAdvanceIdentifier(link)) {
			return false, nil
		}
		enabled = enabled || settled
	}
	return enabled, nil
}

// settled tells whether start has the subscription of the link in the shape that it has at the end.
func (r *roster) settled(link database.Link) (bool, error) {
	subscription, ok := r.start.Get(database.SubscriptionIdentifier(link))
	if !ok {
		return false, nil
	}
	return database.SubscriptionSettled(subscription)
}

// mustCopyAgain tells whether a node that has not all its data has to copy from the beginning.
func (r *roster) mustCopyAgain(n *NodeResources) bool { return r.lacksRows(n) || r.copyFailed(n) }

// copyFailed tells whether the copy of a joining node has failed after the node began to provide: the copy that takes
// its place must not reach the others.
func (r *roster) copyFailed(n *NodeResources) bool {
	subscription, ok := r.start.Get(database.SubscriptionIdentifier(n.link(n.SourceNode, n.NodeName)))
	if !ok || subscription.Error == "" {
		return false
	}
	if settled, err := database.SubscriptionSettled(subscription); err != nil || settled {
		return false
	}
	return slices.ContainsFunc(r.all, func(other *NodeResources) bool {
		out := n.link(n.NodeName, other.NodeName)
		return r.has(database.ReplicationSlotIdentifier(out)) || r.has(database.SubscriptionIdentifier(out))
	})
}

// lacksRows tells whether what a joining node has copied is lost, or lacks rows that are kept nowhere.
func (r *roster) lacksRows(n *NodeResources) bool {
	return r.dataLost(n) || r.copyLost(n) || len(r.lostSlots(n)) > 0 || r.copiedWithoutSlot(n) || len(r.abandoned(n)) > 0
}

// dataLost tells whether a joining node has lost what it has copied so far: its primary instance or its
// database has to be made again, and comes back empty.
func (r *roster) dataLost(n *NodeResources) bool {
	return r.primaryLost(n) || !r.has(database.PostgresDatabaseIdentifier(n.NodeName, n.databaseName()))
}

// copyLost tells whether the subscription to the source has to be made again: what it has received since
// the copy cannot be told from what it has not. If the node itself has begun to provide, the subscription
// has been there, and was deleted to be made again.
func (r *roster) copyLost(n *NodeResources) bool {
	id := database.SubscriptionIdentifier(n.link(n.SourceNode, n.NodeName))
	if r.recorded(id) {
		return !r.has(id)
	}
	return slices.ContainsFunc(r.all, func(other *NodeResources) bool {
		return r.recorded(database.ReplicationSlotIdentifier(n.link(n.NodeName, other.NodeName)))
	})
}

// abandoned are the slots for a joining node on peers that are not wanted any more. What such a peer has
// written since the copy will not come through its slot: the next copy has to bring it, from the source.
func (r *roster) abandoned(n *NodeResources) []resource.Identifier {
	var ids []resource.Identifier
	for _, slot := range r.start.OfType(database.TypeReplicationSlot) {
		provider, subscriber, ok := database.SlotNodes(slot.Identifier)
		if ok && subscriber == n.NodeName && r.standings[provider] == 0 &&
			!r.recorded(database.RolesSourceIdentifier(provider)) {
			ids = append(ids, slot.Identifier)
		}
	}
	return ids
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

// cleanUp plans the deletion of what joining nodes have to do again, and forgets it: each kind as a plan of
// its own, so that at every moment the state says what still is to be done. What made it necessary, such as
// an instance that is marked as needing recreation, stays to the end, and is then created like anything else.
// Where the nodes stand is settled again after each plan, as whoever stops there and asks again finds it: a
// node that shares what was deleted may not have all its data any more.
func (r *roster) cleanUp(stop *interrupt.Poller) ([]resource.Plan, error) {
	var plans []resource.Plan
	for _, outdated := range []func(*NodeResources) []resource.Identifier{
		r.outdatedMarkers,
		func(n *NodeResources) []resource.Identifier { return r.outdatedData(stop, n) },
		r.abandoned,
	} {
		var ids []resource.Identifier
		for _, n := range r.with(joining) {
			ids = append(ids, outdated(n)...)
		}
		plan, err := resource.PlanDelete(stop, r.start, append(ids, r.start.Dependents(stop, ids...)...))
		if err != nil {
			return nil, err
		}
		if len(plan.Phases) > 0 {
			plans = append(plans, plan)
			r.start = afterwards(r.start, []resource.Plan{plan})
			if err := r.settleJoining(); err != nil {
				return nil, err
			}
		}
	}
	return plans, nil
}

// keepMarks is start, or if nodes leave a copy of it, with dependencies that make a removal take away last what tells
// how far it has come. A node that was joining depends on its roles source: that is deleted after all that holds or copies data. The
// monitors of any other node depend on its subscriptions and slots: these are deleted once none of the monitors is
// recorded any more. A removal that stops half-way and is taken back finds a joining node, one that still has all
// its replication, or one whose removal is seen to have begun, and not a member that lacks rows.
func (r *roster) keepMarks(stop *interrupt.Poller) *resource.State {
	start := r.start
	for _, node := range r.start.OfType(database.TypeNode) {
		if r.standings[node.Identifier.ID] != 0 {
			continue
		}
		if start == r.start {
			start = r.start.Clone()
		}
		if mark := database.RolesSourceIdentifier(node.Identifier.ID); r.recorded(mark) {
			addDependencies(start, node.Identifier, mark)
			continue
		}
		replication := r.replicationOf(node.Identifier.ID)
		for _, monitor := range r.unusedMonitors(stop, node) {
			addDependencies(start, monitor, replication...)
		}
	}
	return start
}

// unusedMonitors are the monitors of a node's instances, if nothing depends on them: what does may be needed by
// what is below a slot.
func (r *roster) unusedMonitors(stop *interrupt.Poller, node *resource.Resource) []resource.Identifier {
	var monitors []resource.Identifier
	for _, id := range node.Dependencies {
		if id.Type == database.TypeInstance {
			monitors = append(monitors, database.MonitorInstanceIdentifier(id.ID))
		}
	}
	if r.start.DependedOn(stop, monitors...) {
		return nil
	}
	return monitors
}

// addDependencies lets a resource of the state, if it is there, depend on more.
func addDependencies(s *resource.State, id resource.Identifier, more ...resource.Identifier) {
	if found, ok := s.Get(id); ok {
		dependent := found.Clone()
		dependent.Dependencies = append(dependent.Dependencies, more...)
		s.Add(dependent)
	}
}

// replicationOf are the slots and the subscriptions from and to a node, in no order.
func (r *roster) replicationOf(name string) []resource.Identifier {
	var ids []resource.Identifier
	for found := range r.start.All() {
		provider, subscriber, ok := database.LinkNodes(found.Identifier)
		if ok && (provider == name || subscriber == name) {
			ids = append(ids, found.Identifier)
		}
	}
	return ids
}

// asRecorded takes the dependencies of keepMarks out of the plans' deletes again.
func (r *roster) asRecorded(plans []resource.Plan) {
	for _, plan := range plans {
		for _, phase := range plan.Phases {
			for i, event := range phase.Events {
				if event.Type != resource.EventDelete {
					continue
				}
				recorded, ok := r.start.Get(event.Resource.Identifier)
				if ok && len(event.Resource.Dependencies) > len(recorded.Dependencies) {
					phase.Events[i].Resource = event.Resource.Clone()
					phase.Events[i].Resource.Dependencies = recorded.Dependencies
				}
			}
		}
	}
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

// outdatedMarkers are those that peers wrote for the source of a node that has to copy again. If it has been
// enabled, recorded or not, it may have confirmed changes of a peer that the source did not have yet. The
// slots do not keep them any more, so that the next copy has to wait until the source has them. A node
// without a subscription to a peer cannot have been.
func (r *roster) outdatedMarkers(n *NodeResources) []resource.Identifier {
	begun := slices.ContainsFunc(r.peers(n), func(peer string) bool {
		return r.recorded(database.SubscriptionIdentifier(n.link(peer, n.NodeName)))
	})
	if !begun || !r.mustCopyAgain(n) {
		return nil
	}
	var ids []resource.Identifier
	for _, peer := range r.peers(n) {
		ids = append(ids, r.healthy(database.SyncEventIdentifier(n.link(peer, n.SourceNode)))...)
	}
	return ids
}

// outdatedData is what has to be done again for a joining node whose data is lost or lacks rows, but for
// what made it so: all that depends on it, the copy, and, of a node that has lost its primary, the
// replicas, which cannot follow the one that takes its place. Of a node that has all its data, it is what
// put a subscription that has to be made again at its position.
func (r *roster) outdatedData(stop *interrupt.Poller, n *NodeResources) []resource.Identifier {
	var ids []resource.Identifier
	if r.primaryLost(n) {
		primary := database.InstanceIdentifier(r.primaryOf(n))
		ids = append(ids, r.start.Dependents(stop, primary)...)
		for _, id := range r.instances(n) {
			if id != primary && r.recorded(id) {
				ids = append(ids, id)
			}
		}
	}
	if id := database.PostgresDatabaseIdentifier(n.NodeName, n.databaseName()); !r.has(id) {
		ids = append(ids, r.start.Dependents(stop, id)...)
	}
	ids = append(ids, r.start.Dependents(stop, r.lostSlots(n)...)...)
	if r.mustCopyAgain(n) {
		ids = append(ids, r.links(n)...)
		return append(ids, r.start.Dependents(stop, database.SubscriptionIdentifier(n.link(n.SourceNode, n.NodeName)))...)
	}
	for _, peer := range r.peers(n) {
		link := n.link(peer, n.NodeName)
		if !r.has(database.SubscriptionIdentifier(link)) {
			ids = append(ids, r.healthy(database.LagTrackerIdentifier(peer, n.NodeName, n.databaseName()))...)
			ids = append(ids, r.healthy(database.ReplicationSlotAdvanceIdentifier(link))...)
			ids = append(ids, r.healthy(database.ReplicationOriginAdvanceIdentifier(link))...)
		}
	}
	return ids
}

// links are what replicates into the node, and what replicates out of it: its tables will be emptied, which
// must not reach the others.
func (r *roster) links(n *NodeResources) []resource.Identifier {
	var ids []resource.Identifier
	for _, other := range r.all {
		in, out := n.link(other.NodeName, n.NodeName), n.link(n.NodeName, other.NodeName)
		ids = append(ids, r.healthy(database.SubscriptionIdentifier(in))...)
		ids = append(ids, r.healthy(database.SubscriptionIdentifier(out))...)
		ids = append(ids, r.healthy(database.ReplicationSlotIdentifier(out))...)
	}
	return ids
}

// healthy is the identifier, if start has a resource for it that does not have to be made again.
func (r *roster) healthy(id resource.Identifier) []resource.Identifier {
	if r.has(id) {
		return []resource.Identifier{id}
	}
	return nil
}

// settleFailed adds to the populate the final shape of subscriptions that have failed in the one in which they
// copy, of nodes that have all their data: what is updated in between must not let them copy again.
func (r *roster) settleFailed(populate, end *resource.State) error {
	for _, n := range r.with(populated) {
		link := n.link(n.SourceNode, n.NodeName)
		settled, err := r.settled(link)
		if err != nil {
			return err
		}
		found, ok := r.start.Get(database.SubscriptionIdentifier(link))
		wanted, stays := end.Get(database.SubscriptionIdentifier(link))
		if ok && stays && !settled && found.Error != "" {
			populate.Add(wanted)
		}
	}
	return nil
}

// keepSettled takes out of the populate what would undo what is done: of a node that only needs one
// subscription again, the others go on as they are.
func (r *roster) keepSettled(populate *resource.State) error {
	for _, n := range r.with(joining) {
		for _, provider := range append(r.peers(n), n.SourceNode) {
			link := n.link(provider, n.NodeName)
			settled, err := r.settled(link)
			if err != nil {
				return err
			}
			if !settled || !r.has(database.SubscriptionIdentifier(link)) {
				continue
			}
			subscription, _ := r.start.Get(database.SubscriptionIdentifier(link))
			populate.Add(subscription)
			populate.Remove(database.LagTrackerIdentifier(provider, n.NodeName, n.databaseName()))
			populate.Remove(database.ReplicationSlotAdvanceIdentifier(link))
			populate.Remove(database.ReplicationOriginAdvanceIdentifier(link))
		}
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
	shape := resource.NewState()
	for _, n := range r.with(member) {
		n.addDatabase(shape)
	}
	diff := resource.NewState()
	for wanted := range end.All() {
		if _, ok := shape.Get(wanted.Identifier); !ok && !r.linksMembers(wanted.Identifier) {
			continue
		}
		if found, ok := r.start.Get(wanted.Identifier); !ok || found.NeedsRecreate || found.Error != "" {
			diff.Add(wanted)
		}
	}
	if diff.Len() == 0 {
		return nil
	}
	return diff
}

// linksMembers tells whether it is a slot or a subscription between two members.
func (r *roster) linksMembers(id resource.Identifier) bool {
	provider, subscriber, ok := database.LinkNodes(id)
	return ok && r.standings[provider] == member && r.standings[subscriber] == member
}
