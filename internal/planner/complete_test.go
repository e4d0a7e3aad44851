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

// TestDeletesFollowRecords: what only serves a populate, and is there as it should be, is deleted before what its record
// depends on, whatever that is.
func TestDeletesFollowRecords(t *testing.T) {
	all := nodesNamed("m", 3)
	start := beforeTheEnd(t, databases.End(all[:2]), all)
	mark := database.RolesSourceIdentifier("m3")
	making := start.OfType(database.TypeReplicationSlotCreate)[0].Clone()
	making.Dependencies = append(making.Dependencies, mark)
	start.Add(making)
	plans, err := planner.UpdateDatabase(planner.UpdateDatabaseOptions{}, start, all)
	if err != nil {
		t.Fatal(err)
	}
	phases := map[resource.Identifier]int{}
	for i, phase := range plans[len(plans)-1].Phases {
		for _, e := range phase.Events {
			phases[e.Resource.Identifier] = i
		}
	}
	if phases[making.Identifier] >= phases[mark] {
		t.Errorf("%s is deleted in phase %d, and what it depends on, %s, in phase %d",
			making.Identifier, phases[making.Identifier], mark, phases[mark])
	}
}

// TestNoNodeIsLinkedToItself: a record of a slot from a node to itself is left over, and no link that lost its position.
func TestNoNodeIsLinkedToItself(t *testing.T) {
	all := nodesNamed("m", 2)
	start := databases.End(all)
	link := database.Link{Provider: "m1", Subscriber: "m1", DatabaseName: databases.Name}
	start.Add(database.ReplicationSlot{Link: link}.Resource())
	plans, err := planner.UpdateDatabase(planner.UpdateDatabaseOptions{}, start, all)
	if err != nil {
		t.Fatal(err)
	}
	if events := execution.Events(plans...); len(events) != 1 || events[0].Type != resource.EventDelete {
		t.Errorf("more than the slot is planned: %v", events)
	}
}

// TestJoiningNodesTakeNoMemberAlong: what a joining node has to do again takes nothing of a member along, though its node
// is recorded as one that depends on a link of the joining one.
func TestJoiningNodesTakeNoMemberAlong(t *testing.T) {
	all := nodesNamed("m", 3)
	start := beforeTheEnd(t, databases.End(all[:2]), all)
	node, _ := start.Get(database.NodeIdentifier("m1"))
	node = node.Clone()
	node.Dependencies = append(node.Dependencies, start.OfType(database.TypeLagTracker)[0].Identifier)
	start.Add(node)
	start = changed(start, database.TypeInstance, "m3", needsRecreate)
	plans, err := planner.UpdateDatabase(planner.UpdateDatabaseOptions{}, start, all)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range execution.Events(plans...) {
		if id := e.Resource.Identifier; e.Type == resource.EventDelete &&
			(id == node.Identifier || id == database.PostgresDatabaseIdentifier("m1", databases.Name)) {
			t.Errorf("%s is deleted", id)
		}
	}
}

// TestEventsRunWhereTheyHaveTo: what is updated because of something else runs where it has to, whatever its record says.
func TestEventsRunWhereTheyHaveTo(t *testing.T) {
	nodes := nodesNamed("n", 2)
	start := databases.End(nodes)
	for _, r := range start.Resources() {
		if database.IsCatalogType(r.Identifier.Type) && r.Executor.Type == resource.ExecutorPrimary {
			r = r.Clone()
			r.Executor = resource.Executor{Type: resource.ExecutorHost, ID: "other"}
			start.Add(r)
		}
	}
	postgres, _ := start.Get(database.PostgresDatabaseIdentifier("n1", databases.Name))
	postgres.Error = "it failed"
	plans, err := planner.UpdateDatabase(planner.UpdateDatabaseOptions{}, start, nodes)
	if err != nil {
		t.Fatal(err)
	}
	updated := 0
	for _, e := range execution.Events(plans...) {
		updated++
		if e.Resource.Executor.Type == resource.ExecutorHost {
			t.Errorf("%s runs at %v", e.Resource.Identifier, e.Resource.Executor)
		}
	}
	if updated < 4 {
		t.Errorf("%d events", updated)
	}
}
