package convert

import (
	"bytes"
	"encoding/json"
	"strconv"

	"github.com/pgplanner/pgplanner/internal/resource"
	"google.golang.org/protobuf/types/known/structpb"
)

// structOf returns a JSON object as a Struct, or false if a Struct cannot hold it exactly: if that, written
// as JSON again, would not be the same value. Text that is no JSON object is such a case too.
func structOf(text []byte) (*structpb.Struct, bool) {
	if resource.CheckJSONObject(text, jsonLimits()) != nil {
		return nil, false
	}
	p := structParser{text: text}
	v, ok := p.value()
	return v.GetStructValue(), ok
}

// valueOf returns any JSON value as a Value, or false in the cases of structOf.
func valueOf(text []byte) (*structpb.Value, bool) {
	if resource.CheckJSON(text, jsonLimits()) != nil {
		return nil, false
	}
	p := structParser{text: text}
	return p.value()
}

// structParser reads JSON that has been checked. It stops, with false, at the first number that is not a
// double.
type structParser struct {
	text []byte
	pos  int
}

// next skips white space, commas and colons, and returns the byte that a token starts with.
func (p *structParser) next() byte {
	for {
		switch c := p.text[p.pos]; c {
		case ' ', '\t', '\n', '\r', ',', ':':
			p.pos++
		default:
			return c
		}
	}
}

func (p *structParser) value() (*structpb.Value, bool) {
	switch p.next() {
	case '{':
		return p.object()
	case '[':
		return p.array()
	case '"':
		return structpb.NewStringValue(p.string()), true
	case 't':
		p.pos += len("true")
		return structpb.NewBoolValue(true), true
	case 'f':
		p.pos += len("false")
		return structpb.NewBoolValue(false), true
	case 'n':
		p.pos += len("null")
		return structpb.NewNullValue(), true
	}
	return p.number()
}

func (p *structParser) object() (*structpb.Value, bool) {
	p.pos++
	out := &structpb.Struct{Fields: map[string]*structpb.Value{}}
	for p.next() != '}' {
		key := p.string()
		v, ok := p.value()
		if !ok {
			return nil, false
		}
		out.Fields[key] = v
	}
	p.pos++
	return structpb.NewStructValue(out), true
}

func (p *structParser) array() (*structpb.Value, bool) {
	p.pos++
	out := &structpb.ListValue{}
	for p.next() != ']' {
		v, ok := p.value()
		if !ok {
			return nil, false
		}
		out.Values = append(out.Values, v)
	}
	p.pos++
	return structpb.NewListValue(out), true
}

func (p *structParser) string() string {
	start, escaped := p.pos, false
	for p.pos++; p.text[p.pos] != '"'; p.pos++ {
		if p.text[p.pos] == '\\' {
			escaped = true
			p.pos++
		}
	}
	p.pos++
	if quoted := p.text[start:p.pos]; escaped {
		var s string
		if err := json.Unmarshal(quoted, &s); err != nil {
			panic("convert: checked JSON holds an invalid string") // and that must not be shown
		}
		return s
	}
	return string(p.text[start+1 : p.pos-1])
}

func (p *structParser) number() (*structpb.Value, bool) {
	start := p.pos
	for p.pos < len(p.text) && bytes.IndexByte([]byte("+-.0123456789eE"), p.text[p.pos]) >= 0 {
		p.pos++
	}
	f, ok := exactFloat(p.text[start:p.pos])
	return structpb.NewNumberValue(f), ok
}

// exactFloat returns the double that is written as the same decimal value as number, if there is one.
func exactFloat(number []byte) (float64, bool) {
	f, err := strconv.ParseFloat(stringOf(number), 64)
	if err != nil {
		return 0, false
	}
	var room [64]byte
	written := appendNumber(room[:0], f)
	return f, bytes.Equal(written, number) || sameNumber(written, number)
}

// sameNumber tells whether two JSON numbers have the same decimal value.
func sameNumber(a, b []byte) bool {
	a, errA := resource.CanonicalJSON(a)
	b, errB := resource.CanonicalJSON(b)
	return errA == nil && errB == nil && bytes.Equal(a, b)
}
