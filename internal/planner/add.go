package planner

import "github.com/pgplanner/pgplanner/internal/resource"

// AddNode returns the diffs that add a node: its first instance, which becomes the primary, then, if there
// are any, all replicas at once. The node itself comes with the last of them.
func AddNode(node *NodeResources) ([]*resource.State, error) {
	if err := node.check(); err != nil {
		return nil, err
	}
	primary := resource.NewState()
	node.addInstance(primary, node.InstanceResources[0])
	diffs := []*resource.State{primary}
	if len(node.InstanceResources) > 1 {
		replicas := resource.NewState()
		for _, i := range node.InstanceResources[1:] {
			node.addInstance(replicas, i)
		}
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
