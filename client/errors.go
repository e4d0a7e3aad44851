package client

import (
	"fmt"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert"
)

// StreamError says that a stream of plans is incomplete or contradicts itself. Nothing of it may be executed.
type StreamError struct {
	// Incomplete is true if the stream only ended too early. Asking again is then all that is needed.
	Incomplete bool
	// Message is the position of the message at which the problem was found, from 0.
	Message int
	// Problem says what is wrong, without any attribute values.
	Problem string
	// Cause may be nil.
	Cause error
}

func (e *StreamError) Error() string {
	return because(fmt.Sprintf("stream of plans: message %d: %s", e.Message, e.Problem), e.Cause)
}

// Unwrap returns the cause.
func (e *StreamError) Unwrap() error { return e.Cause }

// wrong makes the error for the message that is being added.
func (a *assembler) wrong(format string, args ...any) error {
	return &StreamError{Message: a.messages, Problem: fmt.Sprintf(format, args...)}
}

// DigestError says that the plans that came are not those that the server computed the digest of.
type DigestError struct{ Announced, Computed string }

func (e *DigestError) Error() string {
	return fmt.Sprintf("stream of plans: the digest is %s, and the summary announced %q", e.Computed, e.Announced)
}

// PlanChangedError says that the plans are not those that were approved: see Client.Wish.
type PlanChangedError struct{ Expected, Digest string }

func (e *PlanChangedError) Error() string {
	return fmt.Sprintf("the plans have the digest %s, and those that were approved %s", e.Digest, e.Expected)
}

// EventError is the failure of one event.
type EventError struct {
	// Plan and Phase are the positions of the event's plan and phase, from 0.
	Plan, Phase int
	// Event is the event as it was planned.
	Event *plannerv1.Event
	// Err is what the executor returned.
	Err error
}

func (e *EventError) Error() string {
	return fmt.Sprintf("plan %d, phase %d: %s %s: %v", e.Plan, e.Phase, verb(e.Event.GetType()),
		name(e.Event.GetResource().GetIdentifier()), e.Err)
}

// Unwrap returns what the executor returned.
func (e *EventError) Unwrap() error { return e.Err }

// PhaseError says that events of a phase failed, and that no later phase was started. Their failures are recorded.
type PhaseError struct {
	// Failed are the failures in the order of the phase's events; never empty.
	Failed []*EventError
}

func (e *PhaseError) Error() string {
	if more := len(e.Failed) - 1; more > 0 {
		return fmt.Sprintf("%v (and %d more)", e.Failed[0], more)
	}
	return e.Failed[0].Error()
}

// Unwrap returns the failures.
func (e *PhaseError) Unwrap() []error {
	all := make([]error, len(e.Failed))
	for i, f := range e.Failed {
		all[i] = f
	}
	return all
}

// StoreError says that the store failed. What was executed and could not be recorded comes again.
type StoreError struct {
	// Op is what was attempted: load, put or delete.
	Op string
	// Err is what the store returned.
	Err error
}

func (e *StoreError) Error() string { return fmt.Sprintf("%s state: %v", e.Op, e.Err) }

// Unwrap returns what the store returned.
func (e *StoreError) Unwrap() error { return e.Err }

// UnfinishedError says that something was still left to do after as many attempts as were allowed.
type UnfinishedError struct {
	// Attempts is how often the planner was asked.
	Attempts int
	// Last is why the last attempt did not finish; nil if it did all that was planned.
	Last error
}

func (e *UnfinishedError) Error() string {
	return because(fmt.Sprintf("not finished after %d attempts", e.Attempts), e.Last)
}

// Unwrap returns the last failure.
func (e *UnfinishedError) Unwrap() error { return e.Last }

// because adds the cause to the text of an error, if there is one.
func because(text string, cause error) string {
	if cause == nil {
		return text
	}
	return text + ": " + cause.Error()
}

func name(id *plannerv1.Identifier) string { return id.GetType() + "::" + id.GetId() }

func verb(t plannerv1.EventType) string {
	if known, ok := convert.EventTypes.FromProto(t); ok && known != 0 {
		return known.String()
	}
	return t.String()
}
