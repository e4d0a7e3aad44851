package database_test

import (
	"testing"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/resource"
)

var sink *resource.Resource

// TestMeshResourcesAreCheap: a mesh of 256 nodes has 65,280 links with a slot and a subscription each.
// The allocations are the resource, its id, its attributes, the dependencies, and the id of the
// provider's database; that of the subscriber's is a part of the link's own.
func TestMeshResourcesAreCheap(t *testing.T) {
	l := database.Link{Provider: "n100", Subscriber: "n200", DatabaseName: "storefront"}
	tests := map[string]func(){
		"slot":         func() { sink = database.ReplicationSlot{Link: l}.Resource() },
		"subscription": func() { sink = database.Subscription{Link: l}.Resource() },
	}
	for name, f := range tests {
		if got := testing.AllocsPerRun(100, f); got > 5 {
			t.Errorf("%s: %v allocations, want 5", name, got)
		}
	}
}

func BenchmarkReplicationSlot(b *testing.B) {
	l := database.Link{Provider: "n100", Subscriber: "n200", DatabaseName: "storefront"}
	b.ReportAllocs()
	for b.Loop() {
		sink = database.ReplicationSlot{Link: l}.Resource()
	}
}

func BenchmarkSubscription(b *testing.B) {
	l := database.Link{Provider: "n100", Subscriber: "n200", DatabaseName: "storefront"}
	b.ReportAllocs()
	for b.Loop() {
		sink = database.Subscription{Link: l}.Resource()
	}
}

func BenchmarkInstance(b *testing.B) {
	instance := database.Instance{
		Spec: database.InstanceSpec{
			InstanceID: "storefront-n1-a", NodeName: "n1", DatabaseID: "storefront", HostID: "host-1",
			DatabaseName: "storefront", Settings: []byte(`{"cpus":2,"memory":"4GiB","port":5432,"version":"18.1"}`),
		},
		Hostname:     "pg-1.internal",
		Dependencies: []resource.Identifier{{Type: "orchestrator.volume", ID: "v1"}, {Type: "orchestrator.unit", ID: "u1"}},
	}
	b.ReportAllocs()
	for b.Loop() {
		sink = instance.Resource(nil)
	}
}
