package verify_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit/databases"
	"github.com/pgplanner/pgplanner/internal/testkit/execution"
	"github.com/pgplanner/pgplanner/internal/testkit/notation"

	"pgregory.net/rapid"

	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit"
	"github.com/pgplanner/pgplanner/internal/verify"
)

// drawState draws a state of some of ten resources of three types. They depend on such as come before them,
// by name and by type; a start may miss these, and the resources of some depend on any at all. Any of them may carry any
// mark.
func drawState(t *rapid.T, isStart bool) *resource.State {
	s := resource.NewState()
	one := func(in int, what string) bool { return rapid.IntRange(1, in).Draw(t, what) == in }
	types := []resource.Type{"a", "b", "c"}
	isTangled := isStart && one(3, "tangled")
	for i := range 10 {
		if one(4, "left out") {
			continue
		}
		r := databases.Own(types[i/4], fmt.Sprint(i), rapid.SampledFrom([]string{`{}`, `{}`, `{"x":1}`, `{"x":1.0}`, `{"y":2}`}).Draw(t, "attributes"))
		before, below := i, types[:i/4]
		if isTangled {
			before, below = 10, types
		}
		for other := range before {
			id := resource.Identifier{Type: types[other/4], ID: fmt.Sprint(other)}
			if _, ok := s.Get(id); (ok || isStart) && one(4, "depends") {
				r.Dependencies = append(r.Dependencies, id)
			}
		}
		if len(below) > 0 && one(3, "by type") {
			r.TypeDependencies = []resource.Type{rapid.SampledFrom(below).Draw(t, "type")}
		}
		r.Executor = rapid.SampledFrom([]resource.Executor{
			r.Executor, r.Executor, r.Executor, {Type: resource.ExecutorHost, ID: "other"}, {Type: resource.ExecutorManager},
		}).Draw(t, "executor")
		if one(10, "version") {
			r.ResourceVersion = "2"
		}
		if one(10, "ignore") {
			r.DiffIgnore = []string{"/x"}
		}
		r.NeedsRecreate, r.PendingDeletion = one(8, "recreate"), one(8, "pending")
		if one(8, "error") {
			r.Error = "it failed"
		}
		s.Add(r)
	}
	return s
}

// TestPlansThroughStatesAreRight: whatever the states and the marks in them, what leads through them is right,
// and what leads elsewhere is not.
func TestPlansThroughStatesAreRight(t *testing.T) {
	seen := testkit.Classes{}
	seen.Check(t, 5, func(t *rapid.T) {
		start := drawState(t, true)
		var states []*resource.State
		for range rapid.IntRange(1, 3).Draw(t, "states") {
			if len(states) > 0 && rapid.IntRange(1, 4).Draw(t, "again") == 4 {
				states = append(states, states[len(states)-1])
				continue
			}
			states = append(states, drawState(t, false))
		}
		options := resource.PlanOptions{ForceUpdate: rapid.IntRange(1, 5).Draw(t, "force") == 5}
		plans, err := resource.PlanAll(nil, start, options, states...)
		if err != nil {
			t.Fatal(err)
		}
		violations, err := verify.Sequence(nil, start, plans, states)
		if err != nil {
			t.Fatal(err)
		}
		expectNone(t, plans, violations)
		for _, plan := range plans {
			for _, e := range execution.Events(plan) {
				seen.Add(e.Reason.String())
			}
		}
		seen.Add(fmt.Sprintf("%d plans through %d states", len(plans), len(states)))
		if len(plans) == 0 || options.ForceUpdate {
			return
		}
		gone := rapid.IntRange(0, len(plans)-1).Draw(t, "left out")
		violations, err = verify.Sequence(nil, start, slices.Delete(slices.Clone(plans), gone, gone+1), states)
		if err != nil {
			t.Fatal(err)
		}
		if len(violations) == 0 {
			t.Fatalf("nothing is wrong without plan %d of these:\n%s", gone, notation.Plans(plans))
		}
		seen.Add("found what is left out")
	}, "3 plans through 3 states", "1 plans through 2 states", "dependencies_changed", "found what is left out")
}
