package planner

import (
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// EndState returns the state in which everything is as the nodes say: all instances, nodes and databases,
// and from each node to each other one a slot and an enabled subscription. No nodes give an empty state.
func EndState(nodes []*NodeResources) (*resource.State, error) {
	return EndStateUntil(nil, nodes)
}

// EndStateUntil is EndState, unless it is told to stop: then what it returns means nothing.
func EndStateUntil(stop *interrupt.Poller, nodes []*NodeResources) (*resource.State, error) {
	end := resource.NewStateSize(endSize(stop, nodes))
	if err := extendEnd(stop, end, nil, nodes); err != nil {
		return nil, err
	}
	return end, nil
}

// endSize is how many resources the end state of the nodes has, or a few more: nodes may share some.
func endSize(stop *interrupt.Poller, nodes []*NodeResources) int {
	size := 0
	for _, n := range interrupt.Each(stop, nodes) {
		size += 2 + 2*(len(nodes)-1) // itself and its database, slots and subscriptions
		for _, i := range interrupt.Each(stop, n.InstanceResources) {
			size += 2 + len(i.InstanceDependencies) + len(i.DatabaseDependencies) + len(i.NodeDependents)
		}
	}
	return size
}

// extendEnd makes the end state of some nodes that of more.
func extendEnd(stop *interrupt.Poller, end *resource.State, nodes, more []*NodeResources) error {
	for _, node := range interrupt.Each(stop, more) {
		if err := node.check(stop); err != nil {
			return err
		}
		node.addInstances(stop, end)
		node.addNode(stop, end)
		node.addDatabase(stop, end)
		node.addReplication(stop, end, nodes)
		node.addReplication(stop, end, more)
	}
	for _, node := range interrupt.Each(stop, nodes) {
		node.addReplication(stop, end, more)
	}
	return stop.Err()
}

// addReplication adds the slots and the enabled subscriptions through which the others get the changes of n.
func (n *NodeResources) addReplication(stop *interrupt.Poller, s *resource.State, others []*NodeResources) {
	for _, other := range interrupt.Each(stop, others) {
		if other.NodeName != n.NodeName {
			slot, subscription := database.Replication(n.link(n.NodeName, other.NodeName))
			s.Add(slot)
			s.Add(subscription)
		}
	}
}
