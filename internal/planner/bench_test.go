package planner

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// benchSizes are the numbers of nodes that are measured, each node with three instances.
var benchSizes = []int{2, 4, 8, 16, 32, 64, 128, 256}

// benchNodes returns n nodes of three instances each, with settings and resources of an orchestrator.
func benchNodes(n, port int) []*NodeResources {
	nodes := make([]*NodeResources, n)
	for i := range nodes {
		nodes[i] = benchNode(fmt.Sprintf("n%d", i+1), port)
	}
	return nodes
}

func benchNode(name string, port int) *NodeResources {
	node := &NodeResources{NodeName: name, DatabaseOwner: "admin"}
	for i := range 3 {
		id := fmt.Sprintf("%s-%c", name, 'a'+i)
		host := "host-" + id
		directory := benchResource("host.directory", id, host, `{"mode":"0700","path":"/var/lib/pg/`+id+`"}`)
		container := benchResource("host.container", id, host, `{"image":"postgres:18","name":"`+id+`"}`, directory.Identifier)
		node.InstanceResources = append(node.InstanceResources, &InstanceResources{
			Instance: database.Instance{
				Spec: database.InstanceSpec{
					InstanceID: id, NodeName: name, DatabaseID: "5f2c", HostID: host, DatabaseName: "app",
					Settings: json.RawMessage(fmt.Sprintf(`{"parameters":{"max_connections":200,"wal_level":"logical"},"port":%d}`, port)),
				},
				Hostname: host + ".example",
			},
			InstanceDependencies: []*resource.Resource{directory, container},
		})
	}
	return node
}

func benchResource(t resource.Type, id, host, attributes string, dependencies ...resource.Identifier) *resource.Resource {
	return &resource.Resource{
		Identifier:      resource.Identifier{Type: t, ID: id},
		Executor:        resource.Executor{Type: resource.ExecutorHost, ID: host},
		Attributes:      json.RawMessage(attributes),
		Dependencies:    dependencies,
		ResourceVersion: "1",
	}
}

// reread returns the state as it would come from a caller: nothing shared with the planner's own.
func reread(s *resource.State) *resource.State {
	copied := resource.NewStateSize(s.Len())
	for _, r := range s.Resources() {
		copied.Add(r.Clone())
	}
	return copied
}

// benchCase is one thing to plan for a database of n nodes.
type benchCase struct {
	name string
	plan func(start *resource.State, n int) ([]resource.Plan, error)
}

func updateTo(options UpdateDatabaseOptions, wish func(n int) []*NodeResources) func(*resource.State, int) ([]resource.Plan, error) {
	return func(start *resource.State, n int) ([]resource.Plan, error) {
		return UpdateDatabase(options, start, wish(n))
	}
}

var benchCases = []benchCase{
	{"create", func(_ *resource.State, n int) ([]resource.Plan, error) {
		return UpdateDatabase(UpdateDatabaseOptions{}, resource.NewState(), benchNodes(n, 5432))
	}},
	{"rolling-no-op", updateTo(UpdateDatabaseOptions{}, func(n int) []*NodeResources { return benchNodes(n, 5432) })},
	{"concurrent-no-op", updateTo(UpdateDatabaseOptions{NodeUpdateStrategy: NodeUpdateConcurrent},
		func(n int) []*NodeResources { return benchNodes(n, 5432) })},
	{"add-node", updateTo(UpdateDatabaseOptions{}, func(n int) []*NodeResources { return benchNodes(n+1, 5432) })},
	{"setting-everywhere", updateTo(UpdateDatabaseOptions{}, func(n int) []*NodeResources { return benchNodes(n, 5433) })},
	{"one-instance", updateTo(UpdateDatabaseOptions{}, func(n int) []*NodeResources {
		nodes := benchNodes(n, 5432)
		nodes[n/2].InstanceResources[1].Instance.Spec.Settings = json.RawMessage(`{"port":6000}`)
		return nodes
	})},
	{"force-update", updateTo(UpdateDatabaseOptions{PlanOptions: resource.PlanOptions{ForceUpdate: true}},
		func(n int) []*NodeResources { return benchNodes(n, 5432) })},
	{"remove-node", updateTo(UpdateDatabaseOptions{}, func(n int) []*NodeResources { return benchNodes(n-1, 5432) })},
	{"restore-node", func(start *resource.State, n int) ([]resource.Plan, error) {
		nodes := benchNodes(n, 5432)
		target := nodes[n-1].InstanceResources
		return RestoreDatabase(start, nodes[:n-1], []*NodeRestoreResources{{
			NodeName: nodes[n-1].NodeName, PrimaryInstance: target[0], RestoreInstance: target[0],
			ReplicaInstances: target[1:], RestoreConfig: &database.RestoreConfig{SourceDatabaseName: "app"},
		}})
	}},
}

// BenchmarkPlan measures planning in process. The wish is built anew for each plan, as for each call.
func BenchmarkPlan(b *testing.B) {
	for _, c := range benchCases {
		for _, n := range benchSizes {
			b.Run(fmt.Sprintf("case=%s/nodes=%d", c.name, n), func(b *testing.B) {
				end, err := EndState(benchNodes(n, 5432))
				if err != nil {
					b.Fatal(err)
				}
				start := reread(end)
				events := 0
				b.ReportAllocs()
				for b.Loop() {
					plans, err := c.plan(start, n)
					if err != nil {
						b.Fatal(err)
					}
					events = countEvents(plans)
				}
				b.ReportMetric(float64(start.Len()), "resources")
				b.ReportMetric(float64(events), "events")
			})
		}
	}
}

func countEvents(plans []resource.Plan) int {
	n := 0
	for _, p := range plans {
		for _, ph := range p.Phases {
			n += len(ph.Events)
		}
	}
	return n
}
