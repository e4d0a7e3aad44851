package request

import (
	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/verify"
)

// VerifyPlans converts a request. The error is an *InvalidRequestError or a *TooManyError. Resources may have
// any type and keep their marks.
func (c Converter) VerifyPlans(in *plannerv1.VerifyPlansRequest) (*VerifyPlansCall, error) {
	r := c.reader()
	call := &VerifyPlansCall{
		Start: r.state(nil, "start", in.GetStart(), recorded),
		End:   r.state(nil, "end", in.GetEnd(), recorded),
	}
	if !r.countResources(r.countEvents(in.GetPlans())) {
		return finish(r, call)
	}
	call.Plans = make([]resource.Plan, len(in.GetPlans()))
	for i, from := range in.GetPlans() {
		if r.Stop.Stopped() {
			break
		}
		p := element(nil, "plans", i)
		call.Plans[i] = r.plan(&p, from)
	}
	operation, ok := convert.PlanRulesFromProto(in.GetRules())
	if !ok {
		r.add(nil, "rules", "unknown value %d", in.GetRules())
	}
	strategy, ok := convert.NodeUpdateStrategyFromProto(in.GetNodeUpdateStrategy())
	if !ok {
		r.add(nil, "node_update_strategy", "unknown value %d", in.GetNodeUpdateStrategy())
	}
	call.Options = verify.Options{Operation: operation, Rolling: strategy != planner.NodeUpdateStrategyConcurrent}
	return finish(r, call)
}

func (r *reader) countEvents(plans []*plannerv1.Plan) int {
	n := 0
	for _, plan := range plans {
		if r.Stop.Stopped() {
			return n
		}
		for _, phase := range plan.GetPhases() {
			if r.Stop.Stopped() {
				return n
			}
			n += len(phase.GetEvents())
		}
	}
	return n
}
