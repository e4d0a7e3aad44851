package client

import (
	"context"

	"google.golang.org/grpc"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
)

// Client asks the planner for plans. It may be used by several goroutines.
type Client struct {
	conn  grpc.ClientConnInterface
	close func() error
}

// New returns a client that uses a connection of the caller's, who closes it. What Dial sets up (retries of calls that
// are not answered, load balancing, keepalive, sizes) is then the caller's business, too.
func New(conn grpc.ClientConnInterface) *Client {
	return &Client{conn: conn, close: func() error { return nil }}
}

// Close closes the connection that Dial made. Calls in flight fail.
func (c *Client) Close() error { return c.close() }

// Conn is the connection: for the rpcs that the client has no methods for, of StateService for example, and for
// health checks.
func (c *Client) Conn() grpc.ClientConnInterface { return c.conn }

// UpdateDatabase asks for the plans that bring a database to the wanted nodes and services, and reads them all.
//
// If the answer breaks off because its server is gone (UNAVAILABLE), the call is made again, up to five times in all,
// with the pauses of ServiceConfig; what fails before the answer begins is for gRPC to repeat. The error is the status
// of the call, or a *StreamError or *DigestError if the answer is not to be trusted. All of this holds for all four
// methods that ask for plans.
func (c *Client) UpdateDatabase(
	ctx context.Context, req *plannerv1.UpdateDatabaseRequest, opts ...grpc.CallOption,
) (*Sequence, error) {
	return gather(ctx, plannerv1.NewPlannerServiceClient(c.conn).UpdateDatabase, req, opts)
}

// RestoreDatabase asks for the plans that restore nodes from a backup, and reads them all: see UpdateDatabase. It is
// an order, not a wish: it plans the restore again however often it is asked.
func (c *Client) RestoreDatabase(
	ctx context.Context, req *plannerv1.RestoreDatabaseRequest, opts ...grpc.CallOption,
) (*Sequence, error) {
	return gather(ctx, plannerv1.NewPlannerServiceClient(c.conn).RestoreDatabase, req, opts)
}

// PlanStates asks for the plans that lead through states of any resources, and reads them all: see UpdateDatabase.
func (c *Client) PlanStates(
	ctx context.Context, req *plannerv1.PlanStatesRequest, opts ...grpc.CallOption,
) (*Sequence, error) {
	return gather(ctx, plannerv1.NewResourceServiceClient(c.conn).PlanStates, req, opts)
}

// PlanRefresh asks for the plan that looks at everything in a state, and reads all of it: see UpdateDatabase.
func (c *Client) PlanRefresh(
	ctx context.Context, req *plannerv1.PlanRefreshRequest, opts ...grpc.CallOption,
) (*Sequence, error) {
	return gather(ctx, plannerv1.NewResourceServiceClient(c.conn).PlanRefresh, req, opts)
}

// Wish makes a request a question for Runner.Reconcile: UpdateDatabase with the state as it then is in the place of
// the request's start. The request is not changed, and must not be while the question is in use.
//
// With an expected_digest, plans of any other digest are a *PlanChangedError, whenever it is asked: also those of what is left after a
// failure, which have to be approved as well. That there is nothing left to do needs no approval.
func (c *Client) Wish(req *plannerv1.UpdateDatabaseRequest) Ask {
	return func(ctx context.Context, state *plannerv1.State) (*Sequence, error) {
		sequence, err := c.UpdateDatabase(ctx, &plannerv1.UpdateDatabaseRequest{
			Start:           state,
			Nodes:           req.GetNodes(),
			Services:        req.GetServices(),
			Options:         req.GetOptions(),
			ResponseOptions: req.GetResponseOptions(),
		})
		if err != nil {
			return nil, err
		}
		expected, digest := req.GetExpectedDigest(), sequence.Summary.GetDigest()
		if expected != "" && digest != expected && len(sequence.Plans) > 0 {
			return nil, &PlanChangedError{Expected: expected, Digest: digest}
		}
		return sequence, nil
	}
}
