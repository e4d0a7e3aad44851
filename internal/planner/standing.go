package planner

import (
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// standing is where a wanted node stands at the start.
type standing uint8

const (
	// newcomer holds no data. It is added, and populated if there is a member to copy from.
	newcomer standing = iota + 1
	// joining is being populated: its roles source is there, and its data is not known to be complete.
	joining
	// populated is joining with all its data: all that is left is to let it replicate, and to clean up.
	populated
	// member holds data, takes writes, and can be a source and a peer.
	member
)

// roster is the wanted nodes, each as it stands.
type roster struct {
	start *resource.State
	// all are the nodes in the order given, completed with what start knows: copies of the caller's.
	all       []*NodeResources
	standings map[string]standing
	// populating tells whether start holds anything that is there only while some node is populated.
	populating bool
}

// newRoster finds out where each node stands. It refuses states in which going on would lose data.
func newRoster(start *resource.State, nodes []*NodeResources) (*roster, error) {
	r := &roster{start: start, standings: make(map[string]standing, len(nodes))}
	r.populating = start.HasType(database.TypeSyncEvent)
	for _, n := range nodes {
		if _, twice := r.standings[n.NodeName]; twice {
			return nil, &DuplicateNodeError{Node: n.NodeName}
		}
		node := *n
		if err := node.check(); err != nil {
			return nil, err
		}
		var err error
		if r.standings[n.NodeName], err = r.judge(&node); err != nil {
			return nil, err
		}
		r.all = append(r.all, &node)
	}
	r.settleEmpty()
	for _, n := range r.all {
		if err := r.complete(n); err != nil {
			return nil, err
		}
		n.keep()
	}
	return r, r.settleJoining()
}

// with returns the nodes of the given standings, in order.
func (r *roster) with(wanted ...standing) []*NodeResources {
	var found []*NodeResources
	for _, n := range r.all {
		for _, s := range wanted {
			if r.standings[n.NodeName] == s {
				found = append(found, n)
			}
		}
	}
	return found
}

// has tells whether start has the resource, and does not have to make it again.
func (r *roster) has(id resource.Identifier) bool {
	found, ok := r.start.Get(id)
	return ok && !found.NeedsRecreate
}

// recorded tells whether start has the resource, in whatever condition.
func (r *roster) recorded(id resource.Identifier) bool {
	_, ok := r.start.Get(id)
	return ok
}

// judge tells where a node stands on its own.
func (r *roster) judge(n *NodeResources) (standing, error) {
	name := n.NodeName
	switch {
	case r.recorded(database.RolesSourceIdentifier(name)):
		return joining, nil
	case r.recorded(database.PostgresDatabaseIdentifier(name, n.databaseName())):
		if !r.anyInstanceLeft(n) {
			return member, &NodeLostError{Node: name}
		}
		return member, nil
	case r.has(database.NodeIdentifier(name)):
		return member, nil
	}
	return newcomer, nil
}

// settleEmpty makes newcomers of the nodes that have no Postgres database, where another node has one: they
// hold no data, and must get it from a source before they take part.
func (r *roster) settleEmpty() {
	var empty []string
	members := 0
	for _, n := range r.with(member) {
		members++
		if !r.recorded(database.PostgresDatabaseIdentifier(n.NodeName, n.databaseName())) {
			empty = append(empty, n.NodeName)
		}
	}
	if len(empty) == members {
		return
	}
	for _, name := range empty {
		r.standings[name] = newcomer
	}
}

// anyInstanceLeft tells whether an instance of the node is there and does not have to be made again.
func (r *roster) anyInstanceLeft(n *NodeResources) bool {
	for _, id := range r.instances(n) {
		if r.has(id) {
			return true
		}
	}
	return false
}

// instances are the instances of the node, those that start has recorded and those wanted.
func (r *roster) instances(n *NodeResources) []resource.Identifier {
	var ids []resource.Identifier
	if node, ok := r.start.Get(database.NodeIdentifier(n.NodeName)); ok {
		for _, id := range node.Dependencies {
			if id.Type == database.TypeInstance {
				ids = append(ids, id)
			}
		}
	}
	for _, i := range n.InstanceResources {
		ids = appendNew(ids, database.InstanceIdentifier(i.id()))
	}
	return ids
}

// complete fills in what start knows better than the caller: the primary of a node that has been there, or has
// been begun, and the source of one that is joining. It refuses a node that would lose its primary, and its data with it.
func (r *roster) complete(n *NodeResources) error {
	recorded := ""
	if node, ok := r.start.Get(database.NodeIdentifier(n.NodeName)); ok {
		var err error
		if recorded, err = database.NodePrimaryInstanceID(node); err != nil {
			return err
		}
	}
	standing := r.standings[n.NodeName]
	if standing == newcomer {
		n.PrimaryInstanceID = n.InstanceResources[0].id()
		if n.hasInstance(recorded) && r.has(database.InstanceIdentifier(recorded)) {
			n.PrimaryInstanceID = recorded
		}
		return nil
	}
	if recorded != "" {
		n.PrimaryInstanceID = recorded
	}
	n.PrimaryInstanceID = n.primaryInstanceID()
	if !n.hasInstance(n.PrimaryInstanceID) {
		return &PrimaryNotFoundError{Node: n.NodeName, PrimaryInstanceID: n.PrimaryInstanceID}
	}
	if standing == member {
		n.SourceNode = ""
		return r.checkAttached(n)
	}
	return r.completeSource(n)
}

// completeSource sets the source of a joining node to the one that it started with.
func (r *roster) completeSource(n *NodeResources) error {
	record, _ := r.start.Get(database.RolesSourceIdentifier(n.NodeName))
	source, err := database.RolesSourceNode(record)
	if err != nil {
		return err
	}
	switch {
	case n.RestoreConfig != nil, n.SourceNode != "" && n.SourceNode != source:
		return &JoiningSourceError{Node: n.NodeName, Source: source, Problem: JoiningSourceChanged}
	case r.standings[source] != member:
		return &JoiningSourceError{Node: n.NodeName, Source: source, Problem: JoiningSourceGone}
	}
	n.SourceNode = source
	return nil
}

// checkAttached refuses a node whose removal has begun: the slots that kept its changes may be gone, and
// to make them again would skip what was written since. Removal deletes all monitors before the first
// subscription (see keepMarks), while whoever creates a node makes monitors before subscriptions. A node that was
// still being populated keeps a subscription with rows to copy.
func (r *roster) checkAttached(n *NodeResources) error {
	monitored := false
	for _, id := range r.instances(n) {
		monitored = monitored || r.recorded(database.MonitorInstanceIdentifier(id.ID))
	}
	if monitored && !r.populating {
		return nil
	}
	for _, other := range r.with(member) {
		if other.NodeName == n.NodeName {
			continue
		}
		in := database.SubscriptionIdentifier(n.link(other.NodeName, n.NodeName))
		out := database.SubscriptionIdentifier(n.link(n.NodeName, other.NodeName))
		if subscription, ok := r.start.Get(in); ok {
			settled, err := database.SubscriptionSettled(subscription)
			if err != nil {
				return err
			}
			if !settled {
				return &NodePartlyRemovedError{Node: n.NodeName}
			}
		}
		if !monitored && (!r.has(in) || !r.has(out)) && r.recorded(database.PostgresDatabaseIdentifier(n.NodeName, n.databaseName())) {
			return &NodePartlyRemovedError{Node: n.NodeName}
		}
	}
	return nil
}
