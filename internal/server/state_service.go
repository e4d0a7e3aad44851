package server

import (
	"context"

	"google.golang.org/grpc"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert"
	"github.com/pgplanner/pgplanner/internal/convert/request"
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
	return answerStates(stream, s.convert, request.Converter.AddNode, req, forNode(planner.AddNode))
}

// AddNodes streams the diffs that add several nodes at once.
func (s *stateService) AddNodes(
	req *plannerv1.AddNodesRequest, stream grpc.ServerStreamingServer[plannerv1.AddNodesResponse],
) error {
	return answerStates(stream, s.convert, request.Converter.AddNodes, req, forNodes(planner.AddNodes))
}

// UpdateNode streams the diffs that update one node.
func (s *stateService) UpdateNode(
	req *plannerv1.UpdateNodeRequest, stream grpc.ServerStreamingServer[plannerv1.UpdateNodeResponse],
) error {
	return answerStates(stream, s.convert, request.Converter.UpdateNode, req, forNode(planner.UpdateNode))
}

// RollingUpdateNodes streams the diffs that update nodes one after the other.
func (s *stateService) RollingUpdateNodes(
	req *plannerv1.RollingUpdateNodesRequest, stream grpc.ServerStreamingServer[plannerv1.RollingUpdateNodesResponse],
) error {
	return answerStates(stream, s.convert, request.Converter.RollingUpdateNodes, req, forNodes(planner.RollingUpdateNodes))
}

// ConcurrentUpdateNodes streams the diffs that update nodes side by side.
func (s *stateService) ConcurrentUpdateNodes(
	req *plannerv1.ConcurrentUpdateNodesRequest,
	stream grpc.ServerStreamingServer[plannerv1.ConcurrentUpdateNodesResponse],
) error {
	return answerStates(stream, s.convert, request.Converter.ConcurrentUpdateNodes, req, forNodes(planner.ConcurrentUpdateNodes))
}

// PopulateNode streams the diff that brings the data of the others to a new node; none if it has no source.
func (s *stateService) PopulateNode(
	req *plannerv1.PopulateNodeRequest, stream grpc.ServerStreamingServer[plannerv1.PopulateNodeResponse],
) error {
	return answerStates(stream, s.convert, request.Converter.PopulateNode, req,
		func(call *request.PopulateNodeCall) (convert.ResponseSettings, []*resource.State, error) {
			if call.Node.SourceNode == "" {
				return call.Response, nil, nil
			}
			state, err := planner.PopulateNode(call.Node, call.ExistingNodeNames)
			return call.Response, []*resource.State{state}, err
		})
}

// PopulateNodes streams the diff that brings the data of existing nodes to new ones; none if no new node has a
// source.
func (s *stateService) PopulateNodes(
	req *plannerv1.PopulateNodesRequest, stream grpc.ServerStreamingServer[plannerv1.PopulateNodesResponse],
) error {
	return answerStates(stream, s.convert, request.Converter.PopulateNodes, req,
		func(call *request.PopulateNodesCall) (convert.ResponseSettings, []*resource.State, error) {
			state, err := planner.PopulateNodes(call.Existing, call.New)
			if state == nil {
				return call.Response, nil, err
			}
			return call.Response, []*resource.State{state}, err
		})
}

// RestoreNode streams the three states of a restore.
func (s *stateService) RestoreNode(
	req *plannerv1.RestoreNodeRequest, stream grpc.ServerStreamingServer[plannerv1.RestoreNodeResponse],
) error {
	return answerStates(stream, s.convert, request.Converter.RestoreNode, req,
		func(call *request.RestoreNodeCall) (convert.ResponseSettings, []*resource.State, error) {
			states, err := planner.RestoreNode(call.Target)
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
	state, err := measured(ctx, stagePlan, func() (*resource.State, error) {
		return planner.EndState(call.Nodes)
	})
	if err != nil {
		return nil, err
	}
	return stateAnswer[plannerv1.EndStateResponse](ctx, call.Response, state)
}

// statesFor plans the states that a call is answered with, and says in which form it wants them.
type statesFor[Call any] func(*Call) (convert.ResponseSettings, []*resource.State, error)

func forNode(plan func(*planner.NodeResources) ([]*resource.State, error)) statesFor[request.NodeCall] {
	return func(call *request.NodeCall) (convert.ResponseSettings, []*resource.State, error) {
		states, err := plan(call.Node)
		return call.Response, states, err
	}
}

func forNodes(plan func([]*planner.NodeResources) ([]*resource.State, error)) statesFor[request.NodesCall] {
	return func(call *request.NodesCall) (convert.ResponseSettings, []*resource.State, error) {
		states, err := plan(call.Nodes)
		return call.Response, states, err
	}
}

// answerStates answers a call with the states that are planned for its request.
func answerStates[Request, Call any](
	stream grpc.ServerStream, c request.Converter, method func(request.Converter, Request) (*Call, error), req Request,
	plan statesFor[Call],
) error {
	call, err := convertRequest(stream.Context(), c, method, req)
	if err != nil {
		return err
	}
	var settings convert.ResponseSettings
	states, err := measured(stream.Context(), stagePlan, func() (states []*resource.State, err error) {
		settings, states, err = plan(call)
		return states, err
	})
	if err != nil {
		return err
	}
	return sendStates(stream, settings, states)
}
