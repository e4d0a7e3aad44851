package resource

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"

	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/jsontext"
)

// Digest returns the SHA-256 of a sequence of plans, in lower-case hexadecimal. Equal sequences have equal
// digests on every machine and in every process, whatever the form and the spelling of their attributes.
//
// What is hashed is one JSON text in UTF-8 without white space and without a line break at its end: an
// array of plans, in which a plan is an array of phases, and a phase an array of events, all in order. An
// event is an object. All of its keys are always there, and stand in the order of their bytes:
//
//	{
//	  "caused_by": [identifier, ..., "type", ...],  in the order of the event, identifiers first
//	  "diff": [operation, ...],             in the order of the event
//	  "reason": "does_not_exist",           or needs_recreate, has_error, force_update, dependency_updated,
//	                                        has_diff, dependencies_changed, not_desired,
//	                                        host_lost; empty for a refresh
//	  "resource": {
//	    "attributes": {...},                in canonical form
//	    "dependencies": [identifier, ...],  in the order of the resource
//	    "diff_ignore": ["/pointer", ...],   in the order of the resource
//	    "error": "",
//	    "executor": {"id": "host-1", "type": "host"},  or primary, any, manager
//	    "identifier": identifier,
//	    "needs_recreate": false,
//	    "pending_deletion": false,
//	    "resource_version": "1",
//	    "type_dependencies": ["type", ...]  in the order of the resource
//	  },
//	  "type": "create"                      or refresh, update, delete, forget
//	}
//
// An identifier is the string "type::id"; a type is a string without a colon. An operation is an object of this kind:
//
//	{"from": "", "op": "add", "path": "/pointer", "value": value}
//
// where value is in canonical form, and null for an operation that has none. Attributes that are not set
// are {}. No plans at all are [].
//
// The canonical form of attributes and values is that of jsontext.Canonical: no white space; members sorted by
// the UTF-8 bytes of their names; strings with no escapes but \" \\ \b \f \n \r \t and, for all other
// control characters, \u00xx with lower-case digits; numbers by their exact decimal value. All other
// strings of the text are escaped in the same way.
func Digest(stop *interrupt.Poller, plans []Plan) (string, error) {
	w := digestWriter{stop: stop, hash: sha256.New(), text: make([]byte, 0, digestChunk+digestExcess)}
	writeArray(&w, plans, func(p *Plan) {
		writeArray(&w, p.Phases, func(p *Phase) {
			writeArray(&w, p.Events, w.event)
		})
	})
	if err := stop.Err(); err != nil {
		return "", err
	}
	w.flush()
	return hex.EncodeToString(w.hash.Sum(nil)), nil
}

const (
	// digestChunk is how much text is hashed at a time.
	digestChunk = 1 << 10
	// digestExcess is what a chunk may be longer before it is hashed.
	digestExcess = 1 << 10
)

// digestWriter hashes a text piece by piece.
type digestWriter struct {
	stop *interrupt.Poller
	hash hash.Hash
	text []byte
}

// flush hashes the text so far. A hash never fails.
func (w *digestWriter) flush() {
	w.write(w.text)
	w.text = w.text[:0]
}

// write hashes a text.
func (w *digestWriter) write(text []byte) {
	for piece := range interrupt.Pieces(w.stop, text) {
		_, _ = w.hash.Write(piece)
	}
}

func (w *digestWriter) literal(text string) { w.text = append(w.text, text...) }

func (w *digestWriter) string(s string) { w.text = jsontext.AppendString(w.stop, w.text, s) }

func (w *digestWriter) typeName(t *Type) { w.string(string(*t)) }

func (w *digestWriter) bool(b bool) {
	if b {
		w.literal("true")
	} else {
		w.literal("false")
	}
}

// json writes a JSON value in canonical form, or what stands for a missing one. Large values are hashed
// where they lie. What is no JSON, which no plan should hold, counts byte by byte.
func (w *digestWriter) json(text []byte, missing string) {
	if len(text) == 0 {
		w.literal(missing)
		return
	}
	if canonical, err := jsontext.Canonical(w.stop, text); err == nil {
		text = canonical
	}
	if len(text) > digestExcess {
		w.flush()
		w.write(text)
		return
	}
	w.text = append(w.text, text...)
}

func (w *digestWriter) identifier(id *Identifier) {
	w.text = appendIdentifier(w.stop, w.text, id)
}

// appendIdentifier appends the printed identifier as a JSON string.
func appendIdentifier(stop *interrupt.Poller, text []byte, id *Identifier) []byte {
	text = jsontext.AppendString(stop, text, string(id.Type))
	text = append(text[:len(text)-1], separator...)
	middle := len(text)
	text = jsontext.AppendString(stop, text, id.ID)
	// Take out the quote that opens the second string.
	return append(text[:middle], text[middle+1:]...)
}

func (w *digestWriter) event(e *Event) {
	w.literal(`{"caused_by":[`)
	writeElements(w, e.CausedBy, w.identifier)
	if len(e.CausedBy) > 0 && len(e.CausedByTypes) > 0 {
		w.literal(",")
	}
	writeElements(w, e.CausedByTypes, w.typeName)
	w.literal("]")
	w.literal(`,"diff":`)
	writeArray(w, e.Diff, w.operation)
	w.literal(`,"reason":"`)
	w.literal(e.Reason.String())
	w.literal(`","resource":`)
	w.resource(e.Resource)
	w.literal(`,"type":"`)
	w.literal(e.Type.String())
	w.literal(`"}`)
}

func (w *digestWriter) operation(o *jsontext.Operation) {
	w.literal(`{"from":`)
	w.string(o.From)
	w.literal(`,"op":`)
	w.string(o.Op)
	w.literal(`,"path":`)
	w.string(o.Path)
	w.literal(`,"value":`)
	w.json(o.Value, "null")
	w.literal(`}`)
}

func (w *digestWriter) executor(e Executor) {
	w.literal(`{"id":`)
	w.string(e.ID)
	w.literal(`,"type":"`)
	w.literal(e.Type.String())
	w.literal(`"}`)
}

func (w *digestWriter) resource(r *Resource) {
	w.literal(`{"attributes":`)
	w.json(r.Attributes, "{}")
	w.literal(`,"dependencies":`)
	writeArray(w, r.Dependencies, w.identifier)
	w.literal(`,"diff_ignore":`)
	writeArray(w, r.DiffIgnore, func(p *string) { w.string(*p) })
	w.literal(`,"error":`)
	w.string(r.Error)
	w.literal(`,"executor":`)
	w.executor(r.Executor)
	w.rest(r, r.TypeDependencies)
}

// rest writes what stands behind the executor in a resource, the type dependencies in the order given.
func (w *digestWriter) rest(r *Resource, typeDependencies []Type) {
	w.literal(`,"identifier":`)
	w.identifier(&r.Identifier)
	w.literal(`,"needs_recreate":`)
	w.bool(r.NeedsRecreate)
	w.literal(`,"pending_deletion":`)
	w.bool(r.PendingDeletion)
	w.literal(`,"resource_version":`)
	w.string(r.ResourceVersion)
	w.literal(`,"type_dependencies":`)
	writeArray(w, typeDependencies, w.typeName)
	w.literal(`}`)
}

// writeArray writes a JSON array of what element writes for each of the elements.
func writeArray[T any](w *digestWriter, elements []T, element func(*T)) {
	w.text = append(w.text, '[')
	writeElements(w, elements, element)
	w.text = append(w.text, ']')
}

// writeElements writes what element writes for each of the elements, with commas between.
func writeElements[T any](w *digestWriter, elements []T, element func(*T)) {
	for i := range elements {
		if i > 0 {
			w.text = append(w.text, ',')
		}
		if w.stop.Stopped() {
			return
		}
		element(&elements[i])
		if len(w.text) >= digestChunk {
			w.flush()
		}
	}
}
