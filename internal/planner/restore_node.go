package planner

import (
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// RestoreNode returns the three states that a node goes through when it is restored in place, each to be
// merged onto the same base and not onto each other: only what its primary depends on; that and the instance
// that performs the restore; the primary as it should be, its replicas, and the node.
func RestoreNode(node *NodeRestoreResources) ([]*resource.State, error) {
	return RestoreNodeUntil(nil, node)
}

// RestoreNodeUntil is RestoreNode, unless it is told to stop: then what it returns means nothing.
func RestoreNodeUntil(stop *interrupt.Poller, node *NodeRestoreResources) ([]*resource.State, error) {
	if node.PrimaryInstance == nil || node.RestoreInstance == nil {
		return nil, &NoInstancesError{Node: node.NodeName}
	}
	desired := node.ToNodeResources()
	if err := desired.check(stop); err != nil {
		return nil, err
	}
	if err := node.RestoreInstance.Instance.Validate(stop); err != nil {
		return nil, err
	}
	stopped := resource.NewState()
	addDesired(stop, stopped, node.PrimaryInstance.InstanceDependencies)

	// What the primary depends on stays, also if the restore does not need it: its data may be in there.
	restoring := stopped.Clone()
	addDesired(stop, restoring, node.RestoreInstance.InstanceDependencies)
	restoring.Add(desired.makeInstance(stop, node.RestoreInstance))

	restored := resource.NewState()
	desired.addInstances(stop, restored)
	desired.addBareNode(stop, restored)
	return []*resource.State{stopped, restoring, restored}, nil
}
