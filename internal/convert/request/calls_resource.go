package request

import (
	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// PlanStates converts a request. The error is an *InvalidRequestError or a *TooManyError. Resources may have any type and keep
// their marks (needs_recreate, error, pending_deletion), in wanted states too.
func (c Converter) PlanStates(in *plannerv1.PlanStatesRequest) (*PlanStatesCall, error) {
	r := c.reader()
	call := &PlanStatesCall{Start: r.state(nil, "start", in.GetStart(), recorded)}
	call.States = list(r, nil, "states", in.GetStates(), func(p *path, s *plannerv1.State) *resource.State {
		return r.stateAt(p, s, desired)
	})
	call.Options = planOptionsFromProto(in.GetOptions())
	return answering(r, call, in.GetResponseOptions(), true)
}

// PlanRefresh converts a request. The error is an *InvalidRequestError or a *TooManyError.
func (c Converter) PlanRefresh(in *plannerv1.PlanRefreshRequest) (*PlanRefreshCall, error) {
	r := c.reader()
	call := &PlanRefreshCall{State: r.state(nil, "state", in.GetState(), recorded)}
	return answering(r, call, in.GetResponseOptions(), true)
}

// ApplyEvents converts a request. The error is an *InvalidRequestError or a *TooManyError. What does not count in an event
// (its reason beyond being a known one, its diff, and of a delete all but the identifier) is not looked at.
func (c Converter) ApplyEvents(in *plannerv1.ApplyEventsRequest) (*ApplyEventsCall, error) {
	r := c.reader()
	call := &ApplyEventsCall{State: r.state(nil, "state", in.GetState(), recorded)}
	if r.countResources(len(in.GetEvents())) {
		call.Events = list(r, nil, "events", in.GetEvents(), r.executedEvent)
	}
	return answering(r, call, in.GetResponseOptions(), true)
}
