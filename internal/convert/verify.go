package convert

import (
	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/verify"
)

// maxListedViolations is how many violations an answer lists.
const maxListedViolations = 1000

// VerifyPlans converts a request. The error is an *InvalidRequestError or a *TooManyError. Resources may have
// any type and keep their marks.
func (c Converter) VerifyPlans(in *plannerv1.VerifyPlansRequest) (*VerifyPlansCall, error) {
	r := c.reader()
	call := &VerifyPlansCall{
		Start: r.state(nil, "start", in.GetStart(), recorded),
		End:   r.state(nil, "end", in.GetEnd(), recorded),
	}
	if !r.countResources(countEvents(in.GetPlans())) {
		return finish(r, call)
	}
	call.Plans = make([]resource.Plan, len(in.GetPlans()))
	for i, from := range in.GetPlans() {
		p := element(nil, "plans", i)
		call.Plans[i] = r.plan(&p, from)
	}
	operation, ok := planRulesFromProto(in.GetRules())
	if !ok {
		r.add(nil, "rules", "unknown value %d", in.GetRules())
	}
	strategy, ok := nodeUpdateStrategyFromProto(in.GetNodeUpdateStrategy())
	if !ok {
		r.add(nil, "node_update_strategy", "unknown value %d", in.GetNodeUpdateStrategy())
	}
	call.Options = verify.Options{Operation: operation, Rolling: strategy != planner.NodeUpdateConcurrent}
	return finish(r, call)
}

func countEvents(plans []*plannerv1.Plan) int {
	n := 0
	for _, plan := range plans {
		for _, phase := range plan.GetPhases() {
			n += len(phase.GetEvents())
		}
	}
	return n
}

func planRulesFromProto(in plannerv1.PlanRules) (verify.Operation, bool) {
	switch in {
	case plannerv1.PlanRules_PLAN_RULES_UNSPECIFIED, plannerv1.PlanRules_PLAN_RULES_STATES:
		return verify.OperationStates, true
	case plannerv1.PlanRules_PLAN_RULES_UPDATE_DATABASE:
		return verify.OperationUpdate, true
	case plannerv1.PlanRules_PLAN_RULES_RESTORE_DATABASE:
		return verify.OperationRestore, true
	}
	return 0, false
}

// Violations converts a verdict.
func Violations(violations []verify.Violation) *plannerv1.VerifyPlansResponse {
	out := &plannerv1.VerifyPlansResponse{Total: uint32(len(violations))}
	for _, v := range violations[:min(len(violations), maxListedViolations)] {
		to := &plannerv1.Violation{
			Rule: v.Rule.String(), Message: v.Message,
			Plan: position(v.Plan), Phase: position(v.Phase), Event: position(v.Event),
		}
		for _, id := range v.Resources {
			to.Resources = append(to.Resources, &plannerv1.Identifier{Type: string(id.Type), Id: id.ID})
		}
		out.Violations = append(out.Violations, to)
	}
	return out
}

func position(i int) *uint32 {
	if i == verify.Nowhere {
		return nil
	}
	p := uint32(i)
	return &p
}
