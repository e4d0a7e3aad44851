package verify_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit"

	"github.com/pgplanner/pgplanner/internal/testkit/polls"

	"github.com/pgplanner/pgplanner/internal/testkit/databases"
	"github.com/pgplanner/pgplanner/internal/testkit/execution"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/verify"
)

// work is something to judge.
type work struct {
	start   *resource.State
	plans   []resource.Plan
	end     *resource.State
	options verify.Options
}

// units is how many units are counted at the polls while it is judged.
func (w work) units(t *testing.T) int {
	t.Helper()
	c := polls.Count()
	if _, err := verify.Plans(c.Poller, w.start, w.plans, w.end, w.options); err != nil {
		t.Fatal(err)
	}
	return c.Units
}

// many are resources of which each does not depend on any other one.
func many(t resource.Type, n int) (*resource.State, []resource.Identifier) {
	s := resource.NewState()
	ids := make([]resource.Identifier, n)
	for i := range n {
		r := databases.Own(t, fmt.Sprintf("%06d", i), `{}`)
		ids[i] = r.Identifier
		s.Add(r)
	}
	return s, ids
}

// above is the state with one resource more, which depends on those.
func above(s *resource.State, attributes string, ids ...resource.Identifier) *resource.State {
	s = s.Clone()
	s.Add(databases.Own("above", "all", attributes, ids...))
	return s
}

// planWork is what the engine plans from a state to another one.
func planWork(t *testing.T, start, end *resource.State, options resource.PlanOptions) work {
	t.Helper()
	plans, err := resource.PlanAll(nil, start, options, end)
	if err != nil {
		t.Fatal(err)
	}
	return work{start: start, plans: plans, end: end}
}

// graphWorks have much of one thing.
func graphWorks(t *testing.T) map[string]work {
	const n = 1000
	all, ids := many("x", n)
	none := resource.NewState()
	typed, _ := many("x", n)
	byType := databases.Own("above", "all", `{}`)
	changedTypes := databases.Own("above", "all", `{}`)
	for i := range n {
		byType.TypeDependencies = append(byType.TypeDependencies, resource.Type(fmt.Sprintf("type%d", i)))
	}
	typed.Add(byType)
	changedTypes.TypeDependencies = append([]resource.Type{"x"}, byType.TypeDependencies...)
	onType := all.Clone()
	onType.Add(changedTypes)
	top := func(s *resource.State, attributes string) *resource.State {
		s = s.Clone()
		s.Add(databases.Own("top", "most", attributes, resource.Identifier{Type: "above", ID: "all"}))
		return s
	}
	refresh, err := resource.PlanRefresh(nil, above(all, `{}`, ids...))
	if err != nil {
		t.Fatal(err)
	}
	wrong := planWork(t, all, above(all, `{}`, ids...), resource.PlanOptions{})
	wrong.plans = []resource.Plan{{Phases: []resource.Phase{{Events: []resource.Event{{
		Type: resource.EventCreate, Resource: databases.Own("above", "all", `{}`, ids...), Reason: resource.ReasonDoesNotExist, CausedBy: ids,
	}}}}}}
	empty := make([]resource.Phase, n)
	again := work{start: all, end: all}
	again.options.Replan = func(*resource.State) ([]resource.Plan, error) {
		return planWork(t, none, all, resource.PlanOptions{}).plans, nil
	}
	refreshes := make([]resource.Plan, n)
	for i, r := range all.Resources() {
		refreshes[i] = resource.Plan{Phases: []resource.Phase{{Events: []resource.Event{{Type: resource.EventRefresh, Resource: r}}}}}
	}
	return map[string]work{
		"nothing to do":           {start: all, end: all},
		"left over":               {start: all, end: none},
		"dependencies":            {start: above(all, `{}`, ids...), end: above(all, `{}`, ids...)},
		"types":                   {start: typed, end: typed},
		"create":                  planWork(t, none, above(all, `{}`, ids...), resource.PlanOptions{}),
		"update":                  planWork(t, above(all, `{}`, ids...), above(all, `{"a":1}`, ids...), resource.PlanOptions{}),
		"update all":              planWork(t, above(all, `{}`, ids...), above(all, `{"a":1}`, ids...), resource.PlanOptions{ForceUpdate: true}),
		"update what is above":    planWork(t, top(above(all, `{}`, ids...), `{}`), top(above(all, `{}`, ids...), `{"a":1}`), resource.PlanOptions{}),
		"what is above gives up":  planWork(t, top(above(all, `{}`, ids...), `{}`), top(above(all, `{}`, ids[1:]...), `{"a":1}`), resource.PlanOptions{}),
		"delete":                  planWork(t, above(all, `{}`, ids...), none, resource.PlanOptions{}),
		"delete what needs types": planWork(t, typed, none, resource.PlanOptions{}),
		"create a type":           planWork(t, none, onType, resource.PlanOptions{}),
		"update a type":           planWork(t, onType, onType, resource.PlanOptions{ForceUpdate: true}),
		"refresh":                 {start: above(all, `{}`, ids...), plans: []resource.Plan{refresh}, end: above(all, `{}`, ids...)},
		"many plans":              {start: all, plans: refreshes, end: all},
		"empty phases":            {start: all, plans: []resource.Plan{{Phases: empty}}, end: all},
		"causes of nothing":       wrong,
		"planned again":           again,
	}
}

// followed are updates because of dependencies: each resource of a chain depends on all before it.
func followed(t *testing.T) work {
	start, end := resource.NewState(), resource.NewState()
	var ids []resource.Identifier
	for i := range 60 {
		r := databases.Own("chain", fmt.Sprintf("%03d", i), `{}`, ids...)
		start.Add(r)
		if i == 0 {
			r = databases.Own("chain", "000", `{"a":1}`)
		}
		end.Add(r)
		ids = append(ids, r.Identifier)
	}
	return planWork(t, start, end, resource.PlanOptions{})
}

// meshUnits are the units of judging all that is planned for a story after it stopped somewhere.
func meshUnits(t *testing.T, s story) int {
	t.Helper()
	m := newMutant(t, s)
	n := work{m.start, m.plans, m.end, m.options}.units(t) + work{m.start, m.plans, nil, m.options}.units(t)
	for _, p := range stops(m.plans) {
		state := p.execute(m.start, m.plans)
		plans, err := s.wish.plan(state)
		if err == nil {
			n += work{state, plans, m.end, m.options}.units(t)
		}
	}
	return n
}

// TestEveryLoopIsPolled counts the units at all polls while large things are judged. A loop that is not polled, or one that
// is not there any more, makes it less than what is recorded in testdata/polls.txt; what makes it more does no harm, and
// is recorded with -rewrite.
func TestEveryLoopIsPolled(t *testing.T) {
	counted := make(map[string]int)
	for name, w := range graphWorks(t) {
		counted[name] = w.units(t)
	}
	counted["follow"] = followed(t).units(t)
	states := []*resource.State{graphWorks(t)["nothing to do"].start, resource.NewState()}
	c := polls.Count()
	if _, err := verify.Sequence(c.Poller, nil, nil, states); err != nil {
		t.Fatal(err)
	}
	counted["sequence"] = c.Units
	for _, s := range stories() {
		switch s.name {
		case "create three nodes with replicas", "add a node with three peers", "add two nodes from one source",
			"concurrent update of what all share", "add, change and remove at once", "restore one of three nodes":
			counted[s.name] = meshUnits(t, s)
		}
	}
	withWalls := story{name: "what follows others", start: nodes("n1:2", "n2:2"), wish: wish{nodes: otherImage(nodes("n1:2", "n2:2"))}}
	withFirewalls(withWalls.start)
	withFirewalls(withWalls.wish.nodes)
	counted[withWalls.name] = meshUnits(t, withWalls)
	counted["a populate the wrong way round"] = damagedUnits(t)
	counted["joining in turns"] = turnUnits(t)
	compareCounts(t, counted)
}

// turnUnits are the units of judging how a node joins after another one that copies the same source.
func turnUnits(t *testing.T) int {
	t.Helper()
	m := newMutant(t, adding)
	start, w := execution.After(m.start, m.plans[:3]...), wish{nodes: nodes("n1", "n2", "n3", "n4<n1", "n5<n1")}
	return work{start, w.mustPlan(t, start), w.end(), w.options()}.units(t)
}

// damagedUnits are the units of judging a populate of which nothing was done in time.
func damagedUnits(t *testing.T) int {
	t.Helper()
	m := newMutant(t, adding)
	for i, k := 0, len(m.plans)-1; i < k; i, k = i+1, k-1 {
		m.plans[i], m.plans[k] = m.plans[k], m.plans[i]
	}
	m.has(database.SubscriptionIdentifier(link("n2", "n1")), func(*resource.Resource) {})
	return work{m.start, m.plans, m.end, m.options}.units(t)
}

func compareCounts(t *testing.T, counted map[string]int) {
	t.Helper()
	const file = "testdata/polls.txt"
	var b strings.Builder
	for _, name := range sortedKeys(counted) {
		fmt.Fprintf(&b, "%8d %s\n", counted[name], name)
	}
	if testkit.Rewrite(t, file, b.String()) {
		return
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		number, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		var recorded int
		fmt.Sscan(number, &recorded)
		if counted[name] < recorded {
			t.Errorf("%s: %d units were counted, %d are recorded", name, counted[name], recorded)
		}
		delete(counted, name)
	}
	for name := range counted {
		t.Errorf("%s is not recorded", name)
	}
}

func sortedKeys(m map[string]int) []string {
	return slices.Sorted(maps.Keys(m))
}

// TestTypesAreLookedUp: what depends on twice as many types, of each of which something is updated, costs twice as much to
// judge, and not four times.
func TestTypesAreLookedUp(t *testing.T) {
	units := func(n int) map[string]int {
		above := databases.Own("above", "all", `{}`)
		state := func(attributes string) *resource.State {
			s := resource.NewState(above, databases.Own("top", "most", attributes, above.Identifier))
			for i := range n {
				s.Add(databases.Own(resource.Type(fmt.Sprintf("type%d", i)), "x", attributes))
			}
			return s
		}
		for i := range n {
			above.TypeDependencies = append(above.TypeDependencies, resource.Type(fmt.Sprintf("type%d", i)))
		}
		right := planWork(t, state(`{}`), state(`{"a":1}`), resource.PlanOptions{})
		causes := right.plans[0].Phases[1].Events[0].CausedByTypes
		if len(causes) != n {
			t.Fatalf("%d causes", len(causes))
		}
		found := map[string]int{"followed": right.units(t)}
		right.plans[0].Phases = slices.Delete(right.plans[0].Phases, 1, 2)
		found["not followed"] = right.units(t)
		return found
	}
	few, many := units(500), units(1000)
	for name, n := range few {
		if many[name] > 5*n/2 { // sorting takes a little more
			t.Errorf("%s: %d units for 500 types, %d for 1000", name, n, many[name])
		}
	}
}
