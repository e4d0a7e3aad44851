package response

import (
	"google.golang.org/protobuf/proto"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

const (
	asStruct = plannerv1.AttributesFormat_ATTRIBUTES_FORMAT_STRUCT
	asJSON   = plannerv1.AttributesFormat_ATTRIBUTES_FORMAT_JSON
)

// encoderOf is an encoder that writes all resources in one form, into messages of any size.
func encoderOf(stop *interrupt.Poller, format plannerv1.AttributesFormat) *Encoder {
	return NewEncoder(stop, convert.ResponseSettings{
		Format: format, MaxMessageBytes: 1 << 30,
		Callers: convert.CallerForms{Generic: true, Others: convert.FormOf(format)},
	})
}

// messageOf is the message that was written.
func messageOf[M proto.Message](m M, data []byte) M {
	if err := proto.Unmarshal(data, m); err != nil {
		panic(err)
	}
	return m
}

func stateOf(e *Encoder, s *resource.State) *plannerv1.State {
	data, err := e.StateMessage(0, s)
	if err != nil {
		panic(err)
	}
	return messageOf(&plannerv1.AddNodeResponse{}, data).GetState()
}

func planOf(e *Encoder, plan resource.Plan) *plannerv1.Plan {
	out := &plannerv1.Plan{}
	for i, phase := range plan.Phases {
		var events []byte
		for j := range phase.Events {
			events = e.appendPhaseEvent(events, &phase.Events[j])
		}
		message := messageOf(&plannerv1.Phase{}, events)
		message.Index = uint32(i)
		out.Phases = append(out.Phases, message)
	}
	return out
}

// resourceMessage is a resource as it is in events.
func resourceMessage(r *resource.Resource, format plannerv1.AttributesFormat) *plannerv1.Resource {
	phase := encoderOf(nil, format).appendPhaseEvent(nil, &resource.Event{Resource: r})
	return messageOf(&plannerv1.Phase{}, phase).GetEvents()[0].GetResource()
}

// opaque is a resource of an orchestrator.
func opaque(t resource.Type, id string) *resource.Resource {
	return &resource.Resource{
		Identifier:      resource.Identifier{Type: t, ID: id},
		Executor:        resource.Executor{Type: resource.ExecutorHost, ID: "host-" + id},
		Attributes:      []byte(`{"cpus":2,"enabled":true,"image":"registry/postgres:18","name":"` + id + `","ports":[5432,8008]}`),
		Dependencies:    []resource.Identifier{{Type: "b", ID: "c"}},
		DiffIgnore:      []string{"/status"},
		ResourceVersion: "1",
	}
}
