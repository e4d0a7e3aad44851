package wire

import (
	"sync"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
)

// Unmarshal decodes the bytes into the message, as proto.Unmarshal does, with the same result and the same
// errors. The message keeps the bytes, which must not change as long as it is in use.
func Unmarshal(data []byte, m proto.Message) error {
	fields := stateFields(m.ProtoReflect().Descriptor())
	if len(fields) == 0 {
		return proto.Unmarshal(data, m)
	}
	rest, states, ok := split(data, fields)
	if !ok || proto.Unmarshal(rest, m) != nil {
		return proto.Unmarshal(data, m) // which says what is wrong
	}
	for number, state := range states {
		m.ProtoReflect().Set(fields[number], protoreflect.ValueOfMessage(state.ProtoReflect()))
	}
	return nil
}

// split decodes the states, which are in the given fields, and returns them and the bytes of the other fields. It
// returns false if the bytes are unusual.
func split(data []byte, fields map[protowire.Number]protoreflect.FieldDescriptor) (
	rest []byte, states map[protowire.Number]*plannerv1.State, ok bool,
) {
	states = make(map[protowire.Number]*plannerv1.State, len(fields))
	var d decoder
	for len(data) > 0 {
		number, kind, n := protowire.ConsumeField(data)
		if n < 0 {
			return nil, nil, false
		}
		if fields[number] == nil {
			rest = append(rest, data[:n]...)
			data = data[n:]
			continue
		}
		if kind != protowire.BytesType {
			return nil, nil, false
		}
		state := states[number]
		if state == nil {
			state = &plannerv1.State{}
			states[number] = state
		}
		_, _, tag := protowire.ConsumeTag(data)
		content, _ := protowire.ConsumeBytes(data[tag:n])
		if !d.state(content, state) {
			return nil, nil, false
		}
		data = data[n:]
	}
	return rest, states, true
}

// knownFields has the fields of every message type that was decoded.
var knownFields sync.Map

// stateFields are the fields of a message that hold one state each.
func stateFields(message protoreflect.MessageDescriptor) map[protowire.Number]protoreflect.FieldDescriptor {
	known, _ := knownFields.Load(message.FullName())
	if fields, ok := known.(map[protowire.Number]protoreflect.FieldDescriptor); ok {
		return fields
	}
	fields := make(map[protowire.Number]protoreflect.FieldDescriptor)
	state := (&plannerv1.State{}).ProtoReflect().Descriptor().FullName()
	for i := range message.Fields().Len() {
		f := message.Fields().Get(i)
		if f.Message() != nil && f.Message().FullName() == state && f.Cardinality() != protoreflect.Repeated &&
			f.ContainingOneof() == nil {
			fields[f.Number()] = f
		}
	}
	knownFields.Store(message.FullName(), fields)
	return fields
}
