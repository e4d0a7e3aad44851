package database

import (
	"encoding/json"

	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/jsontext"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// bufferSize is enough for the attributes of all but the largest resources. They are written into a
// buffer of this size on the caller's stack, and then copied into exactly as much memory as they need.
const bufferSize = 512

// object is a JSON object in the making. Its methods append one member each and return the longer text,
// as append does; members have to come in ascending order of their keys. A key is
// a constant that needs no escaping.
type object []byte

// newObject starts an object in the (empty) buffer; it moves elsewhere when that gets too small.
func newObject(buffer []byte) object { return append(buffer, '{') }

// json ends the object and returns it in memory of its own.
func (o object) json() json.RawMessage {
	text := make(json.RawMessage, len(o)+1)
	text[copy(text, o)] = '}'
	return text
}

// key appends the key of the next member.
func (o object) key(key string) object {
	if o[len(o)-1] != '{' {
		o = append(o, ',')
	}
	o = append(o, '"')
	o = append(o, key...)
	return append(o, `":`...)
}

func (o object) text(key, value string) object {
	return jsontext.AppendString(nil, o.key(key), value)
}

func (o object) flag(key string, value bool) object {
	if value {
		return append(o.key(key), "true"...)
	}
	return append(o.key(key), "false"...)
}

func (o object) null(key string) object { return append(o.key(key), "null"...) }

// raw appends a value that is JSON already; none is null.
func (o object) raw(key string, value []byte) object {
	if len(value) == 0 {
		return o.null(key)
	}
	return append(o.key(key), value...)
}

// texts appends an array of strings; an empty one is null.
func (o object) texts(stop *interrupt.Poller, key string, values []string) object {
	if len(values) == 0 {
		return o.null(key)
	}
	o = append(o.key(key), '[')
	for i, v := range interrupt.Each(stop, values) {
		if i > 0 {
			o = append(o, ',')
		}
		o = jsontext.AppendString(nil, o, v)
	}
	return append(o, ']')
}

// identifiers appends an array of {"id","type"} objects in the given order; an empty one is null.
func (o object) identifiers(stop *interrupt.Poller, key string, ids []resource.Identifier) object {
	if len(ids) == 0 {
		return o.null(key)
	}
	o = append(o.key(key), '[')
	for i, id := range interrupt.Each(stop, ids) {
		if i > 0 {
			o = append(o, ',')
		}
		o = append(o, '{').text("id", id.ID).text("type", string(id.Type)).end()
	}
	return append(o, ']')
}

// member appends a member of another object, whose value is JSON already and whose key may need escaping.
func (o object) member(m jsontext.Member) object {
	if o[len(o)-1] != '{' {
		o = append(o, ',')
	}
	o = append(jsontext.AppendString(nil, o, m.Key), ':')
	return append(o, m.Value...)
}

// begin appends a member that is an object itself: what follows, up to end, are its members.
func (o object) begin(key string) object { return append(o.key(key), '{') }

func (o object) end() object { return append(o, '}') }
