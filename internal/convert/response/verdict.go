package response

import (
	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/verify"
)

// maxListedViolations is how many violations an answer lists.
const maxListedViolations = 1000

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
