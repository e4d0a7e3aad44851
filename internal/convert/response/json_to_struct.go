package response

import (
	"bytes"
	"math"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/pgplanner/pgplanner/internal/convert"
	"github.com/pgplanner/pgplanner/internal/jsontext"
)

// exact writes JSON text as a field: a Struct if it has to be an object, else a Value. It writes nothing and
// returns false if that cannot hold the text exactly: if that, written as JSON again, would not be the same value.
// Text that is no such JSON is such a case too.
func (w *writer) exact(tag byte, text []byte, object bool) bool {
	ok, unsorted := w.sorted(tag, text, object)
	if !unsorted {
		return ok
	}
	canonical, err := jsontext.Canonical(w.stop, text)
	if err != nil {
		return false
	}
	ok, _ = w.sorted(tag, canonical, object)
	return ok
}

// sorted is exact for text whose objects have their members in the order of their names. It returns false for other
// text, and whether that is because one is not.
func (w *writer) sorted(tag byte, text []byte, object bool) (ok, unsorted bool) {
	before := w.position()
	p := structWriter{writer: w, tokens: jsontext.NewTokenReader(text, jsontext.Limits{Stop: w.stop})}
	if ok = p.document(tag, object); !ok {
		w.rewind(before)
	}
	return ok, p.unsorted
}

// structWriter writes JSON as Structs and Values. It stops, with false, where the text is no JSON, at the first number
// that is not a double, and at the first member whose name is not behind the one before it.
type structWriter struct {
	*writer
	tokens   jsontext.TokenReader
	unsorted bool
}

func (p *structWriter) document(tag byte, object bool) bool {
	p.b = append(p.b, tag)
	if !object {
		return p.value() && p.tokens.End()
	}
	return p.tokens.Peek() == '{' && p.object() && p.tokens.End()
}

// value writes the next value as a Value, with its length in front.
func (p *structWriter) value() bool {
	if c := p.tokens.Peek(); c == '{' || c == '[' {
		return p.container(c)
	}
	s, ok := p.scalar()
	p.b = s.append(protowire.AppendVarint(p.b, uint64(s.size())))
	return ok
}

// container writes a Value that holds the next object or array, which begins with that bracket.
func (p *structWriter) container(bracket byte) bool {
	value := p.beginMessage()
	defer p.endMessage(value)
	if bracket == '{' {
		p.b = append(p.b, convert.TagValueStruct)
		return p.object()
	}
	p.b = append(p.b, convert.TagValueList)
	return p.array()
}

// object writes the next object as a Struct, with its length in front.
func (p *structWriter) object() bool {
	content := p.beginMessage()
	defer p.endMessage(content)
	if !p.tokens.Open() {
		return false
	}
	var before []byte
	for first := true; p.tokens.Next(first, '}'); first = false {
		name, ok := p.tokens.Name()
		if !ok {
			return false
		}
		if !first && bytes.Compare(before, name) >= 0 {
			p.unsorted = true
			return false
		}
		before = name
		if !p.member(name) {
			return false
		}
	}
	return !p.tokens.Failed()
}

func (p *structWriter) member(name []byte) bool {
	p.b = append(p.b, convert.TagStructFields)
	if c := p.tokens.Peek(); c == '{' || c == '[' {
		entry := p.beginMessage()
		p.name(name)
		ok := p.value()
		p.endMessage(entry)
		return ok
	}
	s, ok := p.scalar()
	size := s.size()
	p.b = protowire.AppendVarint(p.b, uint64(fieldSize(len(name))+fieldSize(size)))
	p.name(name)
	p.b = s.append(protowire.AppendVarint(p.b, uint64(size)))
	return ok
}

// name writes the name of a member, and the tag of its value.
func (p *structWriter) name(name []byte) {
	p.b = append(protowire.AppendBytes(append(p.b, convert.TagMemberKey), name), convert.TagMemberValue)
}

// array writes the next array as a ListValue, with its length in front.
func (p *structWriter) array() bool {
	content := p.beginMessage()
	defer p.endMessage(content)
	if !p.tokens.Open() {
		return false
	}
	for first := true; p.tokens.Next(first, ']'); first = false {
		p.b = append(p.b, convert.TagListValues)
		if !p.value() {
			return false
		}
	}
	return !p.tokens.Failed()
}

// scalar is a Value that is neither a Struct nor a list.
type scalar struct {
	tag byte
	// text is a string, bits are all else.
	text []byte
	bits uint64
}

func (s *scalar) size() int {
	switch s.tag {
	case convert.TagValueString:
		return fieldSize(len(s.text))
	case convert.TagValueNumber:
		return convert.TagSize + protowire.SizeFixed64()
	}
	return convert.TagSize + protowire.SizeVarint(s.bits)
}

func (s *scalar) append(b []byte) []byte {
	b = append(b, s.tag)
	switch s.tag {
	case convert.TagValueString:
		return protowire.AppendBytes(b, s.text)
	case convert.TagValueNumber:
		return protowire.AppendFixed64(b, s.bits)
	}
	return protowire.AppendVarint(b, s.bits)
}

func (p *structWriter) scalar() (scalar, bool) {
	if p.tokens.Peek() == '"' {
		text, ok := p.tokens.Text()
		return scalar{tag: convert.TagValueString, text: text}, ok
	}
	token, ok := p.tokens.Scalar()
	if !ok {
		return scalar{}, false
	}
	switch token[0] {
	case 't':
		return scalar{tag: convert.TagValueBool, bits: protowire.EncodeBool(true)}, true
	case 'f':
		return scalar{tag: convert.TagValueBool}, true
	case 'n':
		return scalar{tag: convert.TagValueNull}, true
	default:
		f, ok := jsontext.ExactFloat(p.stop, token)
		return scalar{tag: convert.TagValueNumber, bits: math.Float64bits(f)}, ok
	}
}
