package client

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
)

// Executor carries out events, at the place that the event's resource names as its executor. It is called by
// several goroutines at once.
//
// Every event must be repeatable: one that ran, and whose result was lost in a crash, comes again. What each type of
// event has to bear is in docs/planning.md.
type Executor interface {
	// Execute carries out one event and returns its resource as it now is: a changed copy, with what only execution
	// knows filled in where diff_ignore points; or nil for the event's resource as it is. For a delete it is not
	// looked at. The event must not be changed.
	//
	// An error makes the event fail: the resource is recorded with it, and an update is planned to mend it. If what
	// failed is not there, or cannot be mended, the error is, or wraps, a *NeedsRecreateError. The text of an error is
	// kept in the state and sent to the planner: it should hold no secrets. When the context ends, Execute should
	// return soon.
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

func (e *NeedsRecreateError) Error() string {
	if e.Err == nil {
		return "it needs to be created again"
	}
	return fmt.Sprintf("it needs to be created again: %v", e.Err)
}

// Unwrap returns the reason.
func (e *NeedsRecreateError) Unwrap() error { return e.Err }

// outcome is what to record of an event that was executed.
type outcome struct {
	put    *plannerv1.Resource   // the resource as it is to be recorded
	remove *plannerv1.Identifier // or the one that is gone
	failed error                 // why the event failed; it may be that nothing is to be recorded then
}

// judge turns what an executor returned into what is recorded: point 2 of the contract in docs/planning.md.
func judge(event *plannerv1.Event, returned *plannerv1.Resource, err error) outcome {
	planned := event.GetResource()
	if err == nil && returned != nil && !proto.Equal(returned.GetIdentifier(), planned.GetIdentifier()) {
		err = fmt.Errorf("the executor returned %s instead", name(returned.GetIdentifier()))
	}
	if returned == nil {
		returned = planned
	}
	switch event.GetType() {
	case plannerv1.EventType_EVENT_TYPE_DELETE:
		if err != nil {
			return outcome{failed: err}
		}
		return outcome{remove: planned.GetIdentifier()}
	case plannerv1.EventType_EVENT_TYPE_REFRESH:
		switch {
		case err == nil:
			return outcome{put: returned}
		case needsRecreate(err):
			return outcome{put: marked(planned, err)}
		}
		return outcome{failed: err}
	case plannerv1.EventType_EVENT_TYPE_CREATE, plannerv1.EventType_EVENT_TYPE_UPDATE:
		if err != nil {
			return outcome{put: marked(planned, err), failed: err}
		}
		return outcome{put: marked(returned, nil)}
	case plannerv1.EventType_EVENT_TYPE_UNSPECIFIED:
	}
	return outcome{failed: fmt.Errorf("unknown type of event %v", event.GetType())}
}

// marked is a copy of the resource with the marks of what happened to it: none after a success.
func marked(r *plannerv1.Resource, err error) *plannerv1.Resource {
	r = proto.CloneOf(r)
	r.Error, r.NeedsRecreate = "", false
	switch {
	case err == nil:
	case needsRecreate(err):
		r.NeedsRecreate = true
	default:
		if r.Error = err.Error(); r.Error == "" {
			r.Error = "failed" // empty would mean that it did not
		}
	}
	return r
}

func needsRecreate(err error) bool {
	var target *NeedsRecreateError
	return errors.As(err, &target)
}
