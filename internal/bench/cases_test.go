package bench

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit/databases"
	"github.com/pgplanner/pgplanner/internal/testkit/execution"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
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
	ask  func(n int) *question
}

var cases = []caseOf{
	{"create", func(n int) *question {
		return &question{start: resource.NewState(), nodes: nodesOf(n, 5432)}
	}},
	{"rolling-no-op", func(n int) *question {
		return &question{start: mesh(n), nodes: nodesOf(n, 5432)}
	}},
	{"concurrent-no-op", func(n int) *question {
		q := &question{start: mesh(n), nodes: nodesOf(n, 5432)}
		q.options.NodeUpdateStrategy = planner.NodeUpdateStrategyConcurrent
		return q
	}},
	{"add-node", func(n int) *question {
		return &question{start: mesh(n), nodes: nodesOf(n+1, 5432)}
	}},
	{"setting-everywhere", func(n int) *question {
		return &question{start: mesh(n), nodes: nodesOf(n, 5433)}
	}},
	{"one-instance", func(n int) *question {
		q := &question{start: mesh(n), nodes: nodesOf(n, 5432)}
		q.nodes[n/2].InstanceResources[1].Instance.Spec.Settings = settings(6000)
		return q
	}},
	{"force-update", func(n int) *question {
		q := &question{start: mesh(n), nodes: nodesOf(n, 5432)}
		q.options.PlanOptions.ForceUpdate = true
		return q
	}},
	{"remove-node", func(n int) *question {
		return &question{start: mesh(n), nodes: nodesOf(n-1, 5432)}
	}},
	{"restore-node", func(n int) *question {
		nodes := nodesOf(n, 5432)
		target := databases.Target(nodes[n-1], nodes[n-1].InstanceResources[0])
		return &question{start: mesh(n), nodes: nodes[:n-1], targets: []*planner.NodeRestoreResources{target}}
	}},
}

// ask asks what the case of that name asks.
func ask(tb testing.TB, name string, n int) *question {
	tb.Helper()
	for _, c := range cases {
		if c.name == name {
			return c.ask(n)
		}
	}
	tb.Fatalf("no case %s", name)
	return nil
}

// mesh is the state of a database of n nodes that all exist. It shares nothing with what the planner makes.
func mesh(n int) *resource.State { return execution.CopyState(databases.End(nodesOf(n, 5432))) }

// nodesOf are nodes of three instances, with settings and with resources of an orchestrator.
func nodesOf(n, port int) []*planner.NodeResources {
	return databases.Nodes(func(i *planner.InstanceResources) {
		id := i.Instance.Spec.InstanceID
		directory := databases.OnHost("host.directory", id, `{"mode":"0700","path":"/var/lib/pg/`+id+`"}`)
		container := databases.OnHost("host.container", id, `{"image":"postgres:18","name":"`+id+`"}`, directory.Identifier)
		i.InstanceDependencies = []*resource.Resource{directory, container}
		i.Instance.Spec.Settings = settings(port)
	}, databases.Names("n", n, 3)...)
}

func settings(port int) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(`{"parameters":{"max_connections":200,"wal_level":"logical"},"port":%d}`, port))
}

// update is the question as a request.
func (q *question) update(tb testing.TB, f form) *plannerv1.UpdateDatabaseRequest {
	tb.Helper()
	request, err := messages.In(f.format).UpdateDatabase(q.start, q.options, q.nodes)
	if err != nil {
		tb.Fatal(err)
	}
	return request
}

// restore is the question as a request.
func (q *question) restore(tb testing.TB, f form) *plannerv1.RestoreDatabaseRequest {
	tb.Helper()
	request, err := messages.In(f.format).RestoreDatabase(q.start, planner.RestoreDatabaseOptions{}, q.nodes, q.targets)
	if err != nil {
		tb.Fatal(err)
	}
	return request
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
