package request

import (
	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// StateFromProto converts a state, as for a client that got it in a response. Resources may have any type
// and keep their marks. The error is an *InvalidRequestError, with paths that start inside the state.
func StateFromProto(in *plannerv1.State) (*resource.State, error) {
	r := newReader()
	state := r.stateAt(nil, in, recorded)
	return finish(r, state)
}

// EventFromProto converts an event: see StateFromProto.
func EventFromProto(in *plannerv1.Event) (resource.Event, error) {
	r := newReader()
	event := r.event(nil, in)
	return event, r.err()
}

// PlansFromProto converts whole plans: see StateFromProto. The index of a phase is its position.
func PlansFromProto(in []*plannerv1.Plan) ([]resource.Plan, error) {
	r := newReader()
	plans := make([]resource.Plan, len(in))
	for i, from := range in {
		p := element(nil, "plans", i)
		plans[i] = r.plan(&p, from)
	}
	return plans, r.err()
}

func (r *reader) plan(p *path, in *plannerv1.Plan) resource.Plan {
	out := resource.Plan{Phases: make([]resource.Phase, len(in.GetPhases()))}
	for i, from := range interrupt.Each(r.Stop, in.GetPhases()) {
		q := element(p, "phases", i)
		if int64(from.GetIndex()) != int64(i) {
			r.add(&q, "index", "must be %d, the position of the phase in its plan", i)
		}
		events := make([]resource.Event, len(from.GetEvents()))
		for j, e := range interrupt.Each(r.Stop, from.GetEvents()) {
			s := element(&q, "events", j)
			events[j] = r.event(&s, e)
		}
		out.Phases[i].Events = events
	}
	return out
}
