package server

import (
	"context"

	"google.golang.org/grpc"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert/request"
	"github.com/pgplanner/pgplanner/internal/convert/response"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// plannerService plans changes of whole databases. What it plans with are fields.
type plannerService struct {
	plannerv1.UnimplementedPlannerServiceServer

	convert        request.Converter
	updateDatabase func(
		*interrupt.Poller, planner.UpdateDatabaseOptions, *resource.State, []*planner.NodeResources,
	) (plans []resource.Plan, end *resource.State, err error)
	restoreDatabase func(
		*interrupt.Poller, *resource.State, []*planner.NodeResources, []*planner.NodeRestoreResources,
	) (plans []resource.Plan, end *resource.State, err error)

	// The judges look at plans before they are sent; an error of theirs is the call's. Nil: none looks.
	judgeUpdate  func(context.Context, *plannedUpdate, []resource.Plan) error
	judgeRestore func(context.Context, *plannedRestore, []resource.Plan) error
}

// The calls, each with the state to which its plans lead.
type (
	plannedUpdate struct {
		*request.UpdateDatabaseCall

		end *resource.State
	}
	plannedRestore struct {
		*request.RestoreDatabaseCall

		end *resource.State
	}
)

func newPlannerService() *plannerService {
	return &plannerService{
		updateDatabase:  planner.UpdateDatabaseTo,
		restoreDatabase: planner.RestoreDatabaseTo,
	}
}

// UpdateDatabase streams the plans that lead from a state to the wanted nodes and services.
func (s *plannerService) UpdateDatabase(
	req *plannerv1.UpdateDatabaseRequest, stream grpc.ServerStreamingServer[plannerv1.UpdateDatabaseResponse],
) error {
	call, err := convertRequest(stream.Context(), s.convert, request.Converter.UpdateDatabase, req)
	if err != nil {
		return err
	}
	planned := &plannedUpdate{UpdateDatabaseCall: call}
	plans, err := measured(stream.Context(), stagePlan, func() (plans []resource.Plan, err error) {
		plans, planned.end, err = s.updateDatabase(stopOf(stream.Context()), call.Options, call.Start, call.Nodes)
		return plans, err
	})
	if err != nil {
		return err
	}
	if err := verified(stream.Context(), s.judgeUpdate, planned, plans); err != nil {
		return err
	}
	return sendPlans(stream, updateDatabaseMessages, call.Response, response.ResolvedOptions(call.Options), plans)
}

// RestoreDatabase streams the plans that restore nodes in place.
func (s *plannerService) RestoreDatabase(
	req *plannerv1.RestoreDatabaseRequest, stream grpc.ServerStreamingServer[plannerv1.RestoreDatabaseResponse],
) error {
	call, err := convertRequest(stream.Context(), s.convert, request.Converter.RestoreDatabase, req)
	if err != nil {
		return err
	}
	planned := &plannedRestore{RestoreDatabaseCall: call}
	plans, err := measured(stream.Context(), stagePlan, func() (plans []resource.Plan, err error) {
		plans, planned.end, err = s.restoreDatabase(stopOf(stream.Context()), call.Start, call.Nodes, call.Targets)
		return plans, err
	})
	if err != nil {
		return err
	}
	if err := verified(stream.Context(), s.judgeRestore, planned, plans); err != nil {
		return err
	}
	return sendPlans(stream, restoreDatabaseMessages, call.Response, nil, plans)
}

// convertRequest converts a request, which nobody may look at afterwards, and looks before and after whether the call still
// goes on.
func convertRequest[Request, Call any](
	ctx context.Context, c request.Converter, convert func(request.Converter, Request) (*Call, error), req Request,
) (*Call, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c.Texts, c.Stop = callOf(ctx).requestTexts(), stopOf(ctx)
	call, err := measured(ctx, stageConvert, func() (*Call, error) { return convert(c, req) })
	callOf(ctx).releaseRequest()
	if err != nil {
		return nil, err
	}
	return call, ctx.Err()
}

var updateDatabaseMessages = planMessages[plannerv1.UpdateDatabaseResponse]{
	header: func(h *plannerv1.PlanHeader) *plannerv1.UpdateDatabaseResponse {
		return &plannerv1.UpdateDatabaseResponse{Part: &plannerv1.UpdateDatabaseResponse_Header{Header: h}}
	},
	summary: func(s *plannerv1.PlanSummary) *plannerv1.UpdateDatabaseResponse {
		return &plannerv1.UpdateDatabaseResponse{Part: &plannerv1.UpdateDatabaseResponse_Summary{Summary: s}}
	},
}

var restoreDatabaseMessages = planMessages[plannerv1.RestoreDatabaseResponse]{
	header: func(h *plannerv1.PlanHeader) *plannerv1.RestoreDatabaseResponse {
		return &plannerv1.RestoreDatabaseResponse{Part: &plannerv1.RestoreDatabaseResponse_Header{Header: h}}
	},
	summary: func(s *plannerv1.PlanSummary) *plannerv1.RestoreDatabaseResponse {
		return &plannerv1.RestoreDatabaseResponse{Part: &plannerv1.RestoreDatabaseResponse_Summary{Summary: s}}
	},
}
