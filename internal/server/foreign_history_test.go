package server

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit/databases"
	"github.com/pgplanner/pgplanner/internal/testkit/execution"
)

// dice draws at random, the same each time for the same seed.
type dice struct{ *rand.Rand }

// one is true once in so many times.
func (d dice) one(in int) bool { return d.IntN(in) == 0 }

// pick returns one of several.
func pick[T any](d dice, from ...T) T { return from[d.IntN(len(from))] }

// wantedDatabase describes a database. To build it twice gives equal requests that share no memory.
type wantedDatabase struct {
	nodes      []wantedNode
	service    bool
	concurrent bool
	network    int      // the revision of what all instances share
	lost       []string // hosts
}

type wantedNode struct {
	name, source string
	instances    int
	revision     int // of its settings and directories
}

func (n wantedNode) String() string {
	text := fmt.Sprintf("%s:%d", n.name, n.instances)
	if n.source != "" {
		text += "<" + n.source
	}
	return text
}

// mostNodes are in a database.
const mostNodes = 4

func (d dice) database() wantedDatabase {
	w := wantedDatabase{service: d.one(4), concurrent: d.one(5)}
	for range pick(d, 1, 2, 2, 3, 3) {
		w.nodes = append(w.nodes, d.node(w))
	}
	return w
}

// node is one that the database does not have yet.
func (d dice) node(w wantedDatabase) wantedNode {
	names := []string{"n1", "n2", "n3", "n4", "n5"}
	free := slices.DeleteFunc(names, w.has)
	n := wantedNode{name: free[0], instances: pick(d, 1, 1, 1, 2, 3)}
	return n
}

func (w wantedDatabase) has(name string) bool {
	return slices.ContainsFunc(w.nodes, func(n wantedNode) bool { return n.name == name })
}

// otherDatabase is what somebody may want who has that one.
func (d dice) otherDatabase(w wantedDatabase) wantedDatabase {
	w.nodes = slices.Clone(w.nodes)
	if len(w.nodes) == 0 {
		return d.database()
	}
	at, before := d.IntN(len(w.nodes)), w.nodes
	switch d.IntN(10) {
	case 0, 1, 2:
		if len(w.nodes) < mostNodes {
			n := d.node(w)
			if d.one(3) {
				n.source = pick(d, before...).name
			}
			w.nodes = append(w.nodes, n)
		}
		if len(w.nodes) < mostNodes && d.one(4) {
			w.nodes = append(w.nodes, d.node(w))
		}
	case 3, 4:
		if len(w.nodes) > 1 || d.one(10) {
			w.nodes = slices.Delete(w.nodes, at, at+1)
		}
	case 5:
		w.nodes[at].instances = pick(d, 1, 2, 3)
	case 6:
		w.nodes[at].revision++
	case 7:
		w.network++
	case 8:
		w.service = !w.service
	case 9:
		if len(w.nodes) < mostNodes {
			w.nodes = append(w.nodes, d.node(w))
		}
		w.nodes = slices.Delete(w.nodes, at, at+1)
	}
	return w
}

// build makes the nodes.
func (w wantedDatabase) build() []*planner.NodeResources {
	var nodes []*planner.NodeResources
	for _, n := range w.nodes {
		dress := func(i *planner.InstanceResources) { w.dress(n, i) }
		node := databases.Nodes(dress, fmt.Sprintf("%s:%d", n.name, n.instances))[0]
		node.SourceNode = n.source
		nodes = append(nodes, node)
	}
	return nodes
}

// dress puts an orchestrator's resources around an instance.
func (w wantedDatabase) dress(n wantedNode, i *planner.InstanceResources) {
	id := i.Instance.Spec.InstanceID
	revision := func(number int) string { return fmt.Sprintf(`{"revision":%d,"password":%q}`, number, secret) }
	network := databases.Own("network", "shared", revision(w.network))
	directory := databases.OnHost("directory", id, revision(0))
	container := databases.OnHost("container", id, revision(n.revision), directory.Identifier, network.Identifier)
	i.Instance.Spec.Settings = fmt.Appendf(nil, `{"port":%d}`, 5432+n.revision)
	i.InstanceDependencies = []*resource.Resource{network, directory, container}
	i.DatabaseDependencies = []*resource.Resource{databases.OnHost("file", id, revision(0), directory.Identifier)}
	i.NodeDependents = []*resource.Resource{
		databases.OnHost("proxy", id, revision(0), database.NodeIdentifier(n.name), container.Identifier),
	}
}

func (w wantedDatabase) options() planner.UpdateDatabaseOptions {
	o := planner.UpdateDatabaseOptions{NodeUpdateStrategy: planner.NodeUpdateStrategyRolling, LostHosts: w.lost}
	if w.concurrent {
		o.NodeUpdateStrategy = planner.NodeUpdateStrategyConcurrent
	}
	if w.service && len(w.nodes) > 0 {
		postgres := database.PostgresDatabaseIdentifier(w.nodes[0].name, databases.Name)
		front := databases.Own("front", "s1", `{}`, postgres)
		front.TypeDependencies = []resource.Type{database.TypeNode}
		o.Services = []*planner.ServiceResources{{
			ServiceInstanceID: "s1", Resources: []*resource.Resource{front},
			MonitorResource: databases.Own("front.monitor", "s1", `{}`, front.Identifier),
		}}
	}
	return o
}

// lose draws hosts that are gone for good: mostly those of instances that are recorded and not wanted.
func (d dice) lose(s *resource.State, w wantedDatabase) []string {
	var hosts []string
	for _, r := range s.OfType(database.TypeInstance) {
		wanted := slices.ContainsFunc(w.nodes, func(n wantedNode) bool {
			for i := range n.instances {
				if databases.InstanceID(n.name, i) == r.Identifier.ID {
					return true
				}
			}
			return false
		})
		if !wanted && !d.one(3) || d.one(50) {
			hosts = append(hosts, r.Executor.ID)
		}
	}
	slices.Sort(hosts)
	return slices.DeleteFunc(hosts, func(host string) bool { return host == "" })
}

// split makes the node of that name one to restore.
func (w wantedDatabase) split(target string) (kept []*planner.NodeResources, targets []*planner.NodeRestoreResources) {
	nodes, again := w.build(), w.build()
	for i, n := range nodes {
		n.SourceNode = ""
		if n.NodeName != target {
			kept = append(kept, n)
			continue
		}
		restoring := again[i].InstanceResources[0]
		restoring.InstanceDependencies = append(restoring.InstanceDependencies, databases.Own("restore", n.NodeName, `{}`))
		targets = append(targets, databases.Target(n, restoring))
	}
	return kept, targets
}

// history is a state that was reached by asking for one database after the other, and what was asked for last.
func (d dice) history() (*resource.State, wantedDatabase) {
	state, w := resource.NewState(), d.database()
	for round := range pick(d, 1, 2, 2, 3) {
		next := w
		if round > 0 {
			next = d.otherDatabase(w)
		}
		plans, err := planner.UpdateDatabase(next.options(), state, next.build())
		if err != nil {
			break
		}
		w = next
		d.execute(state, plans)
	}
	return state, w
}

// execute executes plans, to the end or up to an event that fails or is not recorded.
func (d dice) execute(state *resource.State, plans []resource.Plan) {
	count := execution.Count(plans...)
	stop := count
	if count > 0 && d.one(2) {
		stop = d.IntN(count)
	}
	done := 0
	for _, plan := range plans {
		for _, phase := range plan.Phases {
			if done+len(phase.Events) > stop {
				for _, e := range phase.Events {
					d.stopAt(state, e)
				}
				return
			}
			for _, e := range phase.Events {
				state.Apply(e)
			}
			done += len(phase.Events)
		}
	}
}

// stopAt records what became of an event of the last phase that began.
func (d dice) stopAt(state *resource.State, e resource.Event) {
	switch d.IntN(4) {
	case 0, 1:
		state.Apply(e)
	case 2:
		if e.Type.Removes() {
			return
		}
		failed := e.Resource.Clone()
		failed.NeedsRecreate = d.one(2)
		if !failed.NeedsRecreate || e.Type == resource.EventCreate {
			failed.Error = "it did not work"
		}
		state.Add(failed)
	}
}
