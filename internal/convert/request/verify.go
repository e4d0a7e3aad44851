package request

import (
	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/verify"
)

// VerifyPlans converts a request. The error is an *InvalidRequestError or a *TooManyError. Resources may have
// any type and keep their marks.
func (c Converter) VerifyPlans(in *plannerv1.VerifyPlansRequest) (*VerifyPlansCall, error) {
	r := c.reader()
	call := &VerifyPlansCall{}
	isAnswer := in.GetUpdateDatabase() != nil || in.GetRestoreDatabase() != nil
	if isAnswer {
		r.answered(in, call)
	} else {
		call.Start = r.state(nil, "start", in.GetStart(), recorded)
		call.End = r.state(nil, "end", in.GetEnd(), recorded)
	}
	if !r.countResources(r.countEvents(in.GetPlans())) {
		return finish(r, call)
	}
	call.Plans = r.plans(in.GetPlans())
	if !isAnswer {
		call.Options = r.rules(in)
	}
	return finish(r, call)
}

// answered converts the request that the plans answer.
func (r *reader) answered(in *plannerv1.VerifyPlansRequest, call *VerifyPlansCall) {
	if in.GetUpdateDatabase() != nil {
		r.standsFor("update_database", in)
		if in.GetRestoreDatabase() != nil {
			r.add(nil, "restore_database", "must not be set beside update_database")
		}
		p := at(nil, "update_database")
		answered := r.updateDatabase(&p, in.GetUpdateDatabase())
		if r.tooMany == nil && r.err() == nil { // else things may be missing
			call.Start, call.Options = answered.Start, answered.Judging(r.Stop)
		}
		return
	}
	r.standsFor("restore_database", in)
	p := at(nil, "restore_database")
	answered := r.restoreDatabase(&p, in.GetRestoreDatabase())
	if r.tooMany == nil && r.err() == nil {
		call.Start, call.Options = answered.Start, answered.Judging(r.Stop)
	}
}

// standsFor reports what must not be set beside the request that the plans answer.
func (r *reader) standsFor(field string, in *plannerv1.VerifyPlansRequest) {
	for _, other := range []struct {
		field string
		isSet bool
	}{
		{"start", in.GetStart() != nil},
		{"end", in.GetEnd() != nil},
		{"rules", in.GetRules() != 0},
		{"node_update_strategy", in.GetNodeUpdateStrategy() != 0},
	} {
		if other.isSet {
			r.add(nil, other.field, "must not be set beside %s, from which it follows", field)
		}
	}
}

// rules converts the rules.
func (r *reader) rules(in *plannerv1.VerifyPlansRequest) verify.Options {
	operation := enum(r, nil, "rules", convert.PlanRules, in.GetRules())
	strategy := enum(r, nil, "node_update_strategy", convert.NodeUpdateStrategies, in.GetNodeUpdateStrategy())
	return verify.Options{Operation: operation, Rolling: strategy != planner.NodeUpdateStrategyConcurrent}
}

func (r *reader) countEvents(plans []*plannerv1.Plan) int {
	n := 0
	for _, plan := range interrupt.Each(r.Stop, plans) {
		for _, phase := range interrupt.Each(r.Stop, plan.GetPhases()) {
			n += len(phase.GetEvents())
		}
	}
	return n
}
