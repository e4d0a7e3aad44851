package verify

import (
	"iter"
	"slices"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// Desired is what a request wants of a database. It is made from the request and not by what plans the answer. The
// judge only reads it.
type Desired struct {
	// Nodes are all that are to be there in the end, those that are to be restored among them.
	Nodes []DesiredNode
	// Services are the resources of all services, and what watches these.
	Services []*resource.Resource
}

// DesiredNode is one node.
type DesiredNode struct {
	Name string
	// PrimaryInstanceID is the primary that was asked for. Empty: the first instance.
	PrimaryInstanceID string
	// Database is the Postgres database on the node. Its extra dependencies are those of the instances, and left out.
	Database  database.PostgresDatabase
	Instances []DesiredInstance
	// Restore is what performs the restore of a node that is to be restored in place: its first instance, and what that
	// needs meanwhile. Nil: the node is not to be restored.
	Restore *DesiredInstance
}

// DesiredInstance is one instance, and the caller's own resources around it.
type DesiredInstance struct {
	// Instance is one that Validate accepts, and has all its fields, but that empty PrimaryInstanceID stands for that of the node and nil Dependencies for
	// the identifiers of Needs.
	Instance database.Instance
	// Needs are what the instance needs, DatabaseNeeds what the Postgres database on it needs, NodeDependents what needs
	// the node.
	Needs, DatabaseNeeds, NodeDependents []*resource.Resource
}

// state is the state in which everything is as desired, or a part of it if that is stopped.
func (d *Desired) state(stop *interrupt.Poller) *resource.State {
	s := resource.NewStateSize(2 * len(d.Nodes) * len(d.Nodes))
	for r := range d.bySelf(stop) {
		if _, ok := s.Get(r.Identifier); !ok {
			s.Add(r)
		}
	}
	for i := range d.Nodes {
		provider := &d.Nodes[i]
		for k := range d.Nodes {
			if stop.Stopped() {
				return s
			}
			if i != k {
				l := provider.linkTo(&d.Nodes[k])
				s.Add(database.ReplicationSlot{Link: l}.Resource())
				s.Add(database.Subscription{Link: l}.Resource())
			}
		}
	}
	return s
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
	postgres.ExtraDependencies = sortedSet(stop, postgres.ExtraDependencies)
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

// resource is the instance of the node.
func (i *DesiredInstance) resource(stop *interrupt.Poller, n *DesiredNode) *resource.Resource {
	instance := i.Instance
	if instance.Dependencies == nil {
		instance.Dependencies = identifiers(stop, i.Needs)
	}
	instance.Dependencies = sortedSet(stop, instance.Dependencies)
	if instance.PrimaryInstanceID == "" {
		instance.PrimaryInstanceID = n.primary()
	}
	return instance.Resource()
}

// primary is the primary that was asked for.
func (n *DesiredNode) primary() string {
	if n.PrimaryInstanceID == "" && len(n.Instances) > 0 {
		return n.Instances[0].Instance.Spec.InstanceID
	}
	return n.PrimaryInstanceID
}

// databaseID identifies the Postgres database on the node.
func (n *DesiredNode) databaseID() resource.Identifier {
	return database.PostgresDatabaseIdentifier(n.Name, n.Database.DatabaseName)
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

// sameSet tells whether two lists have the same identifiers, in whatever order.
func sameSet(stop *interrupt.Poller, a, b []resource.Identifier) bool {
	same := func(a, b resource.Identifier) bool { return !stop.Stopped() && a == b }
	return slices.EqualFunc(a, b, same) || slices.EqualFunc(sortedSet(stop, a), sortedSet(stop, b), same)
}
