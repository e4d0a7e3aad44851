package request

import (
	"fmt"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/structpb"
)

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
	case "planner.v1.UpdateDatabaseRequest.expected_digest", "planner.v1.RestoreDatabaseRequest.expected_digest":
		return v(fmt.Sprintf("%064x", f.count))
	case "planner.v1.Event.type":
		return v(plannerv1.EventType_EVENT_TYPE_FORGET.Number())
	case "planner.v1.Event.reason":
		return v(plannerv1.EventReason_EVENT_REASON_HOST_LOST.Number())
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

// fitNode makes the fields of a node fit together.
func fitNode(n *plannerv1.NodeResources) {
	n.DatabaseId, n.DatabaseName = "database-id", "database-name"
	n.PrimaryInstanceId = n.InstanceResources[1].Instance.Spec.InstanceId
	n.Scripts[0].Name, n.Scripts[1].Name = "post_database_create", "post_init"
	for _, i := range n.InstanceResources {
		fitInstance(i, n.NodeName)
	}
}

func fitInstance(i *plannerv1.InstanceResources, node string) {
	spec := i.Instance.Spec
	spec.NodeName, spec.DatabaseId, spec.DatabaseName = node, "database-id", "database-name"
	i.Instance.PostInit.Name = "post_init"
	clearMarks(i.InstanceDependencies, i.DatabaseDependencies, i.NodeDependents)
}

// clearMarks takes the marks away that a desired resource does not have.
func clearMarks(lists ...[]*plannerv1.Resource) {
	for _, list := range lists {
		for _, r := range list {
			r.NeedsRecreate, r.PendingDeletion, r.Error = false, false, ""
		}
	}
}

func fitTarget(n *plannerv1.NodeRestoreResources) {
	n.DatabaseId, n.DatabaseName = "database-id", "database-name"
	n.RestoreInstance.Instance.Spec.InstanceId = n.PrimaryInstance.Instance.Spec.InstanceId
	n.RestoreInstance.Instance.Spec.HostId = n.PrimaryInstance.Instance.Spec.HostId
	for _, i := range append(n.ReplicaInstances, n.PrimaryInstance, n.RestoreInstance) {
		fitInstance(i, n.NodeName)
	}
}

func fitService(s *plannerv1.ServiceResources) {
	clearMarks(s.Resources, []*plannerv1.Resource{s.MonitorResource})
}

// fit makes the fields of a request fit together: what a filler cannot know. Either a node's source or
// its restore config can be there.
func fit(m proto.Message, source bool) {
	var nodes []*plannerv1.NodeResources
	switch m := m.(type) {
	case *plannerv1.UpdateDatabaseRequest:
		nodes = m.Nodes
		m.Options.HoldNodes = nil        // not available yet
		m.Options.DeleteDatabase = false // not beside nodes: see TestDeletingIsConfirmed
		for _, s := range m.Services {
			fitService(s)
		}
	case *plannerv1.RestoreDatabaseRequest:
		nodes = m.Nodes
		m.Options.HoldNodes = nil // not available yet
		for _, n := range m.Targets {
			fitTarget(n)
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
		fitTarget(m.Target)
	case *plannerv1.EndStateRequest:
		nodes = m.Nodes
	case *plannerv1.Plan:
		fitPlan(m)
	case *plannerv1.VerifyPlansRequest:
		for _, p := range m.Plans {
			fitPlan(p)
		}
		m.UpdateDatabase, m.RestoreDatabase = nil, nil // stand for the rest: see TestVerifyPlansOfARequest
	}
	for _, n := range nodes {
		fitNode(n)
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

// fitPlan gives each phase the index of its position.
func fitPlan(m *plannerv1.Plan) {
	for i, p := range m.Phases {
		p.Index = uint32(i)
	}
}
