package impact_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/impact"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit/databases"
)

func TestHazardsOfARemoval(t *testing.T) {
	start := databases.End(databases.Nodes(nil, "n1", "n2:2"))
	got := costOf(t, planner.UpdateDatabaseOptions{}, start, databases.Nodes(nil, "n1"))
	if want := []string{
		"database_deleted n2 database.postgres_database::n2:app",
		"node_removed n2 database.node::n2",
		"instance_deleted n2 database.instance::n2-a",
		"instance_deleted n2 database.instance::n2-b",
	}; !slices.Equal(kindsOf(got), want) {
		t.Errorf("got %v, want %v", kindsOf(got), want)
	}
	if want := []impact.Count{
		{Kind: impact.DatabaseDeleted, Count: 1}, {Kind: impact.NodeRemoved, Count: 1}, {Kind: impact.InstanceDeleted, Count: 2},
	}; !slices.Equal(got.Counts, want) {
		t.Errorf("got %v, want %v", got.Counts, want)
	}
}

// TestARestoredNodeStays: its database and its instances are deleted, but not the node.
func TestARestoredNodeStays(t *testing.T) {
	nodes := databases.Nodes(nil, "n1", "n2:2")
	start := databases.End(nodes)
	outcome, err := planner.RestoreDatabaseTo(nil, planner.RestoreDatabaseOptions{}, start, nodes[:1],
		[]*planner.NodeRestoreResources{databases.Target(nodes[1], databases.Instance("n2", "n2-a"))})
	if err != nil {
		t.Fatal(err)
	}
	got := of(t, start, outcome.Plans)
	if want := []string{
		"database_deleted n2 database.postgres_database::n2:app",
		"instance_deleted n2 database.instance::n2-a",
		"instance_deleted n2 database.instance::n2-b",
	}; !slices.Equal(kindsOf(got), want) {
		t.Errorf("got %v, want %v", kindsOf(got), want)
	}
}

// TestWhatPlansMadeThemselvesIsNoLoss: only what start has can be lost.
func TestWhatPlansMadeThemselvesIsNoLoss(t *testing.T) {
	end := databases.End(databases.Nodes(nil, "n1"))
	var plans []resource.Plan
	for _, typ := range []resource.EventType{resource.EventCreate, resource.EventDelete} {
		var phase resource.Phase
		for _, r := range end.Resources() {
			phase.Events = append(phase.Events, resource.Event{Type: typ, Resource: r})
		}
		plans = append(plans, resource.Plan{Phases: []resource.Phase{phase}})
	}
	if got := of(t, nil, plans); len(got.Hazards) > 0 || len(got.Counts) > 0 || len(got.Nodes) > 0 {
		t.Errorf("got %+v", got)
	}
	// A node that goes, comes back and goes again is one that leaves.
	got := of(t, end, slices.Concat(plans[1:], plans))
	leaves := 0
	for _, h := range got.Hazards {
		if h.Kind == impact.NodeRemoved {
			leaves++
		}
	}
	if leaves != 1 {
		t.Errorf("got %v", kindsOf(got))
	}
}

// TestWhatMovesIsAHazardOnce, whether or not the planner knows it as well; what is made again on its host does not move.
func TestWhatMovesIsAHazardOnce(t *testing.T) {
	from, to, stays := databases.OnHost("dir", "a", `{}`), databases.OnHost("dir", "a", `{}`), databases.OnHost("dir", "b", `{}`)
	to.Executor.ID = "another"
	plans := []resource.Plan{{Phases: []resource.Phase{
		{Events: []resource.Event{{Type: resource.EventDelete, Resource: from}, {Type: resource.EventDelete, Resource: stays}}},
		{Events: []resource.Event{{Type: resource.EventCreate, Resource: to}, {Type: resource.EventCreate, Resource: stays}}},
	}}}
	start := resource.NewState(from, stays)
	known := planner.Hazard{Kind: planner.HazardResourceMoved, Resource: from.Identifier}
	for _, planners := range [][]planner.Hazard{nil, {known}} {
		if got := of(t, start, plans, planners...); !slices.Equal(got.Hazards, []planner.Hazard{known}) ||
			!slices.Equal(got.Counts, []impact.Count{{Kind: planner.HazardResourceMoved, Count: 1}}) {
			t.Errorf("got %v", got.Hazards)
		}
	}
}

// TestTheWorstHazardsAreListed, and all are counted.
func TestTheWorstHazardsAreListed(t *testing.T) {
	start, plans := many(80)
	known := []planner.Hazard{
		{Kind: planner.HazardResourceMoved, Resource: resource.Identifier{Type: "dir", ID: "a"}},
		{Kind: planner.HazardRowsGivenUp, Node: "n2"},
		{Kind: planner.HazardRowsGivenUp, Node: "n1"},
	}
	got := of(t, start, plans, known...)
	if want := []impact.Count{
		{Kind: planner.HazardRowsGivenUp, Count: 2},
		{Kind: impact.NodeRemoved, Count: 80},
		{Kind: impact.InstanceDeleted, Count: 80},
		{Kind: planner.HazardResourceMoved, Count: 1},
	}; !slices.Equal(got.Counts, want) {
		t.Errorf("got %v, want %v", got.Counts, want)
	}
	if len(got.Hazards) != impact.MaxHazards || !reflect.DeepEqual(got.Hazards[:2], known[1:]) ||
		got.Hazards[81].Kind != impact.NodeRemoved || got.Hazards[99].Resource != database.InstanceIdentifier("n0017-a") {
		t.Errorf("%d hazards: %v", len(got.Hazards), kindsOf(got))
	}
}
