package simulation

import (
	"fmt"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// forms are the planner's forms of wanted nodes, each made once. The planner only reads them.
type forms map[wanted]*planner.NodeResources

// of returns the planner's form of the wish.
func (f forms) of(w wish) []*planner.NodeResources {
	nodes := make([]*planner.NodeResources, len(w.nodes))
	for i, n := range w.nodes {
		nodes[i] = f.node(n)
	}
	return nodes
}

// kept returns the form of the nodes that are not to be restored.
func (f forms) kept(w wish) []*planner.NodeResources {
	var nodes []*planner.NodeResources
	for _, n := range w.nodes {
		if !n.restored {
			nodes = append(nodes, f.node(n))
		}
	}
	return nodes
}

// targets returns the form of the nodes that are to be restored.
func (f forms) targets(w wish) []*planner.NodeRestoreResources {
	var targets []*planner.NodeRestoreResources
	for _, n := range w.nodes {
		if n.restored {
			targets = append(targets, n.target())
		}
	}
	return targets
}

func (f forms) node(n wanted) *planner.NodeResources {
	form, ok := f[n]
	if !ok {
		form = n.form()
		f[n] = form
	}
	return form
}

func (n wanted) form() *planner.NodeResources {
	if n.restored {
		return n.target().ToNodeResources()
	}
	form := &planner.NodeResources{NodeName: nodeName(n.node)}
	if n.source != firstMember {
		form.SourceNode = nodeName(n.source)
	}
	for i := range n.instances {
		form.InstanceResources = append(form.InstanceResources, n.instance(i))
	}
	return form
}

func (n wanted) target() *planner.NodeRestoreResources {
	restoring := n.instance(0)
	restoring.InstanceDependencies = append(restoring.InstanceDependencies, &resource.Resource{
		Identifier: resource.Identifier{Type: "host.backup", ID: instanceName(n.node, 0)},
		Executor:   restoring.InstanceDependencies[0].Executor,
	})
	target := &planner.NodeRestoreResources{
		NodeName: nodeName(n.node), PrimaryInstance: n.instance(0), RestoreInstance: restoring,
		RestoreConfig: &database.RestoreConfig{SourceDatabaseName: databaseName},
	}
	for i := 1; i < n.instances; i++ {
		target.ReplicaInstances = append(target.ReplicaInstances, n.instance(i))
	}
	return target
}

// instance is an instance with a directory, which stands for the orchestrator's own resources.
func (n wanted) instance(i int) *planner.InstanceResources {
	id := instanceName(n.node, i)
	host := "host-" + id
	return &planner.InstanceResources{
		Instance: database.Instance{
			Spec: database.InstanceSpec{
				InstanceID: id, NodeName: nodeName(n.node), DatabaseID: "db", HostID: host,
				DatabaseName: databaseName, Settings: fmt.Appendf(nil, `{"version":%d}`, n.version),
			},
			Hostname: id,
		},
		InstanceDependencies: []*resource.Resource{{
			Identifier: resource.Identifier{Type: "host.directory", ID: id},
			Executor:   resource.Executor{Type: resource.ExecutorHost, ID: host},
		}},
	}
}
