package planner

import (
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// EndState returns the state in which everything is as the nodes say: all instances, nodes and databases,
// and from each node to each other one a slot and an enabled subscription. No nodes give an empty state.
func EndState(nodes []*NodeResources) (*resource.State, error) {
	return EndStateInterruptible(nil, nodes)
}

// EndStateInterruptible is EndState, and stops with resource.ErrInterrupted when interrupt is closed.
func EndStateInterruptible(interrupt <-chan struct{}, nodes []*NodeResources) (*resource.State, error) {
	end := resource.NewStateSize(2*len(nodes)*len(nodes) + 16*len(nodes))
	for _, node := range nodes {
		select {
		case <-interrupt:
			return nil, resource.ErrInterrupted
		default:
		}
		if err := node.check(); err != nil {
			return nil, err
		}
		for _, i := range node.InstanceResources {
			node.addInstance(end, i)
		}
		node.addNode(end)
		node.addDatabase(end)
		postgres := database.PostgresDatabaseIdentifier(node.NodeName, node.databaseName())
		for _, other := range nodes {
			if other.NodeName == node.NodeName {
				continue
			}
			slot, subscription := database.Replication(node.link(node.NodeName, other.NodeName), postgres)
			end.Add(slot)
			end.Add(subscription)
		}
	}
	return end, nil
}
