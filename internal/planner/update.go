package planner

import (
	"slices"

	"github.com/pgplanner/pgplanner/internal/resource"
)

// UpdateNode returns the diffs that update a node that exists, one for each instance: the replicas in the
// given order, then the primary, so that a primary is touched only after its replicas have proven to work
// with the change. The node itself comes with the last of them. All instances are taken as existing;
// UpdateDatabase knows better, and puts replicas that do not exist yet behind the primary.
func UpdateNode(node *NodeResources) ([]*resource.State, error) {
	return updateNode(node, func(string) bool { return true })
}

// updateNode is UpdateNode with knowledge of which instances exist. A replica that does not must find its
// primary's new configuration in place, so it comes after it.
func updateNode(node *NodeResources, exists func(instanceID string) bool) ([]*resource.State, error) {
	if err := node.check(); err != nil {
		return nil, err
	}
	var before, primary, after []*InstanceResources
	for _, i := range node.InstanceResources {
		switch {
		case i.id() == node.PrimaryInstanceID:
			primary = append(primary, i)
		case exists(i.id()):
			before = append(before, i)
		default:
			after = append(after, i)
		}
	}
	if len(primary) == 0 {
		return nil, &PrimaryNotFoundError{Node: node.NodeName, PrimaryInstanceID: node.PrimaryInstanceID}
	}
	var diffs []*resource.State
	for _, i := range slices.Concat(before, primary, after) {
		diff := resource.NewState()
		node.addInstance(diff, i)
		diffs = append(diffs, diff)
	}
	node.addNode(diffs[len(diffs)-1])
	return diffs, nil
}

// RollingUpdateNodes returns the diffs that update nodes one after the other.
func RollingUpdateNodes(nodes []*NodeResources) ([]*resource.State, error) {
	lists, err := updateNodes(nodes, UpdateNode)
	if err != nil {
		return nil, err
	}
	return slices.Concat(lists...), nil
}

// ConcurrentUpdateNodes returns the diffs that update all nodes at once, still instance by instance: the
// first diffs of all nodes together, then the second ones, and so on.
func ConcurrentUpdateNodes(nodes []*NodeResources) ([]*resource.State, error) {
	lists, err := updateNodes(nodes, UpdateNode)
	if err != nil {
		return nil, err
	}
	return mergeByStep(lists), nil
}

// updateNodes returns the diffs of each node.
func updateNodes(
	nodes []*NodeResources, update func(*NodeResources) ([]*resource.State, error),
) ([][]*resource.State, error) {
	lists := make([][]*resource.State, len(nodes))
	for i, node := range nodes {
		var err error
		if lists[i], err = update(node); err != nil {
			return nil, err
		}
	}
	return lists, nil
}
