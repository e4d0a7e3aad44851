package request

import (
	"cmp"
	"slices"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/verify"
)

// Judging is by what the plans of the call are judged: what it asked for is taken from the request. Stopped, it is of no
// use.
func (c *UpdateDatabaseCall) Judging(stop *interrupt.Poller) verify.Options {
	desired := &verify.Desired{Nodes: make([]verify.DesiredNode, len(c.Nodes)), Force: c.Options.PlanOptions.ForceUpdate}
	desired.LostHosts = c.Options.LostHosts
	for i, n := range interrupt.Each(stop, c.Nodes) {
		desired.Nodes[i] = desiredNode(stop, n)
	}
	for _, s := range c.Options.Services {
		if stop.Spend(1 + len(s.Resources)) {
			break
		}
		desired.Services = append(desired.Services, s.Resources...)
		if s.MonitorResource != nil {
			desired.Services = append(desired.Services, s.MonitorResource)
		}
	}
	rolling := c.Options.NodeUpdateStrategy != planner.NodeUpdateStrategyConcurrent
	return verify.Options{Operation: verify.OperationUpdate, Rolling: rolling, Desired: desired}
}

// Judging is by what the plans of the call are judged: what it asked for is taken from the request. Stopped, it is of no
// use.
func (c *RestoreDatabaseCall) Judging(stop *interrupt.Poller) verify.Options {
	desired := &verify.Desired{LostHosts: c.Options.LostHosts}
	for _, n := range c.Nodes {
		desired.Nodes = append(desired.Nodes, desiredNode(stop, n))
	}
	for _, target := range c.Targets {
		node := desiredNode(stop, &planner.NodeResources{
			NodeName: target.NodeName, DatabaseID: target.DatabaseID, DatabaseName: target.DatabaseName,
			DatabaseOwner: target.DatabaseOwner, RestoreConfig: target.RestoreConfig,
			InstanceResources: slices.Concat([]*planner.InstanceResources{target.PrimaryInstance}, target.ReplicaInstances),
		})
		restore := desiredInstance(target.RestoreInstance, nil)
		node.Restore = &restore
		desired.Nodes = append(desired.Nodes, node)
	}
	return verify.Options{Operation: verify.OperationRestore, Desired: desired}
}

func desiredNode(stop *interrupt.Poller, n *planner.NodeResources) verify.DesiredNode {
	spec := database.InstanceSpec{}
	if len(n.InstanceResources) > 0 {
		spec = n.InstanceResources[0].Instance.Spec
	}
	node := verify.DesiredNode{
		Name: n.NodeName, Source: n.SourceNode, PrimaryInstanceID: n.PrimaryInstanceID,
		Continues: n.Recovery == planner.NodeRecoveryContinue, AllowMissingRows: n.AllowMissingRows,
		Rejoins:   n.Recovery == planner.NodeRecoveryRejoin || n.Recovery == planner.NodeRecoveryRejoinUndrained,
		Undrained: n.Recovery == planner.NodeRecoveryRejoinUndrained,
		Database: database.PostgresDatabase{
			DatabaseID: cmp.Or(n.DatabaseID, spec.DatabaseID), NodeName: n.NodeName,
			DatabaseName: cmp.Or(n.DatabaseName, spec.DatabaseName), Owner: n.DatabaseOwner,
			PostDatabaseCreate: script(n, database.ScriptPostDatabaseCreate),
		},
		Instances: make([]verify.DesiredInstance, len(n.InstanceResources)),
	}
	if n.RestoreConfig != nil {
		node.Database.HasRestoreConfig, node.Database.RenameFrom = true, n.RestoreConfig.SourceDatabaseName
	}
	for i, instance := range interrupt.Each(stop, n.InstanceResources) {
		node.Instances[i] = desiredInstance(instance, script(n, database.ScriptPostInit))
	}
	return node
}

// desiredInstance is an instance, which runs the script of its node if it has none.
func desiredInstance(i *planner.InstanceResources, postInit *database.Script) verify.DesiredInstance {
	desired := verify.DesiredInstance{
		Instance: i.Instance, Needs: i.InstanceDependencies, DatabaseNeeds: i.DatabaseDependencies,
		NodeDependents: i.NodeDependents,
	}
	desired.Instance.PostInit = cmp.Or(desired.Instance.PostInit, postInit)
	return desired
}

// script is the script of a node that has the name, nil if it has none.
func script(n *planner.NodeResources, name string) *database.Script {
	if i := slices.IndexFunc(n.Scripts, func(s database.Script) bool { return s.Name == name }); i >= 0 {
		return &n.Scripts[i]
	}
	return nil
}
