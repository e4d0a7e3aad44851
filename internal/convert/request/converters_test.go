package request

import (
	"strings"
	"testing"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert"
	"github.com/pgplanner/pgplanner/internal/convert/response"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit/messages"
	"github.com/pgplanner/pgplanner/internal/verify"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// back writes what a call holds as a request again.
type back struct {
	t        *testing.T
	settings convert.ResponseSettings
}

func (b back) options() *plannerv1.ResponseOptions {
	return &plannerv1.ResponseOptions{
		AttributesFormat: b.settings.Format, MaxMessageBytes: uint32(b.settings.MaxMessageBytes),
		StartDigest: b.settings.StartDigest,
	}
}

func (b back) state(s *resource.State) *plannerv1.State {
	return messages.New(b.settings).State(s)
}

func (b back) node(n *planner.NodeResources) *plannerv1.NodeResources {
	m, err := messages.New(b.settings).Node(n)
	if err != nil {
		b.t.Fatal(err)
	}
	return m
}

func (b back) target(n *planner.NodeRestoreResources) *plannerv1.NodeRestoreResources {
	m, err := messages.New(b.settings).RestoreNode(n)
	if err != nil {
		b.t.Fatal(err)
	}
	return m
}

func each[A, B any](list []A, f func(A) B) []B {
	var out []B
	for _, a := range list {
		out = append(out, f(a))
	}
	return out
}

// converted is called when a converter has converted a request, and does not look at it any more.
var converted = func() {}

// texts are those of the request's Structs, if it was decoded with them.
var texts convert.StructTexts

// converter converts a request and writes it as a request again.
func converter[Request proto.Message, Call any](
	convert func(Converter, Request) (*Call, error), again func(back, *Call) Request, settings func(*Call) convert.ResponseSettings,
) func(*testing.T, proto.Message) (proto.Message, error) {
	return func(t *testing.T, m proto.Message) (proto.Message, error) {
		call, err := convert(Converter{Texts: texts}, m.(Request))
		if err != nil {
			return nil, err
		}
		converted()
		return again(back{t, settings(call)}, call), nil
	}
}

// only is the only node of a call.
func only(t *testing.T, c *NodesCall) *planner.NodeResources {
	t.Helper()
	if len(c.Nodes) != 1 {
		t.Fatalf("there are %d nodes", len(c.Nodes))
	}
	return c.Nodes[0]
}

// nodeNamed is a node of which only the name counts.
func nodeNamed(name string) *plannerv1.NodeResources { return &plannerv1.NodeResources{NodeName: name} }

// converters are one for each request.
var converters = map[protoreflect.FullName]func(*testing.T, proto.Message) (proto.Message, error){
	"planner.v1.UpdateDatabaseRequest": converter(Converter.UpdateDatabase, func(b back, c *UpdateDatabaseCall) *plannerv1.UpdateDatabaseRequest {
		options := response.ResolvedOptions(c.Options)
		options.DeleteDatabase = c.DeleteDatabase
		return &plannerv1.UpdateDatabaseRequest{
			Start: b.state(c.Start), Nodes: each(c.Nodes, b.node), Services: each(c.Options.Services, messages.New(b.settings).Service),
			Options: options, ExpectedDigest: c.ExpectedDigest, ResponseOptions: b.options(),
		}
	}, (*UpdateDatabaseCall).Settings),
	"planner.v1.RestoreDatabaseRequest": converter(Converter.RestoreDatabase, func(b back, c *RestoreDatabaseCall) *plannerv1.RestoreDatabaseRequest {
		return &plannerv1.RestoreDatabaseRequest{
			Start: b.state(c.Start), Nodes: each(c.Nodes, b.node), Targets: each(c.Targets, b.target),
			Options: &plannerv1.RestoreDatabaseOptions{LostHosts: c.Options.LostHosts, HoldNodes: c.Options.HoldNodes}, ExpectedDigest: c.ExpectedDigest, ResponseOptions: b.options(),
		}
	}, (*RestoreDatabaseCall).Settings),
	"planner.v1.AddNodeRequest": converter(Converter.AddNode, func(b back, c *NodesCall) *plannerv1.AddNodeRequest {
		return &plannerv1.AddNodeRequest{Node: b.node(only(b.t, c)), ResponseOptions: b.options()}
	}, (*NodesCall).Settings),
	"planner.v1.AddNodesRequest": converter(Converter.AddNodes, func(b back, c *NodesCall) *plannerv1.AddNodesRequest {
		return &plannerv1.AddNodesRequest{Nodes: each(c.Nodes, b.node), ResponseOptions: b.options()}
	}, (*NodesCall).Settings),
	"planner.v1.UpdateNodeRequest": converter(Converter.UpdateNode, func(b back, c *NodesCall) *plannerv1.UpdateNodeRequest {
		return &plannerv1.UpdateNodeRequest{Node: b.node(only(b.t, c)), ResponseOptions: b.options()}
	}, (*NodesCall).Settings),
	"planner.v1.RollingUpdateNodesRequest": converter(Converter.RollingUpdateNodes, func(b back, c *NodesCall) *plannerv1.RollingUpdateNodesRequest {
		return &plannerv1.RollingUpdateNodesRequest{Nodes: each(c.Nodes, b.node), ResponseOptions: b.options()}
	}, (*NodesCall).Settings),
	"planner.v1.ConcurrentUpdateNodesRequest": converter(Converter.ConcurrentUpdateNodes, func(b back, c *NodesCall) *plannerv1.ConcurrentUpdateNodesRequest {
		return &plannerv1.ConcurrentUpdateNodesRequest{Nodes: each(c.Nodes, b.node), ResponseOptions: b.options()}
	}, (*NodesCall).Settings),
	"planner.v1.EndStateRequest": converter(Converter.EndState, func(b back, c *NodesCall) *plannerv1.EndStateRequest {
		return &plannerv1.EndStateRequest{Nodes: each(c.Nodes, b.node), ResponseOptions: b.options()}
	}, (*NodesCall).Settings),
	"planner.v1.PopulateNodeRequest": converter(Converter.PopulateNode, func(b back, c *NodesCall) *plannerv1.PopulateNodeRequest {
		return &plannerv1.PopulateNodeRequest{Node: b.node(only(b.t, c)), ExistingNodeNames: c.Existing, ResponseOptions: b.options()}
	}, (*NodesCall).Settings),
	"planner.v1.PopulateNodesRequest": converter(Converter.PopulateNodes, func(b back, c *NodesCall) *plannerv1.PopulateNodesRequest {
		return &plannerv1.PopulateNodesRequest{Existing: each(c.Existing, nodeNamed), New: each(c.Nodes, b.node), ResponseOptions: b.options()}
	}, (*NodesCall).Settings),
	"planner.v1.RestoreNodeRequest": converter(Converter.RestoreNode, func(b back, c *RestoreNodeCall) *plannerv1.RestoreNodeRequest {
		return &plannerv1.RestoreNodeRequest{Target: b.target(c.Target), ResponseOptions: b.options()}
	}, (*RestoreNodeCall).Settings),
	"planner.v1.PlanStatesRequest": converter(Converter.PlanStates, func(b back, c *PlanStatesCall) *plannerv1.PlanStatesRequest {
		return &plannerv1.PlanStatesRequest{
			Start: b.state(c.Start), States: each(c.States, b.state),
			Options: response.ResolvedPlanOptions(c.Options).PlanOptions, ResponseOptions: b.options(),
		}
	}, (*PlanStatesCall).Settings),
	"planner.v1.PlanRefreshRequest": converter(Converter.PlanRefresh, func(b back, c *PlanRefreshCall) *plannerv1.PlanRefreshRequest {
		return &plannerv1.PlanRefreshRequest{State: b.state(c.State), ResponseOptions: b.options()}
	}, (*PlanRefreshCall).Settings),
	"planner.v1.ApplyEventsRequest": converter(Converter.ApplyEvents, func(b back, c *ApplyEventsCall) *plannerv1.ApplyEventsRequest {
		out := &plannerv1.ApplyEventsRequest{State: b.state(c.State), ResponseOptions: b.options()}
		for _, e := range c.Events { // the filler makes deletes, which have no more than this
			out.Events = append(out.Events, &plannerv1.Event{
				Type: convert.EventTypes.ToProto(e.Type),
				Resource: &plannerv1.Resource{
					Identifier: &plannerv1.Identifier{Type: string(e.Resource.Identifier.Type), Id: e.Resource.Identifier.ID},
				},
			})
		}
		return out
	}, (*ApplyEventsCall).Settings),
	"planner.v1.VerifyPlansRequest": func(_ *testing.T, m proto.Message) (proto.Message, error) {
		call, err := Converter{Texts: texts}.VerifyPlans(m.(*plannerv1.VerifyPlansRequest))
		if err != nil {
			return nil, err
		}
		e := messages.In(armFormat(m))
		out := &plannerv1.VerifyPlansRequest{
			Start: e.State(call.Start), End: e.State(call.End), Plans: each(call.Plans, e.Plan),
			Rules:              planRulesToProto[call.Options.Operation],
			NodeUpdateStrategy: plannerv1.NodeUpdateStrategy_NODE_UPDATE_STRATEGY_CONCURRENT,
		}
		if call.Options.Rolling {
			out.NodeUpdateStrategy = plannerv1.NodeUpdateStrategy_NODE_UPDATE_STRATEGY_ROLLING
		}
		return out, nil
	},
}

// planRulesToProto is planRulesFromProto the other way round.
var planRulesToProto = map[verify.Operation]plannerv1.PlanRules{
	verify.OperationStates:  plannerv1.PlanRules_PLAN_RULES_STATES,
	verify.OperationUpdate:  plannerv1.PlanRules_PLAN_RULES_UPDATE_DATABASE,
	verify.OperationRestore: plannerv1.PlanRules_PLAN_RULES_RESTORE_DATABASE,
}

// answers convert messages that are only in answers.
var answers = map[protoreflect.FullName]func(*testing.T, proto.Message) (proto.Message, error){
	"planner.v1.Plan": func(_ *testing.T, m proto.Message) (proto.Message, error) {
		plans, err := PlansFromProto([]*plannerv1.Plan{m.(*plannerv1.Plan)})
		if err != nil {
			return nil, err
		}
		return messages.In(armFormat(m)).Plan(plans[0]), nil
	},
	"planner.v1.Event": func(_ *testing.T, m proto.Message) (proto.Message, error) {
		event, err := eventOf(m.(*plannerv1.Event))
		if err != nil {
			return nil, err
		}
		return messages.In(armFormat(m)).Event(&event), nil
	},
	"planner.v1.State": func(_ *testing.T, m proto.Message) (proto.Message, error) {
		state, err := stateOf(m.(*plannerv1.State))
		if err != nil {
			return nil, err
		}
		return messages.In(armFormat(m)).State(state), nil
	},
}

// armFormat finds out which arm a message was filled with.
func armFormat(m proto.Message) plannerv1.AttributesFormat {
	if strings.Contains(protojson.Format(m), "attributesJson") {
		return plannerv1.AttributesFormat_ATTRIBUTES_FORMAT_JSON
	}
	return plannerv1.AttributesFormat_ATTRIBUTES_FORMAT_STRUCT
}
