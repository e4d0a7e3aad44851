package planner

import (
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// AddNode returns the diffs that add a node: its primary, which is the first instance unless it says
// otherwise, then, if there are any, all replicas at once. The node itself comes with the last of them.
func AddNode(node *NodeResources) ([]*resource.State, error) { return addNode(nil, node) }

func addNode(stop *interrupt.Poller, node *NodeResources) ([]*resource.State, error) {
	if err := node.check(stop); err != nil {
		return nil, err
	}
	if !node.hasInstance(stop, node.primaryInstanceID()) {
		return nil, &PrimaryNotFoundError{Node: node.NodeName, PrimaryInstanceID: node.PrimaryInstanceID}
	}
	primary, replicas := resource.NewState(), resource.NewState()
	for at, i := range interrupt.Each(stop, node.InstanceResources) {
		if i.id() == node.primaryInstanceID() {
			node.addInstance(stop, primary, at)
		} else {
			node.addInstance(stop, replicas, at)
		}
	}
	diffs := []*resource.State{primary}
	if replicas.Len() > 0 {
		diffs = append(diffs, replicas)
	}
	node.addNode(stop, diffs[len(diffs)-1])
	return diffs, nil
}

// AddNodes returns the diffs that add several nodes together: all primaries at once, then all replicas.
func AddNodes(nodes []*NodeResources) ([]*resource.State, error) { return AddNodesUntil(nil, nodes) }

// AddNodesUntil is AddNodes, unless it is told to stop: then what it returns means nothing.
func AddNodesUntil(stop *interrupt.Poller, nodes []*NodeResources) ([]*resource.State, error) {
	lists, err := diffsOfEach(stop, nodes, func(n *NodeResources) ([]*resource.State, error) {
		return addNode(stop, n)
	})
	if err != nil {
		return nil, err
	}
	return mergeByPosition(stop, lists), nil
}

// diffsOfEach returns the diffs of each node.
func diffsOfEach(
	stop *interrupt.Poller, nodes []*NodeResources, diffs func(*NodeResources) ([]*resource.State, error),
) ([][]*resource.State, error) {
	lists := make([][]*resource.State, len(nodes))
	for i, node := range interrupt.Each(stop, nodes) {
		var err error
		if lists[i], err = diffs(node); err != nil {
			return nil, err
		}
	}
	return lists, nil
}

// mergeByPosition merges the i-th diffs of all lists into the i-th diff of the result.
func mergeByPosition(stop *interrupt.Poller, lists [][]*resource.State) []*resource.State {
	var merged []*resource.State
	for _, diffs := range lists {
		for i, diff := range diffs {
			if stop.Spend(diff.Len()) {
				return nil
			}
			if i == len(merged) {
				merged = append(merged, resource.NewState())
			}
			merged[i].Merge(diff)
		}
	}
	return merged
}
