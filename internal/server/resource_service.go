package server

import (
	"context"

	"google.golang.org/grpc"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert/request"
	"github.com/pgplanner/pgplanner/internal/convert/response"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// resourceService is the generic engine: it plans between states of any resources.
type resourceService struct {
	plannerv1.UnimplementedResourceServiceServer

	convert     request.Converter
	planAll     func(*interrupt.Poller, *resource.State, resource.PlanOptions, ...*resource.State) ([]resource.Plan, error)
	planRefresh func(*interrupt.Poller, *resource.State) (resource.Plan, error)
	// judge looks at plans before they are sent; an error of it is the call's. Nil: none looks.
	judge func(context.Context, *proposal) error
}

func newResourceService() *resourceService {
	return &resourceService{planAll: resource.PlanAll, planRefresh: resource.PlanRefresh}
}

// PlanStates streams the plans from a state through others.
func (s *resourceService) PlanStates(
	req *plannerv1.PlanStatesRequest, stream grpc.ServerStreamingServer[plannerv1.PlanStatesResponse],
) error {
	return answerPlans(stream, s.convert, request.Converter.PlanStates, req, s.judge,
		func(stop *interrupt.Poller, call *request.PlanStatesCall) (*proposal, error) {
			plans, err := s.planAll(stop, call.Start, call.Options, call.States...)
			return &proposal{
				start: call.Start, plans: plans, states: call.States, options: response.ResolvedPlanOptions(call.Options),
			}, err
		})
}

// PlanRefresh streams the plan that looks at every resource of a state; none if it has no resources.
func (s *resourceService) PlanRefresh(
	req *plannerv1.PlanRefreshRequest, stream grpc.ServerStreamingServer[plannerv1.PlanRefreshResponse],
) error {
	return answerPlans(stream, s.convert, request.Converter.PlanRefresh, req, nil,
		func(stop *interrupt.Poller, call *request.PlanRefreshCall) (*proposal, error) {
			plan, err := s.planRefresh(stop, call.State)
			answer := &proposal{start: call.State}
			if len(plan.Phases) > 0 {
				answer.plans = []resource.Plan{plan}
			}
			return answer, err
		})
}

// ApplyEvents gives the state after events.
func (s *resourceService) ApplyEvents(
	ctx context.Context, req *plannerv1.ApplyEventsRequest,
) (*plannerv1.ApplyEventsResponse, error) {
	call, err := convertRequest(ctx, s.convert, request.Converter.ApplyEvents, req)
	if err != nil {
		return nil, err
	}
	stop := stopOf(ctx)
	for _, e := range call.Events {
		if stop.Stopped() {
			return nil, interrupt.ErrInterrupted
		}
		call.State.Apply(e)
	}
	return stateAnswer[plannerv1.ApplyEventsResponse](ctx, call.Response, call.State)
}
