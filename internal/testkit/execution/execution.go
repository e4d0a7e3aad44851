// Package execution is what tests do with plans, and with the states that they lead to.
package execution

import (
	"github.com/pgplanner/pgplanner/internal/resource"
)

// After is the state that executing the plans from start leaves. It changes nothing of what it is given.
func After(start *resource.State, plans ...resource.Plan) *resource.State {
	state := start.Clone()
	for _, e := range Events(plans...) {
		state.Apply(e)
	}
	return state
}

// Events are those of all plans, in order.
func Events(plans ...resource.Plan) []resource.Event {
	var events []resource.Event
	for _, plan := range plans {
		for _, phase := range plan.Phases {
			events = append(events, phase.Events...)
		}
	}
	return events
}

// Count is how many events all plans have.
func Count(plans ...resource.Plan) int {
	n := 0
	for _, plan := range plans {
		for _, phase := range plan.Phases {
			n += len(phase.Events)
		}
	}
	return n
}

// CopyPlans is the plans with phases and events of their own; resources are shared.
func CopyPlans(plans []resource.Plan) []resource.Plan {
	var copied []resource.Plan
	for _, plan := range plans {
		var phases []resource.Phase
		for _, phase := range plan.Phases {
			phases = append(phases, resource.Phase{Events: append([]resource.Event(nil), phase.Events...)})
		}
		copied = append(copied, resource.Plan{Phases: phases})
	}
	return copied
}

// CopyState is the state with resources of its own, as a caller would send it.
func CopyState(s *resource.State) *resource.State {
	copied := resource.NewStateSize(s.Len())
	for _, r := range s.Resources() {
		copied.Add(r.Clone())
	}
	return copied
}

// Digest is that of the plans.
func Digest(plans []resource.Plan) string {
	digest, err := resource.Digest(nil, plans)
	if err != nil {
		panic(err) // only what is stopped fails
	}
	return digest
}
