package request

import (
	"errors"
	"strings"
	"testing"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
)

func TestViolationsOfOtherRequests(t *testing.T) {
	node := func() *plannerv1.NodeResources {
		return parse(t, &plannerv1.NodeResources{}, nodeFixture("n1", "i1"))
	}
	nameless, primaryless := node(), node()
	nameless.NodeName, primaryless.PrimaryInstanceId = "", "other"
	target := parse(t, &plannerv1.NodeRestoreResources{}, targetFixture("a:b", "i1", "i2"))
	options := &plannerv1.ResponseOptions{MaxMessageBytes: 1}
	const tooSmall = "response_options.max_message_bytes"
	events := func(change func(*plannerv1.Event)) *plannerv1.ApplyEventsRequest {
		in := applyEventsFixture(t)
		change(in.Events[1])
		return in
	}
	cases := []struct {
		name, field, description string
		err                      error
	}{
		{"AddNode/fine", "", "", errorOf(Converter{}.AddNode(&plannerv1.AddNodeRequest{Node: node()}))},
		{"AddNode/node", "node", "required", errorOf(Converter{}.AddNode(&plannerv1.AddNodeRequest{}))},
		{"AddNode/name", "node.node_name", "required", errorOf(Converter{}.AddNode(&plannerv1.AddNodeRequest{Node: nameless}))},
		{"AddNode/primary", "node.primary_instance_id", "not among", errorOf(Converter{}.AddNode(&plannerv1.AddNodeRequest{Node: primaryless}))},
		{"AddNode/options", tooSmall, "4096", errorOf(Converter{}.AddNode(&plannerv1.AddNodeRequest{Node: node(), ResponseOptions: options}))},
		{"UpdateNode/node", "node", "required", errorOf(Converter{}.UpdateNode(&plannerv1.UpdateNodeRequest{}))},
		{"UpdateNode/primary", "", "", errorOf(Converter{}.UpdateNode(&plannerv1.UpdateNodeRequest{Node: primaryless}))},
		{"UpdateNode/options", tooSmall, "4096", errorOf(Converter{}.UpdateNode(&plannerv1.UpdateNodeRequest{Node: node(), ResponseOptions: options}))},
		{"AddNodes/name", "nodes[0].node_name", "required", errorOf(Converter{}.AddNodes(&plannerv1.AddNodesRequest{Nodes: []*plannerv1.NodeResources{nameless}}))},
		{"AddNodes/none", "", "", errorOf(Converter{}.AddNodes(&plannerv1.AddNodesRequest{}))},
		{"AddNodes/options", tooSmall, "4096", errorOf(Converter{}.AddNodes(&plannerv1.AddNodesRequest{ResponseOptions: options}))},
		{
			"RollingUpdateNodes/name", "nodes[0].node_name", "required",
			errorOf(Converter{}.RollingUpdateNodes(&plannerv1.RollingUpdateNodesRequest{Nodes: []*plannerv1.NodeResources{nameless}})),
		},
		{
			"RollingUpdateNodes/primary", "", "",
			errorOf(Converter{}.RollingUpdateNodes(&plannerv1.RollingUpdateNodesRequest{Nodes: []*plannerv1.NodeResources{primaryless}})),
		},
		{
			"RollingUpdateNodes/options", tooSmall, "4096",
			errorOf(Converter{}.RollingUpdateNodes(&plannerv1.RollingUpdateNodesRequest{ResponseOptions: options})),
		},
		{
			"ConcurrentUpdateNodes/name", "nodes[0].node_name", "required",
			errorOf(Converter{}.ConcurrentUpdateNodes(&plannerv1.ConcurrentUpdateNodesRequest{Nodes: []*plannerv1.NodeResources{nameless}})),
		},
		{
			"ConcurrentUpdateNodes/options", tooSmall, "4096",
			errorOf(Converter{}.ConcurrentUpdateNodes(&plannerv1.ConcurrentUpdateNodesRequest{ResponseOptions: options})),
		},
		{
			"EndState/twice", "nodes[1].node_name", "more than once",
			withoutInstances(errorOf(Converter{}.EndState(&plannerv1.EndStateRequest{Nodes: []*plannerv1.NodeResources{node(), node()}}))),
		},
		{"EndState/options", tooSmall, "4096", errorOf(Converter{}.EndState(&plannerv1.EndStateRequest{ResponseOptions: options}))},
		{"PopulateNode/node", "node", "required", errorOf(Converter{}.PopulateNode(&plannerv1.PopulateNodeRequest{}))},
		{
			"PopulateNode/fine", "", "",
			errorOf(Converter{}.PopulateNode(&plannerv1.PopulateNodeRequest{Node: node(), ExistingNodeNames: []string{"n1", "n2"}})),
		},
		{
			"PopulateNode/empty name", "existing_node_names[1]", "required",
			errorOf(Converter{}.PopulateNode(&plannerv1.PopulateNodeRequest{Node: node(), ExistingNodeNames: []string{"a", ""}})),
		},
		{
			"PopulateNode/colon", "existing_node_names[1]", "colon",
			errorOf(Converter{}.PopulateNode(&plannerv1.PopulateNodeRequest{Node: node(), ExistingNodeNames: []string{"a", "b:c"}})),
		},
		{
			"PopulateNode/sub", "existing_node_names[0]", `"sub"`,
			errorOf(Converter{}.PopulateNode(&plannerv1.PopulateNodeRequest{Node: node(), ExistingNodeNames: []string{"sub_a"}})),
		},
		{
			"PopulateNode/twice", "existing_node_names[2]", "more than once",
			errorOf(Converter{}.PopulateNode(&plannerv1.PopulateNodeRequest{Node: node(), ExistingNodeNames: []string{"a", "b", "a"}})),
		},
		{"PopulateNode/options", tooSmall, "4096", errorOf(Converter{}.PopulateNode(&plannerv1.PopulateNodeRequest{Node: node(), ResponseOptions: options}))},
		{
			"PopulateNodes/only names", "", "",
			errorOf(Converter{}.PopulateNodes(&plannerv1.PopulateNodesRequest{Existing: []*plannerv1.NodeResources{{NodeName: "n2"}}, New: []*plannerv1.NodeResources{node()}})),
		},
		{
			"PopulateNodes/existing", "existing[0].node_name", "required",
			errorOf(Converter{}.PopulateNodes(&plannerv1.PopulateNodesRequest{Existing: []*plannerv1.NodeResources{{}}})),
		},
		{
			"PopulateNodes/existing twice", "existing[1].node_name", "more than once",
			errorOf(Converter{}.PopulateNodes(&plannerv1.PopulateNodesRequest{Existing: []*plannerv1.NodeResources{{NodeName: "a"}, {NodeName: "a"}}})),
		},
		{
			"PopulateNodes/new", "new[0].node_name", "required",
			errorOf(Converter{}.PopulateNodes(&plannerv1.PopulateNodesRequest{New: []*plannerv1.NodeResources{nameless}})),
		},
		{"PopulateNodes/options", tooSmall, "4096", errorOf(Converter{}.PopulateNodes(&plannerv1.PopulateNodesRequest{ResponseOptions: options}))},
		{"RestoreNode/target", "target", "required", errorOf(Converter{}.RestoreNode(&plannerv1.RestoreNodeRequest{}))},
		{"RestoreNode/name", "target.node_name", "colon", errorOf(Converter{}.RestoreNode(&plannerv1.RestoreNodeRequest{Target: target}))},
		{"PlanStates/fine", "", "", errorOf(Converter{}.PlanStates(planStatesFixture(t)))},
		{
			"PlanStates/version", "states[0].version", "version",
			errorOf(Converter{}.PlanStates(&plannerv1.PlanStatesRequest{States: []*plannerv1.State{{Version: "x"}}})),
		},
		{"PlanStates/options", tooSmall, "4096", errorOf(Converter{}.PlanStates(&plannerv1.PlanStatesRequest{ResponseOptions: options}))},
		{"PlanRefresh/none", "", "", errorOf(Converter{}.PlanRefresh(&plannerv1.PlanRefreshRequest{}))},
		{"PlanRefresh/version", "state.version", "version", errorOf(Converter{}.PlanRefresh(&plannerv1.PlanRefreshRequest{State: &plannerv1.State{Version: "0"}}))},
		{"PlanRefresh/options", tooSmall, "4096", errorOf(Converter{}.PlanRefresh(&plannerv1.PlanRefreshRequest{ResponseOptions: options}))},
		{"ApplyEvents/fine", "", "", errorOf(Converter{}.ApplyEvents(applyEventsFixture(t)))},
		{"ApplyEvents/version", "state.version", "version", errorOf(Converter{}.ApplyEvents(&plannerv1.ApplyEventsRequest{State: &plannerv1.State{Version: "0"}}))},
		{"ApplyEvents/type", "events[1].type", "required", errorOf(Converter{}.ApplyEvents(events(func(e *plannerv1.Event) {
			e.Type = 0
			e.Resource = parse(t, &plannerv1.Resource{}, resourceFixture("a", "b"))
		})))},
		{"ApplyEvents/unknown type", "events[1].type", "unknown value 9", errorOf(Converter{}.ApplyEvents(events(func(e *plannerv1.Event) {
			e.Type = 9
			e.Resource = parse(t, &plannerv1.Resource{}, resourceFixture("a", "b"))
		})))},
		{"ApplyEvents/unknown reason", "events[1].reason", "unknown value 10", errorOf(Converter{}.ApplyEvents(events(func(e *plannerv1.Event) { e.Reason = 10 })))},
		{"ApplyEvents/forget", "", "", errorOf(Converter{}.ApplyEvents(events(func(e *plannerv1.Event) {
			e.Type, e.Reason = plannerv1.EventType_EVENT_TYPE_FORGET, plannerv1.EventReason_EVENT_REASON_HOST_LOST
		})))},
		{"ApplyEvents/no resource", "events[1].resource", "required", errorOf(Converter{}.ApplyEvents(events(func(e *plannerv1.Event) { e.Resource = nil })))},
		{
			"ApplyEvents/no identifier", "events[1].resource.identifier", "required",
			errorOf(Converter{}.ApplyEvents(events(func(e *plannerv1.Event) { e.Resource.Identifier = nil }))),
		},
		{"ApplyEvents/options", tooSmall, "4096", errorOf(Converter{}.ApplyEvents(&plannerv1.ApplyEventsRequest{ResponseOptions: options}))},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { wantViolation(t, c.err, c.field, c.description) })
	}
}

func errorOf(_ any, err error) error { return err }

// withoutInstances leaves the violation of a node out that follows from the node being there twice.
func withoutInstances(err error) error {
	var e *InvalidRequestError
	if errors.As(err, &e) && len(e.Violations) == 2 && strings.HasSuffix(e.Violations[1].Field, "spec.instance_id") {
		e.Violations, e.Total = e.Violations[:1], 1
	}
	return err
}
