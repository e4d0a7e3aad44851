package convert

import (
	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// Encoder writes resources, states, events and plans as messages, each resource in the form that the
// settings give it. What does not fit a Struct exactly becomes JSON text instead.
//
// Messages share memory with what they are made from, and may share parts with each other: neither may be
// changed. An encoder keeps nothing, and may be used by several goroutines.
type Encoder struct {
	settings ResponseSettings
}

// NewEncoder returns an encoder for the response to a call.
func NewEncoder(settings ResponseSettings) *Encoder { return &Encoder{settings: settings} }

// NewFormEncoder returns an encoder that writes all resources, and settings of instances, in the same form:
// for those who make requests.
func NewFormEncoder(format plannerv1.AttributesFormat) *Encoder {
	return NewEncoder(ResponseSettings{
		Format: format,
		forms:  callerForms{generic: true, others: formOf(format)},
	})
}

// State writes a state, in identifier order.
func (e *Encoder) State(s *resource.State) *plannerv1.State {
	all := s.Resources()
	return &plannerv1.State{Version: catalogVersion, Resources: e.resources(all)}
}

// Resource writes a resource.
func (e *Encoder) Resource(r *resource.Resource) *plannerv1.Resource {
	var block resourceBlock
	e.resource(r, &block)
	return &block.message
}

// Event writes an event. The values of its diff have the form of its resource.
func (e *Encoder) Event(event resource.Event) *plannerv1.Event {
	var block eventBlock
	e.event(&event, &block)
	return &block.message
}

// Phase writes the phase at that position of its plan.
func (e *Encoder) Phase(index int, phase resource.Phase) *plannerv1.Phase {
	blocks := make([]eventBlock, len(phase.Events))
	events := make([]*plannerv1.Event, len(phase.Events))
	for i := range phase.Events {
		e.event(&phase.Events[i], &blocks[i])
		events[i] = &blocks[i].message
	}
	return &plannerv1.Phase{Index: uint32(index), Events: events}
}

// Plan writes a whole plan.
func (e *Encoder) Plan(plan resource.Plan) *plannerv1.Plan {
	phases := make([]*plannerv1.Phase, len(plan.Phases))
	for i, p := range plan.Phases {
		phases[i] = e.Phase(i, p)
	}
	return &plannerv1.Plan{Phases: phases}
}

// resourceBlock is a resource's message and its parts in one piece of memory.
type resourceBlock struct {
	message    plannerv1.Resource
	identifier plannerv1.Identifier
	executor   plannerv1.Executor
	text       plannerv1.Resource_AttributesJson
}

// eventBlock is an event's message likewise.
type eventBlock struct {
	message  plannerv1.Event
	resource resourceBlock
}

func (e *Encoder) resources(list []*resource.Resource) []*plannerv1.Resource {
	if len(list) == 0 {
		return nil
	}
	blocks := make([]resourceBlock, len(list))
	out := make([]*plannerv1.Resource, len(list))
	for i, r := range list {
		e.resource(r, &blocks[i])
		out[i] = &blocks[i].message
	}
	return out
}

// resource fills the block, and returns the form that the attributes have in it.
func (e *Encoder) resource(r *resource.Resource, block *resourceBlock) form {
	block.identifier.Type, block.identifier.Id = string(r.Identifier.Type), r.Identifier.ID
	block.executor.Type, block.executor.Id = executorTypeToProto(r.Executor.Type), r.Executor.ID
	m := &block.message
	m.Identifier = &block.identifier
	m.Executor = &block.executor
	m.Dependencies = identifiersToProto(r.Dependencies)
	m.TypeDependencies = typesToProto(r.TypeDependencies)
	m.DiffIgnore = r.DiffIgnore
	m.NeedsRecreate = r.NeedsRecreate
	m.PendingDeletion = r.PendingDeletion
	m.Error = r.Error
	m.ResourceVersion = r.ResourceVersion

	as := e.settings.of(r.Identifier)
	if len(r.Attributes) == 0 {
		return as
	}
	if as == formStruct {
		if s, ok := structOf(r.Attributes); ok {
			m.AttributesForm = &plannerv1.Resource_Attributes{Attributes: s}
			return formStruct
		}
	}
	block.text.AttributesJson = stringOf(r.Attributes)
	m.AttributesForm = &block.text
	return formText
}

func (e *Encoder) event(event *resource.Event, block *eventBlock) {
	as := e.resource(event.Resource, &block.resource)
	m := &block.message
	m.Type = eventTypeToProto(event.Type)
	m.Resource = &block.resource.message
	m.Reason = eventReasonToProto(event.Reason)
	m.CausedBy = identifiersToProto(event.CausedBy)
	if len(event.Diff) == 0 {
		return
	}
	m.Diff = make([]*plannerv1.PatchOperation, len(event.Diff))
	for i, o := range event.Diff {
		m.Diff[i] = operationToProto(o, as)
	}
}

func operationToProto(o resource.Operation, as form) *plannerv1.PatchOperation {
	m := &plannerv1.PatchOperation{Op: o.Op, Path: o.Path, From: o.From}
	if len(o.Value) == 0 {
		return m
	}
	if as == formStruct {
		if v, ok := valueOf(o.Value); ok {
			m.ValueForm = &plannerv1.PatchOperation_Value{Value: v}
			return m
		}
	}
	m.ValueForm = &plannerv1.PatchOperation_ValueJson{ValueJson: stringOf(o.Value)}
	return m
}

func identifiersToProto(ids []resource.Identifier) []*plannerv1.Identifier {
	if len(ids) == 0 {
		return nil
	}
	messages := make([]plannerv1.Identifier, len(ids))
	out := make([]*plannerv1.Identifier, len(ids))
	for i, id := range ids {
		messages[i].Type, messages[i].Id = string(id.Type), id.ID
		out[i] = &messages[i]
	}
	return out
}

func typesToProto(types []resource.Type) []string {
	if len(types) == 0 {
		return nil
	}
	out := make([]string, len(types))
	for i, t := range types {
		out[i] = string(t)
	}
	return out
}
