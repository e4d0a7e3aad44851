package wire

import (
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert"
	"github.com/pgplanner/pgplanner/internal/interrupt"
)

// Unmarshal decodes the bytes into the message, as proto.Unmarshal does, with the same result and the same
// errors, but for Structs: those of which texts has the text stay empty. The message keeps the bytes, which must not
// change as long as it is in use. Told to stop, it ends with interrupt.ErrInterrupted.
//
// Whoever has no use for the message and for texts any more may call release, which saves memory: messages inside it,
// and texts, are then used for other requests, so that they must not be looked at again. What is no message, all
// strings and byte slices, lists of them, and what each text says, stays. With an error, release does nothing.
func Unmarshal(stop *interrupt.Poller, data []byte, m proto.Message) (texts convert.StructTexts, release func(), err error) {
	d := decoders.Get().(*decoder) //nolint:errcheck // nothing else is put there
	if d.decode(stop, data, m) {
		return d.texts, func() {
			if d != nil {
				d.release()
				d = nil
			}
		}, nil
	}
	d.release()
	proto.Reset(m)
	plain := pieces{stop: stop}
	switch {
	case plain.merge(data, m.ProtoReflect(), 0):
	case stop.Err() != nil:
		err = stop.Err()
	default:
		err = proto.Unmarshal(data, m) // which says what is wrong
	}
	return nil, func() {}, err
}

// decode decodes a request. It returns false if what is decoded by hand is unusual, if bytes are wrong, or if it was
// stopped.
func (d *decoder) decode(stop *interrupt.Poller, data []byte, m proto.Message) bool {
	d.stop, d.reader.stop = stop, stop
	proto.Reset(m)
	request := pieces{stop: stop, decoder: d}
	return request.merge(data, m.ProtoReflect(), 0)
}

// pieces decodes messages with protobuf, piece by piece: bytes one after the other mean the same to it as all at once.
type pieces struct {
	stop *interrupt.Poller
	// decoder decodes what is decoded by hand; if it is nil, nothing is.
	decoder *decoder
}

const (
	// pieceBytes is about how much is decoded between two polls.
	pieceBytes = 4 << 10
	// bytesPerUnit is how much protobuf decodes in one unit: an empty message takes two bytes, and some 50 ns.
	bytesPerUnit = 16
)

// merge adds to the message, which is inside of so many, what the bytes hold. It returns false if they are wrong, or it was
// stopped.
func (p *pieces) merge(data []byte, m protoreflect.Message, depth int) bool {
	fields := m.Descriptor().Fields()
	options := proto.UnmarshalOptions{Merge: true, RecursionLimit: protowire.DefaultRecursionLimit - depth}
	if options.RecursionLimit <= 0 {
		return false
	}
	for begin, end := 0, 0; begin < len(data); {
		number, kind, n := protowire.ConsumeField(data[end:])
		if n < 0 {
			return false
		}
		field := fields.ByNumber(number)
		apart := kind == protowire.BytesType && p.apart(field, n)
		if !apart {
			end += n
		}
		if size := end - begin; size > 0 && (apart || size >= pieceBytes || end == len(data)) {
			if p.stop.Spend(1+size/bytesPerUnit) || options.Unmarshal(data[begin:end], m.Interface()) != nil {
				return false
			}
		} else if !apart {
			continue
		}
		if apart {
			_, _, tag := protowire.ConsumeTag(data[end:])
			content, _ := protowire.ConsumeBytes(data[end+tag : end+n])
			if end += n; p.stop.Stopped() || !p.field(field, content, m, depth+1) {
				return false
			}
		}
		begin = end
	}
	return !p.stop.Stopped()
}

// apart tells whether the content of a field of n bytes is decoded by itself.
func (p *pieces) apart(field protoreflect.FieldDescriptor, n int) bool {
	switch {
	case field == nil || field.Message() == nil:
		return false
	case field.IsMap():
		return n > pieceBytes && field.MapKey().Kind() == protoreflect.StringKind && field.MapValue().Message() != nil
	}
	return n > pieceBytes || p.decoder != nil && isApart(field.Message().FullName())
}

// The messages that are decoded by hand.
const (
	stateType    protoreflect.FullName = "planner.v1.State"
	resourceType protoreflect.FullName = "planner.v1.Resource"
	structType   protoreflect.FullName = "google.protobuf.Struct"
)

// isApart tells whether messages of a type are decoded by hand, or hold many that are.
func isApart(name protoreflect.FullName) bool {
	switch name {
	case stateType, resourceType, structType, "planner.v1.NodeResources", "planner.v1.NodeRestoreResources",
		"planner.v1.InstanceResources", "planner.v1.Instance", "planner.v1.InstanceSpec":
		return true
	}
	return false
}

// field adds to the field of a message, whose content is inside of so many, what the bytes hold.
func (p *pieces) field(field protoreflect.FieldDescriptor, content []byte, m protoreflect.Message, depth int) bool {
	if field.IsMap() {
		return p.entry(m.Mutable(field).Map(), content, depth)
	}
	if p.decoder != nil {
		switch field.Message().FullName() {
		case resourceType:
			r := p.decoder.resources.One()
			return put(field, m, r.ProtoReflect()) && p.decoder.resource(content, r)
		case structType:
			s, ok := p.decoder.structOf(content)
			return ok && put(field, m, s.ProtoReflect())
		}
	}
	var inner protoreflect.Message
	if field.IsList() {
		inner = m.Mutable(field).List().AppendMutable().Message()
	} else {
		inner = m.Mutable(field).Message()
	}
	if state, ok := inner.Interface().(*plannerv1.State); ok && p.decoder != nil {
		return p.decoder.state(content, state)
	}
	return p.merge(content, inner, depth)
}

// put sets the field of a message, or appends to it. It returns false if the field is set: both would be merged.
func put(field protoreflect.FieldDescriptor, m, inner protoreflect.Message) bool {
	switch {
	case field.IsList():
		m.Mutable(field).List().Append(protoreflect.ValueOfMessage(inner))
	case m.Has(field):
		return false
	default:
		m.Set(field, protoreflect.ValueOfMessage(inner))
	}
	return true
}

// entry sets an entry of a map from strings to messages, which is as every encoder writes it.
func (p *pieces) entry(entries protoreflect.Map, data []byte, depth int) bool {
	key, rest, ok := take(data, convert.TagMemberKey)
	if !ok || !valid(p.stop, key) {
		return false
	}
	content, rest, ok := take(rest, convert.TagMemberValue)
	if !ok || len(rest) > 0 {
		return false
	}
	value := entries.NewValue()
	if !p.merge(content, value.Message(), depth) {
		return false
	}
	entries.Set(protoreflect.ValueOfString(string(key)).MapKey(), value)
	return true
}
