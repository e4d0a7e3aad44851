package server

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit/calls"

	"github.com/pgplanner/pgplanner/internal/interrupt"
)

// TestSummariesSayWhatPlansCost: what plans show, and what only the planner knows.
func TestSummariesSayWhatPlansCost(t *testing.T) {
	h := start(t, Config{}, func(s *Server) {
		plan := s.planner.updateDatabase
		s.planner.updateDatabase = func(
			stop *interrupt.Poller, o planner.UpdateDatabaseOptions, state *resource.State, nodes []*planner.NodeResources,
		) (planner.Outcome, error) {
			outcome, err := plan(stop, o, state, nodes)
			if o.Drain == planner.DrainModeSkip {
				outcome.Hazards = append(outcome.Hazards, planner.Hazard{Kind: planner.HazardRowsGivenUp, Node: "n1"})
			}
			return outcome, err
		}
	})
	req := wantNodes("n1")
	req.Start = created(t, h, wantNodes("n1", "n2"))
	req.Options = &plannerv1.UpdateDatabaseOptions{Drain: plannerv1.DrainMode_DRAIN_MODE_SKIP}
	answer, err := h.update(req)
	if err != nil {
		t.Fatal(err)
	}
	header, _, summary := opened(t, answer)
	if header.GetOptions().GetDrain() != plannerv1.DrainMode_DRAIN_MODE_SKIP {
		t.Errorf("header %v", header)
	}
	if summary.GetChanges() != summary.GetDeletes() || summary.GetFollowOns() != 0 {
		t.Errorf("summary %v", summary)
	}
	want := &plannerv1.Impact{Nodes: []*plannerv1.NodeImpact{{NodeName: "n2", PrimaryTouches: 1}}, PrimariesAtOnce: 1}
	if !proto.Equal(summary.GetImpact(), want) {
		t.Errorf("impact %v", summary.GetImpact())
	}
	var kinds []string
	for _, hazard := range summary.GetHazards() {
		kinds = append(kinds, hazard.GetKind().String()+" "+hazard.GetNodeName())
	}
	if !slices.Equal(kinds, []string{
		"HAZARD_KIND_ROWS_GIVEN_UP n1", "HAZARD_KIND_DATABASE_DELETED n2", "HAZARD_KIND_NODE_REMOVED n2", "HAZARD_KIND_INSTANCE_DELETED n2",
	}) || len(summary.GetHazardCounts()) != 4 {
		t.Errorf("hazards %v, %v", kinds, summary.GetHazardCounts())
	}
}

// headers asks each method that answers with plans, with those response options, for the header.
func headers(t *testing.T, h *harness, start *plannerv1.State, options *plannerv1.ResponseOptions) map[string]*plannerv1.PlanHeader {
	t.Helper()
	update := wantNodes("n1", "n2")
	update.Start, update.ResponseOptions = start, options
	restore := wantRestore("n2", "n1")
	restore.Start, restore.ResponseOptions = start, options
	found := map[string]*plannerv1.PlanHeader{}
	first, err := h.update(update)
	if err != nil {
		t.Fatal(err)
	}
	found["UpdateDatabase"] = first[0].GetHeader()
	second, err := calls.Drain(h.planner().RestoreDatabase(t.Context(), restore))
	if err != nil {
		t.Fatal(err)
	}
	found["RestoreDatabase"] = second[0].GetHeader()
	third, err := calls.Drain(h.resource().PlanStates(t.Context(), &plannerv1.PlanStatesRequest{Start: start, ResponseOptions: options}))
	if err != nil {
		t.Fatal(err)
	}
	found["PlanStates"] = third[0].GetHeader()
	fourth, err := calls.Drain(h.resource().PlanRefresh(t.Context(), &plannerv1.PlanRefreshRequest{State: start, ResponseOptions: options}))
	if err != nil {
		t.Fatal(err)
	}
	found["PlanRefresh"] = fourth[0].GetHeader()
	return found
}

// TestDigestOfTheStart: it comes if it is asked for, is the same for the same state in another order and form, and another one once
// something counts.
func TestDigestOfTheStart(t *testing.T) {
	h := start(t, Config{}, nil)
	state := created(t, h, wantNodes("n1", "n2"))
	for method, header := range headers(t, h, state, nil) {
		if header.GetStartDigest() != "" {
			t.Errorf("%s says %v without being asked", method, header)
		}
	}
	asked := &plannerv1.ResponseOptions{StartDigest: true}
	digest := headers(t, h, state, asked)["UpdateDatabase"].GetStartDigest()
	if len(digest) != 64 {
		t.Fatalf("the digest is %q", digest)
	}
	other := proto.CloneOf(state)
	slices.Reverse(other.Resources)
	for _, r := range other.Resources {
		attributes := &structpb.Struct{}
		if err := protojson.Unmarshal([]byte(r.GetAttributesJson()), attributes); err != nil {
			t.Fatal(err)
		}
		r.AttributesForm = &plannerv1.Resource_Attributes{Attributes: attributes}
	}
	for _, s := range []*plannerv1.State{state, other} {
		for method, header := range headers(t, h, s, asked) {
			if header.GetStartDigest() != digest {
				t.Errorf("%s says %s, not %s", method, header.GetStartDigest(), digest)
			}
		}
	}
	failedOver(t, other, "n1")
	again, err := calls.Drain(h.resource().PlanRefresh(t.Context(), &plannerv1.PlanRefreshRequest{State: other, ResponseOptions: asked}))
	if err != nil || again[0].GetHeader().GetStartDigest() == digest {
		t.Errorf("it does not see a failover: %v", err)
	}
}

// failedOver lets the record of the node say that another instance is the primary.
func failedOver(t *testing.T, s *plannerv1.State, node string) {
	t.Helper()
	for _, r := range s.Resources {
		if r.Identifier.Type == "database.node" && r.Identifier.Id == node {
			r.GetAttributes().Fields["primary_instance_id"] = structpb.NewStringValue("another")
			return
		}
	}
	t.Fatal("there is no such node")
}
