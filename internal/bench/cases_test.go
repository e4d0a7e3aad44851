package bench

import (
	"encoding/json"
	"fmt"
	"testing"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert/response"
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit/messages"
)

// question is what a call asks: a restore if it has targets, else an update.
type question struct {
	start   *resource.State
	options planner.UpdateDatabaseOptions
	nodes   []*planner.NodeResources
	targets []*planner.NodeRestoreResources
}

func (q *question) plan() ([]resource.Plan, error) {
	if q.targets != nil {
		return planner.RestoreDatabase(q.start, q.nodes, q.targets)
	}
	return planner.UpdateDatabase(q.options, q.start, q.nodes)
}

// caseOf is one thing to ask about a database of n nodes with 3 instances each.
type caseOf struct {
	name string
	ask  func(tb testing.TB, n int) *question
}

var cases = []caseOf{
	{"create", func(_ testing.TB, n int) *question {
		return &question{start: resource.NewState(), nodes: nodesOf(n, 5432)}
	}},
	{"rolling-no-op", func(tb testing.TB, n int) *question {
		return &question{start: mesh(tb, n), nodes: nodesOf(n, 5432)}
	}},
	{"concurrent-no-op", func(tb testing.TB, n int) *question {
		q := &question{start: mesh(tb, n), nodes: nodesOf(n, 5432)}
		q.options.NodeUpdateStrategy = planner.NodeUpdateStrategyConcurrent
		return q
	}},
	{"add-node", func(tb testing.TB, n int) *question {
		return &question{start: mesh(tb, n), nodes: nodesOf(n+1, 5432)}
	}},
	{"setting-everywhere", func(tb testing.TB, n int) *question {
		return &question{start: mesh(tb, n), nodes: nodesOf(n, 5433)}
	}},
	{"one-instance", func(tb testing.TB, n int) *question {
		q := &question{start: mesh(tb, n), nodes: nodesOf(n, 5432)}
		q.nodes[n/2].InstanceResources[1].Instance.Spec.Settings = settings(6000)
		return q
	}},
	{"force-update", func(tb testing.TB, n int) *question {
		q := &question{start: mesh(tb, n), nodes: nodesOf(n, 5432)}
		q.options.PlanOptions.ForceUpdate = true
		return q
	}},
	{"remove-node", func(tb testing.TB, n int) *question {
		return &question{start: mesh(tb, n), nodes: nodesOf(n-1, 5432)}
	}},
	{"restore-node", func(tb testing.TB, n int) *question {
		nodes := nodesOf(n, 5432)
		last := nodes[n-1]
		return &question{start: mesh(tb, n), nodes: nodes[:n-1], targets: []*planner.NodeRestoreResources{{
			NodeName: last.NodeName, DatabaseOwner: last.DatabaseOwner,
			PrimaryInstance: last.InstanceResources[0], RestoreInstance: last.InstanceResources[0],
			ReplicaInstances: last.InstanceResources[1:],
			RestoreConfig:    &database.RestoreConfig{SourceDatabaseName: "app"},
		}}}
	}},
}

// ask asks what the case of that name asks.
func ask(tb testing.TB, name string, n int) *question {
	tb.Helper()
	for _, c := range cases {
		if c.name == name {
			return c.ask(tb, n)
		}
	}
	tb.Fatalf("no case %s", name)
	return nil
}

// mesh is the state of a database of n nodes that all exist. It shares nothing with what the planner makes.
func mesh(tb testing.TB, n int) *resource.State {
	tb.Helper()
	end, err := planner.EndState(nodesOf(n, 5432))
	if err != nil {
		tb.Fatal(err)
	}
	start := resource.NewStateSize(end.Len())
	for _, r := range end.Resources() {
		start.Add(r.Clone())
	}
	return start
}

func nodesOf(n, port int) []*planner.NodeResources {
	nodes := make([]*planner.NodeResources, n)
	for i := range nodes {
		nodes[i] = nodeOf(fmt.Sprintf("n%d", i+1), port)
	}
	return nodes
}

// nodeOf is a node of three instances, with settings and with resources of an orchestrator.
func nodeOf(name string, port int) *planner.NodeResources {
	node := &planner.NodeResources{NodeName: name, DatabaseID: "5f2c", DatabaseName: "app", DatabaseOwner: "admin"}
	for i := range 3 {
		id := fmt.Sprintf("%s-%c", name, 'a'+i)
		directory := opaque("host.directory", id, `{"mode":"0700","path":"/var/lib/pg/`+id+`"}`)
		container := opaque("host.container", id, `{"image":"postgres:18","name":"`+id+`"}`, directory.Identifier)
		node.InstanceResources = append(node.InstanceResources, &planner.InstanceResources{
			Instance: database.Instance{
				Spec: database.InstanceSpec{
					InstanceID: id, NodeName: name, DatabaseID: "5f2c", HostID: "host-" + id, DatabaseName: "app",
					Settings: settings(port),
				},
				Hostname: "host-" + id + ".example",
			},
			InstanceDependencies: []*resource.Resource{directory, container},
		})
	}
	return node
}

func settings(port int) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(`{"parameters":{"max_connections":200,"wal_level":"logical"},"port":%d}`, port))
}

func opaque(t resource.Type, id, attributes string, dependencies ...resource.Identifier) *resource.Resource {
	return &resource.Resource{
		Identifier:      resource.Identifier{Type: t, ID: id},
		Executor:        resource.Executor{Type: resource.ExecutorHost, ID: "host-" + id},
		Attributes:      json.RawMessage(attributes),
		Dependencies:    dependencies,
		ResourceVersion: "1",
	}
}

// update is the question as a request.
func (q *question) update(tb testing.TB, format plannerv1.AttributesFormat) *plannerv1.UpdateDatabaseRequest {
	tb.Helper()
	e := messages.In(format)
	return &plannerv1.UpdateDatabaseRequest{
		Start: e.State(q.start), Nodes: q.nodeMessages(tb, e), Options: response.ResolvedOptions(q.options),
		ResponseOptions: &plannerv1.ResponseOptions{AttributesFormat: format},
	}
}

// restore is the question as a request.
func (q *question) restore(tb testing.TB, format plannerv1.AttributesFormat) *plannerv1.RestoreDatabaseRequest {
	tb.Helper()
	e := messages.In(format)
	request := &plannerv1.RestoreDatabaseRequest{
		Start: e.State(q.start), Nodes: q.nodeMessages(tb, e),
		ResponseOptions: &plannerv1.ResponseOptions{AttributesFormat: format},
	}
	for _, target := range q.targets {
		message, err := e.RestoreNode(target)
		if err != nil {
			tb.Fatal(err)
		}
		request.Targets = append(request.Targets, message)
	}
	return request
}

func (q *question) nodeMessages(tb testing.TB, e *messages.Encoder) []*plannerv1.NodeResources {
	tb.Helper()
	messages := make([]*plannerv1.NodeResources, len(q.nodes))
	for i, n := range q.nodes {
		var err error
		if messages[i], err = e.Node(n); err != nil {
			tb.Fatal(err)
		}
	}
	return messages
}

// form is one of the two ways in which attributes travel.
type form struct {
	name   string
	format plannerv1.AttributesFormat
}

var forms = []form{
	{"json", plannerv1.AttributesFormat_ATTRIBUTES_FORMAT_JSON},
	{"struct", plannerv1.AttributesFormat_ATTRIBUTES_FORMAT_STRUCT},
}

func eventsOf(plans []resource.Plan) int {
	n := 0
	for _, p := range plans {
		for _, ph := range p.Phases {
			n += len(ph.Events)
		}
	}
	return n
}
