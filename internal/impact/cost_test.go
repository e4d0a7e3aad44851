package impact_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/impact"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/jsontext"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit/databases"
	"github.com/pgplanner/pgplanner/internal/testkit/polls"
)

// costOf is what an update of the start costs.
func costOf(t *testing.T, options planner.UpdateDatabaseOptions, start *resource.State, nodes []*planner.NodeResources) *impact.Cost {
	t.Helper()
	outcome, err := planner.UpdateDatabaseTo(nil, options, start, nodes)
	if err != nil {
		t.Fatal(err)
	}
	return of(t, start, outcome.Plans, outcome.Hazards...)
}

func of(t *testing.T, start *resource.State, plans []resource.Plan, known ...planner.Hazard) *impact.Cost {
	t.Helper()
	cost, err := impact.Of(nil, start, plans, known)
	if err != nil {
		t.Fatal(err)
	}
	return cost
}

// setting changes a setting of every instance.
func setting(nodes []*planner.NodeResources) []*planner.NodeResources {
	for _, n := range nodes {
		for _, i := range n.InstanceResources {
			i.Instance.Spec.Settings = []byte(`{"port":5433}`)
		}
	}
	return nodes
}

var concurrent = planner.UpdateDatabaseOptions{NodeUpdateStrategy: planner.NodeUpdateStrategyConcurrent}

// TestOneSettingIsOneChangeOfEachNode: people approve four changes, whatever takes note of them.
func TestOneSettingIsOneChangeOfEachNode(t *testing.T) {
	four := []string{"n1", "n2", "n3", "n4"}
	start := databases.End(databases.Nodes(nil, four...))
	for name, test := range map[string]struct {
		options   planner.UpdateDatabaseOptions
		followOns int
		atOnce    int
	}{
		"rolling":    {planner.UpdateDatabaseOptions{}, 48, 1},
		"concurrent": {concurrent, 36, 4},
	} {
		t.Run(name, func(t *testing.T) {
			got := costOf(t, test.options, start, setting(databases.Nodes(nil, four...)))
			want := &impact.Cost{
				Changes: 4, FollowOns: test.followOns, PrimariesAtOnce: test.atOnce,
				Nodes: []impact.Node{{Name: "n1", Primary: 1}, {Name: "n2", Primary: 1}, {Name: "n3", Primary: 1}, {Name: "n4", Primary: 1}},
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

// TestReplicasAndPrimariesAreToldApart by what the state says about who is the primary, after a failover as well.
func TestReplicasAndPrimariesAreToldApart(t *testing.T) {
	start := databases.End(databases.Nodes(nil, "n1:3", "n2"))
	start.Add(database.Node{Name: "n1", InstanceIDs: []string{"n1-a", "n1-b", "n1-c"}, PrimaryInstanceID: "n1-b"}.Resource())
	nodes := databases.Nodes(nil, "n1:3", "n2")
	nodes[0].InstanceResources = nodes[0].InstanceResources[1:]
	got := costOf(t, planner.UpdateDatabaseOptions{}, start, setting(nodes))
	// n1-a, the primary until then, is deleted, and n1-c updated.
	if want := []impact.Node{{Name: "n1", Primary: 1, Replicas: 2}, {Name: "n2", Primary: 1}}; !slices.Equal(got.Nodes, want) {
		t.Errorf("got %+v, want %+v", got.Nodes, want)
	}
	if kinds := kindsOf(got); !slices.Equal(kinds, []string{"instance_deleted n1 database.instance::n1-a"}) {
		t.Errorf("hazards %v", kinds)
	}
}

func kindsOf(c *impact.Cost) []string {
	var kinds []string
	for _, h := range c.Hazards {
		kinds = append(kinds, fmt.Sprintf("%s %s %s", h.Kind, h.Node, h.Resource))
	}
	return kinds
}

func TestWhatDoesNotRunIsNotTouched(t *testing.T) {
	start := databases.End(databases.Nodes(nil, "n1", "n2:2"))
	lost, _ := start.Get(database.InstanceIdentifier("n2-b"))
	lost = lost.Clone()
	lost.NeedsRecreate = true
	start.Add(lost)
	got := costOf(t, concurrent, start, databases.Nodes(nil, "n1", "n2:2", "n3:2<n1"))
	if len(got.Nodes) > 0 || got.PrimariesAtOnce > 0 || len(got.Hazards) > 0 || got.Changes == 0 {
		t.Errorf("got %+v", got)
	}
}

func TestAnUnknownPrimaryCountsAsOne(t *testing.T) {
	start := databases.End(databases.Nodes(nil, "n1:2"))
	for name, change := range map[string]func(*resource.State){
		"no primary": func(s *resource.State) {
			s.Add(database.Node{Name: "n1", InstanceIDs: []string{"n1-a", "n1-b"}}.Resource())
		},
		"no node":     func(s *resource.State) { s.Remove(database.NodeIdentifier("n1")) },
		"broken node": func(s *resource.State) { node, _ := s.Get(database.NodeIdentifier("n1")); breakAttributes(s, node) },
	} {
		t.Run(name, func(t *testing.T) {
			changed := start.Clone()
			change(changed)
			var events []resource.Event
			for _, r := range changed.OfType(database.TypeInstance) {
				events = append(events, resource.Event{Type: resource.EventUpdate, Resource: r})
			}
			got := of(t, changed, []resource.Plan{{Phases: []resource.Phase{{Events: events}}}})
			if want := []impact.Node{{Name: "n1", Primary: 2}}; !slices.Equal(got.Nodes, want) || got.PrimariesAtOnce != 1 {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func breakAttributes(s *resource.State, r *resource.Resource) {
	r = r.Clone()
	r.Attributes = []byte(`{}`)
	s.Add(r)
}

// TestWhatIsGoneIsNotTouched: a replica that is gone is deleted, which touches nothing that runs.
func TestWhatIsGoneIsNotTouched(t *testing.T) {
	start := databases.End(databases.Nodes(nil, "n1", "n2:2"))
	gone, _ := start.Get(database.InstanceIdentifier("n2-b"))
	gone = gone.Clone()
	gone.NeedsRecreate = true
	start.Add(gone)
	got := costOf(t, concurrent, start, databases.Nodes(nil, "n1", "n2"))
	if len(got.Nodes) > 0 {
		t.Errorf("got %+v", got.Nodes)
	}
	if kinds := kindsOf(got); !slices.Equal(kinds, []string{"instance_deleted n2 database.instance::n2-b"}) {
		t.Errorf("hazards %v", kinds)
	}
}

// TestTheMostTouchedComeFirst, and an update that follows others is a change if it has a diff as well.
func TestTheMostTouchedComeFirst(t *testing.T) {
	start := databases.End(databases.Nodes(nil, "n1", "n2", "n3:3", "n4:2"))
	var phase resource.Phase
	for _, r := range start.OfType(database.TypeInstance) {
		phase.Events = append(phase.Events, resource.Event{Type: resource.EventUpdate, Resource: r, Reason: resource.ReasonDependencyUpdated})
	}
	phase.Events[0].Diff = []jsontext.Operation{{Op: "remove", Path: "/x"}}
	plans := []resource.Plan{{Phases: []resource.Phase{phase, {Events: phase.Events[1:2]}}}}
	got := of(t, start, plans)
	if want := []impact.Node{
		{Name: "n2", Primary: 2}, {Name: "n3", Primary: 1, Replicas: 2}, {Name: "n4", Primary: 1, Replicas: 1}, {Name: "n1", Primary: 1},
	}; !slices.Equal(got.Nodes, want) {
		t.Errorf("got %+v, want %+v", got.Nodes, want)
	}
	if got.Changes != 1 || got.FollowOns != 7 || got.PrimariesAtOnce != 4 {
		t.Errorf("got %+v", got)
	}
}

// TestForeignInstancesAreTouched: PlanStates plans states that hold whatever their callers like.
func TestForeignInstancesAreTouched(t *testing.T) {
	one := databases.Own(database.TypeInstance, "x", `{}`)
	got := of(t, resource.NewState(one), []resource.Plan{{Phases: []resource.Phase{{Events: []resource.Event{
		{Type: resource.EventDelete, Resource: one, Reason: resource.ReasonNotDesired},
	}}}}})
	if want := []impact.Node{{Primary: 1}}; !slices.Equal(got.Nodes, want) {
		t.Errorf("got %+v", got)
	}
	if kinds := kindsOf(got); !slices.Equal(kinds, []string{"instance_deleted  database.instance::x"}) {
		t.Errorf("hazards %v", kinds)
	}
}

func TestRefreshesCostNothing(t *testing.T) {
	start := databases.End(databases.Nodes(nil, "n1:2", "n2"))
	plan, err := resource.PlanRefresh(nil, start)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*resource.State{start, nil} {
		if got := of(t, s, []resource.Plan{plan}); !reflect.DeepEqual(got, &impact.Cost{}) {
			t.Errorf("got %+v", got)
		}
	}
}

func TestEveryLoopPolls(t *testing.T) {
	polls.CheckLoops(t, map[string]polls.Short{
		"listHazards": {Loops: 1, Bound: "the kinds of hazards"},
		"shorten":     {Loops: 1, Bound: "128 bytes"},
	})
}

// TestTheWorkIsLinear: twice as many nodes of an update that touches only itself, twice as many polls.
func TestTheWorkIsLinear(t *testing.T) {
	start, plans := many(2000)
	units := func(n int) int {
		c := polls.Count()
		if _, err := impact.Of(c.Poller, start, plans[:n], nil); err != nil {
			t.Fatal(err)
		}
		return c.Units
	}
	begin, half, all := units(0), units(1000), units(2000)
	if all-begin > 2*(half-begin)+(half-begin)/4 {
		t.Errorf("%d units for 1000 plans, %d for 2000", half-begin, all-begin)
	}
	// Only sorting goes on, without comparing.
	polls.CheckStops(t, 4096, func(stop *interrupt.Poller) error {
		_, err := impact.Of(stop, start, plans, slices.Repeat([]planner.Hazard{{Kind: planner.HazardRowsGivenUp}}, 100))
		return err
	})
}

// many are a state of n nodes, and plans that delete one after the other.
func many(n int) (*resource.State, []resource.Plan) {
	start := resource.NewState()
	var plans []resource.Plan
	for i := range n {
		name := fmt.Sprintf("n%04d", i)
		instance := databases.Instance(name, name+"-a").Instance.Resource(nil)
		node := database.Node{Name: name, InstanceIDs: []string{name + "-a"}, PrimaryInstanceID: name + "-a"}.Resource()
		start.Add(instance)
		start.Add(node)
		plans = append(plans, resource.Plan{Phases: []resource.Phase{
			{Events: []resource.Event{{Type: resource.EventDelete, Resource: node}}},
			{Events: []resource.Event{{Type: resource.EventDelete, Resource: instance}}},
		}})
	}
	return start, plans
}

func TestSentencesHoldNoLongNames(t *testing.T) {
	long := strings.Repeat("ä", 1<<20)
	for _, kind := range impact.Severities() {
		h := planner.Hazard{Kind: kind, Node: long, Resource: resource.Identifier{Type: "t", ID: long}}
		if text := impact.Sentence(h); text == "" || len(text) > 300 || !strings.HasSuffix(text, ".") {
			t.Errorf("%s: %d bytes: %.100s", kind, len(text), text)
		}
	}
}
