package planner

import (
	"slices"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// madeResources are resources of a node that has been checked and will not change.
type madeResources struct {
	node      *resource.Resource
	instances []*resource.Resource
}

// keep makes the resources that are needed more than once. The node must not change afterwards.
func (n *NodeResources) keep() {
	made := &madeResources{node: n.makeNode(), instances: make([]*resource.Resource, len(n.InstanceResources))}
	for i, instance := range n.InstanceResources {
		made.instances[i] = n.makeInstance(instance)
	}
	n.made = made
}

// check refuses a node from which no state can be made.
func (n *NodeResources) check() error {
	if n.made != nil {
		return nil
	}
	if len(n.InstanceResources) == 0 {
		return &NoInstancesError{Node: n.NodeName}
	}
	if n.SourceNode != "" && n.RestoreConfig != nil {
		return &SourceAndRestoreError{Node: n.NodeName}
	}
	for _, i := range n.InstanceResources {
		if err := i.Instance.Validate(); err != nil {
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

// hasInstance tells whether an instance is wanted.
func (n *NodeResources) hasInstance(id string) bool {
	return slices.ContainsFunc(n.InstanceResources, func(i *InstanceResources) bool { return i.id() == id })
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

// addInstance adds the instance state of i, an instance of n: its dependencies and itself.
func (n *NodeResources) addInstance(s *resource.State, i *InstanceResources) {
	addWanted(s, i.InstanceDependencies)
	if n.made == nil {
		s.Add(n.makeInstance(i))
		return
	}
	s.Add(n.made.instances[slices.Index(n.InstanceResources, i)])
}

func (n *NodeResources) makeInstance(i *InstanceResources) *resource.Resource {
	instance := i.Instance
	if instance.Dependencies == nil {
		instance.Dependencies = identifiers(i.InstanceDependencies)
	}
	instance.Dependencies = inOrder(instance.Dependencies)
	if instance.PrimaryInstanceID == "" {
		instance.PrimaryInstanceID = n.primaryInstanceID()
	}
	if instance.PostInit == nil {
		instance.PostInit = n.script(database.ScriptPostInit)
	}
	return instance.Resource()
}

// addNode adds the node state of n: the node dependents of all its instances and the node.
func (n *NodeResources) addNode(s *resource.State) {
	for _, i := range n.InstanceResources {
		addWanted(s, i.NodeDependents)
	}
	n.addBareNode(s)
}

// addBareNode adds the node without its dependents.
func (n *NodeResources) addBareNode(s *resource.State) {
	if n.made == nil {
		s.Add(n.makeNode())
		return
	}
	s.Add(n.made.node)
}

func (n *NodeResources) makeNode() *resource.Resource {
	ids := make([]string, len(n.InstanceResources))
	for i, instance := range n.InstanceResources {
		ids[i] = instance.id()
	}
	return database.Node{Name: n.NodeName, InstanceIDs: ids, PrimaryInstanceID: n.primaryInstanceID()}.Resource()
}

// addDatabase adds the database state of n: the Postgres database, what it depends on, and a monitor for
// each instance.
func (n *NodeResources) addDatabase(s *resource.State) {
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
	for _, i := range n.InstanceResources {
		addWanted(s, i.DatabaseDependencies)
		postgres.ExtraDependencies = append(postgres.ExtraDependencies, identifiers(i.DatabaseDependencies)...)
		s.Add(database.MonitorInstance{
			DatabaseID:   n.databaseID(),
			InstanceID:   i.id(),
			DatabaseName: n.databaseName(),
			HostID:       i.Instance.Spec.HostID,
		}.Resource())
	}
	postgres.ExtraDependencies = inOrder(postgres.ExtraDependencies)
	s.Add(postgres.Resource())
}

// addWanted adds resources of the caller. Whatever marks they carry say nothing about what is wanted.
func addWanted(s *resource.State, rs []*resource.Resource) {
	for _, r := range rs {
		s.Add(r.Wanted())
	}
}

func identifiers(rs []*resource.Resource) []resource.Identifier {
	ids := make([]resource.Identifier, len(rs))
	for i, r := range rs {
		ids[i] = r.Identifier
	}
	return ids
}

// inOrder returns a sorted copy, each identifier once: attributes list them, and in which order resources
// were given must not look like a change. Instances may share what they depend on.
func inOrder(ids []resource.Identifier) []resource.Identifier {
	ids = slices.Clone(ids)
	resource.SortIdentifiers(ids)
	return slices.Compact(ids)
}

// appendNew appends id unless it is there: instances may share what they depend on.
func appendNew(ids []resource.Identifier, id resource.Identifier) []resource.Identifier {
	for _, known := range ids {
		if known == id {
			return ids
		}
	}
	return append(ids, id)
}

// mergeByStep merges the i-th diffs of all lists into the i-th diff of the result.
func mergeByStep(lists [][]*resource.State) []*resource.State {
	var merged []*resource.State
	for _, diffs := range lists {
		for i, diff := range diffs {
			if i == len(merged) {
				merged = append(merged, resource.NewState())
			}
			merged[i].Merge(diff)
		}
	}
	return merged
}
