package server

import (
	"context"

	"google.golang.org/grpc"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert"
	"github.com/pgplanner/pgplanner/internal/convert/request"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// stateService gives the building blocks of plannerService one by one.
type stateService struct {
	plannerv1.UnimplementedStateServiceServer

	convert request.Converter
}

// AddNode streams the diffs that add one node.
func (s *stateService) AddNode(
	req *plannerv1.AddNodeRequest, stream grpc.ServerStreamingServer[plannerv1.AddNodeResponse],
) error {
	return answerStates(stream, s.convert, request.Converter.AddNode, req, addNodes)
}

// AddNodes streams the diffs that add several nodes at once.
func (s *stateService) AddNodes(
	req *plannerv1.AddNodesRequest, stream grpc.ServerStreamingServer[plannerv1.AddNodesResponse],
) error {
	return answerStates(stream, s.convert, request.Converter.AddNodes, req, addNodes)
}

// UpdateNode streams the diffs that update one node.
func (s *stateService) UpdateNode(
	req *plannerv1.UpdateNodeRequest, stream grpc.ServerStreamingServer[plannerv1.UpdateNodeResponse],
) error {
	return answerStates(stream, s.convert, request.Converter.UpdateNode, req, updateNodes(planner.NodeUpdateStrategyRolling))
}

// RollingUpdateNodes streams the diffs that update nodes one after the other.
func (s *stateService) RollingUpdateNodes(
	req *plannerv1.RollingUpdateNodesRequest, stream grpc.ServerStreamingServer[plannerv1.RollingUpdateNodesResponse],
) error {
	return answerStates(stream, s.convert, request.Converter.RollingUpdateNodes, req, updateNodes(planner.NodeUpdateStrategyRolling))
}

// ConcurrentUpdateNodes streams the diffs that update nodes side by side.
func (s *stateService) ConcurrentUpdateNodes(
	req *plannerv1.ConcurrentUpdateNodesRequest,
	stream grpc.ServerStreamingServer[plannerv1.ConcurrentUpdateNodesResponse],
) error {
	return answerStates(stream, s.convert, request.Converter.ConcurrentUpdateNodes, req, updateNodes(planner.NodeUpdateStrategyConcurrent))
}

// PopulateNode streams the diff that brings the data of the others to a new node; none if it has no source.
func (s *stateService) PopulateNode(
	req *plannerv1.PopulateNodeRequest, stream grpc.ServerStreamingServer[plannerv1.PopulateNodeResponse],
) error {
	return answerStates(stream, s.convert, request.Converter.PopulateNode, req, populateNodes)
}

// PopulateNodes streams the diff that brings the data of existing nodes to new ones; none if no new node has a
// source.
func (s *stateService) PopulateNodes(
	req *plannerv1.PopulateNodesRequest, stream grpc.ServerStreamingServer[plannerv1.PopulateNodesResponse],
) error {
	return answerStates(stream, s.convert, request.Converter.PopulateNodes, req, populateNodes)
}

// RestoreNode streams the three states of a restore.
func (s *stateService) RestoreNode(
	req *plannerv1.RestoreNodeRequest, stream grpc.ServerStreamingServer[plannerv1.RestoreNodeResponse],
) error {
	return answerStates(stream, s.convert, request.Converter.RestoreNode, req,
		func(stop *interrupt.Poller, call *request.RestoreNodeCall) ([]*resource.State, error) {
			return planner.RestoreNodeUntil(stop, call.Target)
		})
}

// EndState gives the state in which all nodes are finished.
func (s *stateService) EndState(
	ctx context.Context, req *plannerv1.EndStateRequest,
) (*plannerv1.EndStateResponse, error) {
	call, err := convertRequest(ctx, s.convert, request.Converter.EndState, req)
	if err != nil {
		return nil, err
	}
	state, err := inPlanStage(ctx, func(stop *interrupt.Poller) (*resource.State, error) {
		return planner.EndStateUntil(stop, call.Nodes)
	})
	if err != nil {
		return nil, err
	}
	return stateAnswer[plannerv1.EndStateResponse](ctx, call.Response, state)
}

func addNodes(stop *interrupt.Poller, call *request.NodesCall) ([]*resource.State, error) {
	return planner.AddNodesUntil(stop, call.Nodes)
}

func updateNodes(strategy planner.NodeUpdateStrategy) func(*interrupt.Poller, *request.NodesCall) ([]*resource.State, error) {
	return func(stop *interrupt.Poller, call *request.NodesCall) ([]*resource.State, error) {
		return planner.UpdateNodesUntil(stop, strategy, call.Nodes)
	}
}

func populateNodes(stop *interrupt.Poller, call *request.NodesCall) ([]*resource.State, error) {
	state, err := planner.PopulateNodesUntil(stop, call.Existing, call.Nodes)
	if state == nil {
		return nil, err
	}
	return []*resource.State{state}, err
}

// answerStates answers a call with the states that are planned for its request.
func answerStates[Request any, Call interface {
	Settings() convert.ResponseSettings
}](
	stream grpc.ServerStream, c request.Converter, method func(request.Converter, Request) (Call, error), req Request,
	plan func(*interrupt.Poller, Call) ([]*resource.State, error),
) error {
	ctx := stream.Context()
	call, err := convertRequest(ctx, c, method, req)
	if err != nil {
		return err
	}
	states, err := inPlanStage(ctx, func(stop *interrupt.Poller) ([]*resource.State, error) { return plan(stop, call) })
	if err != nil {
		return err
	}
	return sendStates(stream, call.Settings(), states)
}

// inPlanStage plans what means nothing once it is told to stop.
func inPlanStage[T any](ctx context.Context, plan func(*interrupt.Poller) (T, error)) (T, error) {
	return measured(ctx, stagePlan, func() (T, error) {
		stop := stopOf(ctx)
		result, err := plan(stop)
		if stopped := stop.Err(); stopped != nil {
			err = stopped
		}
		return result, err
	})
}
