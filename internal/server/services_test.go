package server

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit/calls"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"

	"github.com/pgplanner/pgplanner/internal/testkit/answers"
)

// execute is the state after all plans of an answer, as an orchestrator would have it.
func execute(t *testing.T, h *harness, start *plannerv1.State, parts []*plannerv1.PlanPart) *plannerv1.State {
	t.Helper()
	req := &plannerv1.ApplyEventsRequest{State: start}
	for _, plan := range answers.Join(t, parts) {
		for _, phase := range plan.GetPhases() {
			req.Events = append(req.Events, phase.GetEvents()...)
		}
	}
	answer, err := h.resource().ApplyEvents(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	return answer.GetState()
}

// created is the state of a database that was planned and executed.
func created(t *testing.T, h *harness, req *plannerv1.UpdateDatabaseRequest) *plannerv1.State {
	t.Helper()
	answer, err := h.update(req)
	if err != nil {
		t.Fatal(err)
	}
	_, parts, summary := opened(t, answer)
	if summary.GetCreates() == 0 {
		t.Fatal("nothing was created")
	}
	return execute(t, h, req.GetStart(), parts)
}

func TestDatabaseIsCreatedAndThenLeftAlone(t *testing.T) {
	h := start(t, Config{}, nil)
	req := wantNodes("n1", "n2", "n3")
	req.Start = created(t, h, req)
	answer, err := h.update(req)
	if err != nil {
		t.Fatal(err)
	}
	if header, _, _ := opened(t, answer); header.GetPlans() != 0 {
		t.Errorf("%d plans where nothing is to do", header.GetPlans())
	}
}

func TestRestoreDatabase(t *testing.T) {
	h := start(t, Config{}, nil)
	req := wantRestore("n2", "n1")
	req.Start = created(t, h, wantNodes("n1", "n2"))
	answer, err := calls.Drain(h.planner().RestoreDatabase(t.Context(), req))
	if err != nil {
		t.Fatal(err)
	}
	header, summary := answer[0].GetHeader(), answer[len(answer)-1].GetSummary()
	if header.GetPlans() != 4 || !proto.Equal(header.Options, &plannerv1.UpdateDatabaseOptions{}) ||
		summary.GetDeletes() == 0 || summary.GetCreates() == 0 {
		t.Errorf("header %v, summary %v", header, summary)
	}
}

// TestEveryMethodAnswers calls all methods with something that they have an answer to.
func TestEveryMethodAnswers(t *testing.T) {
	h := start(t, Config{}, nil)
	ctx := t.Context()
	node, two := wantNode("n1"), wantNodes("n1", "n2").GetNodes()
	for _, n := range append(slices.Clone(two), node) {
		n.PrimaryInstanceId = n.GetNodeName() + "a"
	}
	newNode := wantNode("n3")
	newNode.SourceNode = "n1"
	count := func(n int, err error) func() (int, error) { return func() (int, error) { return n, err } }
	tests := map[string]struct {
		call func() (int, error)
		want int
	}{
		"AddNode": {func() (int, error) {
			m, err := calls.Drain(h.state().AddNode(ctx, &plannerv1.AddNodeRequest{Node: node}))
			return count(len(m), err)()
		}, 1},
		"AddNodes": {func() (int, error) {
			m, err := calls.Drain(h.state().AddNodes(ctx, &plannerv1.AddNodesRequest{Nodes: two}))
			return len(m), err
		}, 1},
		"UpdateNode": {func() (int, error) {
			m, err := calls.Drain(h.state().UpdateNode(ctx, &plannerv1.UpdateNodeRequest{Node: node}))
			return len(m), err
		}, 1},
		"RollingUpdateNodes": {func() (int, error) {
			m, err := calls.Drain(h.state().RollingUpdateNodes(ctx, &plannerv1.RollingUpdateNodesRequest{Nodes: two}))
			return len(m), err
		}, 2},
		"ConcurrentUpdateNodes": {func() (int, error) {
			m, err := calls.Drain(h.state().ConcurrentUpdateNodes(ctx, &plannerv1.ConcurrentUpdateNodesRequest{Nodes: two}))
			return len(m), err
		}, 1},
		"PopulateNode": {func() (int, error) {
			m, err := calls.Drain(h.state().PopulateNode(ctx, &plannerv1.PopulateNodeRequest{Node: newNode, ExistingNodeNames: []string{"n1", "n2"}}))
			return len(m), err
		}, 1},
		"PopulateNode without source": {func() (int, error) {
			m, err := calls.Drain(h.state().PopulateNode(ctx, &plannerv1.PopulateNodeRequest{Node: node}))
			return len(m), err
		}, 0},
		"PopulateNodes": {func() (int, error) {
			m, err := calls.Drain(h.state().PopulateNodes(ctx, &plannerv1.PopulateNodesRequest{Existing: two, New: []*plannerv1.NodeResources{newNode}}))
			return len(m), err
		}, 1},
		"PopulateNodes without source": {func() (int, error) {
			m, err := calls.Drain(h.state().PopulateNodes(ctx, &plannerv1.PopulateNodesRequest{New: two}))
			return len(m), err
		}, 0},
		"RestoreNode": {func() (int, error) {
			m, err := calls.Drain(h.state().RestoreNode(ctx, &plannerv1.RestoreNodeRequest{Target: wantRestore("n1").GetTargets()[0]}))
			return len(m), err
		}, 3},
		"EndState": {func() (int, error) {
			m, err := h.state().EndState(ctx, &plannerv1.EndStateRequest{Nodes: two})
			return len(m.GetState().GetResources()), err
		}, 14},
		"PlanStates": {func() (int, error) {
			m, err := calls.Drain(h.resource().PlanStates(ctx, &plannerv1.PlanStatesRequest{
				States: []*plannerv1.State{wireState(wireResource("a", "1")), wireState()},
			}))
			return len(m), err
		}, 4},
		"PlanRefresh": {func() (int, error) {
			m, err := calls.Drain(h.resource().PlanRefresh(ctx, &plannerv1.PlanRefreshRequest{State: wireState(wireResource("a", "1"))}))
			return len(m), err
		}, 3},
		"PlanRefresh of nothing": {func() (int, error) {
			m, err := calls.Drain(h.resource().PlanRefresh(ctx, &plannerv1.PlanRefreshRequest{}))
			return len(m), err
		}, 2},
		"ApplyEvents": {func() (int, error) {
			m, err := h.resource().ApplyEvents(ctx, &plannerv1.ApplyEventsRequest{
				State: wireState(wireResource("a", "1"), wireResource("a", "2")),
				Events: []*plannerv1.Event{
					{Type: plannerv1.EventType_EVENT_TYPE_DELETE, Resource: wireResource("a", "2")},
				},
			})
			return len(m.GetState().GetResources()), err
		}, 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := test.call()
			if err != nil {
				t.Fatal(err)
			}
			if got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}

func TestPlanStatesHeader(t *testing.T) {
	h := start(t, Config{}, nil)
	answer, err := calls.Drain(h.resource().PlanStates(t.Context(), &plannerv1.PlanStatesRequest{
		States:  []*plannerv1.State{wireState(wireResource("a", "1"))},
		Options: &plannerv1.PlanOptions{ForceUpdate: true},
	}))
	if err != nil {
		t.Fatal(err)
	}
	options := answer[0].GetHeader().GetOptions()
	if !options.GetPlanOptions().GetForceUpdate() || options.GetNodeUpdateStrategy() != 0 {
		t.Errorf("options %v", options)
	}
}

// TestErrorsOfRealRequests walks the error table of the API with requests that a caller could send.
func TestErrorsOfRealRequests(t *testing.T) {
	update := func(change func(*plannerv1.UpdateDatabaseRequest)) func(*harness) error {
		return func(h *harness) error {
			req := wantNodes("n1", "n2")
			req.Start = created(t, h, req)
			change(req)
			_, err := h.update(req)
			return err
		}
	}
	states := func(states ...*plannerv1.State) func(*harness) error {
		return func(h *harness) error {
			_, err := calls.Drain(h.resource().PlanStates(t.Context(), &plannerv1.PlanStatesRequest{States: states}))
			return err
		}
	}
	ref := func(typ, id string) *plannerv1.Identifier { return &plannerv1.Identifier{Type: typ, Id: id} }
	tests := map[string]struct {
		call     func(*harness) error
		code     codes.Code
		reason   string
		fields   []string
		metadata map[string]string
	}{
		"missing ids": {
			call: update(func(r *plannerv1.UpdateDatabaseRequest) {
				r.Nodes[1].InstanceResources[0].Instance.Spec.InstanceId = ""
				r.Nodes[1].InstanceResources[0].Instance.Spec.HostId = ""
			}),
			code: codes.InvalidArgument, reason: "REQUEST_INVALID",
			fields: []string{
				"nodes[1].instance_resources[0].instance.spec.instance_id",
				"nodes[1].instance_resources[0].instance.spec.host_id",
			},
		},
		"duplicate node": {
			call: update(func(r *plannerv1.UpdateDatabaseRequest) {
				r.Nodes[1].NodeName = "n1"
			}),
			code: codes.InvalidArgument, reason: "REQUEST_INVALID", fields: []string{"nodes[1].node_name"},
		},
		"attributes are no object": {
			call: update(func(r *plannerv1.UpdateDatabaseRequest) {
				r.Start.Resources[0].AttributesForm = &plannerv1.Resource_AttributesJson{AttributesJson: `["` + secret + `"]`}
			}),
			code: codes.InvalidArgument, reason: "REQUEST_INVALID", fields: []string{"start.resources[0].attributes_json"},
		},
		"attributes are no JSON": {
			call: update(func(r *plannerv1.UpdateDatabaseRequest) {
				r.Start.Resources[0].AttributesForm = &plannerv1.Resource_AttributesJson{AttributesJson: `{"a": ` + secret}
			}),
			code: codes.InvalidArgument, reason: "REQUEST_INVALID", fields: []string{"start.resources[0].attributes_json"},
		},
		"unknown strategy": {
			call: update(func(r *plannerv1.UpdateDatabaseRequest) {
				r.Options = &plannerv1.UpdateDatabaseOptions{NodeUpdateStrategy: 99}
			}),
			code: codes.InvalidArgument, reason: "REQUEST_INVALID", fields: []string{"options.node_update_strategy"},
		},
		"message size out of range": {
			call: update(func(r *plannerv1.UpdateDatabaseRequest) {
				r.ResponseOptions = &plannerv1.ResponseOptions{MaxMessageBytes: 4095}
			}),
			code: codes.InvalidArgument, reason: "REQUEST_INVALID", fields: []string{"response_options.max_message_bytes"},
		},
		"no targets": {
			call: func(h *harness) error {
				req := wantRestore("n1")
				req.Targets = nil
				_, err := calls.Drain(h.planner().RestoreDatabase(t.Context(), req))
				return err
			},
			code: codes.InvalidArgument, reason: "REQUEST_INVALID", fields: []string{"targets"},
		},
		"depends on itself": {
			call: states(wireState(wireResource("a", "1", ref("a", "1")))),
			code: codes.InvalidArgument, reason: "REQUEST_INVALID", fields: []string{"states[0].resources[0].dependencies[0]"},
		},
		"unary": {
			call: func(h *harness) error {
				_, err := h.resource().ApplyEvents(t.Context(), &plannerv1.ApplyEventsRequest{Events: []*plannerv1.Event{{}}})
				return err
			},
			code: codes.InvalidArgument, reason: "REQUEST_INVALID", fields: []string{"events[0].type", "events[0].resource"},
		},
		"dependency missing": {
			call: states(wireState(wireResource("a", "1", ref("b", "9")))),
			code: codes.FailedPrecondition, reason: "DEPENDENCY_MISSING",
			metadata: map[string]string{"resource": "a::1", "dependency": "b::9"},
		},
		"cycle": {
			call: states(wireState(wireResource("a", "1", ref("a", "2")), wireResource("a", "2", ref("a", "1")))),
			code: codes.FailedPrecondition, reason: "DEPENDENCY_CYCLE",
			metadata: map[string]string{"resource_0": "a::1", "resource_1": "a::2"},
		},
		"unknown source": {
			call: update(func(r *plannerv1.UpdateDatabaseRequest) {
				r.Nodes = append(r.Nodes, wantNode("n3"))
				r.Nodes[2].SourceNode = "n9"
			}),
			code: codes.FailedPrecondition, reason: "SOURCE_NODE_INVALID",
			metadata: map[string]string{"node": "n3", "source_node": "n9"},
		},
		"node without its primary": {
			call: update(func(r *plannerv1.UpdateDatabaseRequest) {
				r.Nodes[1].InstanceResources[0] = wantInstance("n2", "b")
			}),
			code: codes.FailedPrecondition, reason: "PRIMARY_INSTANCE_MISSING",
			metadata: map[string]string{"node": "n2", "primary_instance_id": "n2a"},
		},
		"kept and restored": {
			call: func(h *harness) error {
				req := wantRestore("n1", "n1")
				req.Nodes[0].InstanceResources[0] = wantInstance("n1", "b")
				_, err := calls.Drain(h.planner().RestoreDatabase(t.Context(), req))
				return err
			},
			code: codes.FailedPrecondition, reason: "NODE_KEPT_AND_RESTORED", metadata: map[string]string{"node": "n1"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			h := start(t, Config{}, nil)
			got := take(t, test.call(h))
			if got.code != test.code || got.info.GetReason() != test.reason {
				t.Errorf("got %v %v: %s", got.code, got.info, got.text)
			}
			if !slices.Equal(got.fields(), test.fields) {
				t.Errorf("fields %q, want %q", got.fields(), test.fields)
			}
			for key, want := range test.metadata {
				if got.info.GetMetadata()[key] != want {
					t.Errorf("metadata %v, want %v", got.info.GetMetadata(), test.metadata)
				}
			}
		})
	}
}

// TestVeryManyMissingDependencies: few are listed, all are counted.
func TestVeryManyMissingDependencies(t *testing.T) {
	r := &plannerv1.Resource{
		Identifier: &plannerv1.Identifier{Type: "a", Id: "1"},
		Executor:   &plannerv1.Executor{Type: plannerv1.ExecutorType_EXECUTOR_TYPE_ANY},
	}
	for i := range 250 {
		r.Dependencies = append(r.Dependencies, &plannerv1.Identifier{Type: "b", Id: fmt.Sprintf("%03d", i)})
	}
	h := start(t, Config{}, nil)
	_, err := calls.Drain(h.resource().PlanStates(t.Context(), &plannerv1.PlanStatesRequest{
		States: []*plannerv1.State{{Resources: []*plannerv1.Resource{r}}},
	}))
	got := take(t, err)
	metadata := got.info.GetMetadata()
	if !strings.HasSuffix(got.text, "; and 249 more") || metadata["violations"] != "250" || metadata["violations_listed"] != "100" {
		t.Errorf("got %q, %v", got.text, metadata)
	}
	listed := got.precondition.GetViolations()
	if len(listed) != 100 || !strings.Contains(listed[99].GetDescription(), "b::099") {
		t.Errorf("got %v", listed)
	}
}
