package server

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/pgplanner/pgplanner/internal/convert/response"
	"github.com/pgplanner/pgplanner/internal/resource"
)

const (
	// keptBytes is how large an answer may be for its events to be kept between being measured and being sent.
	// The events of a larger one are encoded a second time while it is sent: what a slow reader has not
	// taken yet then is held as plans only, and one message.
	keptBytes = 1 << 20
	// eventsPerCheck is how many events are encoded before the next look at whether the call goes on.
	eventsPerCheck = 64
)

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
	first, last int // pieces of the sequence, without the last one
	// bytes is what its phases take.
	bytes int
}

// sequence is plans cut into parts, ready to be sent.
type sequence struct {
	plans  []resource.Plan
	append appendEvent
	parts  []part
	pieces []piece
	// kept is all events, in order; nil if they take more than keptBytes.
	kept []byte
}

// cutter cuts plans into parts such that the message of no part exceeds max bytes. It adds whole phases to a
// part while they fit, and cuts inside a phase only if that does not fit into a message of its own.
type cutter struct {
	sequence
	*scratch

	max      int
	open     part // the part that is being filled
	measured int  // bytes of all events so far
	events   int  // number of all events so far
}

// cut measures every event and finds the parts. The error is an *eventTooLargeError, or that of ctx.
func cut(ctx context.Context, plans []resource.Plan, encode appendEvent, maxBytes int) (*sequence, error) {
	taken := takeScratch()
	defer taken.giveBack()
	c := cutter{sequence: sequence{plans: plans, append: encode}, scratch: taken, max: maxBytes}
	for i := range plans {
		if err := c.plan(ctx, i); err != nil {
			return nil, err
		}
	}
	if c.measured <= keptBytes {
		c.kept = slices.Clone(c.bytes)
	}
	return &c.sequence, nil
}

// plan cuts one plan. A plan has at least one part, and no part has events of two plans.
func (c *cutter) plan(ctx context.Context, index int) error {
	c.open.plan = index
	for p := range c.plans[index].Phases {
		if err := c.measure(ctx, index, p); err != nil {
			return err
		}
		if len(c.sizes) == 0 {
			continue
		}
		whole := sum(c.sizes)
		if response.PartSize(index, c.open.bytes+response.PhaseSize(p, whole)) <= c.max {
			c.add(piece{phase: p, to: len(c.sizes), bytes: whole})
			continue
		}
		if c.open.bytes > 0 {
			c.close()
		}
		next := piece{phase: p} // and if the phase fits alone, none of it is cut off
		for e, n := range c.sizes {
			if response.PartSize(index, response.PhaseSize(p, next.bytes+n)) > c.max {
				c.add(next)
				c.close()
				next = piece{phase: p, from: e}
			}
			next.to = e + 1
			next.bytes += n
		}
		c.add(next)
	}
	c.close()
	return nil
}

// add adds a piece to the part that is open, close closes the part.
func (c *cutter) add(p piece) {
	c.pieces = append(c.pieces, p)
	c.open.bytes += response.PhaseSize(p.phase, p.bytes)
}

func (c *cutter) close() {
	c.open.last = len(c.pieces)
	c.parts = append(c.parts, c.open)
	c.open = part{plan: c.open.plan, first: c.open.last}
}

// measure finds the sizes that the events of a phase take in it, and keeps the events while they are few.
func (c *cutter) measure(ctx context.Context, plan, phase int) error {
	c.sizes = c.sizes[:0]
	events := c.plans[plan].Phases[phase].Events
	for i := range events {
		if c.events++; c.events%eventsPerCheck == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if c.measured > keptBytes {
			c.bytes = c.bytes[:0]
		}
		before := len(c.bytes)
		c.bytes = c.append(c.bytes, &events[i])
		n := len(c.bytes) - before
		if alone := response.PartSize(plan, response.PhaseSize(phase, n)); alone > c.max {
			return &eventTooLargeError{Resource: events[i].Resource.Identifier, Size: alone, Limit: c.max}
		}
		c.sizes = append(c.sizes, n)
		c.measured += n
	}
	return nil
}

// send hands over the message of one part after the other.
func (s *sequence) send(ctx context.Context, hand func(*partMessage) error) error {
	kept := s.kept
	for _, p := range s.parts {
		if err := ctx.Err(); err != nil {
			return err
		}
		message := &partMessage{sequence: s, part: p, kept: kept}
		if err := hand(message); err != nil {
			return err
		}
		if s.kept != nil {
			for _, piece := range s.pieces[p.first:p.last] {
				kept = kept[piece.bytes:]
			}
		}
	}
	return nil
}

// partMessage is a response that is a part of plans, of any call that answers with plans.
type partMessage struct {
	*sequence
	part

	// kept is the events of the part, and all that follow; nil if they are to be encoded again.
	kept []byte
}

func (m *partMessage) size() int { return response.PartSize(m.plan, m.part.bytes) }

var errUnequalSizes = errors.New("an event has another size than when it was measured")

func (m *partMessage) appendTo(b []byte) ([]byte, error) {
	kept := m.kept
	b = response.AppendPart(b, m.plan, m.part.bytes)
	for _, p := range m.pieces[m.first:m.last] {
		b = response.AppendPhase(b, p.phase, p.bytes)
		if kept != nil {
			b, kept = append(b, kept[:p.bytes]...), kept[p.bytes:]
			continue
		}
		before := len(b)
		events := m.plans[m.plan].Phases[p.phase].Events[p.from:p.to]
		for i := range events {
			b = m.append(b, &events[i])
		}
		if len(b)-before != p.bytes {
			return nil, errUnequalSizes
		}
	}
	return b, nil
}

// scratch is memory to encode into what is copied, or only measured.
type scratch struct {
	bytes []byte
	sizes []int
}

var scratches = sync.Pool{New: func() any { return &scratch{} }}

// takeScratch returns empty memory, which has to be given back.
func takeScratch() *scratch {
	s, _ := scratches.Get().(*scratch)
	s.bytes, s.sizes = s.bytes[:0], s.sizes[:0]
	return s
}

func (s *scratch) giveBack() {
	if cap(s.bytes) <= 2*keptBytes {
		scratches.Put(s)
	}
}

func sum(sizes []int) int {
	total := 0
	for _, n := range sizes {
		total += n
	}
	return total
}

// eventTooLargeError says that an event, even alone in a message, is larger than messages may be.
type eventTooLargeError struct {
	Resource    resource.Identifier
	Size, Limit int
}

func (e *eventTooLargeError) Error() string {
	return fmt.Sprintf("the event of resource %s needs a message of %d bytes, response_options.max_message_bytes allows %d",
		e.Resource, e.Size, e.Limit)
}

// stateTooLargeError says that a message with a state, which cannot be cut, is larger than messages may be.
type stateTooLargeError struct{ Size, Limit int }

func (e *stateTooLargeError) Error() string {
	return fmt.Sprintf("the state needs a message of %d bytes, response_options.max_message_bytes allows %d", e.Size, e.Limit)
}
