package convert

import (
	"fmt"
	"strings"
	"testing"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/structpb"
)

// These tests walk the descriptors of the API: a message, field, enum value or rpc that is added without its
// conversion makes them fail.

var files = []protoreflect.FileDescriptor{
	plannerv1.File_planner_v1_database_proto,
	plannerv1.File_planner_v1_options_proto,
	plannerv1.File_planner_v1_plan_proto,
	plannerv1.File_planner_v1_planner_service_proto,
	plannerv1.File_planner_v1_resource_proto,
	plannerv1.File_planner_v1_resource_service_proto,
	plannerv1.File_planner_v1_state_service_proto,
	plannerv1.File_planner_v1_stream_proto,
}

// filler sets all fields of a message to values that are not their defaults, each of them different.
type filler struct {
	count int
	// arm is which field of each oneof is set: 0 for Structs and Values, 1 for JSON text.
	arm int
	// seen are the messages that were filled.
	seen map[protoreflect.FullName]bool
}

// special are values of fields that not every value is valid for.
func (f *filler) special(name protoreflect.FullName) (protoreflect.Value, bool) {
	v := func(v any) (protoreflect.Value, bool) { return protoreflect.ValueOf(v), true }
	switch name {
	case "planner.v1.State.version":
		return v("1")
	case "planner.v1.Executor.type":
		return v(plannerv1.ExecutorType_EXECUTOR_TYPE_HOST.Number())
	case "planner.v1.Resource.attributes_json", "planner.v1.InstanceSpec.settings_json":
		return v(fmt.Sprintf(`{ "number": %d.50, "x": [] }`, f.count))
	case "planner.v1.PatchOperation.value_json":
		return v(fmt.Sprintf(` [%d]`, f.count))
	case "planner.v1.Resource.diff_ignore":
		return v(fmt.Sprintf("/%d", f.count))
	case "planner.v1.ResponseOptions.max_message_bytes":
		return v(uint32(4096 + f.count))
	case "planner.v1.ResponseOptions.attributes_format":
		return v(protoreflect.EnumNumber(f.arm + 1))
	}
	return protoreflect.Value{}, false
}

func (f *filler) fill(m protoreflect.Message) {
	switch out := m.Interface().(type) {
	case *structpb.Struct:
		f.count++
		proto.Merge(out, set(fmt.Sprintf("k%d", f.count), structpb.NewNumberValue(float64(f.count))))
		return
	case *structpb.Value:
		f.count++
		proto.Merge(out, structpb.NewNumberValue(float64(f.count)))
		return
	}
	f.seen[m.Descriptor().FullName()] = true
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		if oneof := field.ContainingOneof(); oneof != nil && oneof.Fields().Get(f.arm) != field {
			continue
		}
		switch {
		case field.IsMap():
			for range 2 {
				f.count++
				m.Mutable(field).Map().Set(
					protoreflect.ValueOf(fmt.Sprintf("k%d", f.count)).MapKey(), f.value(m, field.MapValue()))
			}
		case field.IsList():
			for range 2 {
				list := m.Mutable(field).List()
				if field.Message() == nil {
					list.Append(f.value(m, field))
				} else {
					f.fill(list.AppendMutable().Message())
				}
			}
		case field.Message() != nil:
			f.fill(m.Mutable(field).Message())
		default:
			m.Set(field, f.value(m, field))
		}
	}
}

func (f *filler) value(m protoreflect.Message, field protoreflect.FieldDescriptor) protoreflect.Value {
	f.count++
	if v, ok := f.special(field.FullName()); ok {
		return v
	}
	switch field.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOf(true)
	case protoreflect.StringKind:
		return protoreflect.ValueOf(fmt.Sprintf("v%05d", f.count))
	case protoreflect.Uint32Kind:
		return protoreflect.ValueOf(uint32(f.count))
	case protoreflect.EnumKind:
		values := field.Enum().Values()
		return protoreflect.ValueOf(values.Get(values.Len() - 1).Number())
	}
	panic(fmt.Sprintf("teach the filler how to fill %s of %s", field.FullName(), m.Descriptor().FullName()))
}

// settleNode makes the fields of a node fit together.
func settleNode(n *plannerv1.NodeResources) {
	n.DatabaseId, n.DatabaseName = "database-id", "database-name"
	n.PrimaryInstanceId = n.InstanceResources[1].Instance.Spec.InstanceId
	n.Scripts[0].Name, n.Scripts[1].Name = "post_database_create", "post_init"
	for _, i := range n.InstanceResources {
		settleInstance(i, n.NodeName)
	}
}

func settleInstance(i *plannerv1.InstanceResources, node string) {
	spec := i.Instance.Spec
	spec.NodeName, spec.DatabaseId, spec.DatabaseName = node, "database-id", "database-name"
	i.Instance.PostInit.Name = "post_init"
	settleWishes(i.InstanceDependencies, i.DatabaseDependencies, i.NodeDependents)
}

// settleWishes takes the marks away that a wish does not have.
func settleWishes(lists ...[]*plannerv1.Resource) {
	for _, list := range lists {
		for _, r := range list {
			r.NeedsRecreate, r.PendingDeletion, r.Error = false, false, ""
		}
	}
}

func settleTarget(n *plannerv1.NodeRestoreResources) {
	n.DatabaseId, n.DatabaseName = "database-id", "database-name"
	n.RestoreInstance.Instance.Spec.InstanceId = n.PrimaryInstance.Instance.Spec.InstanceId
	for _, i := range append(n.ReplicaInstances, n.PrimaryInstance, n.RestoreInstance) {
		settleInstance(i, n.NodeName)
	}
}

func settleService(s *plannerv1.ServiceResources) {
	settleWishes(s.Resources, []*plannerv1.Resource{s.MonitorResource})
}

// settle makes the fields of a request fit together: what a filler cannot know. Either a node's source or
// its restore config can be there.
func settle(m proto.Message, source bool) {
	var nodes []*plannerv1.NodeResources
	switch m := m.(type) {
	case *plannerv1.UpdateDatabaseRequest:
		nodes = m.Nodes
		for _, s := range m.Services {
			settleService(s)
		}
	case *plannerv1.RestoreDatabaseRequest:
		nodes = m.Nodes
		for _, n := range m.Targets {
			settleTarget(n)
		}
	case *plannerv1.AddNodeRequest:
		nodes = append(nodes, m.Node)
	case *plannerv1.AddNodesRequest:
		nodes = m.Nodes
	case *plannerv1.UpdateNodeRequest:
		nodes = append(nodes, m.Node)
	case *plannerv1.RollingUpdateNodesRequest:
		nodes = m.Nodes
	case *plannerv1.ConcurrentUpdateNodesRequest:
		nodes = m.Nodes
	case *plannerv1.PopulateNodeRequest:
		nodes = append(nodes, m.Node)
	case *plannerv1.PopulateNodesRequest:
		nodes = m.New
	case *plannerv1.RestoreNodeRequest:
		settleTarget(m.Target)
	case *plannerv1.EndStateRequest:
		nodes = m.Nodes
	case *plannerv1.Plan:
		for i, p := range m.Phases {
			p.Index = uint32(i)
		}
	}
	for _, n := range nodes {
		settleNode(n)
		if source {
			n.RestoreConfig = nil
		} else {
			n.SourceNode = ""
		}
	}
}

// forget takes away what the API says does not count, and so does not survive.
func forget(m proto.Message) proto.Message {
	m = proto.Clone(m)
	switch m := m.(type) {
	case *plannerv1.PopulateNodesRequest:
		for i, n := range m.Existing {
			m.Existing[i] = &plannerv1.NodeResources{NodeName: n.NodeName}
		}
	case *plannerv1.ApplyEventsRequest:
		for i, e := range m.Events {
			m.Events[i] = &plannerv1.Event{Type: e.Type, Resource: &plannerv1.Resource{Identifier: e.Resource.Identifier}}
		}
	}
	return m
}

// back writes what a call holds as a request again.
type back struct {
	t        *testing.T
	settings ResponseSettings
}

func (b back) options() *plannerv1.ResponseOptions {
	return &plannerv1.ResponseOptions{
		AttributesFormat: b.settings.Format, MaxMessageBytes: uint32(b.settings.MaxMessageBytes),
	}
}

func (b back) state(s *resource.State) *plannerv1.State { return NewEncoder(b.settings).State(s) }

func (b back) node(n *planner.NodeResources) *plannerv1.NodeResources {
	m, err := NewEncoder(b.settings).Node(n)
	if err != nil {
		b.t.Fatal(err)
	}
	return m
}

func (b back) target(n *planner.NodeRestoreResources) *plannerv1.NodeRestoreResources {
	m, err := NewEncoder(b.settings).RestoreNode(n)
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

// converter converts a request and writes it as a request again.
func converter[Request proto.Message, Call any](
	convert func(Request) (*Call, error), again func(back, *Call) Request, settings func(*Call) ResponseSettings,
) func(*testing.T, proto.Message) (proto.Message, error) {
	return func(t *testing.T, m proto.Message) (proto.Message, error) {
		call, err := convert(m.(Request))
		if err != nil {
			return nil, err
		}
		return again(back{t, settings(call)}, call), nil
	}
}

func nodeResponse(c *NodeCall) ResponseSettings   { return c.Response }
func nodesResponse(c *NodesCall) ResponseSettings { return c.Response }

// converters are one for each request.
var converters = map[protoreflect.FullName]func(*testing.T, proto.Message) (proto.Message, error){
	"planner.v1.UpdateDatabaseRequest": converter(UpdateDatabase, func(b back, c *UpdateDatabaseCall) *plannerv1.UpdateDatabaseRequest {
		return &plannerv1.UpdateDatabaseRequest{
			Start: b.state(c.Start), Nodes: each(c.Nodes, b.node), Services: each(c.Options.Services, NewEncoder(b.settings).Service),
			Options: ResolvedOptions(c.Options), ResponseOptions: b.options(),
		}
	}, func(c *UpdateDatabaseCall) ResponseSettings { return c.Response }),
	"planner.v1.RestoreDatabaseRequest": converter(RestoreDatabase, func(b back, c *RestoreDatabaseCall) *plannerv1.RestoreDatabaseRequest {
		return &plannerv1.RestoreDatabaseRequest{
			Start: b.state(c.Start), Nodes: each(c.Nodes, b.node), Targets: each(c.Targets, b.target), ResponseOptions: b.options(),
		}
	}, func(c *RestoreDatabaseCall) ResponseSettings { return c.Response }),
	"planner.v1.AddNodeRequest": converter(AddNode, func(b back, c *NodeCall) *plannerv1.AddNodeRequest {
		return &plannerv1.AddNodeRequest{Node: b.node(c.Node), ResponseOptions: b.options()}
	}, nodeResponse),
	"planner.v1.AddNodesRequest": converter(AddNodes, func(b back, c *NodesCall) *plannerv1.AddNodesRequest {
		return &plannerv1.AddNodesRequest{Nodes: each(c.Nodes, b.node), ResponseOptions: b.options()}
	}, nodesResponse),
	"planner.v1.UpdateNodeRequest": converter(UpdateNode, func(b back, c *NodeCall) *plannerv1.UpdateNodeRequest {
		return &plannerv1.UpdateNodeRequest{Node: b.node(c.Node), ResponseOptions: b.options()}
	}, nodeResponse),
	"planner.v1.RollingUpdateNodesRequest": converter(RollingUpdateNodes, func(b back, c *NodesCall) *plannerv1.RollingUpdateNodesRequest {
		return &plannerv1.RollingUpdateNodesRequest{Nodes: each(c.Nodes, b.node), ResponseOptions: b.options()}
	}, nodesResponse),
	"planner.v1.ConcurrentUpdateNodesRequest": converter(ConcurrentUpdateNodes, func(b back, c *NodesCall) *plannerv1.ConcurrentUpdateNodesRequest {
		return &plannerv1.ConcurrentUpdateNodesRequest{Nodes: each(c.Nodes, b.node), ResponseOptions: b.options()}
	}, nodesResponse),
	"planner.v1.EndStateRequest": converter(EndState, func(b back, c *NodesCall) *plannerv1.EndStateRequest {
		return &plannerv1.EndStateRequest{Nodes: each(c.Nodes, b.node), ResponseOptions: b.options()}
	}, nodesResponse),
	"planner.v1.PopulateNodeRequest": converter(PopulateNode, func(b back, c *PopulateNodeCall) *plannerv1.PopulateNodeRequest {
		return &plannerv1.PopulateNodeRequest{Node: b.node(c.Node), ExistingNodeNames: c.ExistingNodeNames, ResponseOptions: b.options()}
	}, func(c *PopulateNodeCall) ResponseSettings { return c.Response }),
	"planner.v1.PopulateNodesRequest": converter(PopulateNodes, func(b back, c *PopulateNodesCall) *plannerv1.PopulateNodesRequest {
		return &plannerv1.PopulateNodesRequest{Existing: each(c.Existing, b.node), New: each(c.New, b.node), ResponseOptions: b.options()}
	}, func(c *PopulateNodesCall) ResponseSettings { return c.Response }),
	"planner.v1.RestoreNodeRequest": converter(RestoreNode, func(b back, c *RestoreNodeCall) *plannerv1.RestoreNodeRequest {
		return &plannerv1.RestoreNodeRequest{Target: b.target(c.Target), ResponseOptions: b.options()}
	}, func(c *RestoreNodeCall) ResponseSettings { return c.Response }),
	"planner.v1.PlanStatesRequest": converter(PlanStates, func(b back, c *PlanStatesCall) *plannerv1.PlanStatesRequest {
		return &plannerv1.PlanStatesRequest{
			Start: b.state(c.Start), States: each(c.States, b.state),
			Options: ResolvedPlanOptions(c.Options).PlanOptions, ResponseOptions: b.options(),
		}
	}, func(c *PlanStatesCall) ResponseSettings { return c.Response }),
	"planner.v1.PlanRefreshRequest": converter(PlanRefresh, func(b back, c *PlanRefreshCall) *plannerv1.PlanRefreshRequest {
		return &plannerv1.PlanRefreshRequest{State: b.state(c.State), ResponseOptions: b.options()}
	}, func(c *PlanRefreshCall) ResponseSettings { return c.Response }),
	"planner.v1.ApplyEventsRequest": converter(ApplyEvents, func(b back, c *ApplyEventsCall) *plannerv1.ApplyEventsRequest {
		out := &plannerv1.ApplyEventsRequest{State: b.state(c.State), ResponseOptions: b.options()}
		for _, e := range c.Events { // the filler makes deletes, which have no more than this
			out.Events = append(out.Events, &plannerv1.Event{
				Type: eventTypeToProto(e.Type),
				Resource: &plannerv1.Resource{
					Identifier: &plannerv1.Identifier{Type: string(e.Resource.Identifier.Type), Id: e.Resource.Identifier.ID},
				},
			})
		}
		return out
	}, func(c *ApplyEventsCall) ResponseSettings { return c.Response }),
}

// answers convert messages that are only in answers.
var answers = map[protoreflect.FullName]func(*testing.T, proto.Message) (proto.Message, error){
	"planner.v1.Plan": func(_ *testing.T, m proto.Message) (proto.Message, error) {
		plans, err := PlansFromProto([]*plannerv1.Plan{m.(*plannerv1.Plan)})
		if err != nil {
			return nil, err
		}
		return NewFormEncoder(armFormat(m)).Plan(plans[0]), nil
	},
	"planner.v1.Event": func(_ *testing.T, m proto.Message) (proto.Message, error) {
		event, err := EventFromProto(m.(*plannerv1.Event))
		if err != nil {
			return nil, err
		}
		return NewFormEncoder(armFormat(m)).Event(event), nil
	},
	"planner.v1.State": func(_ *testing.T, m proto.Message) (proto.Message, error) {
		state, err := StateFromProto(m.(*plannerv1.State))
		if err != nil {
			return nil, err
		}
		return NewFormEncoder(armFormat(m)).State(state), nil
	},
}

// armFormat finds out which arm a message was filled with.
func armFormat(m proto.Message) plannerv1.AttributesFormat {
	if strings.Contains(protojson.Format(m), "attributesJson") {
		return plannerv1.AttributesFormat_ATTRIBUTES_FORMAT_JSON
	}
	return plannerv1.AttributesFormat_ATTRIBUTES_FORMAT_STRUCT
}

// made are the messages that are tested by TestHeaderAndSummaryAreComplete; they and the messages around
// them are only ever made by the service.
var made = map[protoreflect.FullName]bool{
	"planner.v1.PlanHeader": true, "planner.v1.PlanPart": true, "planner.v1.PlanSummary": true,
}

func filled(name protoreflect.FullName, arm int, source bool, seen map[protoreflect.FullName]bool) proto.Message {
	m := newMessage(name)
	f := filler{arm: arm, seen: seen}
	f.fill(m.ProtoReflect())
	settle(m, source)
	return m
}

func newMessage(name protoreflect.FullName) proto.Message {
	for _, file := range files {
		if d := file.Messages().ByName(name.Name()); d != nil {
			t, err := protoregistry.GlobalTypes.FindMessageByName(name)
			if err != nil {
				panic(err)
			}
			return t.New().Interface()
		}
	}
	panic("no message " + name)
}

func TestEveryFieldOfEveryMessageSurvives(t *testing.T) {
	seen := map[protoreflect.FullName]bool{}
	run := func(name protoreflect.FullName, convert func(*testing.T, proto.Message) (proto.Message, error)) {
		for arm := range 2 {
			for _, source := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s/arm=%d/source=%t", name.Name(), arm, source), func(t *testing.T) {
					in := filled(name, arm, source, seen)
					before := proto.Clone(in)
					out, err := convert(t, in)
					if err != nil {
						t.Fatal(err)
					}
					if want := forget(before); !proto.Equal(want, out) {
						t.Errorf("got\n%s\nfrom\n%s", protojson.Format(out), protojson.Format(want))
					}
					if !proto.Equal(before, in) {
						t.Error("the request has changed")
					}
				})
			}
		}
	}
	for name, convert := range converters {
		run(name, convert)
	}
	for name, convert := range answers {
		run(name, convert)
	}
	for _, file := range files {
		services := file.Services()
		for i := range services.Len() {
			methods := services.Get(i).Methods()
			for j := range methods.Len() {
				if in := methods.Get(j).Input().FullName(); converters[in] == nil {
					t.Errorf("no conversion for %s, the request of %s", in, methods.Get(j).FullName())
				}
				made[methods.Get(j).Output().FullName()] = true
			}
		}
	}
	for _, file := range files {
		messages := file.Messages()
		for i := range messages.Len() {
			if name := messages.Get(i).FullName(); !seen[name] && !made[name] {
				t.Errorf("no conversion for %s", name)
			}
		}
	}
}

func TestHeaderAndSummaryAreComplete(t *testing.T) {
	event := func(eventType resource.EventType) resource.Event {
		return resource.Event{Type: eventType, Resource: opaque("t", "x", nil)}
	}
	plans := []resource.Plan{
		{Phases: []resource.Phase{
			{Events: []resource.Event{
				event(resource.EventRefresh), event(resource.EventRefresh), event(resource.EventCreate),
				event(resource.EventUpdate), event(resource.EventUpdate), event(resource.EventUpdate),
			}},
			{Events: []resource.Event{event(resource.EventDelete), event(resource.EventDelete), event(resource.EventDelete), event(resource.EventDelete)}},
		}},
		{Phases: []resource.Phase{{Events: []resource.Event{event(resource.EventCreate)}}}},
	}
	summary := Summary(plans)
	if want := (&plannerv1.PlanSummary{
		Plans: 2, Phases: 3, Refreshes: 2, Creates: 2, Updates: 3, Deletes: 4, Digest: resource.Digest(plans),
	}); !proto.Equal(summary, want) {
		t.Errorf("the summary is %v, not %v", summary, want)
	}
	settings := ResponseSettings{Format: plannerv1.AttributesFormat_ATTRIBUTES_FORMAT_JSON, MaxMessageBytes: 5000}
	header := NewEncoder(settings).Header(7, ResolvedOptions(planner.UpdateDatabaseOptions{}))
	if want := (&plannerv1.PlanHeader{
		Options: &plannerv1.UpdateDatabaseOptions{
			NodeUpdateStrategy: plannerv1.NodeUpdateStrategy_NODE_UPDATE_STRATEGY_ROLLING,
			PlanOptions:        &plannerv1.PlanOptions{},
		},
		AttributesFormat: settings.Format, MaxMessageBytes: 5000, Plans: 7,
	}); !proto.Equal(header, want) {
		t.Errorf("the header is %v, not %v", header, want)
	}
	for _, m := range []proto.Message{summary, header} {
		fields := m.ProtoReflect().Descriptor().Fields()
		for i := range fields.Len() {
			if !m.ProtoReflect().Has(fields.Get(i)) {
				t.Errorf("nothing sets %s", fields.Get(i).FullName())
			}
		}
	}
}

// walk visits all fields below m that are set, with their paths.
func walk(m protoreflect.Message, path string, visit func(m protoreflect.Message, field protoreflect.FieldDescriptor, path string)) {
	if !strings.HasPrefix(string(m.Descriptor().FullName()), "planner.v1.") {
		return
	}
	m.Range(func(field protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		p := strings.TrimPrefix(path+"."+string(field.Name()), ".")
		switch {
		case field.IsMap():
		case field.IsList() && field.Message() != nil:
			for i := range v.List().Len() {
				walk(v.List().Get(i).Message(), fmt.Sprintf("%s[%d]", p, i), visit)
			}
		case field.Message() != nil:
			walk(v.Message(), p, visit)
		default:
			visit(m, field, p)
		}
		return true
	})
}

func TestUnknownEnumNumbersAreViolationsEverywhere(t *testing.T) {
	tried := 0
	for name, convert := range converters {
		in := filled(name, 1, true, map[protoreflect.FullName]bool{})
		walk(in.ProtoReflect(), "", func(m protoreflect.Message, field protoreflect.FieldDescriptor, path string) {
			switch {
			case field.Kind() != protoreflect.EnumKind,
				name == "planner.v1.PopulateNodesRequest" && strings.HasPrefix(path, "existing"),
				name == "planner.v1.ApplyEventsRequest" && strings.HasSuffix(path, "].resource.executor.type"):
				return
			}
			tried++
			before := m.Get(field)
			m.Set(field, protoreflect.ValueOf(protoreflect.EnumNumber(99)))
			defer m.Set(field, before)
			_, err := convert(t, in)
			for _, v := range invalid(t, err).Violations {
				if v.Field == path && v.Description == "unknown value 99" {
					return
				}
			}
			t.Errorf("%s: no violation at %s", name, path)
		})
	}
	if tried < 100 {
		t.Errorf("only %d enums were tried", tried)
	}
}

func TestEveryEnumValueHasItsWordInTheDomain(t *testing.T) {
	check := func(t *testing.T, enum protoreflect.EnumDescriptor, words func(protoreflect.EnumNumber) (string, protoreflect.EnumNumber, bool)) {
		t.Helper()
		values := enum.Values()
		prefix := strings.TrimSuffix(string(values.ByNumber(0).Name()), "UNSPECIFIED")
		for i := range values.Len() {
			v := values.Get(i)
			word, again, ok := words(v.Number())
			if v.Number() == 0 {
				continue
			}
			if !ok || again != v.Number() || prefix+strings.ToUpper(word) != string(v.Name()) {
				t.Errorf("%s becomes %q and comes back as %d", v.Name(), word, again)
			}
		}
		for _, unknown := range []protoreflect.EnumNumber{-1, protoreflect.EnumNumber(values.Len()), 1 << 20} {
			if _, _, ok := words(unknown); ok {
				t.Errorf("%s: %d is accepted", enum.Name(), unknown)
			}
		}
	}
	known := map[protoreflect.FullName]func(protoreflect.EnumNumber) (string, protoreflect.EnumNumber, bool){
		"planner.v1.ExecutorType": func(n protoreflect.EnumNumber) (string, protoreflect.EnumNumber, bool) {
			v, ok := executorTypeFromProto(plannerv1.ExecutorType(n))
			return v.String(), executorTypeToProto(v).Number(), ok
		},
		"planner.v1.EventType": func(n protoreflect.EnumNumber) (string, protoreflect.EnumNumber, bool) {
			v, ok := eventTypeFromProto(plannerv1.EventType(n))
			return v.String(), eventTypeToProto(v).Number(), ok
		},
		"planner.v1.EventReason": func(n protoreflect.EnumNumber) (string, protoreflect.EnumNumber, bool) {
			v, ok := eventReasonFromProto(plannerv1.EventReason(n))
			return v.String(), eventReasonToProto(v).Number(), ok
		},
		"planner.v1.NodeUpdateStrategy": func(n protoreflect.EnumNumber) (string, protoreflect.EnumNumber, bool) {
			v, ok := nodeUpdateStrategyFromProto(plannerv1.NodeUpdateStrategy(n))
			return string(v), nodeUpdateStrategyToProto(v).Number(), ok
		},
		"planner.v1.AttributesFormat": func(n protoreflect.EnumNumber) (string, protoreflect.EnumNumber, bool) {
			word := map[form]string{formStruct: "struct", formText: "json"}[formOf(plannerv1.AttributesFormat(n))]
			return word, n, knownFormat(plannerv1.AttributesFormat(n))
		},
	}
	for _, file := range files {
		for i := range file.Enums().Len() {
			enum := file.Enums().Get(i)
			words := known[enum.FullName()]
			if words == nil {
				t.Errorf("no conversion for %s", enum.FullName())
				continue
			}
			check(t, enum, words)
		}
	}
	// The other way round: the domain has no value that the wire lacks.
	for v := resource.ExecutorType(1); v.String() != "invalid"; v++ {
		if again, ok := executorTypeFromProto(executorTypeToProto(v)); !ok || again != v {
			t.Errorf("executor type %s does not survive", v)
		}
	}
	for v := resource.EventType(1); v.String() != "invalid"; v++ {
		if again, ok := eventTypeFromProto(eventTypeToProto(v)); !ok || again != v {
			t.Errorf("event type %s does not survive", v)
		}
	}
	for v := resource.EventReason(0); v == 0 || v.String() != ""; v++ {
		if again, ok := eventReasonFromProto(eventReasonToProto(v)); !ok || again != v {
			t.Errorf("reason %s does not survive", v)
		}
	}
	if executorTypeToProto(99) != 0 || eventTypeToProto(99) != 0 || eventReasonToProto(99) != 0 || nodeUpdateStrategyToProto("x") != 0 {
		t.Error("an invalid value became a valid one")
	}
}
