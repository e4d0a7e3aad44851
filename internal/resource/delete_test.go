package resource_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit"
)

func TestDependents(t *testing.T) {
	state := parseState(t, `
		a::1
		a::2
		b::1 -> a::1
		c::1 -> b::1 a::2
		d::1 -> *a
		e::1 -> d::1 x::missing
		f::1 -> *c *x`)
	for ids, want := range map[string]string{
		"":           "[]",
		"a::1":       "[b::1 c::1]",
		"a::2":       "[c::1]",
		"b::1":       "[c::1]",
		"b::1 c::1":  "[c::1]",
		"d::1":       "[e::1]",
		"e::1":       "[]",
		"d::1 f::1":  "[e::1]",
		"x::missing": "[e::1]",
	} {
		if got := fmt.Sprint(state.Dependents(nil, parseIdentifiers(t, ids)...)); got != want {
			t.Errorf("of %q: got %s, want %s", ids, got, want)
		}
	}
}

func TestWhatIsLostIsForgotten(t *testing.T) {
	state := parseState(t, "a::1 | b::1 -> a::1 | c::1 -> b::1 | d::1")
	lost := func(r *resource.Resource) bool { return r.Identifier.Type == "b" || r.Identifier.Type == "d" }
	plan, err := resource.PlanDelete(nil, state, parseIdentifiers(t, "a::1 b::1 c::1 d::1"), lost)
	want := "delete c::1 not_desired, forget d::1 host_lost\nforget b::1 host_lost\ndelete a::1 not_desired"
	if got := story([]resource.Plan{plan}); err != nil || got != want {
		t.Errorf("got %v and\n%s\nwant\n%s", err, got, want)
	}
	for _, phase := range plan.Phases {
		for _, e := range phase.Events {
			state.Apply(e)
		}
	}
	if state.Len() != 0 {
		t.Errorf("left: %v", state.Resources())
	}
}

func TestPlanDelete(t *testing.T) {
	state := parseState(t, "a::1 (error) | b::1 -> a::1 | b::2 -> *a | c::1 -> b::1 (recreate) | d::1")
	for ids, want := range map[string]string{
		"":                    "",
		"x::1":                "",
		"a::1":                "delete a::1 not_desired",
		"a::1 c::1 d::1 x::1": "delete c::1 not_desired, delete d::1 not_desired\ndelete a::1 not_desired",
		"b::2 b::1 a::1 b::1": "delete b::2 not_desired\ndelete b::1 not_desired\ndelete a::1 not_desired",
	} {
		plan, err := resource.PlanDelete(nil, state, parseIdentifiers(t, ids), nil)
		if got := story([]resource.Plan{plan}); err != nil || got != want {
			t.Errorf("of %q: got %v and\n%s\nwant\n%s", ids, err, got, want)
		}
		for _, phase := range plan.Phases {
			for _, e := range phase.Events {
				if r, _ := state.Get(e.Resource.Identifier); !sameResource(r, e.Resource) {
					t.Errorf("%s is not as it is in the state", e.Resource.Identifier)
				}
			}
		}
	}
}

// TestDeletionOfCycles: what is in a cycle goes at once, after what depends on it and before what it depends on.
func TestDeletionOfCycles(t *testing.T) {
	for _, c := range []struct{ state, ids, want string }{
		{"a::1 -> b::1 | b::1 -> a::1", "a::1", "delete a::1 not_desired"},
		{"a::1 -> b::1 | b::1 -> a::1", "a::1 b::1", "delete a::1 not_desired, delete b::1 not_desired"},
		{
			"a::1 -> b::1 d::1 | b::1 -> c::1 | c::1 -> a::1 | d::1 | e::1 -> c::1", "a::1 b::1 c::1 d::1 e::1",
			"delete e::1 not_desired\ndelete a::1 not_desired, delete b::1 not_desired, delete c::1 not_desired\ndelete d::1 not_desired",
		},
		{"a::1 -> *b | b::1 -> c::1 | b::2 | c::1 -> a::1", "a::1 b::1 c::1", "delete a::1 not_desired, delete b::1 not_desired, delete c::1 not_desired"},
		{"a::1 -> a::1 b::1 | b::1 -> *b", "a::1 b::1", "delete a::1 not_desired\ndelete b::1 not_desired"},
	} {
		plan, err := resource.PlanDelete(nil, parseState(t, c.state), parseIdentifiers(t, c.ids), nil)
		if got := story([]resource.Plan{plan}); err != nil || got != c.want {
			t.Errorf("%s: got %v and\n%s\nwant\n%s", c.state, err, got, c.want)
		}
	}
}

// TestDeletionEqualsReference deletes some resources of random states with all that depends on them.
func TestDeletionEqualsReference(t *testing.T) {
	seen := testkit.Classes{}
	for i := range 3000 {
		p := problemOf(i, smallProblem, (*generator).diffs)
		s := world(build(p.start))
		seen.Count("a cycle", s.cycle() != nil)
		seen.Count("something depends on itself", s.selfDependency() != nil)
		chosen := set{}
		for i, r := range p.start {
			chosen[r.Identifier] = i%4 == 0
		}
		var ids []resource.Identifier
		dependents, rest := set{}, world(build(p.start))
		for id := range s {
			if chosen[id] {
				ids = append(ids, id)
			}
		}
		for id := range s {
			s[id] = s[id].Clone()
			s[id].TypeDependencies = nil
		}
		for id, reachable := range s.reachable() {
			for _, d := range ids {
				if reachable[d] {
					dependents[id] = true
				}
			}
		}
		if got, want := build(p.start).Dependents(nil, ids...), dependents.sorted(); !slices.Equal(got, want) {
			t.Fatalf("%s\ndependents of %v: got %v, want %v", p, ids, got, want)
		}
		for id := range s {
			if chosen[id] || dependents[id] {
				delete(rest, id)
			}
		}
		seen.Count("something stays", len(rest) > 0)
		seen.Count("dependents", len(dependents) > 0)
		phases, err := newReference(testkit.Classes{}, p.options()).deletes(world(build(p.start)), rest, nil)
		if err != nil {
			t.Fatal(err)
		}
		want := newReference(testkit.Classes{}, p.options()).keep(nil, resource.Plan{Phases: phases})
		plan, err := resource.PlanDelete(nil, build(p.start), append(ids, dependents.sorted()...), nil)
		if got := newReference(testkit.Classes{}, p.options()).keep(nil, plan); err != nil || !samePlans(got, want) {
			t.Fatalf("%s\ngot %v\n%s\nwant\n%s", p, err, printPlans(got), printPlans(want))
		}
	}
	seen.Require(t, "something stays", "dependents", "a cycle", "something depends on itself")
}
