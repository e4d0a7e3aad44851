package planner

import "github.com/pgplanner/pgplanner/internal/resource"

// RestoreNode returns the three states that a node goes through when it is restored in place, each to be
// merged onto the same base and not onto each other: only what its primary depends on; that and the instance
// that performs the restore; the primary as it should be, its replicas, and the node.
func RestoreNode(node *NodeRestoreResources) ([]*resource.State, error) {
	if node.PrimaryInstance == nil || node.RestoreInstance == nil {
		return nil, &NoInstancesError{Node: node.NodeName}
	}
	wanted := node.ToNodeResources()
	if err := wanted.check(); err != nil {
		return nil, err
	}
	if err := node.RestoreInstance.Instance.Validate(); err != nil {
		return nil, err
	}
	stopped := resource.NewState()
	addWanted(stopped, node.PrimaryInstance.InstanceDependencies)

	// What the primary depends on stays, also if the restore does not need it: its data may be in there.
	restoring := stopped.Clone()
	wanted.addInstance(restoring, node.RestoreInstance)

	restored := resource.NewState()
	for _, i := range wanted.InstanceResources {
		wanted.addInstance(restored, i)
	}
	wanted.addBareNode(restored)
	return []*resource.State{stopped, restoring, restored}, nil
}
