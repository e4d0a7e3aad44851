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

	// Recovery says what becomes of a member that is damaged; it has no meaning for any other node.
	Recovery NodeRecovery
	// AllowMissingRows lets a new node come from a backup beside members, though nothing brings it what they have
	// written since that was taken.
	AllowMissingRows bool

	// own are resources that are needed more than once; nil if they are made anew each time.
	own *ownResources
	// recorded is the state whose records tell in which order resources list what they depend on; nil: in ascending order.
	recorded *resource.State
}

// NodeRecovery says what becomes of a damaged member: one that lacks rows which nothing will bring.
type NodeRecovery string

// The ways to recover. The empty string means none: a damaged member is refused.
const (
	NodeRecoveryRejoin          NodeRecovery = "rejoin"           // it is drained, and populated again
	NodeRecoveryRejoinUndrained NodeRecovery = "rejoin_undrained" // the same, and what only it has is given up
	NodeRecoveryContinue        NodeRecovery = "continue"         // its links go on from now; what is missing stays missing
)

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

// DrainMode says whether the others have all that a leaving node wrote before its links go.
type DrainMode string

// The modes. The empty string means that they have.
const (
	DrainModeSkip DrainMode = "skip" // nothing waits for that: what has not arrived is given up
)

// UpdateDatabaseOptions are the options of UpdateDatabase. The zero value is the default.
type UpdateDatabaseOptions struct {
	NodeUpdateStrategy NodeUpdateStrategy
	PlanOptions        resource.PlanOptions
	Services           []*ServiceResources
	Drain              DrainMode
	// LostHosts are the ids of hosts that are gone for good.
	LostHosts []string
	// HoldNodes are the names of nodes on which nothing is planned.
	HoldNodes []string
}

// RestoreDatabaseOptions are the options of RestoreDatabaseTo. The zero value is the default.
type RestoreDatabaseOptions struct {
	LostHosts, HoldNodes []string // as in UpdateDatabaseOptions
}

// Outcome is what UpdateDatabaseTo and RestoreDatabaseTo find.
type Outcome struct {
	// Plans lead from start to End. Nil if nothing is to be done.
	Plans []resource.Plan
	// End is the end state of the nodes, with the primaries that start knows, and of the services.
	End *resource.State
	// Hazards are what the plans cost that they do not show by themselves, in the order of kind, node and resource.
	Hazards []Hazard
}

// Hazard is something that plans destroy or give up because the request says so.
type Hazard struct {
	Kind HazardKind
	// Node is the node that loses something; "" if it is no node.
	Node string
	// Resource is what it is about; the zero value if that is the node as a whole.
	Resource resource.Identifier
}

// HazardKind says what is destroyed or given up.
type HazardKind string

// The kinds that only the planner knows. What else plans destroy, they show.
const (
	HazardRowsGivenUp   HazardKind = "rows_given_up"  // the node lacks rows, and nothing will bring them
	HazardResourceMoved HazardKind = "resource_moved" // the resource is deleted on one host and created on another
	// HazardMemberRepopulated means that the member loses its data and is populated again.
	HazardMemberRepopulated HazardKind = "member_repopulated"
)
