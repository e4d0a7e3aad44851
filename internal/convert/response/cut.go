package response

import (
	"errors"
	"fmt"
	"slices"

	"github.com/pgplanner/pgplanner/internal/convert"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/slab"
)

// maxEncodedBytes is how large an answer may be for its events to be kept between being measured and being sent.
// The events of a larger one are encoded a second time while it is sent: what a slow reader has not
// taken yet then is held as plans only, and one message.
const maxEncodedBytes = 1 << 20

// Parts are plans cut into parts, each of which fits into a message. They share memory with the plans, and use the
// encoder that made them: nobody else may, until the last message is encoded.
type Parts struct {
	plans  []resource.Plan
	append appendEvent
	stop   *interrupt.Poller
	parts  []part
	pieces []piece
	// encoded is all events, in order; nil if they take more than maxEncodedBytes.
	encoded []byte
}

// appendEvent appends the wire form of an event, as one of its phase. It gives the same size each time.
type appendEvent func([]byte, *resource.Event) []byte

// piece is those events of a phase, without the last one, that are in the same part.
type piece struct {
	phase, from, to int
	// bytes is what the events take in their phase.
	bytes int
}

// part is what one message carries: pieces of a plan.
type part struct {
	plan        int
	first, last int // pieces of Parts, without the last one
	// bytes is what its phases take.
	bytes int
}

// Cut measures every event and finds the parts: none has a message that exceeds the size that the settings allow. The
// error is an *EventTooLargeError, or interrupt.ErrInterrupted.
func (e *Encoder) Cut(plans []resource.Plan) (*Parts, error) {
	return cut(e.stop, plans, e.appendPhaseEvent, e.settings.MaxMessageBytes)
}

// cutter cuts plans into parts such that the message of no part exceeds max bytes. It adds whole phases to a
// part while they fit, and cuts inside a phase only if that does not fit into a message of its own.
type cutter struct {
	Parts

	max      int
	unfilled part // the part that pieces are added to
	measured int  // bytes of all events so far
	scratch  *slab.Scratch
	sizes    []int // of the events of one phase
}

func cut(stop *interrupt.Poller, plans []resource.Plan, encode appendEvent, maxBytes int) (*Parts, error) {
	scratch := slab.TakeScratch()
	defer scratch.GiveBack()
	c := cutter{Parts: Parts{plans: plans, append: encode, stop: stop}, max: maxBytes, scratch: scratch}
	for i := range plans {
		if err := c.plan(i); err != nil {
			return nil, err
		}
	}
	if c.measured <= maxEncodedBytes {
		c.encoded = slices.Clone(scratch.Bytes)
	}
	return &c.Parts, nil
}

// plan cuts one plan. A plan has at least one part, and no part has events of two plans.
func (c *cutter) plan(index int) error {
	if c.stop.Stopped() {
		return interrupt.ErrInterrupted
	}
	c.unfilled.plan = index
	for p := range c.plans[index].Phases {
		before := c.measured
		if err := c.measure(index, p); err != nil {
			return err
		}
		if len(c.sizes) == 0 {
			continue
		}
		whole := c.measured - before
		if indexedSize(index, c.unfilled.bytes+indexedSize(p, whole)) <= c.max {
			c.add(piece{phase: p, to: len(c.sizes), bytes: whole})
			continue
		}
		if c.unfilled.bytes > 0 {
			c.endPart()
		}
		c.cutPhase(index, p)
	}
	c.endPart()
	return nil
}

// cutPhase adds a phase to as many parts as it needs, the first of which is still empty: if the phase fits alone, none of
// it is cut off.
func (c *cutter) cutPhase(plan, phase int) {
	next := piece{phase: phase}
	for e, n := range interrupt.Each(c.stop, c.sizes) {
		if indexedSize(plan, indexedSize(phase, next.bytes+n)) > c.max {
			c.add(next)
			c.endPart()
			next = piece{phase: phase, from: e}
		}
		next.to = e + 1
		next.bytes += n
	}
	c.add(next)
}

// add adds a piece to the part that is not filled yet, endPart begins the next one.
func (c *cutter) add(p piece) {
	c.pieces = append(c.pieces, p)
	c.unfilled.bytes += indexedSize(p.phase, p.bytes)
}

func (c *cutter) endPart() {
	c.unfilled.last = len(c.pieces)
	c.parts = append(c.parts, c.unfilled)
	c.unfilled = part{plan: c.unfilled.plan, first: c.unfilled.last}
}

// measure finds the sizes that the events of a phase take in it, and keeps the events while they are few.
func (c *cutter) measure(plan, phase int) error {
	if c.stop.Stopped() {
		return interrupt.ErrInterrupted
	}
	c.sizes = c.sizes[:0]
	events := c.plans[plan].Phases[phase].Events
	for i := range events {
		if c.measured > maxEncodedBytes {
			c.scratch.Bytes = c.scratch.Bytes[:0]
		}
		before := len(c.scratch.Bytes)
		c.scratch.Bytes = c.append(c.scratch.Bytes, &events[i])
		if c.stop.Stopped() {
			return interrupt.ErrInterrupted
		}
		n := len(c.scratch.Bytes) - before
		if alone := indexedSize(plan, indexedSize(phase, n)); alone > c.max {
			return &EventTooLargeError{Resource: events[i].Resource.Identifier, Size: alone, Limit: c.max}
		}
		c.sizes = append(c.sizes, n)
		c.measured += n
	}
	return nil
}

// Messages hands over the message of one part after the other.
func (p *Parts) Messages(yield func(*PartMessage) bool) {
	encoded := p.encoded
	for _, of := range p.parts {
		if !yield(&PartMessage{parts: p, part: of, encoded: encoded}) {
			return
		}
		if encoded == nil {
			continue
		}
		for _, piece := range interrupt.Each(p.stop, p.pieces[of.first:of.last]) {
			encoded = encoded[piece.bytes:]
		}
	}
}

// PartMessage is a response that is a part of plans, of any call that answers with plans. It is not encoded yet.
type PartMessage struct {
	parts *Parts
	part  part
	// encoded is the events of the part, and all that follow; nil if they are to be encoded again.
	encoded []byte
}

// Size is how many bytes AppendTo appends.
func (m *PartMessage) Size() int { return indexedSize(m.part.plan, m.part.bytes) }

var errUnequalSizes = errors.New("an event has another size than when it was measured")

// AppendTo appends the message. The error is interrupt.ErrInterrupted, or says that the plans have changed since they
// were cut.
func (m *PartMessage) AppendTo(b []byte) ([]byte, error) {
	encoded := m.encoded
	b = appendIndexed(b, convert.TagResponsePlanPart, convert.TagPartPlanIndex, m.part.plan, m.part.bytes)
	for _, p := range interrupt.Each(m.parts.stop, m.parts.pieces[m.part.first:m.part.last]) {
		b = appendIndexed(b, convert.TagPartPhases, convert.TagPhaseIndex, p.phase, p.bytes)
		if encoded != nil {
			b, encoded = append(b, encoded[:p.bytes]...), encoded[p.bytes:]
			continue
		}
		before := len(b)
		events := m.parts.plans[m.part.plan].Phases[p.phase].Events[p.from:p.to]
		for i := range events {
			b = m.parts.append(b, &events[i])
			if m.parts.stop.Stopped() {
				return nil, interrupt.ErrInterrupted
			}
		}
		if len(b)-before != p.bytes {
			return nil, errUnequalSizes
		}
	}
	return b, m.parts.stop.Err()
}

// EventTooLargeError says that an event, even alone in a message, is larger than messages may be.
type EventTooLargeError struct {
	Resource    resource.Identifier
	Size, Limit int
}

func (e *EventTooLargeError) Error() string {
	return fmt.Sprintf("the event of resource %s needs a message of %d bytes, response_options.max_message_bytes allows %d",
		e.Resource, e.Size, e.Limit)
}
