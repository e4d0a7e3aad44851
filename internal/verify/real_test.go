package verify_test

import (
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit/execution"

	"pgregory.net/rapid"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// story is a start state and a wish, as the planner meets them.
type story struct {
	name  string
	start []*planner.NodeResources // the nodes that exist; nil: an empty state
	with  []*planner.ServiceResources
	scar  func(s *resource.State) // what has become of the start state since; nil: nothing
	wish  wish
}

// stories are what the planner is for.
func stories() []story {
	noNodes := []*planner.NodeResources{}
	backup := nodes("n1", "n2", "n3")
	backup[2].RestoreConfig, backup[2].AllowMissingRows = &database.RestoreConfig{SourceDatabaseName: "old"}, true
	return []story{
		{name: "create one node", wish: wish{nodes: nodes("n1")}},
		{name: "create three nodes with replicas", wish: wish{nodes: nodes("n1:3", "n2:2", "n3")}},
		{name: "nothing to do", start: nodes("n1:2", "n2"), wish: wish{nodes: nodes("n1:2", "n2")}},
		{name: "add a node without peers", start: nodes("n1"), wish: wish{nodes: nodes("n1", "n2:2")}},
		{name: "add a node with one peer", start: nodes("n1", "n2"), wish: wish{nodes: nodes("n1", "n2", "n3")}},
		{name: "add a node with three peers", start: nodes("n1", "n2", "n3", "n4"), wish: wish{nodes: nodes("n1", "n2", "n3", "n4", "n5:2<n3")}},
		{name: "add two nodes", start: nodes("n1", "n2"), wish: wish{nodes: nodes("n1", "n2", "n3<n1", "n4:2<n2")}},
		{name: "add two nodes from one source", start: nodes("n1", "n2", "n3"), wish: wish{nodes: nodes("n1", "n2", "n3", "n4<n1", "n5<n1")}},
		{name: "add a node from a backup", start: nodes("n1", "n2"), wish: wish{nodes: backup}},
		{name: "rolling update", start: nodes("n1:3", "n2:2"), wish: wish{nodes: changed(nodes("n1:3", "n2:2"))}},
		{name: "concurrent update", start: nodes("n1:3", "n2:2"), wish: wish{nodes: changed(nodes("n1:3", "n2:2")), concurrent: true}},
		{name: "rolling update of containers", start: nodes("n1:2", "n2:3"), wish: wish{nodes: otherImage(nodes("n1:2", "n2:3"))}},
		{name: "concurrent update of containers", start: nodes("n1:2", "n2:3"), wish: wish{nodes: otherImage(nodes("n1:2", "n2:3")), concurrent: true}},
		{name: "rolling update of what all share", start: nodes("n1:2", "n2:3"), wish: wish{nodes: otherNetwork(nodes("n1:2", "n2:3"))}},
		{name: "concurrent update of what all share", start: nodes("n1:2", "n2:3"), wish: wish{nodes: otherNetwork(nodes("n1:2", "n2:3")), concurrent: true}},
		{name: "a new replica", start: nodes("n1", "n2"), wish: wish{nodes: nodes("n1:2", "n2")}},
		{name: "a new replica and a changed primary", start: nodes("n1:2", "n2"), wish: wish{nodes: changed(nodes("n1:3", "n2"))}},
		{name: "remove a replica", start: nodes("n1:3", "n2"), wish: wish{nodes: nodes("n1:2", "n2")}},
		{name: "remove a node", start: nodes("n1", "n2:2", "n3"), wish: wish{nodes: nodes("n1", "n3")}},
		{name: "remove two nodes", start: nodes("n1", "n2:2", "n3"), wish: wish{nodes: nodes("n3")}},
		{name: "remove the database", start: nodes("n1", "n2:2"), wish: wish{nodes: noNodes}},
		{
			name: "add, change and remove at once", start: nodes("n1:2", "n2", "n3"),
			with: []*planner.ServiceResources{service("old", `{}`)},
			wish: wish{nodes: changed(nodes("n1:2", "n3:2", "n4")), services: []*planner.ServiceResources{service("new", `{}`)}},
		},
		{name: "add a service", start: nodes("n1", "n2"), wish: wish{nodes: nodes("n1", "n2"), services: []*planner.ServiceResources{service("front", `{}`)}}},
		{
			name: "change a service", start: nodes("n1"), with: []*planner.ServiceResources{service("front", `{}`)},
			wish: wish{nodes: nodes("n1"), services: []*planner.ServiceResources{service("front", `{"port":80}`)}},
		},
		{name: "remove a service", start: nodes("n1"), with: []*planner.ServiceResources{service("front", `{}`)}, wish: wish{nodes: nodes("n1")}},
		{name: "services of new nodes", start: openingNew.start, with: openingNew.with, wish: openingNew.wish},
		{name: "a service and one more node", start: openingMore.start, with: openingMore.with, wish: openingMore.wish},
		{name: "a lost slot", start: lostSlot.start, scar: lostSlot.scar, wish: lostSlot.wish},
		{name: "a lost database", start: lostDatabase.start, scar: lostDatabase.scar, wish: lostDatabase.wish},
		{name: "a member rejoins", start: rejoins.start, scar: rejoins.scar, with: rejoins.with, wish: rejoins.wish},
		{name: "a member rejoins undrained", start: rejoinsUndrained.start, scar: rejoinsUndrained.scar, wish: rejoinsUndrained.wish},
		{name: "a member without a database rejoins", start: rejoinsEmptied.start, scar: rejoinsEmptied.scar, wish: rejoinsEmptied.wish},
		{name: "a lost position", start: lostPosition.start, scar: lostPosition.scar, wish: lostPosition.wish},
		{name: "a position lost once more", start: foundBefore.start, scar: foundBefore.scar, wish: foundBefore.wish},
		{name: "force update", start: nodes("n1:2", "n2:2"), wish: wish{nodes: nodes("n1:2", "n2:2"), force: true}},
		{name: "force update and changes", start: nodes("n1:2", "n2:2"), wish: wish{nodes: changed(nodes("n1:2", "n2:3", "n3")), force: true}},
		{name: "restore one of three nodes", start: nodes("n1", "n2:2", "n3"), wish: wish{nodes: nodes("n1", "n3"), restore: []*planner.NodeRestoreResources{restored("n2", 2)}}},
		{name: "restore all nodes", start: nodes("n1", "n2:2"), wish: wish{nodes: noNodes, restore: []*planner.NodeRestoreResources{restored("n1", 1), restored("n2", 2)}}},
	}
}

// startState is the state in which the story begins.
func (s story) startState(t rapid.TB) *resource.State {
	t.Helper()
	if s.start == nil {
		return resource.NewState()
	}
	before := wish{nodes: s.start, services: s.with}
	start := execution.After(resource.NewState(), before.mustPlan(t, resource.NewState())...)
	if s.scar != nil {
		s.scar(start)
	}
	return start
}

func TestRealPlansAreRight(t *testing.T) {
	for _, s := range stories() {
		t.Run(s.name, func(t *testing.T) {
			start := s.startState(t)
			s.wish.mustPlan(t, start)
		})
	}
}
