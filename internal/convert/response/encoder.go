package response

import (
	"fmt"
	"slices"

	"github.com/pgplanner/pgplanner/internal/convert"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/slab"
)

// Encoder writes resources, states, events and plans, each resource in the form that the settings give it. What
// does not fit a Struct exactly becomes JSON text instead.
//
// Answers are appended in the wire format, byte for byte as protobuf writes the same messages when it is told to
// be deterministic; only that strings are valid UTF-8 is for their makers to see to, which the conversion of
// requests does.
//
// An encoder is for one goroutine at a time.
type Encoder struct {
	writer

	settings convert.ResponseSettings
}

// NewEncoder returns an encoder for the response to a call. Once it is told to stop, what it appends is worth nothing:
// what it returns then is interrupt.ErrInterrupted.
func NewEncoder(stop *interrupt.Poller, settings convert.ResponseSettings) *Encoder {
	return &Encoder{writer: writer{stop: stop}, settings: settings}
}

// appendPhaseEvent appends an event as one of those of a phase.
func (e *Encoder) appendPhaseEvent(b []byte, event *resource.Event) []byte {
	e.begin(append(b, convert.TagPhaseEvents))
	all := e.beginMessage()
	e.event(event, e.settings.Form(event.Resource.Identifier))
	e.endMessage(all)
	return e.finish()
}

// StateMessage returns a response with a state, at that place among those of its call. The error is a
// *StateTooLargeError, or interrupt.ErrInterrupted.
func (e *Encoder) StateMessage(index int, s *resource.State) ([]byte, error) {
	scratch := slab.TakeScratch()
	defer scratch.GiveBack()
	e.begin(append(scratch.Bytes, convert.TagResponseState))
	state := e.beginMessage()
	e.state(s)
	e.endMessage(state)
	e.number(convert.TagResponseStateIndex, uint64(index))
	scratch.Bytes = e.finish()
	if err := e.stop.Err(); err != nil {
		return nil, err
	}
	if size := len(scratch.Bytes); size > e.settings.MaxMessageBytes {
		return nil, &StateTooLargeError{Size: size, Limit: e.settings.MaxMessageBytes}
	}
	return slices.Clone(scratch.Bytes), nil
}

func (e *Encoder) state(s *resource.State) {
	e.element(convert.TagStateVersion, convert.CatalogVersion)
	for _, r := range interrupt.Each(e.stop, s.Resources()) {
		e.b = append(e.b, convert.TagStateResources)
		all := e.beginMessage()
		e.resource(r, e.settings.Form(r.Identifier))
		e.endMessage(all)
	}
}

// StateTooLargeError says that a message with a state, which cannot be cut, is larger than messages may be.
type StateTooLargeError struct{ Size, Limit int }

func (e *StateTooLargeError) Error() string {
	return fmt.Sprintf("the state needs a message of %d bytes, response_options.max_message_bytes allows %d", e.Size, e.Limit)
}
