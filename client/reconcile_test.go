package client_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/pgplanner/pgplanner/client"
	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
)

func TestADatabaseIsBuiltGrowsShrinksAndGoes(t *testing.T) {
	c := realServer(t)
	store := client.NewMemoryStore(nil)
	executor := &world{t: t, store: store}
	r := runner(executor, store)
	for _, nodes := range []int{3, 4, 2, 0} {
		if err := r.Reconcile(t.Context(), c.Wish(wish(nodes))); err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, s := range load(t, store).GetResources() {
			if s.GetIdentifier().GetType() == "database.instance" {
				found++
			}
		}
		if found != nodes {
			t.Errorf("%d instances, want %d", found, nodes)
		}
	}
	if left := load(t, store).GetResources(); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	before := len(executor.executed)
	if err := r.Reconcile(t.Context(), c.Wish(wish(0))); err != nil || len(executor.executed) != before {
		t.Errorf("%v, %d events", err, len(executor.executed)-before)
	}
}

// TestOnlyWhatWasApprovedIsRun: plans with the digest that was approved are run, and found to be all; other plans are not begun.
func TestOnlyWhatWasApprovedIsRun(t *testing.T) {
	c := realServer(t)
	sequence, err := c.UpdateDatabase(t.Context(), wish(2))
	if err != nil {
		t.Fatal(err)
	}
	store := client.NewMemoryStore(nil)
	executor := &world{t: t, store: store}
	approved := wish(2)
	approved.ExpectedDigest = sequence.Summary.GetDigest()
	if err := runner(executor, store).Reconcile(t.Context(), c.Wish(approved)); err != nil || len(executor.executed) == 0 {
		t.Errorf("%d events, %v", len(executor.executed), err)
	}
	before := len(executor.executed)
	approved.Nodes = wish(3).GetNodes()
	var changed *client.PlanChangedError
	err = runner(executor, store).Reconcile(t.Context(), c.Wish(approved))
	if !errors.As(err, &changed) || changed.Expected != approved.GetExpectedDigest() || changed.Digest == changed.Expected ||
		len(executor.executed) != before {
		t.Errorf("%d events, %v", len(executor.executed)-before, err)
	}
}

// TestResumeAfterACrashAnywhere lets the process die after every single result of adding a node.
func TestResumeAfterACrashAnywhere(t *testing.T) {
	c := realServer(t)
	start, want := built(t, c, 3), addedNode(t, c)
	crashes := 0
	for recorded := 0; ; recorded++ {
		memory := client.NewMemoryStore(start)
		store := &crashStore{Store: memory, left: recorded}
		err := runner(&world{t: t, store: store}, store).Reconcile(t.Context(), c.Wish(wish(4)))
		if err == nil {
			break
		}
		crashes++
		if !errors.Is(err, errCrashed) {
			t.Fatalf("after %d results: %v", recorded, err)
		}
		if err := runner(&world{t: t, store: memory}, memory).Reconcile(t.Context(), c.Wish(wish(4))); err != nil {
			t.Fatalf("resumed after %d results: %v", recorded, err)
		}
		if got := load(t, memory); !proto.Equal(got, want) {
			t.Errorf("resumed after %d results: got %v, want %v", recorded, got, want)
		}
	}
	if crashes < 20 {
		t.Errorf("only %d crashes: that was no populate", crashes)
	}
}

// addedNode is the state after a fourth node has been added without any trouble.
func addedNode(t *testing.T, c *client.Client) *plannerv1.State {
	t.Helper()
	store := client.NewMemoryStore(built(t, c, 3))
	if err := runner(&world{t: t, store: store}, store).Reconcile(t.Context(), c.Wish(wish(4))); err != nil {
		t.Fatal(err)
	}
	return load(t, store)
}

// TestFailuresAnywhereAreMended lets every single event of adding a node fail once.
func TestFailuresAnywhereAreMended(t *testing.T) {
	c := realServer(t)
	start, want := built(t, c, 3), addedNode(t, c)
	for name, failure := range map[string]error{
		"failed":   errors.New("timeout"),
		"mendable": &client.MendableError{Err: errors.New("half")},
		"gone":     &client.NeedsRecreateError{Err: errors.New("gone")},
	} {
		t.Run(name, func(t *testing.T) {
			for number := 1; ; number++ {
				store := client.NewMemoryStore(start)
				reached := false
				executor := &world{t: t, store: store, fail: func(n int, _ *plannerv1.Event) error {
					if n == number {
						reached = true
						return failure
					}
					return nil
				}}
				r := runner(executor, store)
				r.Concurrency = 1 // which event is the n-th must not depend on chance
				if err := r.Reconcile(t.Context(), c.Wish(wish(4))); err != nil {
					t.Fatalf("event %d: %v", number, err)
				}
				if got := load(t, store); !proto.Equal(got, want) {
					t.Errorf("event %d: got %v, want %v", number, got, want)
				}
				if !reached {
					return
				}
			}
		})
	}
}

// script answers questions one after the other, the last answer for ever.
type script struct {
	asked   int
	answers []func() (*client.Sequence, error)
}

func (s *script) ask(context.Context, *plannerv1.State) (*client.Sequence, error) {
	answer := s.answers[min(s.asked, len(s.answers)-1)]
	s.asked++
	return answer()
}

func nothing() (*client.Sequence, error) { return &client.Sequence{}, nil }

func something() (*client.Sequence, error) {
	return &client.Sequence{Plans: planOf("a1")}, nil
}

func fails(err error) func() (*client.Sequence, error) {
	return func() (*client.Sequence, error) { return nil, err }
}

func retryIn(code codes.Code, d time.Duration) error {
	st, err := status.New(code, "later").WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(d)})
	if err != nil {
		panic(err)
	}
	return st.Err()
}

func TestWhenToAskAgain(t *testing.T) {
	type answers = []func() (*client.Sequence, error)
	full, invalid := retryIn(codes.ResourceExhausted, time.Minute), status.Error(codes.InvalidArgument, "no")
	for name, c := range map[string]struct {
		answers answers
		asked   int
		waited  time.Duration
		err     error // what errors.Is finds, or nil
	}{
		"nothing to do":      {answers: answers{nothing}, asked: 1},
		"done":               {answers: answers{something, nothing}, asked: 2},
		"done in two rounds": {answers: answers{something, something, nothing}, asked: 3},
		"unavailable": {
			answers: answers{fails(status.Error(codes.Unavailable, "")), something, nothing}, asked: 3, waited: time.Second,
		},
		"incomplete": {
			answers: answers{fails(&client.StreamError{Incomplete: true}), fails(&client.StreamError{Incomplete: true}), nothing},
			asked:   3, waited: 3 * time.Second, // a second, then two
		},
		"pauses begin anew":      {answers: answers{fails(full), something, fails(status.Error(codes.Unavailable, "")), nothing}, asked: 4, waited: time.Minute + time.Second},
		"full":                   {answers: answers{fails(full), nothing}, asked: 2, waited: time.Minute},
		"invalid":                {answers: answers{fails(invalid)}, asked: 1, err: invalid},
		"too large":              {answers: answers{fails(status.Error(codes.ResourceExhausted, ""))}, asked: 1, err: status.Error(codes.ResourceExhausted, "")},
		"an inconsistent stream": {answers: answers{fails(&client.StreamError{})}, asked: 1, err: &client.StreamError{}},
		"a wrong digest":         {answers: answers{fails(&client.DigestError{})}, asked: 1, err: &client.DigestError{}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := client.NewMemoryStore(nil)
				r := runner(&world{t: t, store: store}, store)
				r.Pause = func(failures int) time.Duration { return time.Duration(failures) * time.Second }
				s := &script{answers: c.answers}
				began := time.Now()
				err := r.Reconcile(t.Context(), s.ask)
				if fmt.Sprint(err) != fmt.Sprint(c.err) || s.asked != c.asked {
					t.Errorf("%v after %d questions, want %v after %d", err, s.asked, c.err, c.asked)
				}
				if waited := time.Since(began); waited != c.waited {
					t.Errorf("waited %v, want %v", waited, c.waited)
				}
			})
		})
	}
}

func TestReconcileGivesUp(t *testing.T) {
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		fail     error
		attempts int
		asked    int
	}{
		"never finished": {nil, 0, client.DefaultAttempts},
		"always broken":  {broken, 3, 3},
		// A status of another server, in the executor's error, is not about the planner.
		"with a delay": {retryIn(codes.Unavailable, time.Hour), 2, 2},
	} {
		t.Run(name, func(t *testing.T) {
			store := client.NewMemoryStore(nil)
			r := runner(&world{t: t, store: store, fail: func(int, *plannerv1.Event) error { return c.fail }}, store)
			r.Attempts = c.attempts
			s := &script{answers: []func() (*client.Sequence, error){something}}
			err := r.Reconcile(t.Context(), s.ask)
			var unfinished *client.UnfinishedError
			if !errors.As(err, &unfinished) || unfinished.Attempts != c.asked || s.asked != c.asked || !errors.Is(err, c.fail) && c.fail != nil {
				t.Errorf("got %v after %d questions", err, s.asked)
			}
		})
	}
}

func TestReviewCanStop(t *testing.T) {
	store := client.NewMemoryStore(nil)
	executor := &world{t: t, store: store}
	r := runner(executor, store)
	no := status.Error(codes.Unavailable, "nobody approves") // not taken for the planner's
	r.Review = func(_ context.Context, s *client.Sequence) error {
		if len(s.Plans) != 1 {
			t.Errorf("reviews %v", s)
		}
		return no
	}
	s := &script{answers: []func() (*client.Sequence, error){something}}
	if err := r.Reconcile(t.Context(), s.ask); !errors.Is(err, no) || len(executor.executed) > 0 || s.asked != 1 {
		t.Errorf("got %v, executed %v", err, executor.executed)
	}
}

func TestReconcileEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		store := client.NewMemoryStore(nil)
		r := runner(&world{t: t, store: store}, store)
		r.Pause = nil
		r.Attempts = 1000
		s := &script{answers: []func() (*client.Sequence, error){fails(status.Error(codes.Unavailable, ""))}}
		if err := r.Reconcile(ctx, s.ask); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

func TestAStoreThatCannotBeReadEndsReconcile(t *testing.T) {
	r := runner(nil, unreadable{})
	var failed *client.StoreError
	if err := r.Reconcile(t.Context(), nil); !errors.As(err, &failed) || failed.Op != "load" {
		t.Errorf("got %v", err)
	}
}

type unreadable struct{ client.Store }

func (unreadable) Load(context.Context) (*plannerv1.State, error) { return nil, errCrashed }

func TestBackoffGrowsToItsLimit(t *testing.T) {
	for failures, want := range map[int]time.Duration{
		1: time.Second / 2, 2: time.Second, 4: 4 * time.Second, 7: 30 * time.Second, 1000: 30 * time.Second,
	} {
		for range 100 {
			if got := client.Backoff(failures); got < want*8/10 || got > want*12/10 {
				t.Errorf("after %d failures: %v, want about %v", failures, got, want)
			}
		}
	}
}

// TestReconcileOutlivesABrokenStream has a server that dies in the middle of its first answer.
func TestReconcileOutlivesABrokenStream(t *testing.T) {
	all := messages(t, wish(1))
	none := messages(t, &plannerv1.UpdateDatabaseRequest{})
	for name, end := range map[string]error{"ended": nil, "unavailable": status.Error(codes.Unavailable, "gone")} {
		t.Run(name, func(t *testing.T) {
			planner, server := fake(t, func(call int, req *plannerv1.UpdateDatabaseRequest, stream stream) error {
				switch call {
				case 1:
					return sends(all[:2], end)(call, req, stream)
				case 2:
					return sends(all, nil)(call, req, stream)
				}
				return sends(none, nil)(call, req, stream)
			})
			store := client.NewMemoryStore(nil)
			if err := runner(&world{t: t, store: store}, store).Reconcile(t.Context(), planner.Wish(wish(1))); err != nil {
				t.Error(err)
			}
			if server.count() != 3 || len(load(t, store).GetResources()) == 0 {
				t.Errorf("%d calls, state %v", server.count(), load(t, store))
			}
		})
	}
}
