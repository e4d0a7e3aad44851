package server

import (
	"strconv"
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit/calls"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit/answers"
	"github.com/pgplanner/pgplanner/internal/testkit/messages"
)

// withPlans makes UpdateDatabase answer with those plans.
func withPlans(plans []resource.Plan) func(*Server) {
	return planning(func(*interrupt.Poller) ([]resource.Plan, error) { return plans, nil })
}

// opened takes a stream apart, and checks its order.
func opened(t *testing.T, answer []*plannerv1.UpdateDatabaseResponse) (
	*plannerv1.PlanHeader, []*plannerv1.PlanPart, *plannerv1.PlanSummary,
) {
	t.Helper()
	if len(answer) < 2 {
		t.Fatalf("%d messages", len(answer))
	}
	header, summary := answer[0].GetHeader(), answer[len(answer)-1].GetSummary()
	if header == nil || summary == nil {
		t.Fatalf("want a header first and a summary last, got %v ... %v", answer[0], answer[len(answer)-1])
	}
	var parts []*plannerv1.PlanPart
	for _, m := range answer[1 : len(answer)-1] {
		if m.GetPlanPart() == nil {
			t.Fatalf("want only parts between header and summary, got %v", m)
		}
		parts = append(parts, m.GetPlanPart())
	}
	return header, parts, summary
}

func checkJoined(t *testing.T, plans []resource.Plan, parts []*plannerv1.PlanPart) {
	t.Helper()
	got := answers.Join(t, parts)
	if len(got) != len(plans) {
		t.Fatalf("%d plans, want %d", len(got), len(plans))
	}
	encoder := messages.In(plannerv1.AttributesFormat_ATTRIBUTES_FORMAT_JSON)
	for i, plan := range plans {
		if want := encoder.Plan(plan); !proto.Equal(got[i], want) {
			t.Errorf("plan %d: got %v, want %v", i, got[i], want)
		}
	}
}

func TestStreamOfPlans(t *testing.T) {
	plans := answers.Plans([]int{2, 1}, []int{3})
	h := start(t, Config{}, withPlans(plans))
	req := wantNodes("n1")
	req.Options = &plannerv1.UpdateDatabaseOptions{
		PlanOptions: &plannerv1.PlanOptions{ForceUpdate: true},
	}
	answer, err := h.update(req)
	if err != nil {
		t.Fatal(err)
	}
	header, parts, summary := opened(t, answer)
	wantHeader := &plannerv1.PlanHeader{
		Options: &plannerv1.UpdateDatabaseOptions{
			NodeUpdateStrategy: plannerv1.NodeUpdateStrategy_NODE_UPDATE_STRATEGY_ROLLING,
			PlanOptions:        &plannerv1.PlanOptions{ForceUpdate: true},
		},
		AttributesFormat: plannerv1.AttributesFormat_ATTRIBUTES_FORMAT_JSON,
		MaxMessageBytes:  1 << 20,
		Plans:            2,
	}
	if !proto.Equal(header, wantHeader) {
		t.Errorf("header %v, want %v", header, wantHeader)
	}
	if len(parts) != 2 {
		t.Errorf("%d parts, want one for each plan", len(parts))
	}
	checkJoined(t, plans, parts)
	digest, err := resource.Digest(nil, plans)
	if err != nil {
		t.Fatal(err)
	}
	wantSummary := &plannerv1.PlanSummary{Plans: 2, Phases: 3, Creates: 6, Digest: digest, Changes: 6}
	if !proto.Equal(summary, wantSummary) {
		t.Errorf("summary %v, want %v", summary, wantSummary)
	}
}

func TestStreamWithoutPlans(t *testing.T) {
	h := start(t, Config{}, withPlans(nil))
	answer, err := h.update(wantNodes("n1"))
	if err != nil {
		t.Fatal(err)
	}
	header, parts, summary := opened(t, answer)
	if header.GetPlans() != 0 || len(parts) != 0 || summary.GetPlans() != 0 || summary.GetDigest() == "" {
		t.Errorf("got %v, %v, %v", header, parts, summary)
	}
}

func TestStreamIsCutToTheSizeAsked(t *testing.T) {
	plans := answers.LargePlans(1000, []int{500, 3}, []int{1, 2000})
	for _, limit := range []uint32{0, 4096, 100_000, 64 << 20} {
		t.Run(strconv.Itoa(int(limit)), func(t *testing.T) {
			h := start(t, Config{}, withPlans(plans))
			req := wantNodes("n1")
			req.ResponseOptions = &plannerv1.ResponseOptions{MaxMessageBytes: limit}
			answer, err := h.update(req)
			if err != nil {
				t.Fatal(err)
			}
			header, parts, summary := opened(t, answer)
			checkJoined(t, plans, parts)
			if header.GetPlans() != 2 || summary.GetPhases() != 4 || summary.GetCreates() != 2504 {
				t.Errorf("header %v, summary %v", header, summary)
			}
			if limit == 0 {
				limit = 1 << 20
			}
			if header.GetMaxMessageBytes() != limit {
				t.Errorf("header %v", header)
			}
			for _, m := range answer {
				if size := proto.Size(m); size > int(limit) {
					t.Errorf("a message of %d bytes", size)
				}
			}
			if limit == 64<<20 && len(parts) != 2 {
				t.Errorf("%d parts where two fit", len(parts))
			}
		})
	}
}

// TestNothingIsSentUnlessEverythingFits puts the event that does not fit at the very end.
func TestNothingIsSentUnlessEverythingFits(t *testing.T) {
	plans := answers.Plans([]int{500}, []int{1})
	plans[1].Phases[0].Events[0] = answers.Event("large", 5000)
	h := start(t, Config{}, withPlans(plans))
	req := wantNodes("n1")
	req.ResponseOptions = &plannerv1.ResponseOptions{MaxMessageBytes: 4096}
	answer, err := h.update(req)
	got := take(t, err)
	if len(answer) != 0 {
		t.Errorf("%d messages", len(answer))
	}
	if got.code != codes.ResourceExhausted || got.info.GetReason() != "EVENT_TOO_LARGE" {
		t.Errorf("got %v %v", got.code, got.info)
	}
	size := got.info.GetMetadata()["size_bytes"]
	if got.info.GetMetadata()["resource"] != "test::large" || got.info.GetMetadata()["limit_bytes"] != "4096" {
		t.Errorf("metadata %v", got.info.GetMetadata())
	}
	// With the size that the error names, it goes.
	n, err := strconv.ParseUint(size, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	req.ResponseOptions.MaxMessageBytes = uint32(n)
	if _, err := h.update(req); err != nil {
		t.Errorf("with %s bytes: %v", size, err)
	}
}

func TestStatesAreNotCut(t *testing.T) {
	h := start(t, Config{}, nil)
	req := &plannerv1.AddNodeRequest{Node: wantNode("n1")}
	req.Node.InstanceResources = append(req.Node.InstanceResources, wantInstance("n1", "b"))
	for i := range 50 {
		last := req.GetNode().GetInstanceResources()[1]
		last.InstanceDependencies = append(last.InstanceDependencies, wireResource("dir", "b"+strconv.Itoa(i)))
	}
	states, err := calls.Drain(h.state().AddNode(t.Context(), req))
	if err != nil {
		t.Fatal(err)
	}
	if len(states) != 2 || states[0].GetIndex() != 0 || states[1].GetIndex() != 1 {
		t.Fatalf("got %v", states)
	}
	size := proto.Size(states[1])
	req.ResponseOptions = &plannerv1.ResponseOptions{MaxMessageBytes: uint32(size)}
	if _, err := calls.Drain(h.state().AddNode(t.Context(), req)); err != nil {
		t.Errorf("at the exact size: %v", err)
	}
	req.ResponseOptions.MaxMessageBytes--
	states, err = calls.Drain(h.state().AddNode(t.Context(), req))
	got := take(t, err)
	if len(states) != 0 {
		t.Errorf("%d states before the error", len(states))
	}
	if got.code != codes.ResourceExhausted || got.info.GetReason() != "STATE_TOO_LARGE" ||
		got.info.GetMetadata()["size_bytes"] != strconv.Itoa(size) {
		t.Errorf("got %v %v", got.code, got.info)
	}
}

func TestUnaryStateAtTheLimit(t *testing.T) {
	h := start(t, Config{}, nil)
	req := &plannerv1.EndStateRequest{Nodes: wantNodes("n1", "n2", "n3").GetNodes()}
	answer, err := h.state().EndState(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	size := proto.Size(answer)
	req.ResponseOptions = &plannerv1.ResponseOptions{MaxMessageBytes: uint32(size)}
	if _, err := h.state().EndState(t.Context(), req); err != nil {
		t.Errorf("at the exact size: %v", err)
	}
	req.ResponseOptions.MaxMessageBytes--
	_, err = h.state().EndState(t.Context(), req)
	if got := take(t, err); got.code != codes.ResourceExhausted || got.info.GetReason() != "STATE_TOO_LARGE" {
		t.Errorf("got %v %v", got.code, got.info)
	}
}
