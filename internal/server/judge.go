package server

import (
	"context"
	"fmt"
	"strings"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert/request"
	"github.com/pgplanner/pgplanner/internal/convert/response"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/verify"
)

// violatedError says that the planner's own answer breaks rules: a bug. It is for the log.
type violatedError struct{ violations []verify.Violation }

// maxLoggedViolations is how many violations of an answer are logged.
const maxLoggedViolations = 10

func (e *violatedError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "the plans break %d rules", len(e.violations))
	for _, v := range e.violations[:min(len(e.violations), maxLoggedViolations)] {
		b.WriteString("; ")
		b.WriteString(v.String())
	}
	return b.String()
}

// verdict is nil if the plans keep all rules, and the error, if there is one.
func verdict(violations []verify.Violation, err error) error {
	if err == nil && len(violations) > 0 {
		return &violatedError{violations: violations}
	}
	return err
}

// judgeDatabase judges the plans of UpdateDatabase and RestoreDatabase. The error is interrupt.ErrInterrupted if the call
// ends before it is known whether they keep all rules.
func judgeDatabase(ctx context.Context, p *proposal) error {
	stop := stopOf(ctx)
	return verdict(verify.Plans(stop, p.start, p.plans, p.end, p.asked.Judging(stop)))
}

// judgeStates does the same for PlanStates.
func judgeStates(ctx context.Context, p *proposal) error {
	states := p.states
	if len(states) == 0 && len(p.plans) == 0 {
		return nil // nothing is wanted, not even that the start is complete
	}
	if len(states) == 0 {
		states = []*resource.State{p.start} // nothing is to be done
	}
	return verdict(verify.Sequence(stopOf(ctx), p.start, p.plans, states))
}

// VerifyPlans judges plans of the caller.
func (s *resourceService) VerifyPlans(
	ctx context.Context, req *plannerv1.VerifyPlansRequest,
) (*plannerv1.VerifyPlansResponse, error) {
	call, err := convertRequest(ctx, s.convert, request.Converter.VerifyPlans, req)
	if err != nil {
		return nil, err
	}
	violations, err := measured(ctx, stageVerify, func() ([]verify.Violation, error) {
		return verify.Plans(stopOf(ctx), call.Start, call.Plans, call.End, call.Options)
	})
	if err != nil {
		return nil, err
	}
	return response.Verdict(stopOf(ctx), violations)
}
