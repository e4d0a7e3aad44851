package planner

import (
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// lost is what is gone for good. Its events cannot be executed: it is forgotten, each record by an event that executes
// nothing.
type lost struct {
	hosts map[string]bool
	// nodes are those of which start has an instance on a lost host, and none that is there on another one: the events of
	// their primaries cannot be executed either.
	nodes map[string]bool
}

// findLost finds out what is lost with the hosts. A node that has other instances is refused if its primary is lost: until
// another one is recorded, nobody can execute what runs there.
func (m *membership) findLost(hosts []string) error {
	m.lost = lost{hosts: make(map[string]bool, len(hosts)), nodes: make(map[string]bool)}
	for _, id := range interrupt.Each(m.stop, hosts) {
		m.lost.hosts[id] = true
	}
	if len(hosts) == 0 {
		return nil
	}
	left := make(map[string]bool) // nodes that have an instance
	nodeOf := m.instanceNodes()
	for r := range m.start.All(m.stop) {
		switch node := nodeOf[r.Identifier]; {
		case r.Identifier.Type != database.TypeInstance:
		case m.onLostHost(r):
			m.lost.nodes[node] = true
		case !r.NeedsRecreate:
			left[node] = true
		}
	}
	for node := range left {
		if m.stop.Stopped() {
			break
		}
		if !m.lost.nodes[node] {
			continue
		}
		if err := m.refuseLostPrimary(node); err != nil {
			return err
		}
		delete(m.lost.nodes, node)
	}
	return m.stop.Err()
}

// instanceNodes are the nodes of the recorded instances: those that the instances say themselves, or else those whose
// records name them.
func (m *membership) instanceNodes() map[resource.Identifier]string {
	nodes := make(map[resource.Identifier]string)
	for r := range m.start.All(m.stop) {
		if r.Identifier.Type == database.TypeInstance {
			if _, node := database.InstanceHome(m.stop, r); node != "" {
				nodes[r.Identifier] = node
			}
		}
	}
	for r := range m.start.All(m.stop) {
		if r.Identifier.Type != database.TypeNode {
			continue
		}
		for _, id := range interrupt.Each(m.stop, recordedInstances(m.stop, r)) {
			if nodes[id] == "" {
				nodes[id] = r.Identifier.ID
			}
		}
	}
	return nodes
}

// refuseLostPrimary refuses a node that has lost an instance, but not all, if that is its primary.
func (m *membership) refuseLostPrimary(name string) error {
	node, ok := m.start.Get(database.NodeIdentifier(name))
	if !ok {
		return nil
	}
	primary, err := database.NodePrimaryInstanceID(m.stop, node)
	if err != nil {
		return err
	}
	if primary == "" {
		return &PrimaryUnknownError{Node: name}
	}
	if instance, ok := m.start.Get(database.InstanceIdentifier(primary)); ok && m.onLostHost(instance) {
		return &PrimaryLostError{Node: name, InstanceID: primary}
	}
	return nil
}

func (m *membership) onLostHost(r *resource.Resource) bool {
	return r.Executor.Type == resource.ExecutorHost && m.lost.hosts[r.Executor.ID]
}

// isLost tells whether nothing can be executed for a record of start any more.
func (m *membership) isLost(r *resource.Resource) bool {
	return m.onLostHost(r) || r.Executor.Type == resource.ExecutorPrimary && m.lost.nodes[r.Executor.ID]
}

// refuseOnLostHosts refuses what is wanted on a lost host.
func (m *membership) refuseOnLostHosts(wanted *resource.State) error {
	if len(m.lost.hosts) == 0 {
		return nil
	}
	var found *HostLostError // about the smallest identifier
	for r := range wanted.All(m.stop) {
		if m.onLostHost(r) && (found == nil || r.Identifier.Compare(found.Resource) < 0) {
			found = &HostLostError{Resource: r.Identifier, Host: r.Executor.ID}
		}
	}
	if found != nil {
		return found
	}
	return m.stop.Err()
}

// lostRows says of each member, and of each that leaves, that it may lack rows of each lost node that has had data, and
// differ in them from others, whatever is recorded of their links. Who leaves may be wanted again.
func (m *membership) lostRows() []Hazard {
	if len(m.all) == 0 || len(m.lost.nodes) == 0 {
		return nil
	}
	var hazards []Hazard
	survivors := m.survivors()
	for r := range m.start.All(m.stop) {
		name, ok := database.PostgresDatabaseNode(r.Identifier)
		if !ok || !m.lost.nodes[name] || m.recorded(database.RolesSourceIdentifier(name)) {
			continue
		}
		for _, left := range interrupt.Each(m.stop, survivors) {
			if left != name {
				slot := database.ReplicationSlotIdentifier(m.all[0].link(name, left))
				hazards = append(hazards, Hazard{Kind: HazardRowsGivenUp, Node: left, Resource: slot})
			}
		}
	}
	return hazards
}

// survivors are the names of the members, and of those that leave and hold data.
func (m *membership) survivors() []string {
	survivors := names(m.stop, m.members)
	for r := range m.start.All(m.stop) {
		name, ok := database.PostgresDatabaseNode(r.Identifier)
		if ok && m.leaves(name) && m.exists(r.Identifier) && !m.recorded(database.RolesSourceIdentifier(name)) {
			survivors = append(survivors, name)
		}
	}
	return survivors
}

// forgetLost plans what becomes of lost hosts, before anything else, so that nothing that fails elsewhere can block it:
//
//  1. What joining nodes have copied beside a lost peer, which they have to copy again; at last, what is recorded of the
//     peer.
//  2. The monitors of lost nodes are forgotten: from here on their removal is seen to have begun.
//  3. The slots for lost nodes, which keep WAL, go where they are, and then the subscriptions to lost nodes. A slot that is
//     not recorded is recorded first: nothing else would say afterwards that it is there.
//  4. All else that is lost is forgotten, instances last: as long as they are recorded, it is seen which nodes are lost.
//
// It returns the membership after the plans. A member that has not got all that it was to copy is refused: what tells of
// that may go.
func (m *membership) forgetLost() ([]resource.Plan, *membership, error) {
	if !m.anythingLost() {
		return nil, m, m.stop.Err()
	}
	if err := m.refuseHalfFilled(); err != nil {
		return nil, nil, err
	}
	plans, m, err := m.redoBesideLost()
	if err != nil {
		return nil, nil, err
	}
	if plans, m, err = m.recordSlotsForLost(plans); err != nil {
		return nil, nil, err
	}
	for _, kind := range []func(*membership) []resource.Identifier{
		(*membership).lostMonitors, (*membership).slotsForLost, (*membership).subscriptionsToLost,
		(*membership).lostOnPrimaries, (*membership).lostOnHosts,
	} {
		if plans, m, err = m.remove(plans, kind(m)); err != nil {
			return nil, nil, err
		}
	}
	return plans, m, nil
}

func (m *membership) anythingLost() bool {
	if len(m.lost.hosts) == 0 {
		return false
	}
	for r := range m.start.All(m.stop) {
		if m.isLost(r) {
			return true
		}
	}
	return false
}

// redoBesideLost plans what joining nodes have to do again that have a lost peer: what the peer has written since the copy
// comes through no slot any more, and the next copy brings what of it has arrived at the source. What is recorded of the
// peer goes last: without it, a copy that lacks rows would look as if it could go on. A node that is not wanted any more
// may be wanted again: of that, the markers and then the copy go.
func (m *membership) redoBesideLost() ([]resource.Plan, *membership, error) {
	again := make(map[string]bool)
	for _, n := range interrupt.Each(m.stop, m.with(joining, populated)) {
		for _, id := range interrupt.Each(m.stop, m.abandonedLinks(n)) {
			record, _ := m.start.Get(id)
			if link, ok := linkOf(m.stop, record); ok && m.lost.nodes[link.Provider] {
				again[n.NodeName] = true
			}
		}
	}
	plans, m, err := m.cleanUp(nil, again)
	if err != nil {
		return nil, nil, err
	}
	markers, subscriptions, err := m.copiesBesideLost()
	if err != nil {
		return nil, nil, err
	}
	if plans, m, err = m.delete(plans, markers, nil); err != nil {
		return nil, nil, err
	}
	return m.delete(plans, subscriptions, nil)
}

// copiesBesideLost are, of the joining nodes that are not wanted and have a lost peer, the markers for their sources, and
// their subscriptions to other nodes than that.
func (m *membership) copiesBesideLost() (markers, subscriptions []resource.Identifier, err error) {
	joins, sources := make(map[string]bool), make(map[string]bool)
	for r := range m.start.All(m.stop) {
		if link, ok := linkOf(m.stop, r); ok && m.lost.nodes[link.Provider] && m.isLeftJoining(link.Subscriber) && m.wasPeer(link) {
			joins[link.Subscriber] = true
		}
	}
	for name := range joins {
		if m.stop.Stopped() {
			break
		}
		record, _ := m.start.Get(database.RolesSourceIdentifier(name))
		source, err := database.RolesSourceNode(m.stop, record)
		if err != nil {
			return nil, nil, err
		}
		sources[source] = true
	}
	for r := range m.start.All(m.stop) {
		switch link, _ := namedLink(r.Identifier); r.Identifier.Type {
		case database.TypeSyncEvent:
			if sources[link.Subscriber] {
				markers = append(markers, r.Identifier)
			}
		case database.TypeSubscription:
			if joins[link.Subscriber] && !m.lost.nodes[link.Provider] {
				subscriptions = append(subscriptions, r.Identifier)
			}
		}
	}
	return markers, subscriptions, m.stop.Err()
}

// isLeftJoining tells whether a node is joining, is not wanted any more, and is not lost.
func (m *membership) isLeftJoining(name string) bool {
	return m.status[name] == 0 && !m.lost.nodes[name] && m.recorded(database.RolesSourceIdentifier(name))
}

// lostMonitors are the monitors of lost nodes.
func (m *membership) lostMonitors() []resource.Identifier {
	nodeOf := m.instanceNodes()
	return m.chosen(func(r *resource.Resource) bool {
		return r.Identifier.Type == database.TypeMonitorInstance && m.onLostHost(r) &&
			m.lost.nodes[nodeOf[database.InstanceIdentifier(r.Identifier.ID)]]
	})
}

// recordSlotsForLost plans the records of slots for lost nodes that have none.
func (m *membership) recordSlotsForLost(plans []resource.Plan) ([]resource.Plan, *membership, error) {
	slots := m.unrecordedSlots(func(link database.Link) bool {
		return m.lost.nodes[link.Subscriber] && !m.lost.nodes[link.Provider]
	})
	m.recordUnknownSlots(slots, func(node string) bool { return m.lost.nodes[node] })
	if slots.Len() == 0 {
		return plans, m, m.stop.Err()
	}
	plan := resource.Plan{Phases: []resource.Phase{created(m.stop, slots)}}
	next, err := m.at(afterwards(m.stop, m.start, plan))
	return append(plans, plan), next, err
}

// slotsForLost are the slots that other nodes have for lost ones, and what depends on these by what it is.
func (m *membership) slotsForLost() []resource.Identifier {
	return m.chosen(func(r *resource.Resource) bool {
		link, ok := namedLink(r.Identifier)
		switch r.Identifier.Type {
		case database.TypeReplicationSlotCreate:
			link, ok = database.SlotCreateLink(m.stop, r)
		case database.TypeReplicationSlot, database.TypeSubscription, database.TypeSyncEvent,
			database.TypeWaitForSyncEvent, database.TypePeerCatchup:
		default:
			return false
		}
		return ok && m.lost.nodes[link.Subscriber] && !m.lost.nodes[link.Provider]
	})
}

// subscriptionsToLost are the subscriptions that other nodes have to lost ones, and the markers that went through them.
func (m *membership) subscriptionsToLost() []resource.Identifier {
	return m.chosen(func(r *resource.Resource) bool {
		if r.Identifier.Type != database.TypeSubscription && r.Identifier.Type != database.TypeSyncEvent {
			return false
		}
		link, ok := namedLink(r.Identifier)
		return ok && m.lost.nodes[link.Provider] && !m.lost.nodes[link.Subscriber]
	})
}

// lostOnPrimaries are the records of what ran on the primaries of lost nodes.
func (m *membership) lostOnPrimaries() []resource.Identifier {
	return m.chosen(func(r *resource.Resource) bool { return m.isLost(r) && !m.onLostHost(r) })
}

// lostOnHosts are the records of what ran on lost hosts.
func (m *membership) lostOnHosts() []resource.Identifier { return m.chosen(m.onLostHost) }

// chosen are the records of start for which it is so.
func (m *membership) chosen(is func(*resource.Resource) bool) []resource.Identifier {
	var ids []resource.Identifier
	for r := range m.start.All(m.stop) {
		if is(r) {
			ids = append(ids, r.Identifier)
		}
	}
	return ids
}

// namedLink reads the link from the identifier of what is about one, whatever its type.
func namedLink(id resource.Identifier) (database.Link, bool) {
	link, ok := database.LinkOf(resource.Identifier{Type: database.TypeSubscription, ID: id.ID})
	if id.Type == database.TypePeerCatchup { // which names the node that waits first
		link.Provider, link.Subscriber = link.Subscriber, link.Provider
	}
	return link, ok
}
