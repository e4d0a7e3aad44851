package response

import (
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit/execution"

	"google.golang.org/protobuf/proto"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert"
	"github.com/pgplanner/pgplanner/internal/impact"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
)

func TestHeaderAndSummaryAreComplete(t *testing.T) {
	event := func(eventType resource.EventType) resource.Event {
		return resource.Event{Type: eventType, Resource: opaque("t", "x")}
	}
	plans := []resource.Plan{
		{Phases: []resource.Phase{
			{Events: []resource.Event{
				event(resource.EventRefresh), event(resource.EventRefresh), event(resource.EventCreate),
				event(resource.EventUpdate), event(resource.EventUpdate), event(resource.EventUpdate),
			}},
			{Events: []resource.Event{event(resource.EventDelete), event(resource.EventDelete), event(resource.EventDelete), event(resource.EventDelete)}},
		}},
		{Phases: []resource.Phase{{Events: []resource.Event{event(resource.EventCreate), event(resource.EventForget)}}}},
	}
	settings := convert.ResponseSettings{Format: plannerv1.AttributesFormat_ATTRIBUTES_FORMAT_JSON, MaxMessageBytes: 5000}
	encoder := NewEncoder(nil, settings)
	node := resource.Identifier{Type: "database.node", ID: "n1"}
	summary, err := encoder.Summary(plans, &impact.Cost{
		Changes: 9, FollowOns: 8, Nodes: []impact.Node{{Name: "n1", Primary: 1, Replicas: 2}}, PrimariesAtOnce: 3,
		Hazards: []planner.Hazard{{Kind: impact.NodeRemoved, Node: "n1", Resource: node}, {Kind: planner.HazardRowsGivenUp, Node: "n2"}},
		Counts:  []impact.Count{{Kind: impact.NodeRemoved, Count: 7}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := (&plannerv1.PlanSummary{
		Plans: 2, Phases: 3, Refreshes: 2, Creates: 2, Updates: 3, Deletes: 4, Forgets: 1, Digest: execution.Digest(plans),
		Changes: 9, FollowOns: 8,
		Impact: &plannerv1.Impact{
			Nodes: []*plannerv1.NodeImpact{{NodeName: "n1", PrimaryTouches: 1, ReplicaTouches: 2}}, PrimariesAtOnce: 3,
		},
		Hazards: []*plannerv1.Hazard{
			{
				Kind: plannerv1.HazardKind_HAZARD_KIND_NODE_REMOVED, NodeName: "n1",
				Resource: &plannerv1.Identifier{Type: "database.node", Id: "n1"}, Message: "Node n1 leaves the database.",
			},
			{
				Kind: plannerv1.HazardKind_HAZARD_KIND_ROWS_GIVEN_UP, NodeName: "n2",
				Message: "Node n2 may lack rows from now on, and nothing will bring them.",
			},
		},
		HazardCounts: []*plannerv1.HazardCount{{Kind: plannerv1.HazardKind_HAZARD_KIND_NODE_REMOVED, Count: 7}},
	}); !proto.Equal(summary, want) {
		t.Errorf("the summary is %v, not %v", summary, want)
	}
	header := encoder.Header(7, ResolvedOptions(planner.UpdateDatabaseOptions{}), "digest of the start")
	if want := (&plannerv1.PlanHeader{
		Options: &plannerv1.UpdateDatabaseOptions{
			NodeUpdateStrategy: plannerv1.NodeUpdateStrategy_NODE_UPDATE_STRATEGY_ROLLING,
			PlanOptions:        &plannerv1.PlanOptions{},
		},
		AttributesFormat: settings.Format, MaxMessageBytes: 5000, Plans: 7, StartDigest: "digest of the start",
	}); !proto.Equal(header, want) {
		t.Errorf("the header is %v, not %v", header, want)
	}
	for _, m := range []proto.Message{summary, header} {
		fields := m.ProtoReflect().Descriptor().Fields()
		for i := range fields.Len() {
			if !m.ProtoReflect().Has(fields.Get(i)) {
				t.Errorf("nothing sets %s", fields.Get(i).FullName())
			}
		}
	}
}
