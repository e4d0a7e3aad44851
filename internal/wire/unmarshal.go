package wire

import (
	"sync"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert"
)

// Unmarshal decodes the bytes into the message, as proto.Unmarshal does, with the same result and the same
// errors, but for Structs: those of which texts has the text stay empty. The message keeps the bytes, which must not
// change as long as it is in use.
//
// Whoever has no use for the message and for texts any more may call release, which saves memory: messages inside it,
// and texts, are then used for other requests, so that they must not be looked at again. What is no message, all
// strings and byte slices, lists of them, and what each text says, stays. With an error, release does nothing.
func Unmarshal(data []byte, m proto.Message) (texts convert.StructTexts, release func(), err error) {
	fields := knownFields(m.ProtoReflect().Descriptor())
	if len(fields) == 0 {
		return nil, func() {}, proto.Unmarshal(data, m)
	}
	d := decoders.Get().(*decoder) //nolint:errcheck // nothing else is put there
	rest, parts, ok := d.split(data, fields)
	if !ok || proto.Unmarshal(rest, m) != nil {
		d.release()
		return nil, func() {}, proto.Unmarshal(data, m) // which says what is wrong
	}
	for _, p := range parts {
		value := protoreflect.ValueOfMessage(p.message.ProtoReflect())
		if p.field.IsList() {
			m.ProtoReflect().Mutable(p.field).List().Append(value)
		} else {
			m.ProtoReflect().Set(p.field, value)
		}
	}
	return d.texts, func() {
		if d != nil {
			d.release()
			d = nil
		}
	}, nil
}

// part is a message that was decoded by hand, and the field that it belongs to.
type part struct {
	field   protoreflect.FieldDescriptor
	message proto.Message
}

// split decodes what is in the given fields, and returns it and the bytes of the other fields. It returns false if the
// bytes are unusual.
func (d *decoder) split(
	data []byte, fields map[protowire.Number]protoreflect.FieldDescriptor,
) (rest []byte, parts []part, ok bool) {
	singular := make(map[protowire.Number]proto.Message) // what is no list goes on where it is
	for len(data) > 0 {
		number, kind, n := protowire.ConsumeField(data)
		if n < 0 {
			return nil, nil, false
		}
		field := fields[number]
		if field == nil {
			rest = append(rest, data[:n]...)
			data = data[n:]
			continue
		}
		if kind != protowire.BytesType {
			return nil, nil, false
		}
		message := singular[number]
		if message == nil {
			message = newMessage(field)
			parts = append(parts, part{field, message})
		}
		if !field.IsList() {
			singular[number] = message
		}
		_, _, tag := protowire.ConsumeTag(data)
		content, _ := protowire.ConsumeBytes(data[tag:n])
		if !d.decode(content, message) {
			return nil, nil, false
		}
		data = data[n:]
	}
	return rest, parts, true
}

// newMessage makes a message for a field that is decoded by hand.
func newMessage(field protoreflect.FieldDescriptor) proto.Message {
	if field.Message().FullName() == stateType {
		return &plannerv1.State{}
	}
	return &plannerv1.NodeResources{}
}

// decode adds to the message what the bytes hold.
func (d *decoder) decode(data []byte, out proto.Message) bool {
	switch out := out.(type) {
	case *plannerv1.State:
		return d.state(data, out)
	case *plannerv1.NodeResources:
		return d.node(data, out)
	}
	return false
}

// What is decoded by hand.
var (
	stateType = (&plannerv1.State{}).ProtoReflect().Descriptor().FullName()
	nodeType  = (&plannerv1.NodeResources{}).ProtoReflect().Descriptor().FullName()
)

// known has the fields of every message type that was decoded.
var known sync.Map

// knownFields are the fields of a message that hold what is decoded by hand: one state, or nodes.
func knownFields(message protoreflect.MessageDescriptor) map[protowire.Number]protoreflect.FieldDescriptor {
	found, _ := known.Load(message.FullName())
	if fields, ok := found.(map[protowire.Number]protoreflect.FieldDescriptor); ok {
		return fields
	}
	fields := make(map[protowire.Number]protoreflect.FieldDescriptor)
	for i := range message.Fields().Len() {
		f := message.Fields().Get(i)
		if f.Message() == nil || f.ContainingOneof() != nil {
			continue
		}
		if name := f.Message().FullName(); name == nodeType && f.IsList() || name == stateType && !f.IsList() {
			fields[f.Number()] = f
		}
	}
	known.Store(message.FullName(), fields)
	return fields
}
