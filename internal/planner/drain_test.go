package planner_test

import (
	"slices"
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit/databases"
	"github.com/pgplanner/pgplanner/internal/testkit/execution"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// TestDrainWritesItsMarkersAnew drains twice: the second time, what the first one left is deleted before, and the markers
// come anew all the same.
func TestDrainWritesItsMarkersAnew(t *testing.T) {
	nodes := nodesNamed("m", 3)
	start := databases.End(nodes)
	links := []database.Link{
		{Provider: "m3", Subscriber: "m1", DatabaseName: databases.Name},
		{Provider: "m3", Subscriber: "m2", DatabaseName: databases.Name},
	}
	const written = "create marker m3:m1:app, create marker m3:m2:app | " +
		"create catch-up m1:m3:app, create catch-up m2:m3:app, create wait m3:m1:app, create wait m3:m2:app"
	const forgotten = "delete catch-up m1:m3:app, delete catch-up m2:m3:app, delete wait m3:m1:app, delete wait m3:m2:app | " +
		"delete marker m3:m1:app, delete marker m3:m2:app"
	for _, want := range [][]string{{written}, {forgotten, written}} {
		plans, after, drained, err := planner.PlanDrain(nil, start, nodes, links)
		if err != nil || drained {
			t.Fatalf("drained: %v, error: %v", drained, err)
		}
		var got []string
		for _, plan := range plans {
			got = append(got, drainText(plan))
		}
		if !slices.Equal(got, want) {
			t.Errorf("the plans are %q, want %q", got, want)
		}
		if executed := execution.After(start, plans...); executed.Len() != after.Len() {
			t.Errorf("%d resources are there afterwards, want %d", executed.Len(), after.Len())
		}
		start = after
	}
	start.Remove(database.MonitorInstanceIdentifier(databases.InstanceID("m3", 0)))
	if _, _, drained, err := planner.PlanDrain(nil, start, nodes, links); err != nil || !drained {
		t.Errorf("without a monitor, drained: %v, error: %v", drained, err)
	}
}

// drainText writes the events of a plan of a drain.
func drainText(plan resource.Plan) string {
	words := map[resource.Type]string{
		database.TypeSyncEvent: "marker", database.TypeWaitForSyncEvent: "wait", database.TypePeerCatchup: "catch-up",
	}
	text := ""
	for i, phase := range plan.Phases {
		if i > 0 {
			text += " | "
		}
		for k, e := range phase.Events {
			if k > 0 {
				text += ", "
			}
			text += e.Type.String() + " " + words[e.Resource.Identifier.Type] + " " + e.Resource.Identifier.ID
		}
	}
	return text
}
