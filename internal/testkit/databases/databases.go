// Package databases builds what tests want of the planner: nodes and their instances, and resources of an orchestrator
// around them. Whatever it returns shares nothing with what it returned before.
package databases

import (
	"fmt"
	"strings"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// The database that all nodes belong to.
const (
	ID    = "5f2c"
	Name  = "app"
	Owner = "admin"
)

// Nodes are wanted nodes. Each description is a name, perhaps followed by ":" and the number of instances, 1 without it,
// and by "<" and the source. If dress is not nil, it puts things around each instance.
func Nodes(dress func(*planner.InstanceResources), descriptions ...string) []*planner.NodeResources {
	nodes := make([]*planner.NodeResources, len(descriptions))
	for i, d := range descriptions {
		d, source, _ := strings.Cut(d, "<")
		name, count, _ := strings.Cut(d, ":")
		instances := 1
		if count != "" {
			if _, err := fmt.Sscan(count, &instances); err != nil {
				panic(err)
			}
		}
		n := &planner.NodeResources{
			NodeName: name, SourceNode: source, DatabaseID: ID, DatabaseName: Name, DatabaseOwner: Owner,
		}
		for k := range instances {
			instance := Instance(name, InstanceID(name, k))
			if dress != nil {
				dress(instance)
			}
			n.InstanceResources = append(n.InstanceResources, instance)
		}
		nodes[i] = n
	}
	return nodes
}

// Names describes n nodes of so many instances each: their names are the prefix and their numbers, from 1.
func Names(prefix string, n, instances int) []string {
	descriptions := make([]string, n)
	for i := range descriptions {
		descriptions[i] = fmt.Sprintf("%s%d:%d", prefix, i+1, instances)
	}
	return descriptions
}

// InstanceID is the id of an instance of a node, counted from 0.
func InstanceID(node string, i int) string { return fmt.Sprintf("%s-%c", node, 'a'+i) }

// Instance is an instance with nothing around it.
func Instance(node, id string) *planner.InstanceResources {
	return &planner.InstanceResources{
		Instance: database.Instance{
			Spec: database.InstanceSpec{
				InstanceID: id, NodeName: node, DatabaseID: ID, HostID: "host-" + id, DatabaseName: Name,
				Settings: []byte(`{"port":5432}`),
			},
			Hostname: id + ".example",
		},
	}
}

// Target makes a wanted node one to restore, by another instance than its primary.
func Target(n *planner.NodeResources, restoring *planner.InstanceResources) *planner.NodeRestoreResources {
	return &planner.NodeRestoreResources{
		NodeName: n.NodeName, DatabaseID: n.DatabaseID, DatabaseName: n.DatabaseName, DatabaseOwner: n.DatabaseOwner,
		PrimaryInstance: n.InstanceResources[0], RestoreInstance: restoring, ReplicaInstances: n.InstanceResources[1:],
		RestoreConfig: &database.RestoreConfig{SourceDatabaseName: Name},
	}
}

// Restored are the nodes, and behind them what the targets are once they are restored.
func Restored(nodes []*planner.NodeResources, targets []*planner.NodeRestoreResources) []*planner.NodeResources {
	all := append([]*planner.NodeResources(nil), nodes...)
	for _, target := range targets {
		all = append(all, target.ToNodeResources())
	}
	return all
}

// End is the state in which all nodes and services are as wanted. It panics if there is none.
func End(nodes []*planner.NodeResources, services ...*planner.ServiceResources) *resource.State {
	end, err := planner.EndState(nodes)
	if err != nil {
		panic(err)
	}
	for _, s := range services {
		end.Merge(resource.NewState(s.Resources...))
		if s.MonitorResource != nil {
			end.Add(s.MonitorResource)
		}
	}
	return end
}

// Own is a resource of the orchestrator, which anybody may execute.
func Own(t resource.Type, id, attributes string, dependencies ...resource.Identifier) *resource.Resource {
	return &resource.Resource{
		Identifier:      resource.Identifier{Type: t, ID: id},
		Executor:        resource.Executor{Type: resource.ExecutorAny},
		Attributes:      []byte(attributes),
		Dependencies:    dependencies,
		ResourceVersion: "1",
	}
}

// OnHost is a resource of the orchestrator at the host of the instance of that id.
func OnHost(t resource.Type, id, attributes string, dependencies ...resource.Identifier) *resource.Resource {
	r := Own(t, id, attributes, dependencies...)
	r.Executor = resource.Executor{Type: resource.ExecutorHost, ID: "host-" + id}
	return r
}
