package response

import (
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit/execution"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert"
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
		{Phases: []resource.Phase{{Events: []resource.Event{event(resource.EventCreate)}}}},
	}
	summary, err := Summary(nil, plans)
	if err != nil {
		t.Fatal(err)
	}
	if want := (&plannerv1.PlanSummary{
		Plans: 2, Phases: 3, Refreshes: 2, Creates: 2, Updates: 3, Deletes: 4, Digest: execution.Digest(plans),
	}); !proto.Equal(summary, want) {
		t.Errorf("the summary is %v, not %v", summary, want)
	}
	settings := convert.ResponseSettings{Format: plannerv1.AttributesFormat_ATTRIBUTES_FORMAT_JSON, MaxMessageBytes: 5000}
	header := NewEncoder(nil, settings).Header(7, ResolvedOptions(planner.UpdateDatabaseOptions{}))
	if want := (&plannerv1.PlanHeader{
		Options: &plannerv1.UpdateDatabaseOptions{
			NodeUpdateStrategy: plannerv1.NodeUpdateStrategy_NODE_UPDATE_STRATEGY_ROLLING,
			PlanOptions:        &plannerv1.PlanOptions{},
		},
		AttributesFormat: settings.Format, MaxMessageBytes: 5000, Plans: 7,
	}); !proto.Equal(header, want) {
		t.Errorf("the header is %v, not %v", header, want)
	}
	notYet := map[protoreflect.Name]bool{
		"start_digest": true, "changes": true, "follow_ons": true, "impact": true, "hazards": true, "hazard_counts": true,
	}
	for _, m := range []proto.Message{summary, header} {
		fields := m.ProtoReflect().Descriptor().Fields()
		for i := range fields.Len() {
			if !m.ProtoReflect().Has(fields.Get(i)) && !notYet[fields.Get(i).Name()] {
				t.Errorf("nothing sets %s", fields.Get(i).FullName())
			}
		}
	}
}
