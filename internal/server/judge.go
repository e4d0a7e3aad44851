package server

import (
	"context"
	"fmt"
	"strings"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert/request"
	"github.com/pgplanner/pgplanner/internal/convert/response"
	"github.com/pgplanner/pgplanner/internal/interrupt"
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

// verdict is nil if the plans keep all rules, and interrupt.ErrInterrupted if the call ends before that is
// known.
func verdict(
	stop *interrupt.Poller, start *resource.State, plans []resource.Plan, end *resource.State, options verify.Options,
) error {
	violations, err := verify.Plans(stop, start, plans, end, options)
	if err == nil && len(violations) > 0 {
		return &violatedError{violations: violations}
	}
	return err
}

// judgeUpdate judges the plans of UpdateDatabase.
func judgeUpdate(ctx context.Context, call *plannedUpdate, plans []resource.Plan) error {
	stop := stopOf(ctx)
	return verdict(stop, call.Start, plans, call.end, call.Judging(stop))
}

// judgeRestore judges the plans of RestoreDatabase.
func judgeRestore(ctx context.Context, call *plannedRestore, plans []resource.Plan) error {
	stop := stopOf(ctx)
	return verdict(stop, call.Start, plans, call.end, call.Judging(stop))
}

// judgeStates judges the plans of PlanStates.
func judgeStates(ctx context.Context, call *request.PlanStatesCall, plans []resource.Plan) error {
	if len(call.States) == 0 && len(plans) == 0 {
		return nil // nothing is wanted, not even that the start is complete
	}
	states := call.States
	if len(states) == 0 {
		states = []*resource.State{call.Start} // nothing is to be done
	}
	violations, err := verify.Sequence(stopOf(ctx), call.Start, plans, states)
	if err == nil && len(violations) > 0 {
		return &violatedError{violations: violations}
	}
	return err
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
