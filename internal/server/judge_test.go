package server

import (
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"

	"github.com/pgplanner/pgplanner/internal/testkit/answers"
)

// TestBadPlansAreNeverSent shows that an answer that breaks rules is a bug to the caller and named in the log.
func TestBadPlansAreNeverSent(t *testing.T) {
	h := start(t, Config{}, func(s *Server) {
		withPlans(answers.Plans([]int{2}))(s)
		s.planner.judgeUpdate = judgeUpdate
	})
	answer, err := h.update(wantNodes("n1"))
	if status.Code(err) != codes.Internal || len(answer) != 0 {
		t.Fatalf("got %v and %d messages", err, len(answer))
	}
	if !strings.Contains(h.log.text(), "the plans break") {
		t.Errorf("the log does not say why:\n%s", h.log.text())
	}
}

func TestVerificationCanBeTurnedOff(t *testing.T) {
	off := New(Config{NoVerification: true})
	if off.planner.judgeUpdate != nil || off.planner.judgeRestore != nil || off.resource.judge != nil {
		t.Error("there is a judge")
	}
	on := New(Config{})
	if on.planner.judgeUpdate == nil || on.planner.judgeRestore == nil || on.resource.judge == nil {
		t.Error("there is no judge")
	}
}

func TestVerifyPlans(t *testing.T) {
	h := start(t, Config{}, nil)
	answer, err := h.update(wantNodes("n1", "n2"))
	if err != nil {
		t.Fatal(err)
	}
	var plans []*plannerv1.Plan
	for _, m := range answer {
		if part := m.GetPlanPart(); part != nil {
			plans = append(plans, &plannerv1.Plan{Phases: part.GetPhases()})
		}
	}
	end, err := h.state().EndState(t.Context(), &plannerv1.EndStateRequest{Nodes: wantNodes("n1", "n2").GetNodes()})
	if err != nil {
		t.Fatal(err)
	}
	verify := func(plans []*plannerv1.Plan) *plannerv1.VerifyPlansResponse {
		verdict, err := h.resource().VerifyPlans(t.Context(), &plannerv1.VerifyPlansRequest{
			Plans: plans, End: end.GetState(), Rules: plannerv1.PlanRules_PLAN_RULES_UPDATE_DATABASE,
		})
		if err != nil {
			t.Fatal(err)
		}
		return verdict
	}
	if verdict := verify(plans); verdict.GetTotal() != 0 {
		t.Errorf("good plans: %v", verdict)
	}
	if verdict := verify(plans[1:]); verdict.GetTotal() == 0 || len(verdict.GetViolations()) == 0 {
		t.Errorf("plans without the first one: %v", verdict)
	}
}
