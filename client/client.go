package client

import (
	"context"
	"math/rand/v2"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

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

// callAttempts is how often a call is made whose answer breaks off, the first time included: as often as ServiceConfig
// lets gRPC make one that is not answered at all.
const callAttempts = 5

// planStream is a stream of plans as the generated clients return it.
type planStream[M Message] interface {
	Receiver[M]
	grpc.ClientStream
}

// method is a method of a generated client that answers with a stream of plans.
type method[Req any, S any] func(context.Context, Req, ...grpc.CallOption) (S, error)

// gather makes a call and reads its whole answer. If the answer breaks off because its server is gone, it makes the
// call again: planning changes nothing, and nobody has seen anything of the answer.
func gather[Req any, M Message, S planStream[M]](
	ctx context.Context, call method[Req, S], req Req, opts []grpc.CallOption,
) (*Sequence, error) {
	for attempt := 1; ; attempt++ {
		sequence, brokeOff, err := gatherOnce(ctx, call, req, opts)
		if !brokeOff || attempt == callAttempts {
			return sequence, err
		}
		pause := backoff(attempt, 100*time.Millisecond, 2*time.Second, 3) // as gRPC does with ServiceConfig
		if err := wait(ctx, pause); err != nil {
			return nil, status.FromContextError(err).Err()
		}
	}
}

// gatherOnce also tells whether the answer began and then broke off. What failed before that, gRPC itself has repeated
// as often as the service config of the connection says.
func gatherOnce[Req any, M Message, S planStream[M]](
	ctx context.Context, call method[Req, S], req Req, opts []grpc.CallOption,
) (sequence *Sequence, brokeOff bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := call(ctx, req, opts...)
	if err != nil {
		return nil, false, err
	}
	sequence, err = ReadPlans[M](stream, nil)
	if status.Code(err) != codes.Unavailable {
		return sequence, false, err
	}
	// Not by the number of messages: once it has the headers of an answer, gRPC repeats nothing.
	headers, _ := stream.Header() // its error is that of the stream
	return nil, headers != nil, err
}

// backoff is how long to wait after so many failures, at least 1: first, and so many times longer after each further one, up
// to most. It varies by a fifth, so that not everybody comes back at once.
func backoff(failures int, first, most time.Duration, times int) time.Duration {
	pause := first
	for n := 1; n < failures && pause < most; n++ {
		pause = time.Duration(times) * pause
	}
	return time.Duration(float64(min(pause, most)) * (0.8 + 0.4*rand.Float64()))
}
