package planner_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pgplanner/pgplanner/internal/testkit/databases"
	"github.com/pgplanner/pgplanner/internal/testkit/execution"

	"pgregory.net/rapid"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit"
)

// drawnWish is a database that somebody might want. To build it twice gives equal requests that share no
// memory.
type drawnWish struct {
	Nodes    []drawnNode
	Services []drawnService
	Strategy planner.NodeUpdateStrategy
	Force    bool
	// Shared are the revisions of the resources that nodes and services share.
	Shared [3]int
}

type drawnNode struct {
	Name, Source string
	Restore      bool
	Owner        string
	Instances    []drawnInstance
}

type drawnInstance struct {
	ID string
	// Revisions of its settings, its directory, what its database needs, and what needs its node.
	Settings, Directory, File, Proxy int
	// Shared are the shared resources that the instance needs, and that its database needs.
	Shared, DatabaseShared []int
}

type drawnService struct {
	ID       string
	Revision int
	Shared   int
	// Connected services depend on a database, and all on the nodes.
	Connected, Monitor bool
}

// drawRevision is mostly the same, so that most of two wishes is equal.
func drawRevision(t *rapid.T, name string) int {
	return max(0, rapid.IntRange(-6, 1).Draw(t, name))
}

// now is true once in so many times.
func now(t *rapid.T, name string, in int) bool { return rapid.IntRange(0, in-1).Draw(t, name) == in-1 }

func drawWish(t *rapid.T) drawnWish {
	w := drawnWish{
		Strategy: rapid.SampledFrom([]planner.NodeUpdateStrategy{"", "rolling", "rolling", "concurrent"}).Draw(t, "strategy"),
		Force:    now(t, "force", 10),
	}
	for i := range w.Shared {
		w.Shared[i] = drawRevision(t, "revision of shared resource")
	}
	count := rapid.SampledFrom([]int{1, 2, 2, 3, 3, 4, 6}).Draw(t, "nodes")
	names := []string{"n1", "n2", "n3", "n4", "n5", "n6"}
	if now(t, "other nodes", 4) {
		names = rapid.Permutation(names).Draw(t, "names")
	}
	for _, name := range names[:count] {
		w.Nodes = append(w.Nodes, drawNode(t, name))
	}
	for i := range rapid.SampledFrom([]int{0, 0, 1, 2}).Draw(t, "services") {
		w.Services = append(w.Services, drawnService{
			ID:        fmt.Sprintf("s%d", i),
			Revision:  drawRevision(t, "revision of service"),
			Shared:    rapid.IntRange(0, len(w.Shared)-1).Draw(t, "shared by service"),
			Connected: rapid.Bool().Draw(t, "connected"),
			Monitor:   rapid.Bool().Draw(t, "monitor"),
		})
	}
	return w
}

func drawNode(t *rapid.T, name string) drawnNode {
	n := drawnNode{Name: name, Restore: now(t, "restore", 15), Owner: "admin"}
	if now(t, "owner", 8) {
		n.Owner = "other"
	}
	if !n.Restore && now(t, "source", 15) {
		n.Source = rapid.SampledFrom([]string{"n1", "n2", "n3"}).Draw(t, "name of source")
	}
	ids := []string{"a", "b", "c"}
	if now(t, "other primary", 12) {
		ids = rapid.Permutation(ids).Draw(t, "instances")
	}
	for _, id := range ids[:rapid.SampledFrom([]int{1, 1, 2, 2, 3}).Draw(t, "number of instances")] {
		i := drawnInstance{
			ID:        name + "-" + id,
			Settings:  drawRevision(t, "revision of settings"),
			Directory: drawRevision(t, "revision of directory"),
			File:      drawRevision(t, "revision of file"),
			Proxy:     drawRevision(t, "revision of proxy"),
		}
		for shared := range 3 {
			if now(t, "shared by instance", 3) {
				i.Shared = append(i.Shared, shared)
			}
			if now(t, "shared by database", 8) {
				i.DatabaseShared = append(i.DatabaseShared, shared)
			}
		}
		n.Instances = append(n.Instances, i)
	}
	return n
}

// options are what the wish asks for beside the nodes.
func (w drawnWish) options() planner.UpdateDatabaseOptions {
	o := planner.UpdateDatabaseOptions{
		NodeUpdateStrategy: w.Strategy,
		PlanOptions:        resource.PlanOptions{ForceUpdate: w.Force},
	}
	for _, s := range w.Services {
		needs := []resource.Identifier{w.shared(s.Shared).Identifier}
		if s.Connected {
			needs = append(needs, database.PostgresDatabaseIdentifier(w.Nodes[0].Name, "app"))
		}
		front := orchestrated("service", s.ID, s.Revision, needs...)
		front.TypeDependencies = []resource.Type{database.TypeNode}
		service := &planner.ServiceResources{
			ServiceInstanceID: s.ID,
			Resources:         []*resource.Resource{front, w.shared(s.Shared)},
		}
		if s.Monitor {
			service.MonitorResource = orchestrated("monitor.service", s.ID, 0, front.Identifier)
		}
		o.Services = append(o.Services, service)
	}
	return o
}

func (w drawnWish) nodes() []*planner.NodeResources {
	var nodes []*planner.NodeResources
	for _, n := range w.Nodes {
		node := &planner.NodeResources{NodeName: n.Name, SourceNode: n.Source, DatabaseOwner: n.Owner}
		if n.Restore {
			node.RestoreConfig = &database.RestoreConfig{SourceDatabaseName: "backup"}
			node.AllowMissingRows = true
		}
		for _, i := range n.Instances {
			node.InstanceResources = append(node.InstanceResources, w.instance(n, i))
		}
		nodes = append(nodes, node)
	}
	return nodes
}

func (w drawnWish) instance(n drawnNode, i drawnInstance) *planner.InstanceResources {
	directory := orchestrated("directory", i.ID, i.Directory)
	container := orchestrated("container", i.ID, 0, directory.Identifier)
	out := databases.Instance(n.Name, i.ID)
	out.Instance.Spec.Settings = fmt.Appendf(nil, `{"max_connections":%d}`, 100+i.Settings)
	out.InstanceDependencies = []*resource.Resource{container, directory}
	out.DatabaseDependencies = []*resource.Resource{orchestrated("file", i.ID, i.File, directory.Identifier)}
	out.NodeDependents = []*resource.Resource{
		orchestrated("proxy", i.ID, i.Proxy, database.NodeIdentifier(n.Name), container.Identifier),
	}
	for _, shared := range i.Shared {
		out.InstanceDependencies = append(out.InstanceDependencies, w.shared(shared))
	}
	for _, shared := range i.DatabaseShared {
		out.DatabaseDependencies = append(out.DatabaseDependencies, w.shared(shared))
	}
	return out
}

// shared is a resource that nodes and services share. Those who do want it alike.
func (w drawnWish) shared(i int) *resource.Resource {
	return orchestrated([]resource.Type{"network", "network", "volume"}[i], fmt.Sprint("shared-", i), w.Shared[i])
}

// orchestrated is a resource of the orchestrator. What it depends on is part of its attributes: a change of
// dependencies alone is nothing that a plan would hold.
func orchestrated(t resource.Type, id string, revision int, dependencies ...resource.Identifier) *resource.Resource {
	attributes := fmt.Sprintf(`{"needs":%q,"revision":%d}`, fmt.Sprint(dependencies), revision)
	return databases.OnHost(t, id, attributes, dependencies...)
}

// end is the state in which everything is as wished.
func (w drawnWish) end() *resource.State { return databases.End(w.nodes(), w.options().Services...) }

// drawStart draws what is there when w is asked for: nothing, the end of another wish, or what an execution
// has left that stopped somewhere. Some resources are marked.
func drawStart(t *rapid.T, w drawnWish, seen testkit.Classes) *resource.State {
	start, stopped := resource.NewState(), now(t, "stopped on the way", 4)
	switch rapid.SampledFrom([]string{"nothing", "the same", "fewer", "fewer", "other", "other", "other"}).Draw(t, "start") {
	case "the same":
		start = w.end()
		seen.Add("start: the end of the same wish")
	case "fewer":
		fewer := w
		fewer.Nodes = w.Nodes[:max(1, len(w.Nodes)-1)]
		start, stopped = fewer.end(), true
		seen.Add("start: the end of a wish for fewer nodes")
	case "other":
		start = drawWish(t).end()
		seen.Add("start: the end of another wish")
	}
	if stopped {
		earlier := w
		if now(t, "of another wish", 4) {
			earlier = drawWish(t)
		}
		if answer, err := planner.UpdateDatabase(earlier.options(), start, earlier.nodes()); err == nil {
			stopOnTheWay(t, start, answer, seen)
		}
	}
	if !now(t, "without marks", 3) {
		drawMarks(t, start, seen)
	}
	return copyState(start)
}

// stopOnTheWay executes plans up to some event, which may fail.
func stopOnTheWay(t *rapid.T, start *resource.State, answer []resource.Plan, seen testkit.Classes) {
	events := execution.Events(answer...)
	if len(events) == 0 {
		return
	}
	seen.Add("start: stopped on the way")
	stop := rapid.IntRange(0, len(events)-1).Draw(t, "stop")
	for _, e := range events[:stop] {
		start.Apply(e)
	}
	if last := events[stop]; last.Type != resource.EventDelete && rapid.Bool().Draw(t, "failed") {
		seen.Add("start: an event failed")
		failed := last.Resource.Clone()
		failed.NeedsRecreate = last.Type == resource.EventCreate && rapid.Bool().Draw(t, "needs recreate")
		if !failed.NeedsRecreate {
			failed.Error = "it failed"
		}
		start.Add(failed)
	}
}

// drawMarks marks a few resources as failed or as needing recreation.
func drawMarks(t *rapid.T, start *resource.State, seen testkit.Classes) {
	all := start.Resources()
	if len(all) == 0 {
		return
	}
	vital := slices.DeleteFunc(slices.Clone(all), func(r *resource.Resource) bool {
		switch r.Identifier.Type {
		case database.TypeInstance, database.TypePostgresDatabase, database.TypeReplicationSlotCreate:
			return isMember(start, nodeOf(r.Identifier.ID))
		}
		return true
	})
	for range rapid.IntRange(1, 5).Draw(t, "marks") {
		candidates := all
		if len(vital) > 0 && rapid.Bool().Draw(t, "vital for one that joins") {
			candidates = vital
		}
		r := rapid.SampledFrom(candidates).Draw(t, "marked").Clone()
		if r.NeedsRecreate = rapid.Bool().Draw(t, "as needing recreation"); r.NeedsRecreate {
			seen.Add("start: needs recreation")
		}
		if !r.NeedsRecreate || now(t, "and failed", 4) {
			r.Error = "it failed"
			seen.Add("start: failed")
		}
		start.Add(r)
	}
}

// shuffled builds an equal state in another order.
func shuffled(t *rapid.T, s *resource.State) *resource.State {
	all := copyState(s).Resources()
	if len(all) > 1 {
		all = rapid.Permutation(all).Draw(t, "order")
	}
	return resource.NewState(all...)
}

// isMember tells whether a node is there in full: it has a database, and is not still joining.
func isMember(start *resource.State, node string) bool {
	_, hasDatabase := start.Get(database.PostgresDatabaseIdentifier(node, "app"))
	_, joins := start.Get(database.RolesSourceIdentifier(node))
	return hasDatabase && !joins
}

// nodeOf is the node that is named at the beginning of an id.
func nodeOf(id string) string {
	if i := strings.IndexAny(id, "-:"); i >= 0 {
		return id[:i]
	}
	return id
}

// subscriberOf is the subscriber that is named in the id of a link.
func subscriberOf(id resource.Identifier) string {
	if parts := strings.Split(id.ID, ":"); len(parts) == 3 {
		return parts[1]
	}
	return ""
}
