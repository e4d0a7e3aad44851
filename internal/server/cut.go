package server

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
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

// encodeEvent makes the wire form of an event. It gives the same, or at least the same size, each time.
type encodeEvent func(resource.Event) *plannerv1.Event

// place is a place in a plan: before an event of a phase.
type place struct{ phase, event int }

// part is what one message carries: the events of a plan from one place to another.
type part struct {
	plan     int
	from, to place
}

// sequence is plans cut into parts, ready to be sent.
type sequence struct {
	plans  []resource.Plan
	encode encodeEvent
	parts  []part
	// kept are all events, in order; nil if they would take more than keptBytes.
	kept []*plannerv1.Event
}

// cutter cuts plans into parts such that the message of no part exceeds max bytes. It adds whole phases to a
// part while they fit, and cuts inside a phase only if that does not fit into a message of its own.
type cutter struct {
	sequence
	max      int
	measured int // bytes of all events so far
	events   int // number of all events so far
}

// cut measures every event and finds the parts. The error is an *eventTooLargeError, or that of ctx.
func cut(ctx context.Context, plans []resource.Plan, encode encodeEvent, maxBytes int) (*sequence, error) {
	c := cutter{sequence: sequence{plans: plans, encode: encode, kept: []*plannerv1.Event{}}, max: maxBytes}
	for i := range plans {
		if err := c.plan(ctx, i); err != nil {
			return nil, err
		}
	}
	return &c.sequence, nil
}

// plan cuts one plan. A plan has at least one part, and no part has events of two plans.
func (c *cutter) plan(ctx context.Context, index int) error {
	open := part{plan: index} // the part that is being filled, with size bytes of phases in it
	size := 0
	closeAt := func(p place) {
		open.to = p
		c.parts = append(c.parts, open)
		open.from, size = p, 0
	}
	var events []int
	for p := range c.plans[index].Phases {
		var err error
		if events, err = c.measure(ctx, events[:0], place{p, 0}, index); err != nil {
			return err
		}
		whole := phaseSize(p, sum(events))
		if messageSize(index, size+whole) <= c.max {
			size += whole
			continue
		}
		if size > 0 {
			closeAt(place{p, 0})
		}
		filled := 0 // and if the phase fits alone, none of it is cut off
		for e, n := range events {
			if messageSize(index, phaseSize(p, filled+n)) > c.max {
				closeAt(place{p, e})
				filled = 0
			}
			filled += n
		}
		size = phaseSize(p, filled)
	}
	closeAt(place{len(c.plans[index].Phases), 0})
	return nil
}

// measure appends the sizes that the events of a phase take in it, and keeps the events while they are few.
func (c *cutter) measure(ctx context.Context, sizes []int, at place, plan int) ([]int, error) {
	phase := c.plans[plan].Phases[at.phase]
	for i := range phase.Events {
		if c.events++; c.events%eventsPerCheck == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		event := c.encode(phase.Events[i])
		n := fieldSize(proto.Size(event))
		if alone := messageSize(plan, phaseSize(at.phase, n)); alone > c.max {
			return nil, &eventTooLargeError{Resource: phase.Events[i].Resource.Identifier, Size: alone, Limit: c.max}
		}
		sizes = append(sizes, n)
		if c.measured += n; c.measured <= keptBytes {
			c.kept = append(c.kept, event)
		} else {
			c.kept = nil
		}
	}
	return sizes, nil
}

// send makes the message of one part after the other and hands it over.
func (s *sequence) send(ctx context.Context, hand func(*plannerv1.PlanPart) error) error {
	kept := s.kept
	for _, p := range s.parts {
		if err := ctx.Err(); err != nil {
			return err
		}
		message := &plannerv1.PlanPart{PlanIndex: uint32(p.plan)}
		for i := p.from.phase; i < len(s.plans[p.plan].Phases) && i <= p.to.phase; i++ {
			events := p.eventsOf(i, s.plans[p.plan].Phases[i].Events)
			if len(events) == 0 {
				continue
			}
			phase := &plannerv1.Phase{Index: uint32(i)}
			if s.kept != nil {
				phase.Events, kept = kept[:len(events):len(events)], kept[len(events):]
			} else {
				phase.Events = s.encodeAll(events)
			}
			message.Phases = append(message.Phases, phase)
		}
		if err := hand(message); err != nil {
			return err
		}
	}
	return nil
}

// eventsOf is what of the events of a phase is in the part.
func (p part) eventsOf(phase int, events []resource.Event) []resource.Event {
	if phase == p.to.phase {
		events = events[:p.to.event]
	}
	if phase == p.from.phase {
		events = events[p.from.event:]
	}
	return events
}

func (s *sequence) encodeAll(events []resource.Event) []*plannerv1.Event {
	all := make([]*plannerv1.Event, len(events))
	for i := range events {
		all[i] = s.encode(events[i])
	}
	return all
}

// The sizes below are those of the fields in stream.proto and plan.proto, all of which have numbers below 16 and
// so tags of one byte. A field with the value 0 is not on the wire.
const tagSize = 1

// messageSize is the size of a response that is a part of the plan of that index, with that many bytes of phases.
func messageSize(plan, phases int) int { return fieldSize(indexSize(plan) + phases) }

// phaseSize is what a phase with that many bytes of events takes in its part.
func phaseSize(phase, events int) int { return fieldSize(indexSize(phase) + events) }

// fieldSize is what a message of n bytes takes as a field of another.
func fieldSize(n int) int { return tagSize + protowire.SizeBytes(n) }

// indexSize is what the index of a plan or a phase takes.
func indexSize(index int) int {
	if index == 0 {
		return 0
	}
	return tagSize + protowire.SizeVarint(uint64(index))
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
