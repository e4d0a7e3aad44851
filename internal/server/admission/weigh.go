package admission

import (
	"sync"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// What a request takes when it is decoded has little to do with its size: an empty message takes two bytes on
// the wire, and a hundred in memory. So the memory is estimated from the bytes before they are decoded.
const (
	// messageWeight is about what a message takes besides the content of its fields; a member of a Struct is
	// two of them.
	messageWeight = 128
	// fieldWeight is about what a field that is no message takes besides its content.
	fieldWeight = 16
)

// Weigh estimates how much memory the bytes take together with the message that they decode to. It reads them once, and
// takes none itself.
func Weigh(data []byte, desc protoreflect.MessageDescriptor) int64 {
	return 2*int64(len(data)) + shapes.of(desc).weigh(data, protowire.DefaultRecursionLimit)
}

// shape is what has to be known of a message type to find the messages in its bytes.
type shape struct {
	fields []*shape // by number; nil: no message
}

// maxFieldNumber bounds the table of a shape. This API has no number beyond.
const maxFieldNumber = 64

// weigh estimates what a message takes besides the bytes of its content. Of bytes that are no message, it weighs
// what comes before the mistake.
func (s *shape) weigh(data []byte, depth int) int64 {
	total := int64(messageWeight)
	for len(data) > 0 {
		number, content, n := consumeShort(data)
		if n < 0 {
			number, content, n = consumeField(data)
		}
		if n < 0 {
			return total
		}
		data = data[n:]
		if inner := s.field(number); inner != nil && content != nil && depth > 0 {
			total += inner.weigh(content, depth-1)
		} else {
			total += fieldWeight
		}
	}
	return total
}

// consumeShort reads what most fields are: a small number, and few bytes. If it is something else, n is negative.
func consumeShort(data []byte) (number protowire.Number, content []byte, n int) {
	if len(data) < 2 || data[0] >= 0x80 || protowire.Type(data[0]&7) != protowire.BytesType || data[1] >= 0x80 {
		return 0, nil, -1
	}
	n = 2 + int(data[1])
	if number = protowire.Number(data[0] >> 3); number == 0 || n > len(data) {
		return 0, nil, -1
	}
	return number, data[2:n:n], n
}

// consumeField reads any field; content is nil if it has no length in front. If it is malformed, n is negative.
func consumeField(data []byte) (number protowire.Number, content []byte, n int) {
	number, kind, tag := protowire.ConsumeTag(data)
	if tag < 0 {
		return 0, nil, tag
	}
	if kind != protowire.BytesType {
		n = protowire.ConsumeFieldValue(number, kind, data[tag:])
	} else {
		content, n = protowire.ConsumeBytes(data[tag:])
	}
	if n < 0 {
		return 0, nil, n
	}
	return number, content, tag + n
}

func (s *shape) field(number protowire.Number) *shape {
	if int(number) >= len(s.fields) {
		return nil
	}
	return s.fields[number]
}

// shapeTable makes the shape of a type when it is first needed.
type shapeTable struct {
	mu   sync.Mutex
	made map[protoreflect.FullName]*shape
}

var shapes = &shapeTable{made: map[protoreflect.FullName]*shape{}}

func (t *shapeTable) of(desc protoreflect.MessageDescriptor) *shape {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.make(desc)
}

func (t *shapeTable) make(desc protoreflect.MessageDescriptor) *shape {
	if s, ok := t.made[desc.FullName()]; ok {
		return s
	}
	s := &shape{fields: make([]*shape, maxFieldNumber)}
	t.made[desc.FullName()] = s // before its fields: types may contain themselves
	for i := range desc.Fields().Len() {
		f := desc.Fields().Get(i)
		if f.Message() != nil && f.Number() < maxFieldNumber {
			s.fields[f.Number()] = t.make(f.Message())
		}
	}
	return s
}
