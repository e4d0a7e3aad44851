package verify

import (
	"iter"
	"slices"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/jsontext"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// Desired is what a request wants of a database. It is made from the request and not by what plans the answer. The
// judge only reads it.
type Desired struct {
	// Nodes are all that are to be there in the end, those that are to be restored among them.
	Nodes []DesiredNode
	// Services are the resources of all services, and what watches these.
	Services []*resource.Resource
	// Force asks to create or update everything.
	Force bool
	// LostHosts are the ids of hosts that are gone for good.
	LostHosts []string
}

// DesiredNode is one node.
type DesiredNode struct {
	Name string
	// Source is the node that was asked for to copy from, if the node is new. Empty: any.
	Source string
	// PrimaryInstanceID is the primary that was asked for. Empty: the first instance.
	PrimaryInstanceID string
	// Continues says that the node is to go on without rows that it lacks, if it does; Rejoins that it is to copy again, and
	// Undrained that what the others lack of it is given up then. AllowMissingRows says that it may come from a backup beside
	// members.
	Continues, Rejoins, Undrained, AllowMissingRows bool
	// Database is the Postgres database on the node. Its extra dependencies are those of the instances, and left out.
	Database  database.PostgresDatabase
	Instances []DesiredInstance
	// postgres identifies the Postgres database on the node. start is the start state, whose order lists have where
	// they mean the same; nil if the node is to be restored: what is there is made again. See from.
	postgres resource.Identifier
	start    *resource.State
	// Restore is what performs the restore of a node that is to be restored in place: its first instance, and what that
	// needs meanwhile. Nil: the node is not to be restored.
	Restore *DesiredInstance
}

// DesiredInstance is one instance, and the caller's own resources around it.
type DesiredInstance struct {
	// Instance is one that Validate accepts, and has all its fields, but that empty PrimaryInstanceID stands for that of the
	// node and nil Dependencies for the identifiers of Needs.
	Instance database.Instance
	// Needs are what the instance needs, DatabaseNeeds what the Postgres database on it needs, NodeDependents what needs
	// the node.
	Needs, DatabaseNeeds, NodeDependents []*resource.Resource
}

// from returns the same, asked for in the start state: with the primaries that it knows, as a failover stays. A node that
// does not exist yet begins with its first instance.
func (d *Desired) from(stop *interrupt.Poller, start *resource.State) *Desired {
	from := &Desired{Nodes: slices.Clone(d.Nodes), Services: d.Services, Force: d.Force, LostHosts: d.LostHosts}
	isJoining := func(n *DesiredNode) bool { return start.Has(database.RolesSourceIdentifier(n.Name)) }
	anyMember := false
	for i := range interrupt.Each(stop, from.Nodes) {
		n := &from.Nodes[i]
		n.postgres = database.PostgresDatabaseIdentifier(n.Name, n.Database.DatabaseName)
		if n.Restore == nil {
			n.start = start
		}
		anyMember = anyMember || n.Restore == nil && start.Has(n.postgres) && !isJoining(n)
	}
	for i := range interrupt.Each(stop, from.Nodes) {
		n := &from.Nodes[i]
		recorded := recordedPrimary(stop, start, n.Name)
		exists := start.Has(n.postgres) || isJoining(n) || !anyMember && isThere(recordIn(start, database.NodeIdentifier(n.Name)))
		stays := slices.ContainsFunc(n.Instances, func(i DesiredInstance) bool {
			return !stop.Stopped() && i.Instance.Spec.InstanceID == recorded
		}) && isThere(recordIn(start, database.InstanceIdentifier(recorded)))
		switch {
		case n.Restore != nil || !exists && !stays:
			n.PrimaryInstanceID = ""
		case recorded != "":
			n.PrimaryInstanceID = recorded
		}
	}
	return from
}

// recordedPrimary is the primary of a node as a state has recorded it; empty if it has not.
func recordedPrimary(stop *interrupt.Poller, s *resource.State, name string) string {
	if record := recordIn(s, database.NodeIdentifier(name)); record != nil {
		if primary, err := database.NodePrimaryInstanceID(stop, record); err == nil {
			return primary
		}
	}
	return ""
}

// end is the state in which everything is as desired, or a part of it if that is stopped. It is the one that is proposed,
// if that is as desired.
func (d *Desired) end(stop *interrupt.Poller, proposed *resource.State) *resource.State {
	if proposed != nil && d.isEnd(stop, proposed) {
		return proposed
	}
	s := resource.NewStateSize(2 * len(d.Nodes) * len(d.Nodes))
	for r := range d.bySelf(stop) {
		if !s.Has(r.Identifier) {
			s.Add(r)
		}
	}
	for i := range d.Nodes {
		for k := range d.Nodes {
			if stop.Stopped() {
				return s
			}
			if i != k {
				l := d.Nodes[i].linkTo(&d.Nodes[k])
				s.Add(database.ReplicationSlot{Link: l}.Resource())
				s.Add(database.Subscription{Link: l}.Resource())
			}
		}
	}
	return s
}

// isEnd tells whether everything is as desired in a state, and there is nothing else.
func (d *Desired) isEnd(stop *interrupt.Poller, s *resource.State) bool {
	found, left := make([]bool, s.Len()), s.Len()
	for want := range d.bySelf(stop) {
		at, ok := s.Position(want.Identifier)
		if !ok || !found[at] && !isSame(stop, s.At(at), want) {
			return false
		}
		if !found[at] {
			found[at] = true
			left--
		}
	}
	if left != 2*len(d.Nodes)*(len(d.Nodes)-1) {
		return false
	}
	links := desiredLinks{nodes: make(map[string]*DesiredNode, len(d.Nodes))}
	for i := range interrupt.Each(stop, d.Nodes) {
		links.nodes[d.Nodes[i].Name] = &d.Nodes[i]
	}
	for at := range interrupt.Each(stop, found) {
		if !found[at] && !links.have(stop, s.At(at)) {
			return false
		}
	}
	return true // there are as many as there have to be, and each is another one
}

// desiredLinks are the slots and the subscriptions from each node to each other one. Each is told without making another
// one to compare with, in memory that is used again.
type desiredLinks struct {
	nodes map[string]*DesiredNode
	text  []byte
	wants []resource.Identifier
}

// have tells whether a record is one of them.
func (d *desiredLinks) have(stop *interrupt.Poller, r *resource.Resource) bool {
	l, ok := linkOf(r.Identifier)
	provider, subscriber := d.nodes[l.Provider], d.nodes[l.Subscriber]
	if !ok || provider == nil || subscriber == nil || provider == subscriber || l != provider.linkTo(subscriber) {
		return false
	}
	isSubscription := r.Identifier.Type == database.TypeSubscription
	if !isSubscription && r.Identifier.Type != database.TypeReplicationSlot {
		return false
	}
	executor := resource.Executor{Type: resource.ExecutorPrimary, ID: l.Provider}
	d.wants = append(d.wants[:0], provider.postgres)
	d.text = jsontext.AppendString(stop, append(d.text[:0], `{"database_name":`...), l.DatabaseName)
	if isSubscription {
		executor.ID = l.Subscriber
		d.wants = append(d.wants[:0], subscriber.postgres, provider.postgres,
			resource.Identifier{Type: database.TypeReplicationSlot, ID: r.Identifier.ID})
		d.text = append(d.text, `,"disabled":false,"extra_dependencies":null,"needs_update":false`...)
	}
	d.text = jsontext.AppendString(stop, append(d.text, `,"provider_node":`...), l.Provider)
	d.text = jsontext.AppendString(stop, append(d.text, `,"subscriber_node":`...), l.Subscriber)
	if isSubscription {
		d.text = append(d.text, `,"sync_data":false,"sync_structure":false`...)
	}
	d.text = append(d.text, '}')
	return isSame(stop, r, &resource.Resource{
		Executor: executor, Attributes: d.text, Dependencies: d.wants, ResourceVersion: "1",
	})
}

// bySelf yields all that is desired but slots and subscriptions. Of several of the same identifier the first one
// counts: what was asked for last.
// Stopped, it yields no more.
func (d *Desired) bySelf(stop *interrupt.Poller) iter.Seq[*resource.Resource] {
	return func(yield func(*resource.Resource) bool) {
		polled := func(r *resource.Resource) bool { return !stop.Stopped() && yield(r) }
		if !yieldDesired(polled, d.Services) {
			return
		}
		for i := len(d.Nodes) - 1; i >= 0; i-- {
			if !d.Nodes[i].each(stop, polled) {
				return
			}
		}
	}
}

// each yields what is desired of one node, and tells whether to go on.
func (n *DesiredNode) each(stop *interrupt.Poller, yield func(*resource.Resource) bool) bool {
	ids := make([]string, len(n.Instances))
	postgres := n.Database
	for i := len(n.Instances) - 1; i >= 0; i-- {
		instance := &n.Instances[i]
		ids[i] = instance.Instance.Spec.InstanceID
		postgres.ExtraDependencies = append(postgres.ExtraDependencies, identifiers(stop, instance.DatabaseNeeds)...)
		monitor := database.MonitorInstance{
			DatabaseID: postgres.DatabaseID, InstanceID: ids[i], DatabaseName: postgres.DatabaseName,
			HostID: instance.Instance.Spec.HostID,
		}
		if !yieldDesired(yield, instance.DatabaseNeeds) || !yieldDesired(yield, instance.NodeDependents) ||
			!yieldDesired(yield, instance.Needs) ||
			!yield(instance.resource(stop, n)) || !yield(monitor.Resource()) {
			return false
		}
	}
	postgres.ExtraDependencies = n.listed(stop, n.postgres, postgres.ExtraDependencies)
	return yield(postgres.Resource()) &&
		yield(database.Node{Name: n.Name, InstanceIDs: ids, PrimaryInstanceID: n.primary()}.Resource())
}

// yieldDesired yields the resources from the last to the first, and tells whether to go on. Whatever marks they carry
// say nothing about what is desired.
func yieldDesired(yield func(*resource.Resource) bool, all []*resource.Resource) bool {
	for _, r := range slices.Backward(all) {
		if !yield(r.Wanted()) {
			return false
		}
	}
	return true
}

// listed returns what a resource of the node lists: each once, in the order of its record if that has the same, else in
// ascending order.
func (n *DesiredNode) listed(stop *interrupt.Poller, of resource.Identifier, ids []resource.Identifier) []resource.Identifier {
	ids = sortedSet(stop, ids)
	if n.start == nil {
		return ids
	}
	if record := recordIn(n.start, of); record != nil {
		return database.InRecordedOrder(stop, record, ids)
	}
	return ids
}

// resource is the instance of the node.
func (i *DesiredInstance) resource(stop *interrupt.Poller, n *DesiredNode) *resource.Resource {
	instance := i.Instance
	if instance.Dependencies == nil {
		instance.Dependencies = identifiers(stop, i.Needs)
	}
	instance.Dependencies = n.listed(stop, database.InstanceIdentifier(instance.Spec.InstanceID), instance.Dependencies)
	if instance.PrimaryInstanceID == "" {
		instance.PrimaryInstanceID = n.primary()
	}
	return instance.Resource(stop)
}

// primary is the primary that was asked for.
func (n *DesiredNode) primary() string {
	if n.PrimaryInstanceID == "" && len(n.Instances) > 0 {
		return n.Instances[0].Instance.Spec.InstanceID
	}
	return n.PrimaryInstanceID
}

// linkTo is the way from the node to a subscriber.
func (n *DesiredNode) linkTo(subscriber *DesiredNode) database.Link {
	return database.Link{Provider: n.Name, Subscriber: subscriber.Name, DatabaseName: n.Database.DatabaseName}
}

func identifiers(stop *interrupt.Poller, all []*resource.Resource) []resource.Identifier {
	ids := make([]resource.Identifier, len(all))
	for i, r := range all {
		if stop.Stopped() {
			break
		}
		ids[i] = r.Identifier
	}
	return ids
}

// sortedSet returns a sorted copy, each identifier once.
func sortedSet(stop *interrupt.Poller, ids []resource.Identifier) []resource.Identifier {
	ids = slices.Clone(ids)
	interrupt.SortFunc(stop, ids, resource.Identifier.Compare)
	return slices.Compact(ids)
}
