// Package messages makes messages of domain types, for those who make requests: tests, benchmarks and the examples.
//
// What answers hold too is decoded from the bytes that package response writes, and so has the same forms.
package messages

import (
	"math"

	"google.golang.org/protobuf/proto"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert"
	"github.com/pgplanner/pgplanner/internal/convert/response"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// Encoder makes messages. It is for one goroutine at a time.
type Encoder struct {
	settings convert.ResponseSettings
	response *response.Encoder
}

// New returns an encoder that writes each resource in the form that the settings give it, into messages of any size.
func New(settings convert.ResponseSettings) *Encoder {
	settings.MaxMessageBytes = math.MaxInt
	return &Encoder{settings: settings, response: response.NewEncoder(nil, settings)}
}

// In returns an encoder that writes all resources, and settings of instances, in the same form.
func In(format plannerv1.AttributesFormat) *Encoder {
	return New(convert.ResponseSettings{
		Format:  format,
		Callers: convert.CallerForms{Generic: true, Others: convert.FormOf(format)},
	})
}

// State writes a state, in identifier order.
func (e *Encoder) State(s *resource.State) *plannerv1.State {
	data, err := e.response.StateMessage(0, s)
	return decode(&plannerv1.AddNodeResponse{}, data, err).GetState()
}

// Resource writes a resource.
func (e *Encoder) Resource(r *resource.Resource) *plannerv1.Resource {
	return e.Event(&resource.Event{Resource: r}).GetResource()
}

// Event writes an event. The values of its diff have the form of its resource.
func (e *Encoder) Event(event *resource.Event) *plannerv1.Event {
	parts, err := e.response.Cut([]resource.Plan{{Phases: []resource.Phase{{Events: []resource.Event{*event}}}}})
	if err != nil {
		panic(err)
	}
	var out *plannerv1.Event
	for m := range parts.Messages {
		data, err := m.AppendTo(nil)
		out = decode(&plannerv1.UpdateDatabaseResponse{}, data, err).GetPlanPart().GetPhases()[0].GetEvents()[0]
	}
	return out
}

// Plan writes a whole plan, with its empty phases.
func (e *Encoder) Plan(plan resource.Plan) *plannerv1.Plan {
	phases := make([]*plannerv1.Phase, len(plan.Phases))
	for i, phase := range plan.Phases {
		phases[i] = &plannerv1.Phase{Index: uint32(i)}
		for j := range phase.Events {
			phases[i].Events = append(phases[i].Events, e.Event(&phase.Events[j]))
		}
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

// decode returns the message that the bytes are of.
func decode[M proto.Message](m M, data []byte, err error) M {
	if err == nil {
		err = proto.Unmarshal(data, m)
	}
	if err != nil {
		panic(err)
	}
	return m
}
