package response

import (
	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/verify"
)

// maxListedViolations is how many violations an answer lists.
const maxListedViolations = 1000

// Verdict lists the violations that the judge has found. The error is interrupt.ErrInterrupted.
func Verdict(stop *interrupt.Poller, violations []verify.Violation) (*plannerv1.VerifyPlansResponse, error) {
	out := &plannerv1.VerifyPlansResponse{Total: uint32(len(violations))}
	for _, v := range violations[:min(len(violations), maxListedViolations)] {
		to := &plannerv1.Violation{
			Rule: v.Rule.String(), Message: v.Message,
			Plan: indexOf(v.Plan), Phase: indexOf(v.Phase), Event: indexOf(v.Event),
		}
		for _, id := range interrupt.Each(stop, v.Resources) {
			to.Resources = append(to.Resources, &plannerv1.Identifier{Type: string(id.Type), Id: id.ID})
		}
		out.Violations = append(out.Violations, to)
	}
	return out, stop.Err()
}

func indexOf(i int) *uint32 {
	if i == verify.Nowhere {
		return nil
	}
	return new(uint32(i))
}
