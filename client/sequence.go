package client

import (
	"errors"
	"io"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert/request"
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// Sequence is a complete answer: it has been checked against its own header, summary and digest. The plans, and all
// that is in them, are the caller's to keep and must not be changed while a Runner runs them.
type Sequence struct {
	// Header opened the stream: the options as resolved.
	Header *plannerv1.PlanHeader
	// Plans are to be executed in this order. Cut phases are whole again. Empty: there is nothing to do.
	Plans []*plannerv1.Plan
	// Summary closed the stream. Its digest names the sequence: what was reviewed under one digest is what another
	// answer with that digest says.
	Summary *plannerv1.PlanSummary
}

// Message is one message of a stream of plans: of any of the four response types of that shape.
type Message interface {
	GetHeader() *plannerv1.PlanHeader
	GetPlanPart() *plannerv1.PlanPart
	GetSummary() *plannerv1.PlanSummary
}

// Receiver is the reading side of a stream, as the generated clients return it.
type Receiver[M Message] interface {
	Recv() (M, error)
}

// ReadPlans reads a stream of plans to its end and checks it. It takes what a generated client returns, its error
// included:
//
//	sequence, err := client.ReadPlans(planner.UpdateDatabase(ctx, req))
//
// The error is that of the call, or a *StreamError or *DigestError, and then there is no sequence. A stream that
// contradicts itself is not read further: its context has to be canceled, or it is held open.
func ReadPlans[M Message](stream Receiver[M], err error) (*Sequence, error) {
	if err != nil {
		return nil, err
	}
	var a assembler
	for {
		message, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return a.finish()
		}
		if err != nil {
			return nil, err
		}
		if err := a.add(message); err != nil {
			return nil, err
		}
	}
}

// assembler puts the messages of a stream together. Its zero value is ready for the first one.
type assembler struct {
	Sequence
	messages int
}

func (a *assembler) add(m Message) error {
	defer func() { a.messages++ }()
	if a.Summary != nil {
		return a.wrong("there is a message after the summary")
	}
	header, part, summary := m.GetHeader(), m.GetPlanPart(), m.GetSummary()
	switch {
	case header != nil && a.Header != nil:
		return a.wrong("there is a second header")
	case header != nil:
		a.Header = header
		return nil
	case a.Header == nil:
		return a.wrong("the first message is no header")
	case part != nil:
		return a.addPart(part)
	case summary != nil:
		a.Summary = summary
		return a.checkCounts()
	default:
		return a.wrong("the message is neither header nor part nor summary")
	}
}

// addPart adds phases to the last plan or to the next one.
func (a *assembler) addPart(part *plannerv1.PlanPart) error {
	index, plans := part.GetPlanIndex(), uint32(len(a.Plans))
	switch {
	case index >= a.Header.GetPlans():
		return a.wrong("it has a part of plan %d, and the header announced %d plans", index, a.Header.GetPlans())
	case index == plans:
		a.Plans = append(a.Plans, &plannerv1.Plan{})
	case index+1 != plans:
		return a.wrong("it has a part of plan %d after %d plans", index, plans)
	}
	plan := a.Plans[index]
	for i, phase := range part.GetPhases() {
		phases := uint32(len(plan.GetPhases()))
		switch {
		case len(phase.GetEvents()) == 0:
			return a.wrong("phase %d of plan %d is empty", phase.GetIndex(), index)
		case phase.GetIndex() == phases:
			// The message's own phase stays as it was received: pieces of it may follow.
			plan.Phases = append(plan.Phases, &plannerv1.Phase{Index: phases, Events: phase.GetEvents()})
		case i == 0 && phase.GetIndex()+1 == phases:
			last := plan.GetPhases()[phases-1]
			last.Events = append(last.Events, phase.GetEvents()...)
		default:
			return a.wrong("it has phase %d of plan %d after %d phases", phase.GetIndex(), index, phases)
		}
	}
	return nil
}

// checkCounts compares what the header and the summary say with what came.
func (a *assembler) checkCounts() error {
	phases, events := 0, make(map[plannerv1.EventType]int)
	for _, plan := range a.Plans {
		phases += len(plan.GetPhases())
		for _, phase := range plan.GetPhases() {
			for _, event := range phase.GetEvents() {
				events[event.GetType()]++
			}
		}
	}
	for _, count := range []struct {
		what string
		got  int
		want uint32
	}{
		{"plans by the header", len(a.Plans), a.Header.GetPlans()},
		{"plans", len(a.Plans), a.Summary.GetPlans()},
		{"phases", phases, a.Summary.GetPhases()},
		{"refreshes", events[plannerv1.EventType_EVENT_TYPE_REFRESH], a.Summary.GetRefreshes()},
		{"creates", events[plannerv1.EventType_EVENT_TYPE_CREATE], a.Summary.GetCreates()},
		{"updates", events[plannerv1.EventType_EVENT_TYPE_UPDATE], a.Summary.GetUpdates()},
		{"deletes", events[plannerv1.EventType_EVENT_TYPE_DELETE], a.Summary.GetDeletes()},
		{"forgets", events[plannerv1.EventType_EVENT_TYPE_FORGET], a.Summary.GetForgets()},
	} {
		if uint64(count.got) != uint64(count.want) {
			return a.wrong("%d %s were announced, and %d came", count.want, count.what, count.got)
		}
	}
	return nil
}

// finish is what to do at the end of the stream.
func (a *assembler) finish() (*Sequence, error) {
	switch {
	case a.Header == nil:
		return nil, &StreamError{Incomplete: true, Message: a.messages, Problem: "the stream ended before its header"}
	case a.Summary == nil:
		return nil, &StreamError{Incomplete: true, Message: a.messages, Problem: "the stream ended before its summary"}
	}
	computed, err := Digest(a.Plans)
	if err != nil {
		return nil, &StreamError{Message: a.messages, Problem: "the plans are not well-formed", Cause: err}
	}
	if announced := a.Summary.GetDigest(); computed != announced {
		return nil, &DigestError{Announced: announced, Computed: computed}
	}
	return &a.Sequence, nil
}

// StateDigest computes the digest of a state, as docs/planning.md specifies it: that which PlanHeader.start_digest has for
// it. As long as the stored state has it, nothing has changed that plans depend on. The error names what in the state is not
// well-formed.
func StateDigest(state *plannerv1.State) (string, error) {
	call, err := request.Converter{}.PlanRefresh(&plannerv1.PlanRefreshRequest{State: state})
	if err != nil {
		return "", err
	}
	return resource.StateDigest(nil, call.State, database.PrimaryPointers())
}

// Digest computes the digest of plans, as docs/planning.md specifies it: equal plans have equal digests, whatever
// the form of their attributes. The error names what in the plans is not well-formed.
func Digest(plans []*plannerv1.Plan) (string, error) {
	ours, err := request.PlansFromProto(plans)
	if err != nil {
		return "", err
	}
	return resource.Digest(nil, ours)
}
