package planner

import "github.com/pgplanner/pgplanner/internal/resource"

// AddNode returns the diffs that add a node: its primary, which is the first instance unless it says
// otherwise, then, if there are any, all replicas at once. The node itself comes with the last of them.
func AddNode(node *NodeResources) ([]*resource.State, error) {
	if err := node.check(); err != nil {
		return nil, err
	}
	if !node.hasInstance(node.primaryInstanceID()) {
		return nil, &PrimaryNotFoundError{Node: node.NodeName, PrimaryInstanceID: node.PrimaryInstanceID}
	}
	primary, replicas := resource.NewState(), resource.NewState()
	for _, i := range node.InstanceResources {
		if i.id() == node.primaryInstanceID() {
			node.addInstance(primary, i)
		} else {
			node.addInstance(replicas, i)
		}
	}
	diffs := []*resource.State{primary}
	if replicas.Len() > 0 {
		diffs = append(diffs, replicas)
	}
	node.addNode(diffs[len(diffs)-1])
	return diffs, nil
}

// AddNodes returns the diffs that add several nodes together: all primaries at once, then all replicas.
func AddNodes(nodes []*NodeResources) ([]*resource.State, error) {
	lists := make([][]*resource.State, len(nodes))
	for i, node := range nodes {
		var err error
		if lists[i], err = AddNode(node); err != nil {
			return nil, err
		}
	}
	return mergeByStep(lists), nil
}
