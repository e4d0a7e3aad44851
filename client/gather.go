package client

import (
	"context"
	"math/rand/v2"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

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
func backoff(failures int, first, most, times time.Duration) time.Duration {
	pause := first
	for n := 1; n < failures && pause < most; n++ {
		pause *= times
	}
	return time.Duration(float64(min(pause, most)) * (0.8 + 0.4*rand.Float64()))
}
