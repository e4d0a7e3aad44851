package response

import (
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/pgplanner/pgplanner/internal/convert"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/jsontext"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/slab"
)

// writer appends messages in protobuf's wire format, as protobuf itself would: fields in the order of their
// numbers, but for a oneof, which comes last; entries of maps in the order of their keys.
//
// The length of a message stands in front of it, and is known at its end. What is small is measured first. For
// the rest, a blank of no bytes is noted where the length belongs, and all lengths are put in at the very end, when
// each byte is moved once at most, however deep messages are nested.
type writer struct {
	// stop tells to write nothing more: what was written is not looked at.
	stop *interrupt.Poller

	b      []byte
	blanks []blank // in the order of their places
	// filled is how many bytes the lengths take that are known so far.
	filled int
	// firstBlanks backs the blanks of most messages.
	firstBlanks [16]blank
}

// blank is where a length is missing.
type blank struct {
	at int
	// length is that of the message; until it is known, what filled was at its beginning.
	length int
}

// begin makes the writer append to b.
func (w *writer) begin(b []byte) {
	w.b, w.filled = b, 0
	if w.blanks = w.blanks[:0]; w.blanks == nil {
		w.blanks = w.firstBlanks[:0]
	}
}

// beginMessage notes that the length of what follows belongs here.
func (w *writer) beginMessage() (index int) {
	w.blanks = append(w.blanks, blank{at: len(w.b), length: w.filled})
	return len(w.blanks) - 1
}

// endMessage notes that the message ends here. Those that began after it have ended.
func (w *writer) endMessage(index int) {
	g := &w.blanks[index]
	g.length = len(w.b) - g.at + w.filled - g.length
	w.filled += protowire.SizeVarint(uint64(g.length))
}

// finish puts the lengths in, and returns all bytes, which the writer then forgets.
func (w *writer) finish() []byte {
	end := len(w.b)
	to := end + w.filled
	b := slices.Grow(w.b, w.filled)[:to]
	w.b = nil
	for _, g := range slices.Backward(w.blanks) {
		if w.stop.Stopped() {
			break
		}
		to -= end - g.at
		copy(b[to:], b[g.at:end])
		end = g.at
		to -= protowire.SizeVarint(uint64(g.length))
		protowire.AppendVarint(b[:to], uint64(g.length)) // in place: there are as many bytes up to what was moved
	}
	return b
}

// position is how far a writer was.
type position struct{ bytes, blanks, filled int }

func (w *writer) position() position { return position{len(w.b), len(w.blanks), w.filled} }

// rewind forgets what was written since.
func (w *writer) rewind(to position) {
	w.b, w.blanks, w.filled = w.b[:to.bytes], w.blanks[:to.blanks], to.filled
}

// text writes a field that is left out if it is empty.
func (w *writer) text(tag byte, s string) {
	if s != "" {
		w.element(tag, s)
	}
}

// element writes a field that is there also if it is empty: an element of a list, or one of several forms.
func (w *writer) element(tag byte, s string) {
	w.begins(tag, len(s))
	w.b = append(w.b, s...)
}

// begins writes the beginning of a field of n bytes. Most are short.
func (w *writer) begins(tag byte, n int) {
	if n < 1<<7 {
		w.b = append(w.b, tag, byte(n))
		return
	}
	w.b = protowire.AppendVarint(append(w.b, tag), uint64(n))
}

// number writes a field that is left out if it is 0.
func (w *writer) number(tag byte, n uint64) {
	if n != 0 {
		w.b = protowire.AppendVarint(append(w.b, tag), n)
	}
}

func (w *writer) flag(tag byte, set bool) {
	if set {
		w.b = append(w.b, tag, 1)
	}
}

func (w *writer) identifier(tag byte, id *resource.Identifier) {
	w.begins(tag, textSize(string(id.Type))+textSize(id.ID))
	w.text(convert.TagIdentifierType, string(id.Type))
	w.text(convert.TagIdentifierID, id.ID)
}

func (w *writer) executor(tag byte, e *resource.Executor) {
	kind := uint64(convert.ExecutorTypes.ToProto(e.Type))
	w.begins(tag, numberSize(kind)+textSize(e.ID))
	w.number(convert.TagExecutorType, kind)
	w.text(convert.TagExecutorID, e.ID)
}

// resource writes the content of a resource, and returns the form that its attributes have in it.
func (w *writer) resource(r *resource.Resource, form convert.Form) convert.Form {
	w.identifier(convert.TagResourceIdentifier, &r.Identifier)
	w.executor(convert.TagResourceExecutor, &r.Executor)
	for i := range interrupt.Each(w.stop, r.Dependencies) {
		w.identifier(convert.TagResourceDependencies, &r.Dependencies[i])
	}
	for _, t := range interrupt.Each(w.stop, r.TypeDependencies) {
		w.element(convert.TagResourceTypeDependencies, string(t))
	}
	for _, pointer := range interrupt.Each(w.stop, r.DiffIgnore) {
		w.element(convert.TagResourceDiffIgnore, pointer)
	}
	w.flag(convert.TagResourceNeedsRecreate, r.NeedsRecreate)
	w.flag(convert.TagResourcePendingDeletion, r.PendingDeletion)
	w.text(convert.TagResourceError, r.Error)
	w.text(convert.TagResourceVersion, r.ResourceVersion)
	return w.json(convert.TagResourceAttributes, convert.TagResourceAttributesJSON, r.Attributes, form, true)
}

// event writes the content of an event. The values of its diff have the form of its resource.
func (w *writer) event(e *resource.Event, form convert.Form) {
	w.number(convert.TagEventType, uint64(convert.EventTypes.ToProto(e.Type)))
	w.b = append(w.b, convert.TagEventResource)
	inner := w.beginMessage()
	form = w.resource(e.Resource, form)
	w.endMessage(inner)
	w.number(convert.TagEventReason, uint64(convert.EventReasons.ToProto(e.Reason)))
	for i := range interrupt.Each(w.stop, e.Diff) {
		w.b = append(w.b, convert.TagEventDiff)
		operation := w.beginMessage()
		w.operation(&e.Diff[i], form)
		w.endMessage(operation)
	}
	for i := range interrupt.Each(w.stop, e.CausedBy) {
		w.identifier(convert.TagEventCausedBy, &e.CausedBy[i])
	}
	for _, t := range interrupt.Each(w.stop, e.CausedByTypes) {
		w.element(convert.TagEventCausedByTypes, string(t))
	}
}

func (w *writer) operation(o *jsontext.Operation, form convert.Form) {
	w.text(convert.TagOperationOp, o.Op)
	w.text(convert.TagOperationPath, o.Path)
	w.text(convert.TagOperationFrom, o.From)
	w.json(convert.TagOperationValue, convert.TagOperationValueJSON, o.Value, form, false)
}

// json writes JSON in that form if it can, and returns the form that it has. None has none of the two fields.
func (w *writer) json(asStruct, asText byte, text []byte, form convert.Form, object bool) convert.Form {
	if len(text) == 0 {
		return form
	}
	if form == convert.FormStruct && w.exact(asStruct, text, object) {
		return convert.FormStruct
	}
	w.element(asText, slab.StringOf(text))
	return convert.FormText
}

// numberSize is the size of what number writes, textSize that of what text writes.
func numberSize(n uint64) int {
	if n == 0 {
		return 0
	}
	return convert.TagSize + protowire.SizeVarint(n)
}

func textSize(s string) int {
	if s == "" {
		return 0
	}
	return fieldSize(len(s))
}

// fieldSize is what n bytes take as a field.
func fieldSize(n int) int { return convert.TagSize + protowire.SizeBytes(n) }
