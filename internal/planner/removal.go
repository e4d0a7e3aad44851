package planner

import (
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// hasMarkers tells whether start holds what is there only while some node is populated.
func (m *membership) hasMarkers() bool {
	for r := range m.start.All() {
		if m.stop.Stopped() || r.Identifier.Type == database.TypeSyncEvent {
			return true
		}
	}
	return false
}

// refusePartlyRemoved refuses a member whose removal has begun: the slots that kept its changes may be gone, and
// to make them again would skip what was written since. Removal deletes all monitors before the first
// subscription (see keepMarks), while whoever creates a node makes monitors before subscriptions. A node that was
// still being populated keeps a subscription with rows to copy.
func (m *membership) refusePartlyRemoved(n *NodeResources, markers bool) error {
	monitored := m.monitored(n)
	if monitored && !markers {
		return nil
	}
	hasDatabase := m.recorded(n.databaseIdentifier())
	for _, other := range m.members {
		if m.stop.Stopped() {
			return nil
		}
		if other.NodeName == n.NodeName {
			continue
		}
		in, out := n.link(other.NodeName, n.NodeName), n.link(n.NodeName, other.NodeName)
		if m.recorded(database.SubscriptionIdentifier(in)) {
			if settled, err := m.settled(in); err != nil {
				return err
			} else if !settled {
				return &NodePartlyRemovedError{Node: n.NodeName}
			}
		}
		linked := m.exists(database.SubscriptionIdentifier(in)) && m.exists(database.SubscriptionIdentifier(out))
		if !monitored && !linked && hasDatabase {
			return &NodePartlyRemovedError{Node: n.NodeName}
		}
	}
	return nil
}

// monitored tells whether start has a monitor of an instance of the node.
func (m *membership) monitored(n *NodeResources) bool {
	for _, id := range m.instances(n) {
		if m.stop.Stopped() || m.recorded(database.MonitorInstanceIdentifier(id.ID)) {
			return true
		}
	}
	return false
}

// keepMarks is start, or if nodes leave a copy of it, with dependencies that make a removal take away last what tells
// how far it has come. A node that was joining depends on its roles source: that is deleted after all that holds or copies data. The
// monitors of any other node depend on its subscriptions and slots: these are deleted once none of the monitors is
// recorded any more. A removal that stops half-way and is taken back finds a joining node, one that still has all
// its replication, or one whose removal is seen to have begun, and not a member that lacks rows.
func (m *membership) keepMarks() *resource.State {
	start := m.start
	for _, node := range m.start.OfType(database.TypeNode) {
		if m.status[node.Identifier.ID] != 0 {
			continue
		}
		if start == m.start {
			start = m.start.Clone()
		}
		if mark := database.RolesSourceIdentifier(node.Identifier.ID); m.recorded(mark) {
			addDependencies(start, node.Identifier, mark)
			continue
		}
		replication := m.replicationOf(node.Identifier.ID)
		for _, monitor := range m.unusedMonitors(node) {
			addDependencies(start, monitor, replication...)
		}
	}
	return start
}

// unusedMonitors are the monitors of a node's instances, if nothing depends on them: what does may be needed by
// what is below a slot.
func (m *membership) unusedMonitors(node *resource.Resource) []resource.Identifier {
	var monitors []resource.Identifier
	for _, id := range node.Dependencies {
		if id.Type == database.TypeInstance {
			monitors = append(monitors, database.MonitorInstanceIdentifier(id.ID))
		}
	}
	if m.start.DependedOn(m.stop, monitors...) {
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
func (m *membership) replicationOf(name string) []resource.Identifier {
	var ids []resource.Identifier
	for found := range m.start.All() {
		provider, subscriber, ok := database.LinkNodes(found.Identifier)
		if ok && (provider == name || subscriber == name) {
			ids = append(ids, found.Identifier)
		}
	}
	return ids
}

// asRecorded takes the dependencies of keepMarks out of the plans' deletes again.
func (m *membership) asRecorded(plans []resource.Plan) {
	for _, plan := range plans {
		for _, phase := range plan.Phases {
			for i, event := range phase.Events {
				if event.Type != resource.EventDelete {
					continue
				}
				recorded, ok := m.start.Get(event.Resource.Identifier)
				if ok && len(event.Resource.Dependencies) > len(recorded.Dependencies) {
					phase.Events[i].Resource = event.Resource.Clone()
					phase.Events[i].Resource.Dependencies = recorded.Dependencies
				}
			}
		}
	}
}
