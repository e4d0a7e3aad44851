package planner

import (
	"cmp"
	"maps"
	"slices"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// nodeStatus is where a desired node stands in a state.
type nodeStatus uint8

const (
	// newcomer holds no data. It is added, and populated if there is a member to copy from.
	newcomer nodeStatus = iota + 1
	// joining is being populated: its roles source is there, and its data is not known to be complete.
	joining
	// populated is joining with all its data: all that is left is to let it replicate, and to clean up.
	populated
	// member holds data, takes writes, and can be a source and a peer.
	member
)

// membership is the desired nodes, each with its status in one state. It belongs to one state for good: that of
// another state is made with at. When stop tells to stop, what the methods return is worth nothing.
type membership struct {
	stop  *interrupt.Poller
	start *resource.State
	// all are the nodes in the order given, completed with what start knows: copies of the caller's.
	all     []*NodeResources
	status  map[string]nodeStatus
	members []*NodeResources
	// databases are the names of the nodes' databases.
	databases map[string]string
	lost      lost
	// emptied are the members without an instance that are to rejoin. A restore lets none.
	emptied  map[string]bool
	restores bool
	// resourced are the joining nodes whose recorded source is none any more: they copy again, from another one.
	resourced map[string]bool
	// cutOff are the joining nodes that do not get what another one wrote: see findCutOff.
	cutOff map[string]bool
	// links are, for each joining node, what start has of the links from and to it.
	links map[string][]resource.Identifier
}

// apart is what counts otherwise than all else.
type apart struct {
	// exempt are the nodes whose links say nothing.
	exempt map[string]bool
	// lostHosts are the ids of hosts that are gone for good.
	lostHosts []string
}

// newMembership finds out where each node stands. It refuses states in which going on would lose data.
func newMembership(
	stop *interrupt.Poller, start *resource.State, nodes []*NodeResources, apart apart,
) (*membership, error) {
	if err := refuseOldLayout(stop, start); err != nil {
		return nil, err
	}
	m := &membership{
		stop: stop, start: start, status: make(map[string]nodeStatus, len(nodes)), databases: make(map[string]string, len(nodes)),
		emptied: make(map[string]bool), resourced: make(map[string]bool), restores: apart.exempt != nil,
	}
	if err := m.findLost(apart.lostHosts); err != nil {
		return nil, err
	}
	for _, n := range interrupt.Each(stop, nodes) {
		if _, twice := m.status[n.NodeName]; twice {
			return nil, &DuplicateNodeError{Node: n.NodeName}
		}
		node := *n
		if err := node.check(stop); err != nil {
			return nil, err
		}
		var err error
		if m.status[n.NodeName], err = m.statusAlone(&node); err != nil {
			return nil, err
		}
		m.all = append(m.all, &node)
		m.databases[n.NodeName] = n.databaseName()
	}
	if err := m.refuseChangedDatabases(); err != nil {
		return nil, err
	}
	if err := m.judgeEmpty(apart.exempt); err != nil {
		return nil, err
	}
	m.members = m.with(member)
	for _, n := range interrupt.Each(stop, m.all) {
		err := m.takeRecorded(n)
		if err == nil {
			n.recorded = start
			n.own = n.makeOwn(stop)
		}
		if err := cmp.Or(m.refuseMovedInstances(n), err); err != nil {
			return nil, err
		}
	}
	if err := m.refuseLeftOut(); err != nil {
		return nil, err
	}
	if err := m.refuseTurnedRound(apart.exempt); err != nil {
		return nil, err
	}
	return m, m.judgeJoining()
}

// at is the membership of the same nodes in a later state: what may have changed is which of the joining nodes have
// all their data.
func (m *membership) at(later *resource.State) (*membership, error) {
	next := *m
	next.start, next.status = later, maps.Clone(m.status)
	return &next, next.judgeJoining()
}

// judgeJoining tells the joining nodes that have all their data from those that have not.
func (m *membership) judgeJoining() error {
	nodes := m.with(joining, populated)
	names := make(map[string]bool, len(nodes))
	for _, n := range interrupt.Each(m.stop, nodes) {
		names[n.NodeName] = true
	}
	m.links = linksOf(m.stop, m.start, names)
	m.findCutOff(nodes)
	for _, n := range interrupt.Each(m.stop, nodes) {
		complete, err := m.hasAllData(n)
		if err != nil {
			return err
		}
		m.status[n.NodeName] = joining
		if complete {
			m.status[n.NodeName] = populated
		}
	}
	return m.stop.Err()
}

// linksOf are what a state has of the links from and to each of the nodes, in no order: slots and what makes them, and
// subscriptions.
func linksOf(stop *interrupt.Poller, s *resource.State, nodes map[string]bool) map[string][]resource.Identifier {
	links := make(map[string][]resource.Identifier, len(nodes))
	if len(nodes) == 0 {
		return links
	}
	for r := range s.All(stop) {
		link, ok := linkOf(stop, r)
		if ok && nodes[link.Provider] {
			links[link.Provider] = append(links[link.Provider], r.Identifier)
		}
		if ok && nodes[link.Subscriber] && link.Subscriber != link.Provider {
			links[link.Subscriber] = append(links[link.Subscriber], r.Identifier)
		}
	}
	return links
}

// linkOf is the link of a slot, of what makes it, or of a subscription; ok is false for all else.
func linkOf(stop *interrupt.Poller, r *resource.Resource) (link database.Link, ok bool) {
	if r.Identifier.Type == database.TypeReplicationSlotCreate {
		return database.SlotCreateLink(stop, r)
	}
	return database.LinkOf(r.Identifier)
}

// making is what makes the slot of a link ahead, by the identifier that start has it by.
func (m *membership) making(link database.Link) database.ReplicationSlotCreate {
	return database.RecordedSlotCreate(link, m.recorded)
}

// with returns the nodes that have one of the statuses, in order.
func (m *membership) with(statuses ...nodeStatus) []*NodeResources {
	var found []*NodeResources
	for _, n := range interrupt.Each(m.stop, m.all) {
		if slices.Contains(statuses, m.status[n.NodeName]) {
			found = append(found, n)
		}
	}
	return found
}

// peers are the members other than the source of a new or joining node.
func (m *membership) peers(n *NodeResources) []string {
	names := make([]string, 0, len(m.members)+1)
	for _, other := range interrupt.Each(m.stop, m.members) {
		if other.NodeName != n.SourceNode {
			names = append(names, other.NodeName)
		}
	}
	return names
}

// providers are the peers and the source of a joining node.
func (m *membership) providers(n *NodeResources) []string { return append(m.peers(n), n.SourceNode) }

// recorded tells whether start has the resource, in whatever condition.
func (m *membership) recorded(id resource.Identifier) bool {
	return m.start.Has(id)
}

// exists tells whether start has the resource, does not have to make it again, and has not lost it.
func (m *membership) exists(id resource.Identifier) bool {
	found, ok := m.start.Get(id)
	return ok && !found.NeedsRecreate && !m.isLost(found)
}

// statusAlone tells where a node stands, as far as its own records say it.
func (m *membership) statusAlone(n *NodeResources) (nodeStatus, error) {
	switch {
	case m.recorded(database.RolesSourceIdentifier(n.NodeName)):
		if m.lost.nodes[n.NodeName] {
			return joining, &NodeLostError{Node: n.NodeName}
		}
		return joining, nil
	case m.recorded(n.databaseIdentifier()):
		return member, m.refuseLost(n)
	case m.exists(database.NodeIdentifier(n.NodeName)):
		return member, nil
	}
	return newcomer, nil
}

// judgeEmpty looks at the nodes that have no Postgres database and are not joining. Those that have been linked to
// others than the exempt ones are members, which have lost it. All others hold no data; where another node does, they
// are newcomers, which must get it from a source before they take part.
func (m *membership) judgeEmpty(exempt map[string]bool) error {
	empty := make(map[string]bool)
	for _, n := range interrupt.Each(m.stop, m.with(newcomer, member)) {
		if !m.recorded(n.databaseIdentifier()) {
			empty[n.NodeName] = true
		}
	}
	linked := m.linkedTo(empty, exempt)
	if err := m.stop.Err(); err != nil {
		return err
	}
	filled := false
	for _, n := range interrupt.Each(m.stop, m.with(newcomer, member)) {
		if len(linked[n.NodeName]) > 0 {
			if err := m.refuseLost(n); err != nil {
				return err
			}
			m.status[n.NodeName] = member
			empty[n.NodeName] = false
		}
		filled = filled || !empty[n.NodeName]
	}
	for name, is := range empty {
		if m.stop.Stopped() {
			break
		}
		if is && filled {
			m.status[name] = newcomer
		}
	}
	return m.stop.Err()
}

// refuseLost refuses a member without an instance, unless it is to rejoin, and what only it had is given up.
func (m *membership) refuseLost(n *NodeResources) error {
	switch {
	case m.anyInstanceLeft(n):
		return nil
	case m.restores || n.Recovery != NodeRecoveryRejoinUndrained:
		return &NodeLostError{Node: n.NodeName}
	}
	m.emptied[n.NodeName] = true
	return nil
}

// anyInstanceLeft tells whether an instance of the node is there and does not have to be made again.
func (m *membership) anyInstanceLeft(n *NodeResources) bool {
	return m.anyOf(m.instances(n), m.exists)
}

// anyOf tells whether it is so for any of the resources.
func (m *membership) anyOf(ids []resource.Identifier, is func(resource.Identifier) bool) bool {
	return slices.ContainsFunc(ids, func(id resource.Identifier) bool { return m.stop.Stopped() || is(id) })
}

// instances are the instances of the node, those that start has recorded and those desired. Some may be there twice.
func (m *membership) instances(n *NodeResources) []resource.Identifier {
	ids := make([]resource.Identifier, 0, 2*len(n.InstanceResources))
	if node, ok := m.start.Get(database.NodeIdentifier(n.NodeName)); ok {
		ids = appendInstances(m.stop, ids, node)
	}
	for _, i := range interrupt.Each(m.stop, n.InstanceResources) {
		ids = append(ids, database.InstanceIdentifier(i.id()))
	}
	return ids
}

// recordedInstances are the instances that the record of a node names.
func recordedInstances(stop *interrupt.Poller, node *resource.Resource) []resource.Identifier {
	return appendInstances(stop, make([]resource.Identifier, 0, len(node.Dependencies)), node)
}

func appendInstances(stop *interrupt.Poller, ids []resource.Identifier, node *resource.Resource) []resource.Identifier {
	for _, id := range interrupt.Each(stop, node.Dependencies) {
		if id.Type == database.TypeInstance {
			ids = append(ids, id)
		}
	}
	return ids
}

// takeRecorded fills in what start knows better than the caller: the primary of a node that has been there, or has
// been begun, and the source of one that is joining. It refuses a node that would lose its primary, and its data with
// it, and one whose removal has begun.
func (m *membership) takeRecorded(n *NodeResources) error {
	recorded := ""
	node, known := m.start.Get(database.NodeIdentifier(n.NodeName))
	if known {
		var err error
		if recorded, err = database.NodePrimaryInstanceID(m.stop, node); err != nil {
			return err
		}
	}
	status := m.status[n.NodeName]
	if status == newcomer {
		n.PrimaryInstanceID = n.InstanceResources[0].id()
		if m.exists(database.InstanceIdentifier(recorded)) && n.hasInstance(m.stop, recorded) {
			n.PrimaryInstanceID = recorded
		}
		return nil
	}
	if recorded != "" {
		n.PrimaryInstanceID = recorded
	} else if known && len(recordedInstances(m.stop, node)) > 0 {
		return &PrimaryUnknownError{Node: n.NodeName}
	}
	n.PrimaryInstanceID = n.primaryInstanceID()
	if !n.hasInstance(m.stop, n.PrimaryInstanceID) {
		return &PrimaryNotFoundError{Node: n.NodeName, PrimaryInstanceID: n.PrimaryInstanceID}
	}
	if status == member {
		return m.refusePartlyRemoved(n)
	}
	return m.takeRecordedSource(n)
}
