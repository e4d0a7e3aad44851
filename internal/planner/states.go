package planner

import (
	"slices"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// ownResources are the resources of a node that are needed more than once.
type ownResources struct {
	node      *resource.Resource
	instances []*resource.Resource // as InstanceResources
}

// makeOwn makes the resources that are needed more than once. The node, which has been checked, must not change
// afterwards.
func (n *NodeResources) makeOwn(stop *interrupt.Poller) *ownResources {
	own := &ownResources{node: n.makeNode(stop), instances: make([]*resource.Resource, len(n.InstanceResources))}
	for at, i := range interrupt.Each(stop, n.InstanceResources) {
		own.instances[at] = n.makeInstance(stop, i)
	}
	return own
}

// inRecordedOrder returns what a resource lists in the order of its record in that state, if there is one.
func inRecordedOrder(
	stop *interrupt.Poller, recorded *resource.State, of resource.Identifier, ids []resource.Identifier,
) []resource.Identifier {
	if recorded == nil {
		return ids
	}
	if record, ok := recorded.Get(of); ok {
		return database.InRecordedOrder(stop, record, ids)
	}
	return ids
}

// check refuses a node from which no state can be made.
func (n *NodeResources) check(stop *interrupt.Poller) error {
	if n.own != nil {
		return nil
	}
	if len(n.InstanceResources) == 0 {
		return &NoInstancesError{Node: n.NodeName}
	}
	if n.SourceNode != "" && n.RestoreConfig != nil {
		return &SourceAndRestoreError{Node: n.NodeName}
	}
	for _, i := range interrupt.Each(stop, n.InstanceResources) {
		if err := i.Instance.Validate(stop); err != nil {
			return err
		}
	}
	return nil
}

// databaseName is the node's, or else that of its first instance.
func (n *NodeResources) databaseName() string {
	if n.DatabaseName != "" || len(n.InstanceResources) == 0 {
		return n.DatabaseName
	}
	return n.InstanceResources[0].Instance.Spec.DatabaseName
}

// databaseID is the node's, or else that of its first instance.
func (n *NodeResources) databaseID() string {
	if n.DatabaseID != "" || len(n.InstanceResources) == 0 {
		return n.DatabaseID
	}
	return n.InstanceResources[0].Instance.Spec.DatabaseID
}

// primaryInstanceID is the node's, or else its first instance.
func (n *NodeResources) primaryInstanceID() string {
	if n.PrimaryInstanceID != "" || len(n.InstanceResources) == 0 {
		return n.PrimaryInstanceID
	}
	return n.InstanceResources[0].id()
}

// databaseIdentifier is that of the node's Postgres database.
func (n *NodeResources) databaseIdentifier() resource.Identifier {
	return database.PostgresDatabaseIdentifier(n.NodeName, n.databaseName())
}

// hasInstance tells whether an instance is desired.
func (n *NodeResources) hasInstance(stop *interrupt.Poller, id string) bool {
	return slices.ContainsFunc(n.InstanceResources, func(i *InstanceResources) bool {
		return stop.Stopped() || i.id() == id
	})
}

// link is the way from provider to subscriber in the node's database.
func (n *NodeResources) link(provider, subscriber string) database.Link {
	return database.Link{Provider: provider, Subscriber: subscriber, DatabaseName: n.databaseName()}
}

// script returns the node's script of that name, nil if it has none.
func (n *NodeResources) script(name string) *database.Script {
	for _, s := range n.Scripts {
		if s.Name == name {
			return &s
		}
	}
	return nil
}

func (i *InstanceResources) id() string { return i.Instance.Spec.InstanceID }

// addInstances adds the instance states of all instances.
func (n *NodeResources) addInstances(stop *interrupt.Poller, s *resource.State) {
	for at := range interrupt.Each(stop, n.InstanceResources) {
		n.addInstance(stop, s, at)
	}
}

// addInstance adds the instance state of the instance at that position: its dependencies and itself.
func (n *NodeResources) addInstance(stop *interrupt.Poller, s *resource.State, at int) {
	i := n.InstanceResources[at]
	addDesired(stop, s, i.InstanceDependencies)
	if n.own == nil {
		s.Add(n.makeInstance(stop, i))
		return
	}
	s.Add(n.own.instances[at])
}

// makeInstance makes the resource of an instance, which may be one that is not among those of n.
func (n *NodeResources) makeInstance(stop *interrupt.Poller, i *InstanceResources) *resource.Resource {
	instance := i.Instance
	if instance.Dependencies == nil {
		instance.Dependencies = appendIdentifiers(stop, nil, i.InstanceDependencies)
	}
	instance.Dependencies = inRecordedOrder(stop, n.recorded, database.InstanceIdentifier(i.id()), sortedSet(stop, instance.Dependencies))
	if instance.PrimaryInstanceID == "" {
		instance.PrimaryInstanceID = n.primaryInstanceID()
	}
	if instance.PostInit == nil {
		instance.PostInit = n.script(database.ScriptPostInit)
	}
	return instance.Resource(stop)
}

// addNode adds the node state of n: the node dependents of all its instances and the node.
func (n *NodeResources) addNode(stop *interrupt.Poller, s *resource.State) {
	for _, i := range interrupt.Each(stop, n.InstanceResources) {
		addDesired(stop, s, i.NodeDependents)
	}
	n.addBareNode(stop, s)
}

// addBareNode adds the node without its dependents.
func (n *NodeResources) addBareNode(stop *interrupt.Poller, s *resource.State) {
	if n.own == nil {
		s.Add(n.makeNode(stop))
		return
	}
	s.Add(n.own.node)
}

func (n *NodeResources) makeNode(stop *interrupt.Poller) *resource.Resource {
	ids := make([]string, len(n.InstanceResources))
	for i, instance := range interrupt.Each(stop, n.InstanceResources) {
		ids[i] = instance.id()
	}
	return database.Node{Name: n.NodeName, InstanceIDs: ids, PrimaryInstanceID: n.primaryInstanceID()}.Resource()
}

// addDatabase adds the database state of n: the Postgres database, what it depends on, and a monitor for
// each instance.
func (n *NodeResources) addDatabase(stop *interrupt.Poller, s *resource.State) {
	postgres := database.PostgresDatabase{
		DatabaseID:         n.databaseID(),
		NodeName:           n.NodeName,
		DatabaseName:       n.databaseName(),
		Owner:              n.DatabaseOwner,
		PostDatabaseCreate: n.script(database.ScriptPostDatabaseCreate),
	}
	if n.RestoreConfig != nil {
		postgres.RenameFrom, postgres.HasRestoreConfig = n.RestoreConfig.SourceDatabaseName, true
	}
	for _, i := range interrupt.Each(stop, n.InstanceResources) {
		addDesired(stop, s, i.DatabaseDependencies)
		postgres.ExtraDependencies = appendIdentifiers(stop, postgres.ExtraDependencies, i.DatabaseDependencies)
		s.Add(database.MonitorInstance{
			DatabaseID:   n.databaseID(),
			InstanceID:   i.id(),
			DatabaseName: n.databaseName(),
			HostID:       i.Instance.Spec.HostID,
		}.Resource())
	}
	postgres.ExtraDependencies = inRecordedOrder(stop, n.recorded, n.databaseIdentifier(), sortedSet(stop, postgres.ExtraDependencies))
	s.Add(postgres.Resource())
}

// addDesired adds resources of the caller. Whatever marks they carry say nothing about what is desired.
func addDesired(stop *interrupt.Poller, s *resource.State, rs []*resource.Resource) {
	for _, r := range interrupt.Each(stop, rs) {
		s.Add(r.Wanted())
	}
}

func appendIdentifiers(
	stop *interrupt.Poller, ids []resource.Identifier, rs []*resource.Resource,
) []resource.Identifier {
	for _, r := range interrupt.Each(stop, rs) {
		ids = append(ids, r.Identifier)
	}
	return ids
}

// sortedSet returns a sorted copy, each identifier once: attributes list them, and in which order resources
// were given must not look like a change. Instances may share what they depend on.
func sortedSet(stop *interrupt.Poller, ids []resource.Identifier) []resource.Identifier {
	ids = slices.Clone(ids)
	interrupt.SortFunc(stop, ids, resource.Identifier.Compare)
	return slices.Compact(ids)
}
