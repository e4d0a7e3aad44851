package wire

import (
	"sync"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/types/known/structpb"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/jsontext"
	"github.com/pgplanner/pgplanner/internal/slab"
)

// decoder decodes states, resources and Structs. The messages that it makes live in its memory, until that is used again;
// their strings, and lists of strings, live as long as whoever keeps them. Its methods return false for bytes that are not
// as every encoder writes them: wrong ones, unknown fields, and things that are there twice. What they have made until then
// is to be thrown away.
type decoder struct {
	stop *interrupt.Poller

	resources        slab.Reusable[plannerv1.Resource]
	executors        slab.Reusable[plannerv1.Executor]
	identifiers      slab.Reusable[plannerv1.Identifier]
	jsonAttributes   slab.Reusable[plannerv1.Resource_AttributesJson]
	structAttributes slab.Reusable[plannerv1.Resource_Attributes]

	structs slab.Reusable[structpb.Struct]
	reader  structReader
	texts   convert.StructTexts

	// dependencies and names back the lists of resources, one after the other.
	dependencies []*plannerv1.Identifier
	names        []string
}

// mostPooled is how many messages a decoder may have memory for and be used again. What requests with more than about a
// hundred nodes need is not pooled for the next one, which may be small.
const mostPooled = 1 << 17

// mostTexts is how many texts of Structs a decoder may have noted and be used again. They have to be forgotten one by
// one, and that takes as long if there are few of them.
const mostTexts = 1 << 15

// decoders are those that are not in use.
var decoders = sync.Pool{New: func() any { return &decoder{} }}

// kind is the slab of one kind of messages.
type kind interface {
	Len() int
	Reset()
}

// kinds are those of all of them.
func (d *decoder) kinds() [6]kind {
	return [...]kind{
		&d.resources, &d.executors, &d.identifiers, &d.jsonAttributes, &d.structAttributes, &d.structs,
	}
}

// release makes the decoder's memory free for other requests. The messages that it has made must not be used any more.
func (d *decoder) release() {
	if max(d.messages(), cap(d.dependencies), cap(d.reader.members)) > mostPooled || len(d.texts) > mostTexts {
		return
	}
	for _, kind := range d.kinds() {
		kind.Reset()
	}
	clear(d.dependencies)
	clear(d.texts)
	d.dependencies, d.names = d.dependencies[:0], nil
	d.stop, d.reader = nil, structReader{members: d.reader.members} // texts live longer
	decoders.Put(d)
}

// messages is how many messages the decoder has memory for.
func (d *decoder) messages() int {
	n := 0
	for _, kind := range d.kinds() {
		n += kind.Len()
	}
	return n
}

func (d *decoder) state(data []byte, out *plannerv1.State) bool {
	for len(data) > 0 && !d.stop.Stopped() {
		tag := data[0]
		content, rest, ok := next(data[1:])
		if !ok {
			return false
		}
		data = rest
		switch tag {
		case convert.TagStateVersion:
			out.Version, ok = d.text(content)
		case convert.TagStateResources:
			r := d.resources.One()
			out.Resources = append(out.Resources, r)
			ok = d.resource(content, r)
		default:
			ok = false
		}
		if !ok {
			return false
		}
	}
	return true
}

func (d *decoder) resource(data []byte, out *plannerv1.Resource) bool {
	var dependencies, types, ignored int // how many there are so far, at the ends of what backs them
	for len(data) > 0 && !d.stop.Stopped() {
		tag := data[0]
		if tag == convert.TagResourceNeedsRecreate || tag == convert.TagResourcePendingDeletion {
			value, n := protowire.ConsumeVarint(data[1:])
			if n < 0 {
				return false
			}
			data = data[1+n:]
			if tag == convert.TagResourceNeedsRecreate {
				out.NeedsRecreate = value != 0
			} else {
				out.PendingDeletion = value != 0
			}
			continue
		}
		content, rest, ok := next(data[1:])
		if !ok {
			return false
		}
		data = rest
		switch tag {
		case convert.TagResourceIdentifier:
			out.Identifier, ok = d.identifier(content, out.Identifier != nil)
		case convert.TagResourceExecutor:
			out.Executor, ok = d.executor(content, out.Executor != nil)
		case convert.TagResourceAttributes, convert.TagResourceAttributesJSON:
			ok = out.AttributesForm == nil && d.attributes(tag, content, out)
		case convert.TagResourceDependencies:
			var id *plannerv1.Identifier
			id, ok = d.identifier(content, false)
			d.dependencies = append(d.dependencies, id)
			dependencies++
		case convert.TagResourceTypeDependencies:
			ok = ignored == 0 && d.name(content)
			types++
		case convert.TagResourceDiffIgnore:
			ok = d.name(content)
			ignored++
		case convert.TagResourceError:
			out.Error, ok = d.text(content)
		case convert.TagResourceVersion:
			out.ResourceVersion, ok = d.text(content)
		default:
			return false
		}
		if !ok {
			return false
		}
	}
	out.Dependencies = tail(d.dependencies, dependencies)
	out.TypeDependencies = tail(d.names[:len(d.names)-ignored], types)
	out.DiffIgnore = tail(d.names, ignored)
	return true
}

func (d *decoder) identifier(data []byte, twice bool) (*plannerv1.Identifier, bool) {
	out := d.identifiers.One()
	for len(data) > 0 && !d.stop.Stopped() {
		tag := data[0]
		content, rest, ok := next(data[1:])
		if !ok {
			return nil, false
		}
		data = rest
		switch tag {
		case convert.TagIdentifierType:
			out.Type, ok = d.text(content)
		case convert.TagIdentifierID:
			out.Id, ok = d.text(content)
		default:
			return nil, false
		}
		if !ok {
			return nil, false
		}
	}
	return out, !twice
}

func (d *decoder) executor(data []byte, twice bool) (*plannerv1.Executor, bool) {
	out := d.executors.One()
	for len(data) > 0 && !d.stop.Stopped() {
		switch tag := data[0]; tag {
		case convert.TagExecutorType:
			value, n := protowire.ConsumeVarint(data[1:])
			if n < 0 {
				return nil, false
			}
			out.Type = plannerv1.ExecutorType(value) // cut to 32 bits, as protobuf does
			data = data[1+n:]
		case convert.TagExecutorID:
			content, rest, ok := next(data[1:])
			if !ok {
				return nil, false
			}
			if out.Id, ok = d.text(content); !ok {
				return nil, false
			}
			data = rest
		default:
			return nil, false
		}
	}
	return out, !twice
}

// attributes decodes attributes of the form that the tag says.
func (d *decoder) attributes(tag byte, data []byte, out *plannerv1.Resource) (ok bool) {
	if tag == convert.TagResourceAttributes {
		form := d.structAttributes.One()
		out.AttributesForm = form
		form.Attributes, ok = d.structOf(data)
		return ok
	}
	form := d.jsonAttributes.One()
	out.AttributesForm = form
	form.AttributesJson, ok = d.text(data)
	return ok
}

func (d *decoder) name(data []byte) bool {
	name, ok := d.text(data)
	d.names = append(d.names, name)
	return ok
}

// next takes bytes with their length in front off the data.
func next(data []byte) (content, rest []byte, ok bool) {
	if len(data) > 0 && data[0] < 0x80 { // most are short
		n := int(data[0]) + 1
		if n > len(data) {
			return nil, nil, false
		}
		return data[1:n], data[n:], true
	}
	content, n := protowire.ConsumeBytes(data)
	if n < 0 {
		return nil, nil, false
	}
	return content, data[n:], true
}

// text is the bytes as a string, without copying them. It returns false if they are no valid UTF-8.
func (d *decoder) text(data []byte) (string, bool) {
	return slab.StringOf(data), valid(d.stop, data)
}

// valid tells whether the bytes are valid UTF-8; if it was stopped, anything.
func valid(stop *interrupt.Poller, data []byte) bool {
	return jsontext.ValidText(stop, slab.StringOf(data))
}

// tail returns the last n elements of a list, nil for none. To append to them leaves the list alone.
func tail[T any](list []T, n int) []T {
	if n == 0 {
		return nil
	}
	return list[len(list)-n : len(list) : len(list)]
}
