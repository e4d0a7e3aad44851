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
	return answerStates(stream, s.convert, request.Converter.AddNode, req, forNode(planner.AddNodesUntil))
}

// AddNodes streams the diffs that add several nodes at once.
func (s *stateService) AddNodes(
	req *plannerv1.AddNodesRequest, stream grpc.ServerStreamingServer[plannerv1.AddNodesResponse],
) error {
	return answerStates(stream, s.convert, request.Converter.AddNodes, req, forNodes(planner.AddNodesUntil))
}

// UpdateNode streams the diffs that update one node.
func (s *stateService) UpdateNode(
	req *plannerv1.UpdateNodeRequest, stream grpc.ServerStreamingServer[plannerv1.UpdateNodeResponse],
) error {
	return answerStates(stream, s.convert, request.Converter.UpdateNode, req, forNode(updating(planner.NodeUpdateStrategyRolling)))
}

// RollingUpdateNodes streams the diffs that update nodes one after the other.
func (s *stateService) RollingUpdateNodes(
	req *plannerv1.RollingUpdateNodesRequest, stream grpc.ServerStreamingServer[plannerv1.RollingUpdateNodesResponse],
) error {
	return answerStates(stream, s.convert, request.Converter.RollingUpdateNodes, req, forNodes(updating(planner.NodeUpdateStrategyRolling)))
}

// ConcurrentUpdateNodes streams the diffs that update nodes side by side.
func (s *stateService) ConcurrentUpdateNodes(
	req *plannerv1.ConcurrentUpdateNodesRequest,
	stream grpc.ServerStreamingServer[plannerv1.ConcurrentUpdateNodesResponse],
) error {
	return answerStates(stream, s.convert, request.Converter.ConcurrentUpdateNodes, req, forNodes(updating(planner.NodeUpdateStrategyConcurrent)))
}

// PopulateNode streams the diff that brings the data of the others to a new node; none if it has no source.
func (s *stateService) PopulateNode(
	req *plannerv1.PopulateNodeRequest, stream grpc.ServerStreamingServer[plannerv1.PopulateNodeResponse],
) error {
	return answerStates(stream, s.convert, request.Converter.PopulateNode, req,
		func(stop *interrupt.Poller, call *request.PopulateNodeCall) (convert.ResponseSettings, []*resource.State, error) {
			if call.Node.SourceNode == "" {
				return call.Response, nil, nil
			}
			state, err := planner.PopulateNodesUntil(stop, call.ExistingNodeNames, one(call.Node))
			return call.Response, one(state), err
		})
}

// PopulateNodes streams the diff that brings the data of existing nodes to new ones; none if no new node has a
// source.
func (s *stateService) PopulateNodes(
	req *plannerv1.PopulateNodesRequest, stream grpc.ServerStreamingServer[plannerv1.PopulateNodesResponse],
) error {
	return answerStates(stream, s.convert, request.Converter.PopulateNodes, req,
		func(stop *interrupt.Poller, call *request.PopulateNodesCall) (convert.ResponseSettings, []*resource.State, error) {
			var existing []string
			for _, n := range interrupt.Each(stop, call.Existing) {
				existing = append(existing, n.NodeName)
			}
			state, err := planner.PopulateNodesUntil(stop, existing, call.New)
			if state == nil {
				return call.Response, nil, err
			}
			return call.Response, one(state), err
		})
}

// RestoreNode streams the three states of a restore.
func (s *stateService) RestoreNode(
	req *plannerv1.RestoreNodeRequest, stream grpc.ServerStreamingServer[plannerv1.RestoreNodeResponse],
) error {
	return answerStates(stream, s.convert, request.Converter.RestoreNode, req,
		func(stop *interrupt.Poller, call *request.RestoreNodeCall) (convert.ResponseSettings, []*resource.State, error) {
			states, err := planner.RestoreNodeUntil(stop, call.Target)
			return call.Response, states, err
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

// statesFor plans the states that a call is answered with, and says in which form it wants them.
type statesFor[Call any] func(*interrupt.Poller, *Call) (convert.ResponseSettings, []*resource.State, error)

func one[T any](only T) []T { return []T{only} }

// nodePlanner plans the states of nodes.
type nodePlanner func(*interrupt.Poller, []*planner.NodeResources) ([]*resource.State, error)

func updating(strategy planner.NodeUpdateStrategy) nodePlanner {
	return func(stop *interrupt.Poller, nodes []*planner.NodeResources) ([]*resource.State, error) {
		return planner.UpdateNodesUntil(stop, strategy, nodes)
	}
}

func forNode(plan nodePlanner) statesFor[request.NodeCall] {
	return func(stop *interrupt.Poller, call *request.NodeCall) (convert.ResponseSettings, []*resource.State, error) {
		states, err := plan(stop, one(call.Node))
		return call.Response, states, err
	}
}

func forNodes(plan nodePlanner) statesFor[request.NodesCall] {
	return func(stop *interrupt.Poller, call *request.NodesCall) (convert.ResponseSettings, []*resource.State, error) {
		states, err := plan(stop, call.Nodes)
		return call.Response, states, err
	}
}

// answerStates answers a call with the states that are planned for its request.
func answerStates[Request, Call any](
	stream grpc.ServerStream, c request.Converter, method func(request.Converter, Request) (*Call, error), req Request,
	plan statesFor[Call],
) error {
	ctx := stream.Context()
	call, err := convertRequest(ctx, c, method, req)
	if err != nil {
		return err
	}
	var settings convert.ResponseSettings
	states, err := inPlanStage(ctx, func(stop *interrupt.Poller) (states []*resource.State, err error) {
		settings, states, err = plan(stop, call)
		return states, err
	})
	if err != nil {
		return err
	}
	return sendStates(stream, settings, states)
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
