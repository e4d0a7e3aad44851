package planner_test

import (
	"fmt"
	"runtime/debug"
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit/databases"
	"github.com/pgplanner/pgplanner/internal/testkit/execution"

	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// TestLongChainWaits has a service of 100,000 resources, each of which needs the next, stay as it is while a node waits
// for its turn. Whether all of them are kept, or none is since the last one needs what is gone, it takes little stack,
// and time in proportion.
func TestLongChainWaits(t *testing.T) {
	defer debug.SetMaxStack(debug.SetMaxStack(4 << 20))
	const long = 100_000
	link := func(i int) resource.Identifier {
		return resource.Identifier{Type: "a-service", ID: fmt.Sprintf("%06d", i)}
	}
	service := &planner.ServiceResources{Resources: plain("a-service", link(long).ID)}
	for i := range long {
		service.Resources = append(service.Resources, plain("a-service", link(i).ID, link(i+1))...)
	}
	nodes := append(nodesNamed("m", 2), nodesNamed("n", 1)...)
	options := planner.UpdateDatabaseOptions{Services: []*planner.ServiceResources{service}}
	for name, c := range map[string]struct {
		needs   []resource.Identifier // by the last record
		deletes int
	}{
		"all are kept": {nil, 0},
		"none is kept": {[]resource.Identifier{{Type: "a-network", ID: "gone"}}, long + 1},
	} {
		start := beforeTheEnd(t, databases.End(nodes[:2]), nodes)
		for _, r := range service.Resources {
			start.Add(r)
		}
		start.Add(plain("a-service", link(long).ID, c.needs...)[0])
		plans, err := planner.UpdateDatabase(options, start, append(nodes, nodesNamed("o", 1)...))
		if err != nil {
			t.Fatal(err)
		}
		deletes := 0
		for _, e := range execution.Events(plans...) {
			if e.Type == resource.EventDelete && e.Resource.Identifier.Type == "a-service" {
				deletes++
			}
		}
		if deletes != c.deletes {
			t.Errorf("%s: %d are deleted, want %d", name, deletes, c.deletes)
		}
	}
}
