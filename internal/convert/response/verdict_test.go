package response

import (
	"testing"

	"google.golang.org/protobuf/proto"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/verify"
)

func TestVerdictIsComplete(t *testing.T) {
	id := resource.Identifier{Type: "t", ID: "x"}
	got, err := Verdict(nil, []verify.Violation{
		{Rule: verify.RuleMissingDependency, Plan: 0, Phase: 1, Event: 2, Resources: []resource.Identifier{id}, Message: "m"},
		{Rule: verify.RuleEndMissing, Plan: verify.Nowhere, Phase: verify.Nowhere, Event: verify.Nowhere, Message: "n"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := &plannerv1.VerifyPlansResponse{
		Total: 2,
		Violations: []*plannerv1.Violation{
			{
				Rule: verify.RuleMissingDependency.String(), Message: "m",
				Plan: proto.Uint32(0), Phase: proto.Uint32(1), Event: proto.Uint32(2),
				Resources: []*plannerv1.Identifier{{Type: "t", Id: "x"}},
			},
			{Rule: verify.RuleEndMissing.String(), Message: "n"},
		},
	}
	if !proto.Equal(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
	if many, err := Verdict(nil, make([]verify.Violation, 1500)); err != nil || many.GetTotal() != 1500 || len(many.GetViolations()) != 1000 {
		t.Errorf("%d of %d are listed", len(many.GetViolations()), many.GetTotal())
	}
}
