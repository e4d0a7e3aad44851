package planner

import (
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// EndState returns the state in which everything is as the nodes say: all instances, nodes and databases,
// and from each node to each other one a slot and an enabled subscription. No nodes give an empty state.
func EndState(nodes []*NodeResources) (*resource.State, error) {
	return endState(nil, nodes)
}

// endState is EndState, unless it is told to stop.
func endState(stop *interrupt.Poller, nodes []*NodeResources) (*resource.State, error) {
	end := resource.NewStateSize(endSize(nodes))
	if err := extendEnd(stop, end, nil, nodes); err != nil {
		return nil, err
	}
	return end, nil
}

// endSize is how many resources the end state of the nodes has, or a few more: nodes may share some.
func endSize(nodes []*NodeResources) int {
	size := 0
	for _, n := range nodes {
		size += 2 + 2*(len(nodes)-1) // itself and its database, slots and subscriptions
		for _, i := range n.InstanceResources {
			size += 2 + len(i.InstanceDependencies) + len(i.DatabaseDependencies) + len(i.NodeDependents)
		}
	}
	return size
}

// extendEnd makes the end state of some nodes that of more.
func extendEnd(stop *interrupt.Poller, end *resource.State, nodes, more []*NodeResources) error {
	for _, node := range more {
		if stop.Spend(1 + len(nodes) + len(more)) {
			return stop.Err()
		}
		if err := node.check(); err != nil {
			return err
		}
		for _, i := range node.InstanceResources {
			node.addInstance(end, i)
		}
		node.addNode(end)
		node.addDatabase(end)
		node.addReplication(end, nodes)
		node.addReplication(end, more)
	}
	for _, node := range nodes {
		if stop.Spend(1 + len(more)) {
			return stop.Err()
		}
		node.addReplication(end, more)
	}
	return nil
}

// addReplication adds the slots and the enabled subscriptions through which the others get the changes of n.
func (n *NodeResources) addReplication(s *resource.State, others []*NodeResources) {
	postgres := database.PostgresDatabaseIdentifier(n.NodeName, n.databaseName())
	for _, other := range others {
		if other.NodeName == n.NodeName {
			continue
		}
		slot, subscription := database.Replication(n.link(n.NodeName, other.NodeName), postgres)
		s.Add(slot)
		s.Add(subscription)
	}
}
