package planner

import (
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// NodeResources is the desired shape of one node. The functions of this package read it and never change it.
type NodeResources struct {
	NodeName string
	// SourceNode is the existing node that a new node copies its first data from. Empty: the first existing
	// node, if there is one. It has no meaning for a node that exists.
	SourceNode string
	// PrimaryInstanceID is the instance that is primary. UpdateNode needs it; elsewhere, empty stands for the
	// first instance. UpdateDatabase takes the one that start holds for a node that exists, and the first
	// instance for one that does not.
	PrimaryInstanceID string
	// InstanceResources are the instances; the first is the primary of a node that does not exist yet.
	InstanceResources []*InstanceResources
	// RestoreConfig makes a new node come from a backup instead of a source node.
	RestoreConfig *database.RestoreConfig
	// DatabaseID and DatabaseName default to those of the first instance's spec.
	DatabaseID    string
	DatabaseName  string
	DatabaseOwner string
	// Scripts run once: database.ScriptPostInit and database.ScriptPostDatabaseCreate, each at most once.
	Scripts []database.Script

	// own are resources that are needed more than once; nil if they are made anew each time.
	own *ownResources
}

// InstanceResources is one instance with the orchestrator's own resources around it.
type InstanceResources struct {
	// Instance is the instance. Nil Dependencies stand for the identifiers of InstanceDependencies.
	Instance database.Instance
	// InstanceDependencies are what the instance needs: directories, containers, configuration files.
	InstanceDependencies []*resource.Resource
	// DatabaseDependencies are what the Postgres database on the instance needs.
	DatabaseDependencies []*resource.Resource
	// NodeDependents are resources that need the node.
	NodeDependents []*resource.Resource
}

// NodeRestoreResources is a node that is to be restored in place from a backup.
type NodeRestoreResources struct {
	NodeName string
	// PrimaryInstance is the primary as it should be afterwards.
	PrimaryInstance *InstanceResources
	// RestoreInstance is the same instance with the resources that perform the restore.
	RestoreInstance  *InstanceResources
	ReplicaInstances []*InstanceResources
	RestoreConfig    *database.RestoreConfig
	// DatabaseID and DatabaseName default to those of the primary's spec.
	DatabaseID    string
	DatabaseName  string
	DatabaseOwner string
}

// ToNodeResources gives the node as it should be in the end: the primary first, then the replicas.
func (n *NodeRestoreResources) ToNodeResources() *NodeResources {
	instances := make([]*InstanceResources, 0, 1+len(n.ReplicaInstances))
	instances = append(instances, n.PrimaryInstance)
	instances = append(instances, n.ReplicaInstances...)
	return &NodeResources{
		NodeName:          n.NodeName,
		PrimaryInstanceID: n.PrimaryInstance.Instance.Spec.InstanceID,
		InstanceResources: instances,
		RestoreConfig:     n.RestoreConfig,
		DatabaseID:        n.DatabaseID,
		DatabaseName:      n.DatabaseName,
		DatabaseOwner:     n.DatabaseOwner,
	}
}

// ServiceResources is an optional service beside the database, such as a REST front end.
type ServiceResources struct {
	ServiceInstanceID string
	Resources         []*resource.Resource
	// MonitorResource watches the service; nil if there is none.
	MonitorResource *resource.Resource
}

// NodeUpdateStrategy says in which order existing nodes are updated.
type NodeUpdateStrategy string

// The strategies. The empty string means NodeUpdateStrategyRolling.
const (
	NodeUpdateStrategyRolling    NodeUpdateStrategy = "rolling"    // one node after the other
	NodeUpdateStrategyConcurrent NodeUpdateStrategy = "concurrent" // all nodes at once, still instance by instance
)

// UpdateDatabaseOptions are the options of UpdateDatabase. The zero value is the default.
type UpdateDatabaseOptions struct {
	NodeUpdateStrategy NodeUpdateStrategy
	PlanOptions        resource.PlanOptions
	Services           []*ServiceResources
}
