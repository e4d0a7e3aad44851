package request

import (
	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// PlanStates converts a request. The error is an *InvalidRequestError or a *TooManyError. Resources may have any type and keep
// their marks (needs_recreate, error, pending_deletion), in wanted states too.
func (c Converter) PlanStates(in *plannerv1.PlanStatesRequest) (*PlanStatesCall, error) {
	r := c.reader()
	call := &PlanStatesCall{Start: r.state(nil, "start", in.GetStart(), recorded)}
	call.States = make([]*resource.State, len(in.GetStates()))
	for i, s := range interrupt.Each(r.Stop, in.GetStates()) {
		p := element(nil, "states", i)
		call.States[i] = r.stateAt(&p, s, desired)
	}
	call.Options = planOptionsFromProto(in.GetOptions())
	call.Response = r.responseSettings(in.GetResponseOptions(), true)
	return finish(r, call)
}

// PlanRefresh converts a request. The error is an *InvalidRequestError or a *TooManyError.
func (c Converter) PlanRefresh(in *plannerv1.PlanRefreshRequest) (*PlanRefreshCall, error) {
	r := c.reader()
	call := &PlanRefreshCall{State: r.state(nil, "state", in.GetState(), recorded)}
	call.Response = r.responseSettings(in.GetResponseOptions(), true)
	return finish(r, call)
}

// ApplyEvents converts a request. The error is an *InvalidRequestError or a *TooManyError. What does not count in an event
// (its reason beyond being a known one, its diff, and of a delete all but the identifier) is not looked at.
func (c Converter) ApplyEvents(in *plannerv1.ApplyEventsRequest) (*ApplyEventsCall, error) {
	r := c.reader()
	call := &ApplyEventsCall{State: r.state(nil, "state", in.GetState(), recorded)}
	if !r.countResources(len(in.GetEvents())) {
		return finish(r, call)
	}
	call.Events = make([]resource.Event, len(in.GetEvents()))
	for i, e := range interrupt.Each(r.Stop, in.GetEvents()) {
		p := element(nil, "events", i)
		call.Events[i] = r.executedEvent(&p, e)
	}
	call.Response = r.responseSettings(in.GetResponseOptions(), true)
	return finish(r, call)
}
