package request

import (
	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
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
	return list(r, nil, "plans", in, func(p *path, from *plannerv1.Plan) resource.Plan {
		return resource.Plan{Phases: list(r, p, "phases", from.GetPhases(), r.phase)}
	})
}

func (r *reader) phase(p *path, in *plannerv1.Phase) resource.Phase {
	if int64(in.GetIndex()) != int64(p.index) {
		r.add(p, "index", "must be %d, the position of the phase in its plan", p.index)
	}
	return resource.Phase{Events: list(r, p, "events", in.GetEvents(), r.event)}
}
