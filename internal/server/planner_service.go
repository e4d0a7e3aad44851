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
	) (planner.Outcome, error)
	restoreDatabase func(
		*interrupt.Poller, planner.RestoreDatabaseOptions,
		*resource.State, []*planner.NodeResources, []*planner.NodeRestoreResources,
	) (planner.Outcome, error)

	// judge looks at plans before they are sent; an error of it is the call's. Nil: none looks.
	judge func(context.Context, *proposal) error
}

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
	return answerPlans(stream, s.convert, request.Converter.UpdateDatabase, req, s.judge,
		func(stop *interrupt.Poller, call *request.UpdateDatabaseCall) (*proposal, error) {
			outcome, err := s.updateDatabase(stop, call.Options, call.Start, call.Nodes)
			options := response.ResolvedOptions(call.Options)
			options.DeleteDatabase = call.DeleteDatabase
			return &proposal{
				start: call.Start, plans: outcome.Plans, end: outcome.End, asked: call, hazards: outcome.Hazards,
				options: options, approved: call.ExpectedDigest,
			}, err
		})
}

// RestoreDatabase streams the plans that restore nodes in place.
func (s *plannerService) RestoreDatabase(
	req *plannerv1.RestoreDatabaseRequest, stream grpc.ServerStreamingServer[plannerv1.RestoreDatabaseResponse],
) error {
	return answerPlans(stream, s.convert, request.Converter.RestoreDatabase, req, s.judge,
		func(stop *interrupt.Poller, call *request.RestoreDatabaseCall) (*proposal, error) {
			outcome, err := s.restoreDatabase(stop, call.Options, call.Start, call.Nodes, call.Targets)
			return &proposal{
				start: call.Start, plans: outcome.Plans, end: outcome.End, asked: call, hazards: outcome.Hazards,
				options: response.ResolvedRestoreOptions(call.Options), approved: call.ExpectedDigest,
			}, err
		})
}

// convertRequest converts a request, which nobody may look at afterwards, and looks before and after whether the call still
// goes on.
func convertRequest[Request, Call any](
	ctx context.Context, c request.Converter, convert func(request.Converter, Request) (Call, error), req Request,
) (call Call, err error) {
	if err := ctx.Err(); err != nil {
		return call, err
	}
	c.Texts, c.Stop = callOf(ctx).texts, stopOf(ctx)
	call, err = measured(ctx, stageConvert, func() (Call, error) { return convert(c, req) })
	callOf(ctx).releaseRequest()
	if err != nil {
		return call, err
	}
	return call, ctx.Err()
}
