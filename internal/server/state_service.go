package server

import (
	"context"

	"google.golang.org/grpc"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert/request"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// stateService gives the building blocks of plannerService one by one.
type stateService struct {
	plannerv1.UnimplementedStateServiceServer

	convert request.Converter
}

func newStateService() *stateService { return &stateService{} }

// AddNode streams the diffs that add one node.
func (s *stateService) AddNode(
	req *plannerv1.AddNodeRequest, stream grpc.ServerStreamingServer[plannerv1.AddNodeResponse],
) error {
	call, err := convertRequest(stream.Context(), s.convert, request.Converter.AddNode, req)
	if err != nil {
		return err
	}
	states, err := measured(stream.Context(), stagePlan, func() ([]*resource.State, error) {
		return planner.AddNode(call.Node)
	})
	if err != nil {
		return err
	}
	return sendStates(stream, call.Response, states)
}

// AddNodes streams the diffs that add several nodes at once.
func (s *stateService) AddNodes(
	req *plannerv1.AddNodesRequest, stream grpc.ServerStreamingServer[plannerv1.AddNodesResponse],
) error {
	call, err := convertRequest(stream.Context(), s.convert, request.Converter.AddNodes, req)
	if err != nil {
		return err
	}
	states, err := measured(stream.Context(), stagePlan, func() ([]*resource.State, error) {
		return planner.AddNodes(call.Nodes)
	})
	if err != nil {
		return err
	}
	return sendStates(stream, call.Response, states)
}

// UpdateNode streams the diffs that update one node.
func (s *stateService) UpdateNode(
	req *plannerv1.UpdateNodeRequest, stream grpc.ServerStreamingServer[plannerv1.UpdateNodeResponse],
) error {
	call, err := convertRequest(stream.Context(), s.convert, request.Converter.UpdateNode, req)
	if err != nil {
		return err
	}
	states, err := measured(stream.Context(), stagePlan, func() ([]*resource.State, error) {
		return planner.UpdateNode(call.Node)
	})
	if err != nil {
		return err
	}
	return sendStates(stream, call.Response, states)
}

// RollingUpdateNodes streams the diffs that update nodes one after the other.
func (s *stateService) RollingUpdateNodes(
	req *plannerv1.RollingUpdateNodesRequest, stream grpc.ServerStreamingServer[plannerv1.RollingUpdateNodesResponse],
) error {
	call, err := convertRequest(stream.Context(), s.convert, request.Converter.RollingUpdateNodes, req)
	if err != nil {
		return err
	}
	states, err := measured(stream.Context(), stagePlan, func() ([]*resource.State, error) {
		return planner.RollingUpdateNodes(call.Nodes)
	})
	if err != nil {
		return err
	}
	return sendStates(stream, call.Response, states)
}

// ConcurrentUpdateNodes streams the diffs that update nodes side by side.
func (s *stateService) ConcurrentUpdateNodes(
	req *plannerv1.ConcurrentUpdateNodesRequest,
	stream grpc.ServerStreamingServer[plannerv1.ConcurrentUpdateNodesResponse],
) error {
	call, err := convertRequest(stream.Context(), s.convert, request.Converter.ConcurrentUpdateNodes, req)
	if err != nil {
		return err
	}
	states, err := measured(stream.Context(), stagePlan, func() ([]*resource.State, error) {
		return planner.ConcurrentUpdateNodes(call.Nodes)
	})
	if err != nil {
		return err
	}
	return sendStates(stream, call.Response, states)
}

// PopulateNode streams the diff that brings the data of the others to a new node; none if it has no source.
func (s *stateService) PopulateNode(
	req *plannerv1.PopulateNodeRequest, stream grpc.ServerStreamingServer[plannerv1.PopulateNodeResponse],
) error {
	call, err := convertRequest(stream.Context(), s.convert, request.Converter.PopulateNode, req)
	if err != nil {
		return err
	}
	var states []*resource.State
	if call.Node.SourceNode != "" {
		state, err := measured(stream.Context(), stagePlan, func() (*resource.State, error) {
			return planner.PopulateNode(call.Node, call.ExistingNodeNames)
		})
		if err != nil {
			return err
		}
		states = append(states, state)
	}
	return sendStates(stream, call.Response, states)
}

// PopulateNodes streams the diff that brings the data of existing nodes to new ones; none if no new node has a
// source.
func (s *stateService) PopulateNodes(
	req *plannerv1.PopulateNodesRequest, stream grpc.ServerStreamingServer[plannerv1.PopulateNodesResponse],
) error {
	call, err := convertRequest(stream.Context(), s.convert, request.Converter.PopulateNodes, req)
	if err != nil {
		return err
	}
	state, err := measured(stream.Context(), stagePlan, func() (*resource.State, error) {
		return planner.PopulateNodes(call.Existing, call.New)
	})
	if err != nil {
		return err
	}
	var states []*resource.State
	if state != nil {
		states = append(states, state)
	}
	return sendStates(stream, call.Response, states)
}

// RestoreNode streams the three states of a restore.
func (s *stateService) RestoreNode(
	req *plannerv1.RestoreNodeRequest, stream grpc.ServerStreamingServer[plannerv1.RestoreNodeResponse],
) error {
	call, err := convertRequest(stream.Context(), s.convert, request.Converter.RestoreNode, req)
	if err != nil {
		return err
	}
	states, err := measured(stream.Context(), stagePlan, func() ([]*resource.State, error) {
		return planner.RestoreNode(call.Target)
	})
	if err != nil {
		return err
	}
	return sendStates(stream, call.Response, states)
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
