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
	judge func(context.Context, *request.PlanStatesCall, []resource.Plan) error
}

func newResourceService() *resourceService {
	return &resourceService{planAll: resource.PlanAll, planRefresh: resource.PlanRefresh}
}

// PlanStates streams the plans from a state through others.
func (s *resourceService) PlanStates(
	req *plannerv1.PlanStatesRequest, stream grpc.ServerStreamingServer[plannerv1.PlanStatesResponse],
) error {
	call, err := convertRequest(stream.Context(), s.convert, request.Converter.PlanStates, req)
	if err != nil {
		return err
	}
	plans, err := measured(stream.Context(), stagePlan, func() ([]resource.Plan, error) {
		return s.planAll(stopOf(stream.Context()), call.Start, call.Options, call.States...)
	})
	if err != nil {
		return err
	}
	if err := verified(stream.Context(), s.judge, call, plans); err != nil {
		return err
	}
	return sendPlans(stream, planStatesMessages, call.Response, response.ResolvedPlanOptions(call.Options), plans)
}

// PlanRefresh streams the plan that looks at every resource of a state; none if it has no resources.
func (s *resourceService) PlanRefresh(
	req *plannerv1.PlanRefreshRequest, stream grpc.ServerStreamingServer[plannerv1.PlanRefreshResponse],
) error {
	call, err := convertRequest(stream.Context(), s.convert, request.Converter.PlanRefresh, req)
	if err != nil {
		return err
	}
	plan, err := measured(stream.Context(), stagePlan, func() (resource.Plan, error) {
		return s.planRefresh(stopOf(stream.Context()), call.State)
	})
	if err != nil {
		return err
	}
	var plans []resource.Plan
	if len(plan.Phases) > 0 {
		plans = append(plans, plan)
	}
	return sendPlans(stream, planRefreshMessages, call.Response, nil, plans)
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

var planStatesMessages = planMessages[plannerv1.PlanStatesResponse]{
	header: func(h *plannerv1.PlanHeader) *plannerv1.PlanStatesResponse {
		return &plannerv1.PlanStatesResponse{Part: &plannerv1.PlanStatesResponse_Header{Header: h}}
	},
	summary: func(s *plannerv1.PlanSummary) *plannerv1.PlanStatesResponse {
		return &plannerv1.PlanStatesResponse{Part: &plannerv1.PlanStatesResponse_Summary{Summary: s}}
	},
}

var planRefreshMessages = planMessages[plannerv1.PlanRefreshResponse]{
	header: func(h *plannerv1.PlanHeader) *plannerv1.PlanRefreshResponse {
		return &plannerv1.PlanRefreshResponse{Part: &plannerv1.PlanRefreshResponse_Header{Header: h}}
	},
	summary: func(s *plannerv1.PlanSummary) *plannerv1.PlanRefreshResponse {
		return &plannerv1.PlanRefreshResponse{Part: &plannerv1.PlanRefreshResponse_Summary{Summary: s}}
	},
}
