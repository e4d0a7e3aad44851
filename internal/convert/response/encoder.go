package response

import (
	"cmp"
	"fmt"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/planner"
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

// Header opens a stream of that many plans. Options are those of the rpc, as resolved: see ResolvedOptions
// and ResolvedPlanOptions; nil for an rpc that has none. StartDigest is empty unless it was asked for.
func (e *Encoder) Header(plans int, options *plannerv1.UpdateDatabaseOptions, startDigest string) *plannerv1.PlanHeader {
	return &plannerv1.PlanHeader{
		Options:          options,
		AttributesFormat: e.settings.Format,
		MaxMessageBytes:  uint32(e.settings.MaxMessageBytes),
		Plans:            uint32(plans),
		StartDigest:      startDigest,
	}
}

// indexedSize is the size of the part of a plan in its response, or of a phase in its part: it has an index, and so many
// bytes of phases or events.
func indexedSize(index, content int) int { return fieldSize(numberSize(uint64(index)) + content) }

// appendIndexed appends the beginning of a field that is such a message: what is left is its content.
func appendIndexed(b []byte, tag, indexTag byte, index, content int) []byte {
	w := writer{b: protowire.AppendVarint(append(b, tag), uint64(numberSize(uint64(index))+content))}
	w.number(indexTag, uint64(index))
	return w.b
}

// ResolvedOptions are all options of UpdateDatabase, with the defaults filled in, but for delete_database, which is no
// option of the planner.
func ResolvedOptions(o planner.UpdateDatabaseOptions) *plannerv1.UpdateDatabaseOptions {
	return &plannerv1.UpdateDatabaseOptions{
		NodeUpdateStrategy: convert.NodeUpdateStrategies.ToProto(cmp.Or(o.NodeUpdateStrategy, planner.NodeUpdateStrategyRolling)),
		PlanOptions:        planOptionsToProto(o.PlanOptions),
		Drain:              convert.DrainModes.ToProto(o.Drain),
		LostHosts:          o.LostHosts,
		HoldNodes:          o.HoldNodes,
	}
}

// ResolvedRestoreOptions are the options of RestoreDatabase.
func ResolvedRestoreOptions(o planner.RestoreDatabaseOptions) *plannerv1.UpdateDatabaseOptions {
	return &plannerv1.UpdateDatabaseOptions{LostHosts: o.LostHosts, HoldNodes: o.HoldNodes}
}

// ResolvedPlanOptions are the options of an rpc that has those of planning only.
func ResolvedPlanOptions(o resource.PlanOptions) *plannerv1.UpdateDatabaseOptions {
	return &plannerv1.UpdateDatabaseOptions{PlanOptions: planOptionsToProto(o)}
}

func planOptionsToProto(o resource.PlanOptions) *plannerv1.PlanOptions {
	return &plannerv1.PlanOptions{ForceUpdate: o.ForceUpdate}
}
