package planner

import (
	"maps"
	"slices"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// refusePartlyRemoved refuses a member whose removal has begun: the slots that kept its changes may be gone, and
// to make them again would skip what was written since. Removal deletes all monitors before the first
// subscription (see removalOrder), while whoever creates a node makes monitors before subscriptions.
func (m *membership) refusePartlyRemoved(n *NodeResources) error {
	if m.monitored(n) {
		return nil
	}
	hasDatabase := m.recorded(n.databaseIdentifier())
	for _, other := range interrupt.Each(m.stop, m.members) {
		if other.NodeName == n.NodeName {
			continue
		}
		in, out := n.link(other.NodeName, n.NodeName), n.link(n.NodeName, other.NodeName)
		if subscription, ok := m.start.Get(database.SubscriptionIdentifier(in)); ok {
			flags, err := m.flagsOf(subscription)
			if err != nil {
				return err
			}
			if !flags.Settled() {
				return &NodePartlyRemovedError{Node: n.NodeName}
			}
		}
		linked := m.exists(database.SubscriptionIdentifier(in)) && m.exists(database.SubscriptionIdentifier(out))
		if !linked && hasDatabase {
			return &NodePartlyRemovedError{Node: n.NodeName}
		}
	}
	return nil
}

// refuseTurnedRound refuses a member whose removal has begun where those leave that stayed then: they go on writing, and their
// links to it are gone. Exempt nodes do not leave.
func (m *membership) refuseTurnedRound(exempt map[string]bool) error {
	var leaving []*resource.Resource
	for _, n := range interrupt.Each(m.stop, m.members) {
		if m.monitored(n) || !m.recorded(n.databaseIdentifier()) {
			continue
		}
		if leaving == nil {
			leaving = m.leaving()
		}
		for _, other := range interrupt.Each(m.stop, leaving) {
			name := other.Identifier.ID
			stayed := m.exists(database.PostgresDatabaseIdentifier(name, n.databaseName())) &&
				!m.recorded(database.RolesSourceIdentifier(name)) && m.isWatched(other)
			if stayed && !exempt[name] && !m.exists(database.SubscriptionIdentifier(n.link(name, n.NodeName))) {
				return &NodePartlyRemovedError{Node: n.NodeName}
			}
		}
	}
	return m.stop.Err()
}

// refuseLeftOut refuses a member without which another node has joined, up to where it provides: the member was leaving
// then. The node would have to copy again, or the member would get a link from it that begins too late; and what has been
// written there meanwhile, by a service of its own, would be lost. As long as the member has a monitor, the markers for the
// other node are recorded, even if it is not joining any more, and so are its own subscriptions: one without any goes on
// without what it lacks, and its links are being made again.
func (m *membership) refuseLeftOut() error {
	names := make(map[string]bool)
	for r := range m.start.All(m.stop) {
		switch r.Identifier.Type {
		case database.TypeRolesSource:
			names[r.Identifier.ID] = true
		case database.TypeSyncEvent:
			link, _ := namedLink(r.Identifier)
			names[link.Subscriber] = true
		}
	}
	if len(names) == 0 {
		return nil
	}
	candidates := maps.Clone(names)
	for _, n := range interrupt.Each(m.stop, m.members) {
		names[n.NodeName] = true
	}
	links := linksOf(m.stop, m.start, names)
	for _, n := range interrupt.Each(m.stop, m.with(joining, member)) {
		isTakenDown := m.status[n.NodeName] == joining && !m.monitored(n) // it copies again
		if !candidates[n.NodeName] || isTakenDown || !m.provides(n, links[n.NodeName]) {
			continue
		}
		for _, other := range interrupt.Each(m.stop, m.members) {
			if other.NodeName != n.NodeName && hasSubscription(m.stop, links[other.NodeName]) && !m.anyLink(n, other) {
				return &NodePartlyRemovedError{Node: other.NodeName}
			}
		}
	}
	return nil
}

// anyLink tells whether start has anything of the links between two nodes.
func (m *membership) anyLink(a, b *NodeResources) bool {
	there, back := a.link(a.NodeName, b.NodeName), a.link(b.NodeName, a.NodeName)
	return m.recorded(database.ReplicationSlotIdentifier(there)) || m.recorded(database.SubscriptionIdentifier(there)) ||
		m.recorded(database.ReplicationSlotIdentifier(back)) || m.recorded(database.SubscriptionIdentifier(back))
}

// hasSubscription tells whether any of the links is there as more than a slot.
func hasSubscription(stop *interrupt.Poller, links []resource.Identifier) bool {
	return slices.ContainsFunc(links, func(id resource.Identifier) bool {
		return stop.Stopped() || id.Type == database.TypeSubscription
	})
}

// provides tells whether another node subscribes to the node that has these links.
func (m *membership) provides(n *NodeResources, links []resource.Identifier) bool {
	return slices.ContainsFunc(links, func(id resource.Identifier) bool {
		link, _ := database.LinkOf(id)
		return m.stop.Stopped() || link.Provider == n.NodeName && id.Type == database.TypeSubscription
	})
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

// removalOrder puts the deletes of leaving nodes into an order in which what tells how far a removal has come goes last.
// The roles source of a node that was joining is deleted after the node, and with it after all that holds or copies
// data. The subscriptions and slots of any other node are deleted once none of its monitors is recorded any more. A
// removal that stops half-way and is taken back finds a joining node, one that still has all its replication, or one
// whose removal is seen to have begun, and not a member that lacks rows.
func (m *membership) removalOrder() []resource.Constraint {
	var order []resource.Constraint
	var members []*resource.Resource
	names := make(map[string]bool)
	for _, node := range interrupt.Each(m.stop, m.leaving()) {
		mark := database.RolesSourceIdentifier(node.Identifier.ID)
		if !m.recorded(mark) {
			members, names[node.Identifier.ID] = append(members, node), true
			continue
		}
		order = append(order, resource.Constraint{
			Before: []resource.Identifier{node.Identifier}, After: []resource.Identifier{mark},
		})
	}
	if len(members) == 0 {
		return order
	}
	links, needed := linksOf(m.stop, m.start, names), m.neededMonitors()
	for _, node := range interrupt.Each(m.stop, members) {
		monitors := monitorsOf(m.stop, node)
		// What needs a monitor may itself be needed by what is below a slot.
		if !slices.ContainsFunc(monitors, func(id resource.Identifier) bool { return m.stop.Stopped() || needed[id] }) {
			order = append(order, resource.Constraint{Before: monitors, After: links[node.Identifier.ID]})
		}
	}
	return order
}

// leaving are the records of nodes that are not desired, in order.
func (m *membership) leaving() []*resource.Resource {
	var nodes []*resource.Resource
	for r := range m.start.All(m.stop) {
		if r.Identifier.Type == database.TypeNode && m.status[r.Identifier.ID] == 0 {
			nodes = append(nodes, r)
		}
	}
	interrupt.SortFunc(m.stop, nodes, (*resource.Resource).Compare)
	return nodes
}

// neededMonitors are the monitors that something depends on.
func (m *membership) neededMonitors() map[resource.Identifier]bool {
	needed := make(map[resource.Identifier]bool)
	for r := range m.start.All(m.stop) {
		for _, d := range interrupt.Each(m.stop, r.Dependencies) {
			if d.Type == database.TypeMonitorInstance {
				needed[d] = true
			}
		}
	}
	return needed
}

// isWatched tells whether start has a monitor of an instance that the record of a node names. The monitors of a node that
// leaves are deleted right after its drain, alone, before anything else of it goes.
func (m *membership) isWatched(node *resource.Resource) bool {
	return m.anyOf(monitorsOf(m.stop, node), m.recorded)
}

// monitorsOf are the monitors of the instances that the record of a node names.
func monitorsOf(stop *interrupt.Poller, node *resource.Resource) []resource.Identifier {
	monitors := recordedInstances(stop, node)
	for i, instance := range interrupt.Each(stop, monitors) {
		monitors[i] = database.MonitorInstanceIdentifier(instance.ID)
	}
	return monitors
}
