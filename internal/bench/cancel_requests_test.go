package bench

import (
	"fmt"
	"path"
	"regexp"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
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
	fromTo("99,000 resources unchanged", flat(99_000, ""), flat(99_000, ""))
	fromTo("99,000 resources changed", flat(99_000, ""), flat(99_000, "x"))
	fromTo("delete 199,000 resources", flat(199_000, ""), flat(0, ""))
	fromTo("create a chain of 199,000", flat(0, ""), chain(199_000))
	fromTo("delete a chain of 199,000", chain(199_000), flat(0, ""))
	fromTo("a cycle of 199,000", flat(0, ""), cycle(199_000))
	fromTo("a million dependencies", flat(0, ""), dense(1000, 1000))
	fromTo("a million of types", flat(0, ""), typed(1000, 1000))
	planStates("a million empty states", func() (*plannerv1.State, []*plannerv1.State) {
		return nil, repeat(1_000_000, &plannerv1.State{})
	})
	planStates("100,000 states of one", func() (*plannerv1.State, []*plannerv1.State) { return nil, singles(100_000) })
	planStates("1,000 states over 90,000", func() (*plannerv1.State, []*plannerv1.State) {
		return flat(90_000, "")(), repeat(1000, flat(100, "x")())
	})
	for _, f := range forms {
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

// thing is a resource with little in it.
func thing(kind string, i int, attributes string, dependencies ...*plannerv1.Identifier) *plannerv1.Resource {
	return &plannerv1.Resource{
		Identifier:     &plannerv1.Identifier{Type: kind, Id: fmt.Sprintf("%06d", i)},
		Executor:       &plannerv1.Executor{Type: plannerv1.ExecutorType_EXECUTOR_TYPE_ANY},
		AttributesForm: &plannerv1.Resource_AttributesJson{AttributesJson: `{"i":` + fmt.Sprint(i) + `,"v":"` + attributes + `"}`},
		Dependencies:   dependencies,
	}
}

func repeat[T any](n int, one T) []T {
	all := make([]T, n)
	for i := range all {
		all[i] = one
	}
	return all
}

// flat makes a state of resources that depend on nothing.
func flat(n int, value string) func() *plannerv1.State {
	return func() *plannerv1.State {
		state := &plannerv1.State{}
		for i := range n {
			state.Resources = append(state.Resources, thing("a", i, value))
		}
		return state
	}
}

// chain makes a state of resources each of which depends on the next one.
func chain(n int) func() *plannerv1.State {
	return func() *plannerv1.State {
		state := flat(n, "")()
		for i, r := range state.GetResources()[:n-1] {
			r.Dependencies = []*plannerv1.Identifier{state.GetResources()[i+1].GetIdentifier()}
		}
		return state
	}
}

// cycle makes a chain whose last one depends on the first.
func cycle(n int) func() *plannerv1.State {
	return func() *plannerv1.State {
		state := chain(n)()
		state.Resources[n-1].Dependencies = []*plannerv1.Identifier{state.GetResources()[0].GetIdentifier()}
		return state
	}
}

// dense makes a state of so many resources that depend on so many others.
func dense(from, to int) func() *plannerv1.State {
	return func() *plannerv1.State {
		state := flat(to, "")()
		var all []*plannerv1.Identifier
		for _, r := range state.GetResources() {
			all = append(all, r.GetIdentifier())
		}
		for i := range from {
			state.Resources = append(state.Resources, thing("b", i, "", all...))
		}
		return state
	}
}

// typed makes a state of so many resources that depend on the types of so many others.
func typed(from, to int) func() *plannerv1.State {
	return func() *plannerv1.State {
		state := &plannerv1.State{}
		var types []string
		for i := range to {
			types = append(types, fmt.Sprintf("t%d", i))
			state.Resources = append(state.Resources, thing(types[i], i, ""))
		}
		for i := range from {
			r := thing("b", i, "")
			r.TypeDependencies = types
			state.Resources = append(state.Resources, r)
		}
		return state
	}
}

// singles are states of one resource each, each of which is another one.
func singles(n int) []*plannerv1.State {
	all := make([]*plannerv1.State, n)
	for i := range all {
		all[i] = &plannerv1.State{Resources: []*plannerv1.Resource{thing("a", i, "")}}
	}
	return all
}

// creations is a plan that creates the resources of a state, last ones first, so many in a phase.
func creations(state *plannerv1.State, perPhase int) []*plannerv1.Plan {
	plan := &plannerv1.Plan{}
	for i := len(state.GetResources()) - 1; i >= 0; i-- {
		last := len(plan.Phases) - 1
		if last < 0 || len(plan.Phases[last].Events) == perPhase {
			plan.Phases = append(plan.Phases, &plannerv1.Phase{})
			last++
		}
		plan.Phases[last].Events = append(plan.Phases[last].Events, &plannerv1.Event{
			Type: plannerv1.EventType_EVENT_TYPE_CREATE, Reason: plannerv1.EventReason_EVENT_REASON_DOES_NOT_EXIST, Resource: state.GetResources()[i],
		})
	}
	return []*plannerv1.Plan{plan}
}

// object, list and text make states of one resource with huge attributes, which end with the value.
func object(form string, members int, value string) func() *plannerv1.State {
	return func() *plannerv1.State {
		fields := map[string]any{"z": value}
		for i := range members {
			fields[fmt.Sprintf("k%d", i)] = i
		}
		return huge(form, fields)
	}
}

func list(form string, elements int, value string) func() *plannerv1.State {
	return func() *plannerv1.State {
		values := make([]any, elements+1)
		for i := range elements {
			values[i] = i
		}
		values[elements] = value
		return huge(form, map[string]any{"l": values})
	}
}

func text(form, value string) func() *plannerv1.State {
	return func() *plannerv1.State {
		return huge(form, map[string]any{"s": strings.Repeat("ö", 3_000_000) + value})
	}
}

func huge(form string, fields map[string]any) *plannerv1.State {
	attributes, err := structpb.NewStruct(fields)
	if err != nil {
		panic(err)
	}
	r := thing("a", 0, "")
	r.AttributesForm = &plannerv1.Resource_Attributes{Attributes: attributes}
	if form == forms[0].name {
		text, err := attributes.MarshalJSON()
		if err != nil {
			panic(err)
		}
		r.AttributesForm = &plannerv1.Resource_AttributesJson{AttributesJson: string(text)}
	}
	return &plannerv1.State{Resources: []*plannerv1.Resource{r}}
}
