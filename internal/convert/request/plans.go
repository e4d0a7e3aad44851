package request

import (
	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// PlansFromProto converts whole plans, as for a client that got them in an answer. The index of a phase is its
// position. The error is an *InvalidRequestError, with paths that begin with plans.
func PlansFromProto(in []*plannerv1.Plan) ([]resource.Plan, error) {
	r := Converter{}.reader()
	plans := r.plans(in)
	return plans, r.err()
}

func (r *reader) plans(in []*plannerv1.Plan) []resource.Plan {
	plans := make([]resource.Plan, len(in))
	for i, from := range interrupt.Each(r.Stop, in) {
		p := element(nil, "plans", i)
		plans[i] = r.plan(&p, from)
	}
	return plans
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
