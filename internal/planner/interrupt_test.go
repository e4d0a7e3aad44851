package planner_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit/polls"

	"github.com/pgplanner/pgplanner/internal/testkit/databases"
	"github.com/pgplanner/pgplanner/internal/testkit/execution"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// TestEveryLoopPolls reads the source.
func TestEveryLoopPolls(t *testing.T) {
	polls.CheckLoops(t, map[string]polls.Short{
		"mergeByPosition": {Loops: 1, Bound: "no node is without a diff"},
		"restoreDatabase": {Loops: 2, Bound: "a restore takes three steps, of three parts at most"},
		"findCutOff":      {Loops: 1, Bound: "each round finds a node"},
		"unpositionedOf":  {Loops: 1, Bound: "two resources of a link"},
		"findPositions":   {Loops: 1, Bound: "three diffs"},
		"lostSlots":       {Loops: 1, Bound: "two resources of a link"},
		"discard":         {Loops: 1, Bound: "at most three resources of a link"},
		"script":          {Loops: 1, Bound: "a node has at most one script of each of two names"},
		"afterwards":      {Loops: 2, Bound: "no plan and no phase is without events"},
		"asRecorded":      {Loops: 2, Bound: "no plan and no phase is without events"},
		"Error":           {Loops: 1, Bound: "texts of errors are made once nobody waits for plans"},
		"restoreStates":   {Loops: 1, Bound: "a restore takes three steps"},
		"moved":           {Loops: 1, Bound: "two states"},
		"noteMissing":     {Loops: 1, Bound: "no more than 100 missing dependencies are named"},
		"drain":           {Loops: 1, Bound: "two phases"},
		"add":             {Loops: 1, Bound: "three resources of a link"},
		"neverBegun":      {Loops: 1, Bound: "four resources of a link"},
	})
}

// many is how many nodes, instances, and services there are.
const many = 8

// TestPollsAreMany plans with many of everything, and counts the polls at each place in the source: each comes once for
// each of them. Then it stops planning there, and sees that little is done after it.
func TestPollsAreMany(t *testing.T) {
	cases := largeCases(t)
	units, caseWith := map[string]int{}, map[string]string{} // by place: the most units in one case, and which case that is
	for name, plan := range cases {
		seen := newPollCounter()
		if err := plan(interrupt.Watched(nil, seen.count)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for place, n := range seen.units {
			if n > units[place] {
				units[place], caseWith[place] = n, name
			}
		}
	}
	source := polls.Inspect(t)
	for _, poll := range source.Polls {
		if units[poll.Position] < many {
			t.Errorf("%s, in %s: %d units, want %d", poll.Position, poll.Function, units[poll.Position], many)
			continue
		}
		if !slices.Contains([]string{"sortedSet", "leaving", "findDamage", "findUnpositioned", "sortedHazards", "created"}, poll.Function) { // sorting goes on, without comparing
			stopAt(t, poll.Position, cases[caseWith[poll.Position]])
		}
	}
	if len(source.Polls) < 50 {
		t.Errorf("there are only %d places", len(source.Polls))
	}
}

// stopAt stops planning at the first poll at that place.
func stopAt(t *testing.T, place string, plan func(*interrupt.Poller) error) {
	t.Helper()
	before, after, done, stopped := newPollCounter(), newPollCounter(), make(chan struct{}), false
	err := plan(interrupt.Watched(done, func(units int) {
		if stopped {
			after.count(units)
		} else if before.count(units); before.units[place] > 0 {
			stopped = true
			close(done)
		}
	}))
	if !errors.Is(err, interrupt.ErrInterrupted) {
		t.Errorf("stopped at %s: %v", place, err)
	}
	for other, n := range after.units {
		if n > mostAfterwards {
			t.Errorf("stopped at %s, goes on for %d units at %s", place, n, other)
		}
	}
}

// mostAfterwards is how many units there may be at one place once planning was told to stop.
const mostAfterwards = 3

// callers is how many callers of a poll are looked at: the test, what polls at each element, and who needs that.
const callers = 16

// pollCounter counts units by the place in the package that polls.
type pollCounter struct {
	places map[[callers]uintptr]string
	units  map[string]int
}

func newPollCounter() *pollCounter {
	return &pollCounter{places: map[[callers]uintptr]string{}, units: map[string]int{}}
}

// count counts a poll, if it is in the package.
func (c *pollCounter) count(units int) {
	if place := c.place(); place != "" {
		c.units[place] += units
	}
}

// place is where the package polls; empty if another one does.
func (c *pollCounter) place() string {
	var stack [callers]uintptr
	runtime.Callers(3, stack[:])
	place, ok := c.places[stack]
	if !ok {
		frames := runtime.CallersFrames(stack[:])
		frame, more := frames.Next()
		for more && pollsForOthers(frame.File) {
			frame, more = frames.Next()
		}
		if strings.Contains(frame.File, "internal/planner/") {
			place = fmt.Sprintf("%s:%d", filepath.Base(frame.File), frame.Line)
		}
		c.places[stack] = place
	}
	return place
}

// pollsForOthers tells whether a file is a test, or has what loops for its caller: Each, SortFunc, and All of states.
func pollsForOthers(file string) bool {
	return strings.HasSuffix(file, "_test.go") || strings.Contains(file, "internal/interrupt/") ||
		strings.HasSuffix(file, "internal/resource/state.go") || strings.Contains(file, "slices/")
}

// largeCases are calls with many of everything, by name.
func largeCases(t *testing.T) map[string]func(*interrupt.Poller) error {
	t.Helper()
	members, newcomers := nodesNamed("m", many), nodesNamed("n", many)
	all := slices.Concat(members, newcomers)
	rejoining := make([]*planner.NodeResources, many, 2*many)
	for i, n := range newcomers {
		again := *n
		again.Recovery = planner.NodeRecoveryRejoinUndrained
		if i > 0 {
			again.Recovery = planner.NodeRecoveryRejoin
		}
		rejoining[i] = &again
	}
	mesh := databases.End(members)
	joining := beforeTheEnd(t, mesh, all)
	replicas := slices.Concat(members[:1], []*planner.NodeResources{nodeWith("n1", many)})
	services, missing := services(), services()
	for _, s := range missing {
		s.Resources[0].Dependencies = []resource.Identifier{{Type: "a-network", ID: "gone"}}
	}
	// A node that was there before its primary failed over, to the last of its instances.
	wide := []*planner.NodeResources{nodeWith("m1", many)}
	wide[0].PrimaryInstanceID = wide[0].InstanceResources[many-1].Instance.Spec.InstanceID
	concurrent := planner.UpdateDatabaseOptions{NodeUpdateStrategy: planner.NodeUpdateStrategyConcurrent}
	withServices := planner.UpdateDatabaseOptions{Services: services}
	return map[string]func(*interrupt.Poller) error{
		"create":             update(withServices, resource.NewState(), all),
		"change":             update(concurrent, mesh, members),
		"change instances":   update(concurrent, databases.End(wide), wide),
		"join":               update(concurrent, mesh, all),
		"go on joining":      update(concurrent, joining, all),
		"copy again":         update(concurrent, changed(joining, database.TypeInstance, "n", needsRecreate), all),
		"copy with replicas": update(concurrent, lostPrimary(beforeTheEnd(t, mesh, replicas)), replicas),
		"copy failed":        update(concurrent, failedCopies(t, joining), all),
		"peers leave":        update(concurrent, joining, slices.Concat(members[:1], newcomers)),
		"empty nodes":        update(concurrent, emptied(mesh, newcomers), all),
		"end of joining":     update(concurrent, populated(t, joining, all), all),
		"join, services":     update(withServices, mesh, all),
		"join in turn":       update(withServices, withRecords(joining, services), append(slices.Clone(all), nodesNamed("o", many)...)),
		"remove":             update(concurrent, databases.End(all), members[:1]),
		"remove joining":     update(concurrent, joining, members),
		"remove incomplete":  update(concurrent, changed(databases.End(all), database.TypeSubscription, "", withoutDependencies), members[:1]),
		"records need more":  update(concurrent, needMore(joining), all),
		"members need links": update(concurrent, needLinks(changed(joining, database.TypeInstance, "n", needsRecreate)), all),
		"positions":          update(concurrent, changed(mesh, database.TypeSubscription, "m", needsRecreate), all),
		"slots lost":         update(concurrent, lostSlots(databases.End(all)), continuing(members)),
		"databases lost":     update(concurrent, changed(mesh, database.TypePostgresDatabase, "m", needsRecreate), continuing(members)),
		"records lost":       update(concurrent, without(mesh, database.TypePostgresDatabase, "m1"), continuing(members)),
		"marks lost":         refused[*planner.NodePartlyRemovedError](update(concurrent, without(joining, database.TypeRolesSource, ""), all)),
		"roles read":         update(concurrent, withRolesRead(without(mesh, database.TypeSubscription, ""), members), continuing(members)),
		"rejoin":             update(withServices, damagedBeside(databases.End(append(rejoining, members...)), services), append(rejoining, members...)),
		"rejoin, unwatched":  update(concurrent, without(lostSlotsFrom(databases.End(append(rejoining, members...)), "m1:n"), database.TypeMonitorInstance, ""), append(rejoining, members...)),
		"rejoin and remove": refused[*planner.RejoinAndRemovalError](update(concurrent, without(
			lostSlotsFrom(databases.End(slices.Concat(rejoining, members[:1], nodesNamed("o", many))), "m1:n"), database.TypeMonitorInstance, "o8",
		), append(rejoining[:many:many], members[0]))),
		"monitors lost":      update(concurrent, without(mesh, database.TypeMonitorInstance, ""), members),
		"others leave":       update(concurrent, without(databases.End(all), database.TypeMonitorInstance, "n"), members),
		"needed by type":     update(withServices, resource.NewState(), needingServices()),
		"moved, needed":      refused[*planner.InstanceMovedError](movedAndNeeded(mesh, members)),
		"services missing":   refused[*resource.MissingDependencyError](update(planner.UpdateDatabaseOptions{Services: missing}, mesh, members)),
		"drain":              drain(members),
		"delete":             update(concurrent, mesh, nil),
		"members lost":       update(lostWith(newcomers), databases.End(all), members),
		"peers lost":         update(lostWith(members[1:]), joining, slices.Concat(members[:1], newcomers)),
		"beside lost peers":  update(lostWith(members[1:]), joining, members[:1]),
		"moved":              update(concurrent, changed(mesh, "a-proxy", "", elsewhere), onHosts(members)),
		"restore, left out":  restore(joining, nil, members),
		"restore, positions": restore(changed(databases.End(all), database.TypeSubscription, "m", needsRecreate), members, newcomers),
		"restore":            restore(databases.End(all), members, newcomers),
	}
}

// lostWith are options by which the hosts of the nodes are lost, and one that nobody knows.
func lostWith(nodes []*planner.NodeResources) planner.UpdateDatabaseOptions {
	options := planner.UpdateDatabaseOptions{LostHosts: []string{"unknown"}}
	for _, n := range nodes {
		for _, i := range n.InstanceResources {
			options.LostHosts = append(options.LostHosts, i.Instance.Spec.HostID)
		}
	}
	return options
}

func update(
	options planner.UpdateDatabaseOptions, start *resource.State, nodes []*planner.NodeResources,
) func(*interrupt.Poller) error {
	return func(stop *interrupt.Poller) error {
		outcome, err := planner.UpdateDatabaseTo(stop, options, start, nodes)
		if err != nil && (outcome.Plans != nil || outcome.End != nil) {
			return fmt.Errorf("%d plans, an end, and %w", len(outcome.Plans), err)
		}
		return err
	}
}

// drain drains the first of the nodes to all others, twice.
func drain(nodes []*planner.NodeResources) func(*interrupt.Poller) error {
	var links []database.Link
	for _, n := range nodes[1:] {
		links = append(links, database.Link{Provider: nodes[0].NodeName, Subscriber: n.NodeName, DatabaseName: databases.Name})
	}
	return func(stop *interrupt.Poller) error {
		_, after, _, err := planner.PlanDrain(stop, databases.End(nodes), nodes, links)
		if err == nil {
			_, _, _, err = planner.PlanDrain(stop, after, nodes, links)
		}
		return err
	}
}

func restore(start *resource.State, kept, nodes []*planner.NodeResources) func(*interrupt.Poller) error {
	var targets []*planner.NodeRestoreResources
	for _, n := range nodes {
		targets = append(targets, databases.Target(n, n.InstanceResources[0]))
	}
	return func(stop *interrupt.Poller) error {
		_, err := planner.RestoreDatabaseTo(stop, planner.RestoreDatabaseOptions{}, start, kept, targets)
		return err
	}
}

// nodesNamed are n nodes of one instance.
func nodesNamed(prefix string, n int) []*planner.NodeResources {
	return databases.Nodes(surrounded, databases.Names(prefix, n, 1)...)
}

// nodeWith is a node of so many instances.
func nodeWith(name string, instances int) *planner.NodeResources {
	return databases.Nodes(surrounded, fmt.Sprint(name, ":", instances))[0]
}

// surrounded puts a few resources around an instance.
func surrounded(i *planner.InstanceResources) {
	id := i.Instance.Spec.InstanceID
	i.InstanceDependencies, i.DatabaseDependencies, i.NodeDependents = plain("a-volume", id), plain("a-file", id), plain("a-proxy", id)
}

func plain(t resource.Type, id string, dependencies ...resource.Identifier) []*resource.Resource {
	return []*resource.Resource{databases.Own(t, id, "{}", dependencies...)}
}

// services are many, of one resource each.
func services() []*planner.ServiceResources {
	all := make([]*planner.ServiceResources, many)
	for i := range all {
		all[i] = &planner.ServiceResources{Resources: plain("a-service", fmt.Sprint(i))}
	}
	return all
}

// damagedBeside has lost the slots from m1 to all n, and positions the other way, and has services beside all.
func damagedBeside(s *resource.State, services []*planner.ServiceResources) *resource.State {
	s = changed(lostSlotsFrom(s, "m1:n"), database.TypeSubscription, "n", func(r *resource.Resource) {
		r.NeedsRecreate = strings.Contains(r.Identifier.ID, ":m1:") || strings.Contains(r.Identifier.ID, ":m2:")
	})
	s.Add(database.SyncEvent{Link: database.Link{Provider: "m1", Subscriber: "m2", DatabaseName: databases.Name}}.Resource())
	for i, service := range services {
		r := service.Resources[0].Clone()
		r.Dependencies = []resource.Identifier{database.PostgresDatabaseIdentifier(fmt.Sprint("n", i+1), databases.Name)}
		s.Add(r)
	}
	return s
}

// lostSlotsFrom has lost the slots whose ids begin so.
func lostSlotsFrom(s *resource.State, prefix string) *resource.State {
	return changed(s, database.TypeReplicationSlot, prefix, needsRecreate)
}

// withRecords has records of the services, too, all of which need what is nowhere.
func withRecords(s *resource.State, services []*planner.ServiceResources) *resource.State {
	s = s.Clone()
	for _, service := range services {
		id := service.Resources[0].Identifier
		s.Add(plain(id.Type, id.ID, resource.Identifier{Type: "a-network", ID: "gone"})[0])
	}
	return s
}

// beforeTheEnd is where all plans but the last one lead.
func beforeTheEnd(t *testing.T, start *resource.State, nodes []*planner.NodeResources) *resource.State {
	t.Helper()
	plans, err := planner.UpdateDatabase(planner.UpdateDatabaseOptions{}, start, nodes)
	if err != nil {
		t.Fatal(err)
	}
	return execution.After(start, plans[:len(plans)-1]...)
}

// populated is the end with what is left over of the populate.
func populated(t *testing.T, joining *resource.State, nodes []*planner.NodeResources) *resource.State {
	t.Helper()
	s := joining.Clone()
	s.Merge(databases.End(nodes))
	return s
}

// emptied has further nodes without a database.
func emptied(s *resource.State, nodes []*planner.NodeResources) *resource.State {
	s = s.Clone()
	for _, n := range nodes {
		instance := n.InstanceResources[0].Instance
		s.Add(instance.Resource(nil))
		s.Add(database.Node{
			Name: n.NodeName, InstanceIDs: []string{instance.Spec.InstanceID}, PrimaryInstanceID: instance.Spec.InstanceID,
		}.Resource())
	}
	return s
}

// changed is a state in which resources of a type, whose id begins so, are changed.
func changed(s *resource.State, of resource.Type, prefix string, change func(*resource.Resource)) *resource.State {
	s = s.Clone()
	for _, r := range s.OfType(of) {
		if strings.HasPrefix(r.Identifier.ID, prefix) {
			r = r.Clone()
			change(r)
			s.Add(r)
		}
	}
	return s
}

func needsRecreate(r *resource.Resource) { r.NeedsRecreate = true }

func withoutDependencies(r *resource.Resource) { r.Dependencies = nil }

// lostSlots has lost all slots.
func lostSlots(s *resource.State) *resource.State {
	return changed(s, database.TypeReplicationSlot, "", needsRecreate)
}

// continuing are the nodes, going on though they lack rows.
func continuing(nodes []*planner.NodeResources) []*planner.NodeResources {
	all := make([]*planner.NodeResources, len(nodes))
	for i, n := range nodes {
		c := *n
		c.Recovery = planner.NodeRecoveryContinue
		all[i] = &c
	}
	return all
}

// refused is a call that is refused with an error of the type.
func refused[E error](plan func(*interrupt.Poller) error) func(*interrupt.Poller) error {
	return func(stop *interrupt.Poller) error {
		err := plan(stop)
		switch want := *new(E); {
		case errors.As(err, &want):
			return nil
		case err == nil:
			return errors.New("it is not refused")
		}
		return err
	}
}

// needingServices are nodes whose volumes need disks, and all services by their type.
func needingServices() []*planner.NodeResources {
	nodes := nodesNamed("m", many)
	for _, n := range nodes {
		i := n.InstanceResources[0]
		disk := plain("a-disk", n.NodeName)
		volume := i.InstanceDependencies[0]
		volume.Dependencies, volume.TypeDependencies = []resource.Identifier{disk[0].Identifier}, []resource.Type{"a-service"}
		i.InstanceDependencies = append(i.InstanceDependencies, disk...)
	}
	return nodes
}

// movedAndNeeded wants a volume on another host that many services need, and an instance.
func movedAndNeeded(mesh *resource.State, members []*planner.NodeResources) func(*interrupt.Poller) error {
	volume := members[0].InstanceResources[0].InstanceDependencies[0].Identifier
	start := changed(mesh, volume.Type, volume.ID, elsewhere)
	wanted := nodesNamed("m", len(members))
	wanted[0].InstanceResources[0].InstanceDependencies[0].Executor = resource.Executor{Type: resource.ExecutorHost, ID: "here"}
	all := services()
	for _, s := range all {
		s.Resources[0].Dependencies = []resource.Identifier{volume}
		start.Add(s.Resources[0])
	}
	return update(planner.UpdateDatabaseOptions{Services: all}, start, wanted)
}

// elsewhere puts a resource on another host.
func elsewhere(r *resource.Resource) {
	r.Executor = resource.Executor{Type: resource.ExecutorHost, ID: "elsewhere"}
}

// onHosts are the nodes with their proxies on hosts.
func onHosts(nodes []*planner.NodeResources) []*planner.NodeResources {
	all := nodesNamed("m", len(nodes))
	for _, n := range all {
		for _, i := range n.InstanceResources {
			i.NodeDependents[0].Executor = resource.Executor{Type: resource.ExecutorHost, ID: i.Instance.Spec.HostID}
		}
	}
	return all
}

// without has no resources of a type, but those whose id begins so.
func without(s *resource.State, of resource.Type, but string) *resource.State {
	s = s.Clone()
	for _, r := range s.OfType(of) {
		if !strings.HasPrefix(r.Identifier.ID, but) || but == "" {
			s.Remove(r.Identifier)
		}
	}
	return s
}

// withRolesRead has the roles of nodes read for others.
func withRolesRead(s *resource.State, nodes []*planner.NodeResources) *resource.State {
	for _, n := range nodes {
		s.Add(database.DumpRoles{NodeName: n.NodeName}.Resource())
	}
	return s
}

// needLinks has nodes of members that need a link into a joining one.
func needLinks(s *resource.State) *resource.State {
	link := database.Link{Provider: "m1", Subscriber: "n1", DatabaseName: databases.Name}
	return changed(s, database.TypeNode, "m", func(r *resource.Resource) {
		r.Dependencies = append(r.Dependencies, database.SubscriptionIdentifier(link))
	})
}

// needMore has roles sources that need all volumes, by name and by type.
func needMore(s *resource.State) *resource.State {
	volumes := s.OfType("a-volume")
	return changed(s, database.TypeRolesSource, "", func(r *resource.Resource) {
		for _, v := range volumes {
			r.Dependencies = append(r.Dependencies, v.Identifier)
			r.TypeDependencies = append(r.TypeDependencies, v.Identifier.Type)
		}
	})
}

func lostPrimary(s *resource.State) *resource.State {
	return changed(s, database.TypeInstance, "n1-a", needsRecreate)
}

// failedCopies has the subscriptions from the source as failed, of nodes that have a slot to provide.
func failedCopies(t *testing.T, joining *resource.State) *resource.State {
	t.Helper()
	s := changed(joining, database.TypeSubscription, "m1:n", func(r *resource.Resource) { r.Error = "no route" })
	for i := range many {
		link := database.Link{Provider: fmt.Sprint("n", i+1), Subscriber: "m1", DatabaseName: databases.Name}
		s.Add(database.ReplicationSlot{Link: link}.Resource())
	}
	return s
}
