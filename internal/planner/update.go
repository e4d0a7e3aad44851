package planner

import (
	"slices"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// UpdateNode returns the diffs that update a node that exists, one for each instance: the replicas in the
// given order, then the primary, so that a primary is touched only after its replicas have proven to work
// with the change. The node itself comes with the last of them. All instances are taken as existing;
// UpdateDatabase knows better, and puts replicas that do not exist yet behind the primary.
func UpdateNode(node *NodeResources) ([]*resource.State, error) {
	return RollingUpdateNodes([]*NodeResources{node})
}

// updateNode is UpdateNode with knowledge of which instances exist. A replica that does not must find its
// primary's new configuration in place, so it comes after it.
func updateNode(
	stop *interrupt.Poller, node *NodeResources, exists func(resource.Identifier) bool,
) ([]*resource.State, error) {
	if err := node.check(stop); err != nil {
		return nil, err
	}
	var before, primary, after []*resource.State
	for at, i := range interrupt.Each(stop, node.InstanceResources) {
		diff := resource.NewState()
		node.addInstance(stop, diff, at)
		switch {
		case i.id() == node.PrimaryInstanceID:
			primary = append(primary, diff)
		case exists(database.InstanceIdentifier(i.id())):
			before = append(before, diff)
		default:
			after = append(after, diff)
		}
	}
	if len(primary) == 0 {
		return nil, &PrimaryNotFoundError{Node: node.NodeName, PrimaryInstanceID: node.PrimaryInstanceID}
	}
	diffs := slices.Concat(before, primary, after)
	node.addNode(stop, diffs[len(diffs)-1])
	return diffs, nil
}

// RollingUpdateNodes returns the diffs that update nodes one after the other.
func RollingUpdateNodes(nodes []*NodeResources) ([]*resource.State, error) {
	return UpdateNodesUntil(nil, NodeUpdateStrategyRolling, nodes)
}

// ConcurrentUpdateNodes returns the diffs that update all nodes at once, still instance by instance: the
// first diffs of all nodes together, then the second ones, and so on.
func ConcurrentUpdateNodes(nodes []*NodeResources) ([]*resource.State, error) {
	return UpdateNodesUntil(nil, NodeUpdateStrategyConcurrent, nodes)
}

// UpdateNodesUntil returns the diffs of that strategy, unless it is told to stop: then what it returns means nothing.
func UpdateNodesUntil(
	stop *interrupt.Poller, strategy NodeUpdateStrategy, nodes []*NodeResources,
) ([]*resource.State, error) {
	return updateNodes(stop, strategy, nodes, func(resource.Identifier) bool { return true })
}

// updateNodes is UpdateNodesUntil with knowledge of which instances exist.
func updateNodes(
	stop *interrupt.Poller, strategy NodeUpdateStrategy, nodes []*NodeResources, exists func(resource.Identifier) bool,
) ([]*resource.State, error) {
	lists, err := diffsOfEach(stop, nodes, func(n *NodeResources) ([]*resource.State, error) {
		return updateNode(stop, n, exists)
	})
	if err != nil {
		return nil, err
	}
	switch strategy {
	case "", NodeUpdateStrategyRolling:
		return slices.Concat(lists...), nil
	case NodeUpdateStrategyConcurrent:
		return mergeByPosition(stop, lists), nil
	}
	return nil, &UnknownStrategyError{Strategy: strategy}
}
