package client

import (
	"context"
	"errors"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
)

// Ask asks for the plans that lead from a state to what is wanted: see Client.Wish. The answer must be about a wish
// for a state, so that it is empty once the state is reached: not RestoreDatabase, which restores whenever it is asked.
type Ask func(ctx context.Context, state *plannerv1.State) (*Sequence, error)

// Reconcile asks for plans with the state as it is, runs them, and asks again, until there is nothing left to do, and
// then returns nil. It is also how to go on after a crash.
//
// After a failed event, an incomplete stream, an unavailable server, and an error that says when to try again, it
// waits and asks again, until it has asked as often as Attempts allows: an *UnfinishedError. Everything else ends it
// at once: any other error of Ask, as an error that is about the request does not go away, a *StoreError, an error of
// Review, or the end of ctx.
func (r *Runner) Reconcile(ctx context.Context, ask Ask) error {
	attempts := orDefault(r.Attempts, DefaultAttempts)
	failures := 0
	for attempt := 1; ; attempt++ {
		result := r.attempt(ctx, ask)
		switch {
		case result.finished:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case result.err != nil && !result.again:
			return result.err
		case attempt == attempts:
			return &UnfinishedError{Attempts: attempts, Last: result.err}
		case result.err == nil:
			failures = 0
			continue
		}
		failures++
		if err := wait(ctx, r.pause(failures, result.err)); err != nil {
			return err
		}
	}
}

// attempted is how an attempt ended.
type attempted struct {
	finished bool  // nothing was left to do
	err      error // why it stopped early
	again    bool  // whether another attempt may get further than err
}

func (r *Runner) attempt(ctx context.Context, ask Ask) attempted {
	state, err := r.Store.Load(ctx)
	if err != nil {
		return attempted{err: &StoreError{Op: "load", Err: err}}
	}
	sequence, err := ask(ctx, state)
	if err != nil {
		return attempted{err: err, again: mayPass(err)}
	}
	if len(sequence.Plans) == 0 {
		return attempted{finished: true}
	}
	if r.Review != nil {
		if err := r.Review(ctx, sequence); err != nil {
			return attempted{err: err}
		}
	}
	err = r.Run(ctx, sequence.Plans)
	var phase *PhaseError
	return attempted{err: err, again: errors.As(err, &phase)}
}

// mayPass tells whether an error of asking may be gone when the same is asked again.
func mayPass(err error) bool {
	var stream *StreamError
	if errors.As(err, &stream) {
		return stream.Incomplete
	}
	_, told := retryDelay(err)
	return told || status.Code(err) == codes.Unavailable
}

// retryDelay is when to try again, if the error says that.
func retryDelay(err error) (time.Duration, bool) {
	st, ok := status.FromError(err)
	if !ok {
		return 0, false
	}
	for _, detail := range st.Details() {
		if info, ok := detail.(*errdetails.RetryInfo); ok {
			return info.GetRetryDelay().AsDuration(), true
		}
	}
	return 0, false
}

// pause is how long to wait: what an error of asking says, or what the runner was told.
func (r *Runner) pause(failures int, err error) time.Duration {
	var phase *PhaseError // the executor's errors may be statuses of other servers
	if delay, ok := retryDelay(err); ok && !errors.As(err, &phase) {
		return delay
	}
	if r.Pause != nil {
		return r.Pause(failures)
	}
	return Backoff(failures)
}

// Backoff is the default of Runner.Pause: half a second after the first failure, twice as long after each further
// one, up to half a minute; all of it varied by a fifth, so that not everybody comes back at once.
func Backoff(failures int) time.Duration {
	return backoff(failures, 500*time.Millisecond, 30*time.Second, 2)
}

// wait returns early with the error of ctx when that ends.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
