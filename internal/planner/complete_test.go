package planner_test

import (
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit/databases"
	"github.com/pgplanner/pgplanner/internal/testkit/execution"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// TestDeletesGiveOutRecords: what is deleted is given out as it was recorded, also if the planner knows that it depends on
// more than its record says.
func TestDeletesGiveOutRecords(t *testing.T) {
	start := changed(databases.End(nodesNamed("n", 3)), database.TypeSubscription, "", withoutDependencies)
	plans, err := planner.UpdateDatabase(planner.UpdateDatabaseOptions{}, start, nodesNamed("n", 1))
	if err != nil {
		t.Fatal(err)
	}
	deleted := 0
	for _, e := range execution.Events(plans...) {
		if e.Type != resource.EventDelete {
			continue
		}
		deleted++
		if recorded, _ := start.Get(e.Resource.Identifier); e.Resource != recorded {
			t.Errorf("%s is given out with dependencies %v, not %v", recorded.Identifier, e.Resource.Dependencies, recorded.Dependencies)
		}
	}
	if deleted == 0 {
		t.Error("nothing is deleted")
	}
}
