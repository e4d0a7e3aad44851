package database_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit"

	"golang.org/x/tools/txtar"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/jsontext"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// sample is one resource of a type, named by what is special about it.
type sample struct {
	name     string
	resource *resource.Resource
}

// samples holds, for each type of the catalog, one resource with and one without whatever is optional.
func samples() map[resource.Type][]sample {
	n1ToN2 := database.Link{Provider: "n1", Subscriber: "n2", DatabaseName: "app"}
	script := &database.Script{
		Name:       "post_init",
		Statements: []string{"CREATE ROLE app", `COMMENT ON ROLE app IS '"ä" <&> \'`},
		NeedsToRun: true,
	}
	extras := []resource.Identifier{
		{Type: "orchestrator.volume", ID: "v2"},
		{Type: "orchestrator.volume", ID: "v1"},
	}
	slotCreate := []resource.Identifier{database.ReplicationSlotCreateIdentifier(n1ToN2)}

	return map[resource.Type][]sample{
		database.TypeInstance: {
			{"all fields", database.Instance{
				Spec: database.InstanceSpec{
					InstanceID: "i1", NodeName: "n1", DatabaseID: "d1", HostID: "h1", DatabaseName: "app",
					Settings: json.RawMessage(`{"a_first":{"cpus":2},"port":5432,"tags":["x",null],"tail":9007199254740993,"\"k\"":""}`),
				},
				Hostname:          "pg-1.internal",
				PrimaryInstanceID: "i1",
				Dependencies:      extras,
				ConnectionInfo:    json.RawMessage(`{"host":"10.0.0.1","port":5432}`),
				PostInit:          script,
			}.Resource(nil)},
			{"nothing optional", database.Instance{Spec: database.InstanceSpec{
				InstanceID: "i1", NodeName: "n1", DatabaseID: "d1", HostID: "h1", DatabaseName: "app",
			}}.Resource(nil)},
		},
		database.TypeNode: {
			{"with a replica", database.Node{
				Name: "n1", InstanceIDs: []string{"i2", "i1"}, PrimaryInstanceID: "i2",
			}.Resource()},
			{"without instances", database.Node{Name: "n1"}.Resource()},
		},
		database.TypePostgresDatabase: {
			{"restored, with a script", database.PostgresDatabase{
				DatabaseID: "d1", NodeName: "n1", DatabaseName: "app", Owner: "admin", RenameFrom: "old_app",
				HasRestoreConfig: true, ExtraDependencies: extras,
				PostDatabaseCreate: &database.Script{Name: "post_database_create", Succeeded: true},
			}.Resource()},
			{"nothing optional", database.PostgresDatabase{
				DatabaseID: "d1", NodeName: "n1", DatabaseName: "app", Owner: "admin",
			}.Resource()},
		},
		database.TypeMonitorInstance: {
			{"monitor", database.MonitorInstance{
				DatabaseID: "d1", InstanceID: "i1", DatabaseName: "app", HostID: "h1",
			}.Resource()},
		},
		database.TypeReplicationSlot: {
			{"slot", database.ReplicationSlot{Link: n1ToN2}.Resource()},
			{"names that need escaping", database.ReplicationSlot{Link: database.Link{
				Provider: `"n1"\`, Subscriber: "knöte<&>", DatabaseName: "db 🐘",
			}}.Resource()},
		},
		database.TypeSubscription: {
			{"of a mesh", database.Subscription{Link: n1ToN2}.Resource()},
			{"of a new node to a peer", database.Subscription{
				Link: n1ToN2, Disabled: true, ExtraDependencies: slotCreate,
			}.Resource()},
			{"that copies no rows", database.Subscription{Link: n1ToN2, SyncStructure: true}.Resource()},
			{"of a new node to its source", database.Subscription{
				Link: n1ToN2, SyncStructure: true, SyncData: true, NeedsUpdate: true,
				ExtraDependencies: []resource.Identifier{
					database.WaitForSyncEventIdentifier(database.Link{Provider: "n3", Subscriber: "n1", DatabaseName: "app"}),
					database.PeerCatchupIdentifier("n1", "n3", "app"),
				},
			}.Resource()},
		},
		database.TypeReplicationSlotCreate: {
			{"slot create", database.ReplicationSlotCreate{Link: n1ToN2}.Resource()},
		},
		database.TypeSyncEvent: {
			{"from a peer", database.SyncEvent{Link: n1ToN2, ExtraDependencies: slotCreate}.Resource()},
			{"nothing optional", database.SyncEvent{Link: n1ToN2}.Resource()},
		},
		database.TypeWaitForSyncEvent: {
			{"wait", database.WaitForSyncEvent{Link: n1ToN2}.Resource()},
		},
		database.TypePeerCatchup: {
			{"of n1 with n3", database.PeerCatchup{Source: "n1", Peer: "n3", DatabaseName: "app"}.Resource()},
		},
		database.TypeLagTracker: {
			{"of a new node", database.LagTracker{
				Origin: "n1", Receiver: "n2", DatabaseName: "app", Source: "n3",
				DependentResources: []resource.Identifier{
					database.WaitForSyncEventIdentifier(database.Link{Provider: "n3", Subscriber: "n2", DatabaseName: "app"}),
				},
			}.Resource()},
			{"nothing optional", database.LagTracker{Origin: "n1", Receiver: "n2", DatabaseName: "app"}.Resource()},
		},
		database.TypeReplicationSlotAdvance: {
			{"of a new node", database.ReplicationSlotAdvance{Link: n1ToN2, Source: "n3"}.Resource()},
			{"nothing optional", database.ReplicationSlotAdvance{Link: n1ToN2}.Resource()},
		},
		database.TypeReplicationOriginAdvance: {
			{"of a new node", database.ReplicationOriginAdvance{Link: n1ToN2, Source: "n3"}.Resource()},
			{"nothing optional", database.ReplicationOriginAdvance{Link: n1ToN2}.Resource()},
		},
		database.TypeDumpRoles: {
			{"dump", database.DumpRoles{NodeName: "n1"}.Resource()},
		},
		database.TypeRolesSource: {
			{"n2 from n1", database.RolesSource{NodeName: "n2", SourceNodeName: "n1"}.Resource()},
		},
	}
}

// eachSample runs f once for each sample, in a subtest.
func eachSample(t *testing.T, f func(t *testing.T, r *resource.Resource)) {
	for typ, list := range samples() {
		for _, s := range list {
			t.Run(string(typ)+"/"+s.name, func(t *testing.T) { f(t, s.resource) })
		}
	}
}

// TestCatalog compares what every type makes with testdata, where it stands as readable text: the wire
// contract, to the letter.
func TestCatalog(t *testing.T) {
	all := samples()
	if len(all) != 15 {
		t.Errorf("samples of %d types, want 15", len(all))
	}
	for typ, list := range all {
		t.Run(string(typ), func(t *testing.T) {
			archive := &txtar.Archive{}
			for _, s := range list {
				if s.resource.Identifier.Type != typ {
					t.Errorf("%s makes a %s", typ, s.resource.Identifier.Type)
				}
				archive.Files = append(archive.Files, txtar.File{Name: s.name, Data: describe(s.resource)})
			}
			testkit.Golden(t, filepath.Join("testdata", string(typ)+".txtar"), string(txtar.Format(archive)))
		})
	}
}

// describe prints every field of a resource on a line of its own, the attributes exactly as they are.
func describe(r *resource.Resource) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "identifier: %s\n", r.Identifier)
	fmt.Fprintf(&b, "executor: %s\n", strings.TrimSpace(r.Executor.Type.String()+" "+r.Executor.ID))
	for _, d := range r.Dependencies {
		fmt.Fprintf(&b, "depends on: %s\n", d)
	}
	for _, pointer := range r.DiffIgnore {
		fmt.Fprintf(&b, "ignores: %s\n", pointer)
	}
	fmt.Fprintf(&b, "version: %s\n", r.ResourceVersion)
	fmt.Fprintf(&b, "attributes: %s\n", r.Attributes)
	return b.Bytes()
}

// TestNothingElseIsSet covers the fields that describe does not print.
func TestNothingElseIsSet(t *testing.T) {
	eachSample(t, func(t *testing.T, r *resource.Resource) {
		if r.TypeDependencies != nil || r.NeedsRecreate || r.PendingDeletion || r.Error != "" {
			t.Errorf("set by the catalog: %+v", r)
		}
	})
}

func TestIsCatalogType(t *testing.T) {
	for typ := range samples() {
		if !database.IsCatalogType(typ) {
			t.Errorf("%s is in the catalog", typ)
		}
	}
	for _, typ := range []resource.Type{"", "database", "orchestrator.volume", "database.Node", "database.node "} {
		if database.IsCatalogType(typ) {
			t.Errorf("%q is not in the catalog", typ)
		}
	}
}

// TestAttributesAreCanonical: the same attributes that come back from an orchestrator are the same bytes,
// so that comparing them parses nothing.
func TestAttributesAreCanonical(t *testing.T) {
	eachSample(t, func(t *testing.T, r *resource.Resource) {
		if canonical, err := jsontext.Canonical(nil, r.Attributes); err != nil || !bytes.Equal(canonical, r.Attributes) {
			canonical, err := jsontext.Canonical(nil, r.Attributes)
			t.Errorf("attributes are not canonical (%v)\n got: %s\nwant: %s", err, r.Attributes, canonical)
		}
	})
}

// TestResourcesShareNoMemory changes everything that a caller could still hold after making a resource, and
// everything in the resource, and expects the other side to stay as it was.
func TestResourcesShareNoMemory(t *testing.T) {
	marker := resource.Identifier{Type: "changed", ID: "changed"}
	// Room behind the end of a slice is shared too, if an append on one side shows on the other.
	ids := func() []resource.Identifier {
		return append(make([]resource.Identifier, 0, 8), database.NodeIdentifier("n1"), database.NodeIdentifier("n2"))
	}
	l := database.Link{Provider: "n1", Subscriber: "n2", DatabaseName: "app"}
	tests := map[string]func([]resource.Identifier) *resource.Resource{
		"instance": func(ids []resource.Identifier) *resource.Resource {
			return database.Instance{Dependencies: ids}.Resource(nil)
		},
		"postgres database": func(ids []resource.Identifier) *resource.Resource {
			return database.PostgresDatabase{ExtraDependencies: ids}.Resource()
		},
		"subscription": func(ids []resource.Identifier) *resource.Resource {
			return database.Subscription{Link: l, ExtraDependencies: ids}.Resource()
		},
		"sync event": func(ids []resource.Identifier) *resource.Resource {
			return database.SyncEvent{Link: l, ExtraDependencies: ids}.Resource()
		},
		"lag tracker": func(ids []resource.Identifier) *resource.Resource {
			return database.LagTracker{DependentResources: ids}.Resource()
		},
	}
	for name, newResource := range tests {
		t.Run(name, func(t *testing.T) {
			given := ids()
			r := newResource(given)
			before := r.Clone()
			for i := range given {
				given[i] = marker
			}
			_ = append(given, marker)
			if !slices.Equal(r.Dependencies, before.Dependencies) {
				t.Errorf("the caller changed the resource: %v", r.Dependencies)
			}

			given = ids()
			r = newResource(given)
			for i := range r.Dependencies {
				r.Dependencies[i] = marker
			}
			_ = append(r.Dependencies, marker)
			if !slices.Equal(given[:3], append(ids(), resource.Identifier{})) {
				t.Errorf("the resource changed what the caller gave: %v", given[:3])
			}
		})
	}
	t.Run("ignored pointers", func(t *testing.T) {
		r, other := database.SyncEvent{Link: l}.Resource(), database.SyncEvent{Link: l}.Resource()
		r.DiffIgnore[0] = "/changed"
		if other.DiffIgnore[0] != "/sync_event_lsn" {
			t.Errorf("one resource changed another: %v", other.DiffIgnore)
		}
	})
}
