package response

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/slab"
)

// Encoder writes resources, states, events and plans, each resource in the form that the settings give it. What
// does not fit a Struct exactly becomes JSON text instead.
//
// Answers are appended in the wire format, byte for byte as protobuf writes the same messages when it is told to
// be deterministic; only that strings are valid UTF-8 is for their makers to see to, which the conversion of
// requests does. The messages that an encoder returns are for those who make requests: they are decoded from the
// same bytes.
//
// An encoder is for one goroutine at a time.
type Encoder struct {
	writer

	settings convert.ResponseSettings
}

// NewEncoder returns an encoder for the response to a call. Once it is told to stop, what it appends is worth nothing:
// what it returns then is interrupt.ErrInterrupted.
func NewEncoder(stop *interrupt.Poller, settings convert.ResponseSettings) *Encoder {
	return &Encoder{writer: writer{stop: stop}, settings: settings}
}

// NewFormEncoder returns an encoder that writes all resources, and settings of instances, in the same form:
// for those who make requests.
func NewFormEncoder(format plannerv1.AttributesFormat) *Encoder {
	return NewEncoder(nil, convert.ResponseSettings{
		Format:  format,
		Callers: convert.CallerForms{Generic: true, Others: convert.FormOf(format)},
	})
}

// AppendEvent appends the wire form of an event. The values of its diff have the form of its resource.
func (e *Encoder) AppendEvent(b []byte, event *resource.Event) []byte {
	e.begin(b)
	e.event(event, e.settings.Form(event.Resource.Identifier))
	return e.finish()
}

// appendPhaseEvent appends an event as one of those of a phase: see appendPhase.
func (e *Encoder) appendPhaseEvent(b []byte, event *resource.Event) []byte {
	e.begin(append(b, convert.TagPhaseEvents))
	all := e.beginMessage()
	e.event(event, e.settings.Form(event.Resource.Identifier))
	e.endMessage(all)
	return e.finish()
}

// AppendResource appends the wire form of a resource.
func (e *Encoder) AppendResource(b []byte, r *resource.Resource) []byte {
	e.begin(b)
	e.resource(r, e.settings.Form(r.Identifier))
	return e.finish()
}

// AppendState appends the wire form of a state, in identifier order.
func (e *Encoder) AppendState(b []byte, s *resource.State) []byte {
	e.begin(b)
	e.state(s)
	return e.finish()
}

// StateMessage returns a response with a state, at that place among those of its call. The error is a
// *StateTooLargeError, or interrupt.ErrInterrupted.
func (e *Encoder) StateMessage(index int, s *resource.State) ([]byte, error) {
	scratch := slab.TakeScratch()
	defer scratch.GiveBack()
	scratch.Bytes = e.appendStateResponse(scratch.Bytes, index, s)
	if err := e.stop.Err(); err != nil {
		return nil, err
	}
	if size := len(scratch.Bytes); size > e.settings.MaxMessageBytes {
		return nil, &StateTooLargeError{Size: size, Limit: e.settings.MaxMessageBytes}
	}
	return slices.Clone(scratch.Bytes), nil
}

func (e *Encoder) appendStateResponse(b []byte, index int, s *resource.State) []byte {
	e.begin(append(b, convert.TagResponseState))
	state := e.beginMessage()
	e.state(s)
	e.endMessage(state)
	e.number(convert.TagResponseStateIndex, uint64(index))
	return e.finish()
}

func (e *Encoder) state(s *resource.State) {
	e.element(convert.TagStateVersion, convert.CatalogVersion)
	for _, r := range s.Resources() {
		if e.stop.Stopped() {
			return
		}
		e.b = append(e.b, convert.TagStateResources)
		all := e.beginMessage()
		e.resource(r, e.settings.Form(r.Identifier))
		e.endMessage(all)
	}
}

// State writes a state, in identifier order.
func (e *Encoder) State(s *resource.State) *plannerv1.State {
	return messageOf(&plannerv1.State{}, e.AppendState(nil, s))
}

// Resource writes a resource.
func (e *Encoder) Resource(r *resource.Resource) *plannerv1.Resource {
	return messageOf(&plannerv1.Resource{}, e.AppendResource(nil, r))
}

// Event writes an event. The values of its diff have the form of its resource.
func (e *Encoder) Event(event *resource.Event) *plannerv1.Event {
	return messageOf(&plannerv1.Event{}, e.AppendEvent(nil, event))
}

// Phase writes the phase at that position of its plan.
func (e *Encoder) Phase(index int, phase resource.Phase) *plannerv1.Phase {
	out := &plannerv1.Phase{Index: uint32(index)}
	for i := range phase.Events {
		out.Events = append(out.Events, e.Event(&phase.Events[i]))
	}
	return out
}

// Plan writes a whole plan.
func (e *Encoder) Plan(plan resource.Plan) *plannerv1.Plan {
	phases := make([]*plannerv1.Phase, len(plan.Phases))
	for i, p := range plan.Phases {
		phases[i] = e.Phase(i, p)
	}
	return &plannerv1.Plan{Phases: phases}
}

func (e *Encoder) resources(list []*resource.Resource) []*plannerv1.Resource {
	var out []*plannerv1.Resource
	for _, r := range list {
		out = append(out, e.Resource(r))
	}
	return out
}

// messageOf is the message that was written.
func messageOf[M proto.Message](m M, data []byte) M {
	if err := proto.Unmarshal(data, m); err != nil {
		panic("convert: a message holds what is not valid UTF-8") // and that must not be shown
	}
	return m
}

// StateTooLargeError says that a message with a state, which cannot be cut, is larger than messages may be.
type StateTooLargeError struct{ Size, Limit int }

func (e *StateTooLargeError) Error() string {
	return fmt.Sprintf("the state needs a message of %d bytes, response_options.max_message_bytes allows %d", e.Size, e.Limit)
}
