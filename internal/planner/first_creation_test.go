package planner_test

import (
	"fmt"
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit/databases"

	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// TestFirstCreationIsNeverRefused lets each event of the creation of one to three nodes fail, and then each of those that
// are planned after that: whatever is recorded of them, nobody has lost anything, and asking again goes on.
func TestFirstCreationIsNeverRefused(t *testing.T) {
	for n := 1; n <= 3; n++ {
		t.Run(fmt.Sprint(n, " nodes"), func(t *testing.T) {
			t.Parallel()
			c := creation{T: t, nodes: databases.Nodes(nil, databases.Names("n", n, 1)...)}
			c.failEach(resource.NewState(), 2)
			t.Logf("%d failures", c.failures)
		})
	}
}

// creation is a first creation in which events fail.
type creation struct {
	*testing.T
	nodes    []*planner.NodeResources
	failures int
}

// failEach asks for plans, and lets each of their events fail, in each way; after each, so many more may fail.
func (c *creation) failEach(start *resource.State, more int) {
	plans, err := planner.UpdateDatabase(planner.UpdateDatabaseOptions{}, start, c.nodes)
	if err != nil {
		c.Fatalf("refused: %v", err)
	}
	state := start.Clone()
	for _, plan := range plans {
		for _, phase := range plan.Phases {
			for i := range phase.Events {
				if more > 0 {
					c.fail(state, phase, i, more-1)
				}
			}
			for _, e := range phase.Events {
				state.Apply(e)
			}
		}
	}
	rest, err := planner.UpdateDatabase(planner.UpdateDatabaseOptions{}, state, c.nodes)
	if err != nil || len(rest) > 0 {
		c.Fatalf("asked again at the end: %d plans, %v", len(rest), err)
	}
}

// fail lets an event of a phase fail, with all others of it done, or none.
func (c *creation) fail(before *resource.State, phase resource.Phase, at, more int) {
	event := phase.Events[at]
	if event.Type == resource.EventDelete {
		return
	}
	for _, othersDone := range []bool{false, true} {
		for _, recreate := range []bool{false, true} {
			if recreate && event.Type != resource.EventCreate {
				continue // an update that fails so has found that the thing is gone
			}
			state := before.Clone()
			for i, e := range phase.Events {
				if othersDone && i != at {
					state.Apply(e)
				}
			}
			failed := event.Resource.Clone()
			failed.Error, failed.NeedsRecreate = "no route to host", recreate
			state.Add(failed)
			c.failures++
			c.failEach(state, more)
		}
	}
}
