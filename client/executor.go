package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
)

// Executor carries out events, at the place that the event's resource names as its executor. It is called by
// several goroutines at once, and never for a forget: of that there is nothing to carry out.
//
// Every event must be repeatable: one that ran, and whose result was lost in a crash, comes again. What each type of
// event has to bear is in docs/planning.md.
type Executor interface {
	// Execute carries out one event and returns its resource as it now is: a changed copy, with what only execution
	// knows filled in where diff_ignore points; or nil for the event's resource as it is. For a delete it is not
	// looked at. The event must not be changed.
	//
	// An error makes the event fail. A create that failed is recorded as one to be made again, unless the error is, or
	// wraps, a *MendableError: then an update is planned to mend what is there. An update that failed is planned
	// again, unless the error is, or wraps, a *NeedsRecreateError: then the resource is not there any more, or cannot
	// be mended, and is created again. The text of an error is kept in the state and sent to the planner: it should
	// hold no secrets. When the context ends, Execute should return soon.
	//
	// A refresh changes nothing: it returns what it finds. A *NeedsRecreateError from it is no failure but a
	// finding: the thing is gone.
	Execute(ctx context.Context, event *plannerv1.Event) (*plannerv1.Resource, error)
}

// ExecutorFunc is a function as an Executor.
type ExecutorFunc func(ctx context.Context, event *plannerv1.Event) (*plannerv1.Resource, error)

// Execute calls the function.
func (f ExecutorFunc) Execute(ctx context.Context, event *plannerv1.Event) (*plannerv1.Resource, error) {
	return f(ctx, event)
}

// NeedsRecreateError says that a resource is not there, or cannot be mended, and has to be created again.
type NeedsRecreateError struct {
	// Err says why; it may be nil.
	Err error
}

func (e *NeedsRecreateError) Error() string { return because("it needs to be created again", e.Err) }

// Unwrap returns the reason.
func (e *NeedsRecreateError) Unwrap() error { return e.Err }

// MendableError says that a create failed, and left something there that an update can bring right.
type MendableError struct {
	// Err says what is wrong; it may be nil.
	Err error
}

func (e *MendableError) Error() string { return because("an update can mend it", e.Err) }

// Unwrap returns what is wrong.
func (e *MendableError) Unwrap() error { return e.Err }

// outcome is what to record of an event that was executed.
type outcome struct {
	put    *plannerv1.Resource   // the resource as it is to be recorded
	remove *plannerv1.Identifier // or the one that is gone
	failed error                 // why the event failed; it may be that nothing is to be recorded then
}

// judge turns what an executor returned into what is recorded: point 2 of the contract in docs/planning.md.
func judge(event *plannerv1.Event, returned *plannerv1.Resource, err error) outcome {
	own := event.GetResource()
	if err == nil && returned != nil && !proto.Equal(returned.GetIdentifier(), own.GetIdentifier()) {
		err = fmt.Errorf("the executor returned %s instead", name(returned.GetIdentifier()))
	}
	if returned == nil {
		returned = own
	}
	switch event.GetType() {
	case plannerv1.EventType_EVENT_TYPE_DELETE:
		if err != nil {
			return outcome{failed: err}
		}
		return outcome{remove: own.GetIdentifier()}
	case plannerv1.EventType_EVENT_TYPE_REFRESH:
		switch {
		case err == nil:
			return outcome{put: returned}
		case isA[*NeedsRecreateError](err):
			return outcome{put: marked(own, "", true)}
		}
		return outcome{failed: err}
	case plannerv1.EventType_EVENT_TYPE_CREATE:
		if err != nil {
			return outcome{put: marked(own, textOf(err), !isA[*MendableError](err)), failed: err}
		}
		return outcome{put: marked(returned, "", false)}
	case plannerv1.EventType_EVENT_TYPE_UPDATE:
		switch {
		case err == nil:
			return outcome{put: marked(returned, "", false)}
		case isA[*NeedsRecreateError](err):
			return outcome{put: marked(own, "", true), failed: err}
		}
		return outcome{put: marked(own, textOf(err), false), failed: err}
	case plannerv1.EventType_EVENT_TYPE_FORGET:
		return outcome{remove: own.GetIdentifier()}
	case plannerv1.EventType_EVENT_TYPE_UNSPECIFIED: // never sent
	}
	return outcome{failed: fmt.Errorf("unknown type of event %v", event.GetType())}
}

// marked is a copy of the resource with the marks of what happened to it: an empty text means that nothing failed.
func marked(r *plannerv1.Resource, text string, needsRecreate bool) *plannerv1.Resource {
	r = proto.CloneOf(r)
	r.Error, r.NeedsRecreate = text, needsRecreate
	return r
}

// textOf is the text of a failure. It is never empty.
func textOf(err error) string { return cmp.Or(err.Error(), "failed") }

// isA tells whether an error is, or wraps, one of the type.
func isA[E error](err error) bool {
	var target E
	return errors.As(err, &target)
}
