package database_test

import (
	"slices"
	"testing"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// TestMissingDependencies takes each dependency away from each resource of the catalog: what the resource depends on
// by what it is, is missing then, and nothing else is.
func TestMissingDependencies(t *testing.T) {
	// The others depend on what must have happened before, on what the orchestrator gives them, or on instances.
	implied := map[resource.Type][]resource.Type{
		database.TypePostgresDatabase: {database.TypeNode},
		database.TypeMonitorInstance:  {database.TypeInstance},
		database.TypeReplicationSlot:  {database.TypePostgresDatabase},
		database.TypeSubscription:     {database.TypePostgresDatabase, database.TypeReplicationSlot},
		database.TypeSyncEvent:        {database.TypeSubscription},
		database.TypeWaitForSyncEvent: {database.TypeSyncEvent},
		database.TypePeerCatchup:      {database.TypeSyncEvent},
		database.TypeLagTracker:       {database.TypePostgresDatabase},
		database.TypeDumpRoles:        {database.TypeNode},
		database.TypeReplicationSlotCreate: {
			database.TypePostgresDatabase, database.TypeReplicationSlot,
		},
		database.TypeReplicationSlotAdvance: {
			database.TypePostgresDatabase, database.TypeLagTracker,
		},
		database.TypeReplicationOriginAdvance: {database.TypeReplicationSlotAdvance},
	}
	seen := 0
	for typ, list := range samples() {
		for _, s := range list {
			if missing := database.MissingDependencies(nil, s.resource); missing != nil {
				t.Errorf("%s, %s: complete, and lacks %v", typ, s.name, missing)
			}
			for i, id := range s.resource.Dependencies {
				incomplete := s.resource.Clone()
				incomplete.Dependencies = slices.Delete(incomplete.Dependencies, i, i+1)
				var want []resource.Identifier
				if slices.Contains(implied[typ], id.Type) {
					want = []resource.Identifier{id}
					seen++
				}
				if got := database.MissingDependencies(nil, incomplete); !slices.Equal(got, want) {
					t.Errorf("%s, %s without %s: lacks %v, want %v", typ, s.name, id, got, want)
				}
			}
		}
	}
	if seen < 20 {
		t.Errorf("only %d dependencies were taken away", seen)
	}
	for _, id := range []string{"", "n1", "n1n2", "n1:n2"} {
		for typ := range implied {
			r := &resource.Resource{Identifier: resource.Identifier{Type: typ, ID: id}}
			oneName := typ == database.TypeMonitorInstance || typ == database.TypeDumpRoles ||
				typ == database.TypePostgresDatabase && id == "n1:n2"
			if missing := database.MissingDependencies(nil, r); len(missing) > 0 && !oneName {
				t.Errorf("%s lacks %v, though its id is of another layout", r.Identifier, missing)
			}
		}
	}
}

// TestSyncEventForgets: what only the attributes of a marker say is forgotten.
func TestSyncEventForgets(t *testing.T) {
	link := database.Link{Provider: "n1", Subscriber: "n2", DatabaseName: "app"}
	slot := database.ReplicationSlotCreateIdentifier(link)
	complete := database.SyncEvent{Link: link, ExtraDependencies: []resource.Identifier{slot}}.Resource()
	forgetful := complete.Clone()
	forgetful.Dependencies = []resource.Identifier{database.SubscriptionIdentifier(link)}
	plain := database.SyncEvent{Link: link}.Resource()
	for name, c := range map[string]struct {
		marker *resource.Resource
		want   bool
	}{"complete": {complete, false}, "forgetful": {forgetful, true}, "plain": {plain, false}} {
		if got := database.SyncEventForgets(nil, c.marker, slot); got != c.want {
			t.Errorf("%s: %t, want %t", name, got, c.want)
		}
	}
}

// TestExecutorOf: of all that the catalog makes, but what is on a host, the executor follows from what it is.
func TestExecutorOf(t *testing.T) {
	known := 0
	eachSample(t, func(t *testing.T, r *resource.Resource) {
		want := r.Executor
		r.Executor = resource.Executor{Type: resource.ExecutorHost, ID: "other"}
		got, ok := database.ExecutorOf(nil, r)
		if ok != (want.Type != resource.ExecutorHost) || ok && got != want {
			t.Errorf("got %v, %v, want %v", got, ok, want)
		}
		if ok {
			known++
		}
	})
	if known < 13 {
		t.Errorf("%d are known", known)
	}
	for _, id := range []resource.Identifier{
		{Type: "host.volume", ID: "n1:n2:app"},
		{Type: database.TypeSubscription, ID: "n1n2"},
		{Type: database.TypeReplicationSlotCreate, ID: "spk_app_n1_sub_n1_n2"},
	} {
		if got, ok := database.ExecutorOf(nil, &resource.Resource{Identifier: id}); ok {
			t.Errorf("%v: got %v", id, got)
		}
	}
}
