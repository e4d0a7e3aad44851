// Package answers makes plans of any size, as the planner would answer with, and puts the messages together that they
// were cut into.
package answers

import (
	"fmt"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// Plans makes plans with so many events in each of their phases.
func Plans(plans ...[]int) []resource.Plan { return LargePlans(0, plans...) }

// LargePlans is Plans with events of about that size.
func LargePlans(bytes int, plans ...[]int) []resource.Plan {
	var all []resource.Plan
	n := 0
	for _, phases := range plans {
		var plan resource.Plan
		for _, events := range phases {
			var phase resource.Phase
			for range events {
				n++
				phase.Events = append(phase.Events, Event(fmt.Sprintf("r%05d", n), bytes))
			}
			plan.Phases = append(plan.Phases, phase)
		}
		all = append(all, plan)
	}
	return all
}

// Event makes a create event with attributes of about that size.
func Event(id string, bytes int) resource.Event {
	return resource.Event{
		Type:   resource.EventCreate,
		Reason: resource.ReasonDoesNotExist,
		Resource: &resource.Resource{
			Identifier: resource.Identifier{Type: "test", ID: id},
			Executor:   resource.Executor{Type: resource.ExecutorAny},
			Attributes: fmt.Appendf(nil, `{"x":"%0*d"}`, bytes, 0),
		},
	}
}

// T is a testing.T or a rapid.T.
type T interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// Join puts parts together again, as the API says that clients do.
func Join(t T, parts []*plannerv1.PlanPart) []*plannerv1.Plan {
	t.Helper()
	var plans []*plannerv1.Plan
	for _, part := range parts {
		if int(part.GetPlanIndex()) == len(plans) {
			plans = append(plans, &plannerv1.Plan{})
		}
		if int(part.GetPlanIndex()) != len(plans)-1 {
			t.Fatalf("part of plan %d after %d plans", part.GetPlanIndex(), len(plans))
		}
		plan := plans[len(plans)-1]
		for _, phase := range part.GetPhases() {
			if len(phase.GetEvents()) == 0 {
				t.Errorf("a phase without events")
			}
			if int(phase.GetIndex()) == len(plan.GetPhases()) {
				plan.Phases = append(plan.Phases, &plannerv1.Phase{Index: phase.GetIndex()})
			}
			if int(phase.GetIndex()) != len(plan.GetPhases())-1 {
				t.Fatalf("phase %d after %d phases", phase.GetIndex(), len(plan.GetPhases()))
			}
			last := plan.GetPhases()[len(plan.GetPhases())-1]
			last.Events = append(last.Events, phase.GetEvents()...)
		}
	}
	return plans
}
