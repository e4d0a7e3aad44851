package bench

import (
	"fmt"
	"path"
	"regexp"
	"testing"

	"google.golang.org/protobuf/proto"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/testkit/messages"
)

// cancelRequest is a request that is large in one way.
type cancelRequest struct {
	method  string
	what    string
	message func() proto.Message // made when it is needed
}

func (r *cancelRequest) name() string { return path.Base(r.method) }

func (r *cancelRequest) matches(pattern *regexp.Regexp) bool {
	return pattern.MatchString(r.name() + " " + r.what)
}

// cancelRequests has requests of every method, in every dimension that a request of it may be large in.
func cancelRequests(t *testing.T) []cancelRequest {
	var all []cancelRequest
	add := func(method, what string, message func() proto.Message) {
		all = append(all, cancelRequest{method: method, what: what, message: message})
	}
	for _, f := range forms {
		for _, c := range []struct {
			name  string
			nodes int
		}{
			{"create", 64},
			{"rolling-no-op", 64},
			{"setting-everywhere", 64},
			{"add-node", 64},
			{"remove-node", 64},
			{"force-update", 64},
		} {
			add(plannerv1.PlannerService_UpdateDatabase_FullMethodName, fmt.Sprintf("%s %d %s", c.name, c.nodes, f.name),
				func() proto.Message { return ask(t, c.name, c.nodes).update(t, f) })
		}
		add(plannerv1.PlannerService_RestoreDatabase_FullMethodName, "64 "+f.name,
			func() proto.Message { return ask(t, "restore-node", 64).restore(t, f) })
	}
	const create, update = "create", "rolling-no-op"
	add(plannerv1.PlannerService_UpdateDatabase_FullMethodName, "create 255 json",
		func() proto.Message { return ask(t, create, 255).update(t, forms[0]) })
	add(plannerv1.PlannerService_UpdateDatabase_FullMethodName, "rolling-no-op 255 json",
		func() proto.Message { return ask(t, update, 255).update(t, forms[0]) })
	for _, f := range forms {
		add(plannerv1.PlannerService_UpdateDatabase_FullMethodName, "huge recorded attributes "+f.name, func() proto.Message {
			request := ask(t, update, 3).update(t, f)
			for _, r := range request.GetStart().GetResources() {
				if r.GetIdentifier().GetType() == string(database.TypeNode) {
					setAttributes(r, f.name, unsorted(400_000, `"name":"n1","primary_instance_id":"n1-a"`))
				}
			}
			return request
		})
		add(plannerv1.PlannerService_UpdateDatabase_FullMethodName, "huge settings "+f.name, func() proto.Message {
			request := ask(t, create, 3).update(t, f)
			for _, n := range request.GetNodes() {
				hugeSettings(f.name, n)
			}
			request.ResponseOptions = &plannerv1.ResponseOptions{MaxMessageBytes: 64 << 20}
			return request
		})
	}
	all = append(all, cancelResourceRequests()...)
	return append(all, cancelStateRequests(t)...)
}

// cancelResourceRequests are those of the engine.
func cancelResourceRequests() []cancelRequest {
	var all []cancelRequest
	planStates := func(what string, request func() (start *plannerv1.State, states []*plannerv1.State)) {
		all = append(all, cancelRequest{plannerv1.ResourceService_PlanStates_FullMethodName, what, func() proto.Message {
			start, states := request()
			return &plannerv1.PlanStatesRequest{
				Start: start, States: states, ResponseOptions: &plannerv1.ResponseOptions{MaxMessageBytes: 64 << 20},
			}
		}})
	}
	fromTo := func(what string, from, to func() *plannerv1.State) {
		planStates(what, func() (*plannerv1.State, []*plannerv1.State) { return from(), []*plannerv1.State{to()} })
	}
	fromTo("create 199,000 resources", flat(0, ""), flat(199_000, ""))
	fromTo("99,000 resources changed", flat(99_000, ""), flat(99_000, "x"))
	fromTo("delete 199,000 resources", flat(199_000, ""), flat(0, ""))
	fromTo("create a chain of 199,000", flat(0, ""), chain(199_000))
	fromTo("delete a chain of 199,000", chain(199_000), flat(0, ""))
	fromTo("a cycle of 199,000", flat(0, ""), cycle(199_000))
	fromTo("a million dependencies", flat(0, ""), dense(1000, 1000))
	fromTo("1,500,000 missing dependencies", flat(0, ""), func() *plannerv1.State {
		state := dense(1000, 1500)()
		state.Resources = state.GetResources()[1500:]
		return state
	})
	fromTo("a million of types", flat(0, ""), typed(1000, 1000))
	planStates("a million empty states", func() (*plannerv1.State, []*plannerv1.State) {
		return nil, repeat(1_000_000, &plannerv1.State{})
	})
	planStates("100,000 states of one", func() (*plannerv1.State, []*plannerv1.State) { return nil, singles(100_000) })
	planStates("1,000 states over 90,000", func() (*plannerv1.State, []*plannerv1.State) {
		return flat(90_000, "")(), repeat(1000, flat(100, "x")())
	})
	for _, f := range forms {
		fromTo("99,000 resources unchanged "+f.name, formed(f.name, 99_000), formed(f.name, 99_000))
		fromTo("a huge unsorted object "+f.name, scattered(f.name, "1"), scattered(f.name, "2"))
		fromTo("a huge object "+f.name, object(f.name, 300_000, "a"), object(f.name, 300_000, "b"))
		fromTo("a huge list "+f.name, list(f.name, 500_000, "a"), list(f.name, 500_000, "b"))
		fromTo("a huge string "+f.name, text(f.name, "a"), text(f.name, "b"))
	}
	for _, c := range []struct {
		what  string
		state func() *plannerv1.State
	}{
		{"199,000 resources", flat(199_000, "")}, {"a chain of 199,000", chain(199_000)}, {"a million dependencies", dense(1000, 1000)},
	} {
		all = append(all, cancelRequest{plannerv1.ResourceService_PlanRefresh_FullMethodName, c.what, func() proto.Message {
			return &plannerv1.PlanRefreshRequest{State: c.state()}
		}})
	}
	return append(append(all, cancelVerifyRequests()...), cancelApplyRequests()...)
}

func cancelVerifyRequests() []cancelRequest {
	var all []cancelRequest
	verify := func(what string, request func() *plannerv1.VerifyPlansRequest) {
		all = append(all, cancelRequest{plannerv1.ResourceService_VerifyPlans_FullMethodName, what, func() proto.Message { return request() }})
	}
	creating := func(what string, state func() *plannerv1.State, perPhase int, end bool, rules plannerv1.PlanRules) {
		verify(what, func() *plannerv1.VerifyPlansRequest {
			made := state()
			request := &plannerv1.VerifyPlansRequest{Plans: creations(made, perPhase), Rules: rules}
			if end {
				request.End = made
			}
			return request
		})
	}
	creating("99,000 creations", flat(99_000, ""), 99_000, true, plannerv1.PlanRules_PLAN_RULES_STATES)
	creating("99,000 of a database", flat(99_000, ""), 1000, true, plannerv1.PlanRules_PLAN_RULES_UPDATE_DATABASE)
	creating("99,000 of a restore", flat(99_000, ""), 1000, true, plannerv1.PlanRules_PLAN_RULES_RESTORE_DATABASE)
	creating("a chain of 99,000", chain(99_000), 1, true, plannerv1.PlanRules_PLAN_RULES_STATES)
	creating("a chain of 199,000 in a phase", chain(199_000), 199_000, false, plannerv1.PlanRules_PLAN_RULES_STATES)
	creating("a million dependencies", dense(1000, 500), 1000, true, plannerv1.PlanRules_PLAN_RULES_STATES)
	verify("a million empty plans", func() *plannerv1.VerifyPlansRequest {
		return &plannerv1.VerifyPlansRequest{Plans: repeat(1_000_000, &plannerv1.Plan{})}
	})
	verify("a million empty phases", func() *plannerv1.VerifyPlansRequest {
		return &plannerv1.VerifyPlansRequest{Plans: []*plannerv1.Plan{{Phases: repeat(1_000_000, &plannerv1.Phase{})}}}
	})
	verify("a start of 199,000", func() *plannerv1.VerifyPlansRequest {
		return &plannerv1.VerifyPlansRequest{Start: flat(199_000, "")()}
	})
	return all
}

func cancelApplyRequests() []cancelRequest {
	var all []cancelRequest
	apply := func(what string, request func() (*plannerv1.State, []*plannerv1.Plan)) {
		all = append(all, cancelRequest{plannerv1.ResourceService_ApplyEvents_FullMethodName, what, func() proto.Message {
			state, plans := request()
			r := &plannerv1.ApplyEventsRequest{State: state, ResponseOptions: &plannerv1.ResponseOptions{MaxMessageBytes: 64 << 20}}
			for _, p := range plans {
				r.Events = append(r.Events, p.GetPhases()[0].GetEvents()...)
			}
			return r
		}})
	}
	apply("99,000 events", func() (*plannerv1.State, []*plannerv1.Plan) {
		return flat(99_000, "")(), creations(flat(99_000, "x")(), 99_000)
	})
	apply("a million dependencies", func() (*plannerv1.State, []*plannerv1.Plan) { return dense(1000, 1000)(), nil })
	for _, f := range forms {
		apply("a huge object "+f.name, func() (*plannerv1.State, []*plannerv1.Plan) {
			state := object(f.name, 300_000, "a")()
			return state, creations(state, 1)
		})
	}
	return all
}

// cancelStateRequests are those about nodes, one by one.
func cancelStateRequests(t *testing.T) []cancelRequest {
	var all []cancelRequest
	for _, f := range forms {
		e := messages.In(f.format)
		format := &plannerv1.ResponseOptions{AttributesFormat: f.format, MaxMessageBytes: 64 << 20}
		nodes := func(n int) []*plannerv1.NodeResources {
			all, err := e.Nodes(nodesOf(n, 5432))
			if err != nil {
				t.Fatal(err)
			}
			return all
		}
		// wide is a node of so many instances, new if it has a source.
		wide := func(instances int, source string) *plannerv1.NodeResources {
			node := nodes(1)[0]
			node.NodeName, node.SourceNode = "n0", source
			template := node.GetInstanceResources()[1]
			for i := range instances {
				one, _ := proto.Clone(template).(*plannerv1.InstanceResources)
				id := fmt.Sprintf("i%d", i)
				one.Instance.Spec.InstanceId, one.Instance.Spec.NodeName = id, "n0"
				one.InstanceDependencies = nil
				node.InstanceResources = append(node.InstanceResources, one)
			}
			return node
		}
		add := func(method, what string, message func() proto.Message) {
			all = append(all, cancelRequest{method, what + " " + f.name, message})
		}
		const instances = 20_000
		add(plannerv1.StateService_AddNode_FullMethodName, "20,000 instances", func() proto.Message {
			return &plannerv1.AddNodeRequest{Node: wide(instances, ""), ResponseOptions: format}
		})
		add(plannerv1.StateService_AddNode_FullMethodName, "huge settings", func() proto.Message {
			node := wide(0, "")
			hugeSettings(f.name, node)
			return &plannerv1.AddNodeRequest{Node: node, ResponseOptions: format}
		})
		add(plannerv1.StateService_UpdateNode_FullMethodName, "500 instances", func() proto.Message {
			return &plannerv1.UpdateNodeRequest{Node: wide(500, ""), ResponseOptions: format} // a state for each
		})
		add(plannerv1.StateService_PopulateNode_FullMethodName, "255 others", func() proto.Message {
			request := &plannerv1.PopulateNodeRequest{Node: wide(1000, "m0"), ResponseOptions: format}
			for i := range 255 {
				request.ExistingNodeNames = append(request.ExistingNodeNames, fmt.Sprintf("m%d", i))
			}
			return request
		})
		add(plannerv1.StateService_AddNodes_FullMethodName, "256 nodes", func() proto.Message {
			return &plannerv1.AddNodesRequest{Nodes: nodes(256), ResponseOptions: format}
		})
		add(plannerv1.StateService_RollingUpdateNodes_FullMethodName, "256 nodes", func() proto.Message {
			return &plannerv1.RollingUpdateNodesRequest{Nodes: nodes(256), ResponseOptions: format}
		})
		add(plannerv1.StateService_ConcurrentUpdateNodes_FullMethodName, "256 nodes", func() proto.Message {
			return &plannerv1.ConcurrentUpdateNodesRequest{Nodes: nodes(256), ResponseOptions: format}
		})
		add(plannerv1.StateService_PopulateNodes_FullMethodName, "128 and 128", func() proto.Message {
			request := &plannerv1.PopulateNodesRequest{Existing: nodes(256)[:128], New: nodes(256)[128:], ResponseOptions: format}
			for _, n := range request.GetNew() {
				n.SourceNode = "n1"
			}
			return request
		})
		add(plannerv1.StateService_RestoreNode_FullMethodName, "20,000 replicas", func() proto.Message {
			message, err := e.RestoreNode(ask(t, "restore-node", 2).targets[0])
			if err != nil {
				t.Fatal(err)
			}
			message.ReplicaInstances = append(message.ReplicaInstances, wide(instances, "").GetInstanceResources()...)
			for _, r := range message.ReplicaInstances {
				r.Instance.Spec.NodeName = message.GetNodeName()
			}
			return &plannerv1.RestoreNodeRequest{Target: message, ResponseOptions: format}
		})
		add(plannerv1.StateService_EndState_FullMethodName, "128 nodes", func() proto.Message {
			return &plannerv1.EndStateRequest{Nodes: nodes(128), ResponseOptions: format}
		})
	}
	return all
}
