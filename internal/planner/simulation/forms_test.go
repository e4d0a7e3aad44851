package simulation

import (
	"fmt"

	"github.com/pgplanner/pgplanner/internal/testkit/databases"

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
	form := n.unrestored()
	if n.restored {
		form = n.target().ToNodeResources()
		form.AllowMissingRows = true // of what a backup has, nobody knows
	}
	form.Recovery = n.recovery
	return form
}

// unrestored is the node as it is without a restore. Each instance has a directory, which stands for the orchestrator's
// own resources.
func (n wanted) unrestored() *planner.NodeResources {
	form := databases.Nodes(func(i *planner.InstanceResources) {
		i.Instance.Spec.Settings = fmt.Appendf(nil, `{"version":%d}`, n.version)
		i.InstanceDependencies = []*resource.Resource{databases.OnHost("host.directory", i.Instance.Spec.InstanceID, "")}
	}, fmt.Sprint(nodeName(n.node), ":", n.instances))[0]
	if n.source != firstMember {
		form.SourceNode = nodeName(n.source)
	}
	return form
}

func (n wanted) target() *planner.NodeRestoreResources {
	restoring := n.unrestored().InstanceResources[0]
	restoring.InstanceDependencies = append(restoring.InstanceDependencies,
		databases.OnHost("host.backup", instanceName(n.node, 0), ""))
	return databases.Target(n.unrestored(), restoring)
}
