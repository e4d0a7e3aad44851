package planner_test

import (
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit/execution"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// TestRestoreKeepsWhatThePrimaryNeeds shows that a restore that does not name a directory of the primary does
// not delete it on the way.
func TestRestoreKeepsWhatThePrimaryNeeds(t *testing.T) {
	instance := func(directory string) *planner.InstanceResources {
		return &planner.InstanceResources{
			Instance: database.Instance{Spec: database.InstanceSpec{
				InstanceID: "n1-a", NodeName: "n1", DatabaseID: "d", HostID: "h", DatabaseName: "app",
			}},
			InstanceDependencies: []*resource.Resource{{
				Identifier: resource.Identifier{Type: "host.directory", ID: directory},
				Executor:   resource.Executor{Type: resource.ExecutorHost, ID: "h"},
			}},
		}
	}
	plans, err := planner.RestoreDatabase(resource.NewState(), nil, []*planner.NodeRestoreResources{{
		NodeName: "n1", PrimaryInstance: instance("data"), RestoreInstance: instance("restore"),
		RestoreConfig: &database.RestoreConfig{},
	}})
	if err != nil {
		t.Fatal(err)
	}
	created := 0
	for _, e := range execution.Events(plans...) {
		if e.Resource.Identifier.ID != "data" {
			continue
		}
		if e.Type != resource.EventCreate {
			t.Errorf("%s %s", e.Type, e.Resource.Identifier)
		}
		created++
	}
	if created != 1 {
		t.Errorf("created %d times", created)
	}
}
