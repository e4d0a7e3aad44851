package simulation

import (
	"fmt"
	"strings"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit/databases"
)

// firstMember stands for the source of a node that names none.
const firstMember = -1

// wanted is the shape that one node should have.
type wanted struct {
	node, instances int
	// source is the node that a new one copies.
	source int
	// version is that of the instances' settings: another one makes the node be updated.
	version int
	// restored tells that the node is from a backup.
	restored bool
	// service tells that a service runs beside the node, and writes.
	service bool
	// recovery is what becomes of the node if it is a member that lacks rows.
	recovery planner.NodeRecovery
}

// goesOn tells whether a member that lacks rows goes on without them.
func (n wanted) goesOn() bool { return n.recovery == planner.NodeRecoveryContinue }

// wish is what the user wants: the nodes in their order, and how to get there. Wishes are values: what
// changes one returns another.
type wish struct {
	nodes      []wanted
	concurrent bool
	// restore orders that the nodes which are marked as restored be restored now.
	restore bool
	// lost are the nodes whose hosts are named as lost.
	lost nodeSet
}

// wishKey is a wish that can be compared.
type wishKey struct {
	nodes               [maxNodes]wanted
	concurrent, restore bool
	lost                nodeSet
}

func (w wish) key() wishKey {
	k := wishKey{concurrent: w.concurrent, restore: w.restore, lost: w.lost}
	copy(k.nodes[:], w.nodes)
	return k
}

// wishFor wishes for the first n nodes with one instance each.
func wishFor(n int) wish {
	var w wish
	for node := range n {
		w = w.with(newNode(node))
	}
	return w
}

// newNode is a node with one instance and nothing special about it.
func newNode(node int) wanted { return wanted{node: node, instances: 1, source: firstMember} }

// find returns the place of the node in the wish; -1 if it is not wanted.
func (w wish) find(node int) int {
	for at, n := range w.nodes {
		if n.node == node {
			return at
		}
	}
	return -1
}

func (w wish) has(node int) bool { return w.find(node) >= 0 }

// with returns the wish with one more node.
func (w wish) with(n wanted) wish {
	w.nodes = append(append([]wanted{}, w.nodes...), n)
	return w
}

// without returns the wish without the node.
func (w wish) without(node int) wish {
	var left []wanted
	for _, n := range w.nodes {
		if n.node != node {
			left = append(left, n)
		}
	}
	w.nodes = left
	return w
}

// change returns the wish with one node changed.
func (w wish) change(node int, how func(*wanted)) wish {
	w.nodes = append([]wanted{}, w.nodes...)
	how(&w.nodes[w.find(node)])
	return w
}

// changeAll returns the wish with all nodes changed.
func (w wish) changeAll(how func(*wanted)) wish {
	for _, n := range w.nodes {
		w = w.change(n.node, how)
	}
	return w
}

// atOnce returns the wish with all nodes updated at once.
func (w wish) atOnce() wish {
	w.concurrent = true
	return w
}

func (w wish) options() planner.UpdateDatabaseOptions {
	options := planner.UpdateDatabaseOptions{Services: w.services(), LostHosts: w.lost.hosts()}
	if w.concurrent {
		options.NodeUpdateStrategy = planner.NodeUpdateStrategyConcurrent
	}
	return options
}

// services are the services beside the nodes.
func (w wish) services() []*planner.ServiceResources {
	var services []*planner.ServiceResources
	for _, n := range w.nodes {
		if n.service {
			name := nodeName(n.node)
			services = append(services, &planner.ServiceResources{
				ServiceInstanceID: "api-" + name,
				Resources: []*resource.Resource{databases.OnHost(
					typeService, name, "", database.PostgresDatabaseIdentifier(name, databases.Name),
				)},
			})
		}
	}
	return services
}

func (w wish) String() string {
	var names []string
	for _, n := range w.nodes {
		names = append(names, n.String())
	}
	if w.restore {
		names = append(names, "(restore)")
	}
	for node, lost := range w.lost {
		if lost {
			names = append(names, "-"+nodeName(node))
		}
	}
	return strings.Join(names, " ")
}

func (n wanted) String() string {
	text := nodeName(n.node)
	if n.instances > 1 {
		text += fmt.Sprintf("x%d", n.instances)
	}
	if n.source != firstMember {
		text += "<" + nodeName(n.source)
	}
	if n.version > 0 {
		text += fmt.Sprintf("@%d", n.version)
	}
	if n.restored {
		text += "*"
	}
	if n.service {
		text += "+"
	}
	return text + map[planner.NodeRecovery]string{
		planner.NodeRecoveryContinue: "!", planner.NodeRecoveryRejoin: "^", planner.NodeRecoveryRejoinUndrained: "%",
	}[n.recovery]
}
