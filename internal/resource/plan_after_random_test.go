package resource_test

import (
	"slices"
	"testing"

	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit"
	"github.com/pgplanner/pgplanner/internal/testkit/execution"
)

// TestRandomStepsAfterTheLastOne plans random problems of diffs, with some of the end after the last step: they lead where
// they lead without that, and what comes after it, and what its records depend on by name, gets no event before.
func TestRandomStepsAfterTheLastOne(t *testing.T) {
	seen := testkit.Classes{}
	for i := range *differentialCases {
		p := problemOf(i, smallProblem, (*generator).diffs)
		p.late = false // and attributes are compared, all and always
		for _, rs := range p.states() {
			for _, r := range *rs {
				r.ResourceVersion, r.DiffIgnore = "1", nil
			}
		}
		steps, start := p.steps(), build(p.start)
		steps.After = build(afterLast(p, i))
		if _, err := engineSteps(p); err != nil {
			continue
		}
		plans, err := resource.PlanSteps(nil, start, p.options(), steps)
		if err != nil {
			seen.Add("a step needs what comes after it")
			continue
		}
		if !leadsTo(start, plans, steps.End) {
			t.Fatalf("%s\nleads elsewhere than to the end of\n%s\nafter it: %v", printPlans(plans), p, identifiersOf(steps.After))
		}
		seen.Count("nothing after it", steps.After.Len() == 0)
		checkAfter(t, start, steps.After, plans, seen)
	}
	seen.Require(t, "nothing after it", "a step needs what comes after it", "created", "updated", "stays until then", "a type is followed", "forced")
}

// afterLast is some of the end, with what depends on it by name.
func afterLast(p problem, seed int) []*resource.Resource {
	end := build(p.end)
	var ids []resource.Identifier
	for at, r := range p.end {
		if (at+seed)%4 == 0 {
			ids = append(ids, r.Identifier)
		}
	}
	ids = append(ids, end.Dependents(nil, ids...)...)
	return slices.DeleteFunc(slices.Clone(p.end), func(r *resource.Resource) bool { return !slices.Contains(ids, r.Identifier) })
}

// leadsTo tells whether plans leave what is wanted, and nothing else.
func leadsTo(start *resource.State, plans []resource.Plan, end *resource.State) bool {
	left := execution.After(start, plans...)
	return left.Len() == end.Len() && !slices.ContainsFunc(end.Resources(), func(wanted *resource.Resource) bool {
		found, ok := left.Get(wanted.Identifier)
		return !ok || differ(found, wanted) || !sameRecord(found, wanted) || found.NeedsRecreate || found.Error != ""
	})
}

// checkAfter checks when what comes after the last step has its events.
func checkAfter(t *testing.T, start, after *resource.State, plans []resource.Plan, seen testkit.Classes) {
	t.Helper()
	held := map[resource.Identifier]bool{}
	for _, r := range after.Resources() {
		if found, ok := start.Get(r.Identifier); ok {
			for _, id := range found.Dependencies {
				held[id] = true
			}
		}
	}
	for i, plan := range plans {
		last := i == len(plans)-1
		puts := map[resource.Type]bool{}
		for _, e := range execution.Events(plan) {
			id := e.Resource.Identifier
			switch {
			case after.Has(id) && !last:
				t.Fatalf("plan %d has %v of what comes last, in\n%s", i+1, id, printPlans(plans))
			case after.Has(id):
				puts[id.Type] = true
				seen.Count("created", e.Type == resource.EventCreate)
				seen.Count("updated", e.Type == resource.EventUpdate)
				seen.Count("forced", e.Reason == resource.ReasonForceUpdate)
			case e.Type == resource.EventDelete && held[id] && !last:
				t.Fatalf("plan %d deletes %v, which is needed until the last one, in\n%s", i+1, id, printPlans(plans))
			case e.Type == resource.EventDelete:
				seen.Count("stays until then", held[id] && len(puts) > 0)
			case len(puts) > 0:
				seen.Count("a type is followed", slices.ContainsFunc(e.CausedByTypes, func(t resource.Type) bool { return puts[t] }))
			}
		}
	}
}

func identifiersOf(s *resource.State) []resource.Identifier {
	var ids []resource.Identifier
	for _, r := range s.Resources() {
		ids = append(ids, r.Identifier)
	}
	return ids
}
