package wire

import (
	"bytes"
	"encoding/binary"
	"math"

	"google.golang.org/protobuf/types/known/structpb"

	"github.com/pgplanner/pgplanner/internal/convert"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/jsontext"
	"github.com/pgplanner/pgplanner/internal/slab"
)

// structReader reads Structs into JSON text, without making messages of them. Its methods append to a text, and return
// false for bytes that are not as every encoder writes them.
type structReader struct {
	stop  *interrupt.Poller
	texts slab.Bytes
	// members of the objects that are being read, outermost first.
	members []member
	// depth is how many objects and arrays were open at once.
	depth int
}

// member is a member of an object as it is on the wire: its value is a Value.
type member struct{ key, value []byte }

// read returns the text of a Struct: see convert.StructText.
func (r *structReader) read(data []byte) (convert.StructText, bool) {
	r.depth = 0
	text, ok := r.object(r.texts.Begin(len(data)), data, 1)
	if !ok || r.stop.Err() != nil {
		clear(r.members)
		r.members = r.members[:0]
		return convert.StructText{}, false
	}
	return convert.StructText{JSON: r.texts.End(text), Depth: r.depth}, true
}

// object appends a Struct. Depth is how many objects and arrays are open with this one.
func (r *structReader) object(text, data []byte, depth int) ([]byte, bool) {
	first := len(r.members)
	if !r.open(depth) || !r.collect(data) || !r.distinct(r.members[first:]) {
		return nil, false
	}
	text = append(text, '{')
	for i := first; i < len(r.members) && !r.stop.Stopped(); i++ {
		m := r.members[i] // by index: the members below may move them
		if i > first {
			text = append(text, ',')
		}
		text = append(jsontext.AppendString(r.stop, text, slab.StringOf(m.key)), ':')
		var ok bool
		if text, ok = r.value(text, m.value, depth); !ok {
			return nil, false
		}
	}
	clear(r.members[first:])
	r.members = r.members[:first]
	return append(text, '}'), true
}

// open notes that an object or array begins. It returns false if it is nested too deeply.
func (r *structReader) open(depth int) bool {
	r.depth = max(r.depth, depth)
	return depth <= jsontext.DefaultDepth
}

// collect puts the members of a Struct with those of the objects around it.
func (r *structReader) collect(data []byte) bool {
	for len(data) > 0 && !r.stop.Stopped() {
		entry, rest, ok := take(data, convert.TagStructFields)
		if !ok {
			return false
		}
		data = rest
		var m member
		if m.key, entry, ok = take(entry, convert.TagMemberKey); !ok || !valid(r.stop, m.key) {
			return false
		}
		if m.value, entry, ok = take(entry, convert.TagMemberValue); !ok || len(entry) > 0 {
			return false
		}
		r.members = append(r.members, m)
	}
	return true
}

// distinct sorts members by their keys. It returns false if two have the same, or it was stopped.
func (r *structReader) distinct(members []member) bool {
	ascending := true
	for i := 1; i < len(members) && ascending && !r.stop.Stopped(); i++ {
		ascending = bytes.Compare(members[i-1].key, members[i].key) < 0
	}
	if ascending {
		return true
	}
	interrupt.SortFunc(r.stop, members, func(a, b member) int { return bytes.Compare(a.key, b.key) })
	for i := 1; i < len(members) && !r.stop.Stopped(); i++ {
		if bytes.Equal(members[i-1].key, members[i].key) {
			return false
		}
	}
	return true
}

// value appends a Value, which is in that many objects and arrays.
func (r *structReader) value(text, data []byte, depth int) ([]byte, bool) {
	if len(data) < 2 {
		return nil, false
	}
	switch tag, content := data[0], data[1:]; tag {
	case convert.TagValueNull:
		return append(text, "null"...), content[0] == 0 && len(content) == 1
	case convert.TagValueBool:
		return appendBool(text, content)
	case convert.TagValueNumber:
		return appendNumber(text, content)
	case convert.TagValueString, convert.TagValueStruct, convert.TagValueList:
		content, rest, ok := next(content)
		switch {
		case !ok || len(rest) > 0:
			return nil, false
		case tag == convert.TagValueString:
			return jsontext.AppendString(r.stop, text, slab.StringOf(content)), valid(r.stop, content)
		case tag == convert.TagValueStruct:
			return r.object(text, content, depth+1)
		}
		return r.array(text, content, depth+1)
	}
	return nil, false
}

// array appends a ListValue. Depth is as for objects.
func (r *structReader) array(text, data []byte, depth int) ([]byte, bool) {
	if !r.open(depth) {
		return nil, false
	}
	text = append(text, '[')
	for begin := len(text); len(data) > 0 && !r.stop.Stopped(); {
		if len(text) > begin {
			text = append(text, ',')
		}
		value, rest, ok := take(data, convert.TagListValues)
		if !ok {
			return nil, false
		}
		data = rest
		if text, ok = r.value(text, value, depth); !ok {
			return nil, false
		}
	}
	return append(text, ']'), true
}

func appendBool(text, content []byte) ([]byte, bool) {
	if len(content) != 1 || content[0] > 1 {
		return nil, false
	}
	if content[0] == 0 {
		return append(text, "false"...), true
	}
	return append(text, "true"...), true
}

func appendNumber(text, content []byte) ([]byte, bool) {
	if len(content) != 8 {
		return nil, false
	}
	f := math.Float64frombits(binary.LittleEndian.Uint64(content))
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil, false
	}
	return jsontext.AppendFloat(text, f), true
}

// take takes a field with that tag, which has a length in front, off the data.
func take(data []byte, tag byte) (content, rest []byte, ok bool) {
	if len(data) == 0 || data[0] != tag {
		return nil, nil, false
	}
	return next(data[1:])
}

// structOf stands for a Struct: its text is noted beside the message, or it has the fields that protobuf gives it.
func (d *decoder) structOf(data []byte) (*structpb.Struct, bool) {
	s := d.structs.One()
	if len(data) == 0 {
		return s, true
	}
	read, ok := d.reader.read(data)
	if !ok {
		plain := pieces{stop: d.stop}
		return s, plain.merge(data, s.ProtoReflect(), 0)
	}
	if d.texts == nil {
		d.texts = make(convert.StructTexts)
	}
	d.texts[s] = read
	s.Fields = unread
	return s, true
}

// unread are the fields of a Struct whose text is noted beside the message: a value of no kind. Whoever does not look
// for the text finds no Struct that he can use, rather than an empty one.
var unread = map[string]*structpb.Value{"": {}}
