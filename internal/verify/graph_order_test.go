package verify_test

import (
	"slices"
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit/databases"

	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/verify"
)

// inPhases is a plan of one event in each phase.
func inPhases(events ...resource.Event) resource.Plan {
	var plan resource.Plan
	for _, e := range events {
		plan.Phases = append(plan.Phases, resource.Phase{Events: []resource.Event{e}})
	}
	return plan
}

func rulesOf(violations []verify.Violation) []verify.Rule {
	var rules []verify.Rule
	for _, v := range violations {
		rules = append(rules, v.Rule)
	}
	return rules
}

// TestOrderBehindWhatHasNoEvent: between two events may stand what has none, also if the lower one depends on
// nothing.
func TestOrderBehindWhatHasNoEvent(t *testing.T) {
	low := databases.Own("a", "low", `{}`)
	middle := databases.Own("b", "middle", `{}`, low.Identifier)
	high := databases.Own("c", "high", `{}`, middle.Identifier)
	state := resource.NewState(low, middle, high)
	update := func(r *resource.Resource) resource.Event {
		return resource.Event{Type: resource.EventUpdate, Resource: r, Reason: resource.ReasonForceUpdate}
	}
	plans := []resource.Plan{inPhases(update(high), update(low))}
	found := judged(state, plans, state, verify.Options{})
	at := slices.IndexFunc(found, func(v verify.Violation) bool { return v.Rule == verify.RuleDependencyOrder })
	if at < 0 || !slices.Equal(found[at].Resources, []resource.Identifier{high.Identifier, low.Identifier}) {
		t.Errorf("got %v", found)
	}
}

// TestDeletedDependencyThatEndGivesUp: what is deleted goes before what it depends on, even if it comes back
// without that.
func TestDeletedDependencyThatEndGivesUp(t *testing.T) {
	below := databases.Own("a", "below", `{}`)
	before, after := databases.Own("b", "above", `{}`, below.Identifier), databases.Own("b", "above", `{}`)
	start, end := resource.NewState(below, before), resource.NewState(after)
	remove := func(r *resource.Resource) resource.Event {
		return resource.Event{Type: resource.EventDelete, Resource: r, Reason: resource.ReasonNotDesired}
	}
	create := resource.Event{Type: resource.EventCreate, Resource: after, Reason: resource.ReasonDoesNotExist}
	right := []resource.Plan{inPhases(remove(before), remove(below)), inPhases(create)}
	if found := judged(start, right, end, verify.Options{}); len(found) > 0 {
		t.Errorf("the right order: got %v", found)
	}
	wrong := []resource.Plan{inPhases(remove(below), remove(before)), inPhases(create)}
	found := judged(start, wrong, end, verify.Options{})
	if !slices.Equal(rulesOf(found), []verify.Rule{verify.RuleDeleteBeforeDependent}) {
		t.Errorf("the wrong order: got %v", found)
	}
}
