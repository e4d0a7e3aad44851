package server

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/pgplanner/pgplanner/internal/testkit/calls"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert/request"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit"
	"github.com/pgplanner/pgplanner/internal/testkit/answers"
)

const (
	// stopsWithin is how soon after a call has ended its planning has to stop.
	stopsWithin = 50 * time.Millisecond
	// attempts is how often a test may try to show that, on a machine that has other things to do too.
	attempts = 20
	// pollsBefore is how often planning has looked whether to stop before its call is given up.
	pollsBefore = 1000
)

// untilInterrupted plans until it is interrupted, and says when it begins and ends.
type untilInterrupted struct {
	began chan struct{}
	ended chan time.Time
}

func newUntilInterrupted() *untilInterrupted {
	return &untilInterrupted{began: make(chan struct{}), ended: make(chan time.Time, 1)}
}

func (u *untilInterrupted) plan(stop *interrupt.Poller) ([]resource.Plan, error) {
	close(u.began)
	<-told(stop)
	u.ended <- time.Now()
	return nil, fmt.Errorf("step 1: %w", interrupt.ErrInterrupted)
}

// told returns a channel that is closed once a computation is told to stop.
func told(stop *interrupt.Poller) <-chan struct{} {
	told := make(chan struct{})
	go func() {
		defer close(told)
		for !stop.Spend(interrupt.Every) {
			time.Sleep(time.Millisecond)
		}
	}()
	return told
}

func TestPlanningStopsWhenTheCallEnds(t *testing.T) {
	update := func(u *untilInterrupted) func(*Server) {
		return planning(func(stop *interrupt.Poller) ([]resource.Plan, error) {
			return u.plan(stop)
		})
	}
	callUpdate := func(ctx context.Context, h *harness) error {
		_, err := h.updateContext(ctx, wantNodes("n1"))
		return err
	}
	calls := map[string]struct {
		prepare func(*untilInterrupted) func(*Server)
		call    func(context.Context, *harness) error
	}{
		"UpdateDatabase": {update, callUpdate},
		"RestoreDatabase": {func(u *untilInterrupted) func(*Server) {
			return func(s *Server) {
				s.planner.restoreDatabase = func(
					stop *interrupt.Poller, _ planner.RestoreDatabaseOptions,
					_ *resource.State, _ []*planner.NodeResources, _ []*planner.NodeRestoreResources,
				) (planner.Outcome, error) {
					plans, err := u.plan(stop)
					return planner.Outcome{Plans: plans}, err
				}
			}
		}, func(ctx context.Context, h *harness) error {
			_, err := calls.Drain(h.planner().RestoreDatabase(ctx, wantRestore("n1")))
			return err
		}},
		"PlanStates": {func(u *untilInterrupted) func(*Server) {
			return func(s *Server) {
				s.resource.planAll = func(
					stop *interrupt.Poller, _ *resource.State, _ resource.PlanOptions, _ ...*resource.State,
				) ([]resource.Plan, error) {
					return u.plan(stop)
				}
			}
		}, func(ctx context.Context, h *harness) error {
			_, err := calls.Drain(h.resource().PlanStates(ctx, &plannerv1.PlanStatesRequest{}))
			return err
		}},
	}
	for name, test := range calls {
		synced(t, name+" given up", func(t *testing.T) {
			u := newUntilInterrupted()
			h := start(t, Config{}, test.prepare(u))
			ctx, cancel := context.WithCancel(t.Context())
			var gaveUp time.Time
			go func() {
				<-u.began
				gaveUp = time.Now()
				cancel()
			}()
			if code := codeOf(test.call(ctx, h)); code != codes.Canceled {
				t.Errorf("got %v", code)
			}
			if line := h.line(); line["grpc.code"] != "Canceled" || line["reason"] != ReasonCancelled {
				t.Errorf("line %v", line)
			}
			if took := (<-u.ended).Sub(gaveUp); took > stopsWithin {
				t.Errorf("planning stopped after %v", took)
			}
		})
		synced(t, name+" beyond its deadline", func(t *testing.T) {
			u := newUntilInterrupted()
			h := start(t, Config{}, test.prepare(u))
			deadline := time.Now().Add(100 * time.Millisecond)
			ctx, cancel := context.WithDeadline(t.Context(), deadline)
			defer cancel()
			if code := codeOf(test.call(ctx, h)); code != codes.DeadlineExceeded {
				t.Errorf("got %v", code)
			}
			if line := h.line(); line["grpc.code"] != "DeadlineExceeded" || line["reason"] != "DEADLINE_EXCEEDED" {
				t.Errorf("line %v", line)
			}
			if took := (<-u.ended).Sub(deadline); took > stopsWithin {
				t.Errorf("planning stopped after %v", took)
			}
			h.idle()
		})
	}
}

// TestInterruptedCalls checks what callers of ended calls would see, if they still looked.
func TestInterruptedCalls(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	got := take(t, translate(ended, interrupt.ErrInterrupted))
	if got.code != codes.Canceled || got.info.GetReason() != ReasonCancelled {
		t.Errorf("got %v %v", got.code, got.info)
	}
	late, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	got = take(t, translate(late, interrupt.ErrInterrupted))
	if got.code != codes.DeadlineExceeded || got.info.GetReason() != "DEADLINE_EXCEEDED" {
		t.Errorf("got %v %v", got.code, got.info)
	}
}

// calling is the context of a call whose request is decoded.
func calling(t *testing.T) (context.Context, context.CancelFunc) {
	t.Helper()
	ctx, c, end := New(Config{}).begin(t.Context(), plannerv1.PlannerService_UpdateDatabase_FullMethodName)
	t.Cleanup(end)
	c.release = func() {}
	return context.WithCancel(ctx)
}

// TestNothingIsPlannedForACallThatHasEnded: converting may take long enough for its caller to go away.
func TestNothingIsPlannedForACallThatHasEnded(t *testing.T) {
	for _, endsBefore := range []bool{true, false} {
		ctx, cancel := calling(t)
		if endsBefore {
			cancel()
		}
		worked := false
		_, err := convertRequest(ctx, request.Converter{}, func(request.Converter, *plannerv1.UpdateDatabaseRequest) (*struct{}, error) {
			worked = true
			cancel()
			return &struct{}{}, nil
		}, wantNodes("n1"))
		if codeOf(translate(ctx, err)) != codes.Canceled || worked == endsBefore {
			t.Errorf("ends before: %v, converted: %v, got %v", endsBefore, worked, err)
		}
	}
}

// TestConversionIsToldToStop when its call ends.
func TestConversionIsToldToStop(t *testing.T) {
	ctx, cancel := calling(t)
	_, err := convertRequest(ctx, request.Converter{}, func(c request.Converter, _ *plannerv1.UpdateDatabaseRequest) (*struct{}, error) {
		if c.Stop.Spend(interrupt.Every) {
			t.Error("told to stop too early")
		}
		cancel()
		if !c.Stop.Spend(interrupt.Every) {
			t.Error("not told to stop")
		}
		return nil, c.Stop.Err()
	}, wantNodes("n1"))
	if codeOf(translate(ctx, err)) != codes.Canceled {
		t.Errorf("got %v", err)
	}
}

// TestNothingIsSentToACallThatHasEnded is the same for sending.
func TestNothingIsSentToACallThatHasEnded(t *testing.T) {
	ctx, cancel := calling(t)
	s := newPlannerService()
	s.updateDatabase = func(
		*interrupt.Poller, planner.UpdateDatabaseOptions, *resource.State, []*planner.NodeResources,
	) (planner.Outcome, error) {
		cancel()
		return planner.Outcome{Plans: answers.Plans([]int{1})}, nil
	}
	err := s.UpdateDatabase(wantNodes("n1"), endedStream{ctx: ctx})
	if codeOf(translate(ctx, err)) != codes.Canceled {
		t.Errorf("got %v", err)
	}
}

// endedStream is a stream that nothing can be sent to.
type endedStream struct {
	grpc.ServerStreamingServer[plannerv1.UpdateDatabaseResponse]
	ctx context.Context
}

func (s endedStream) Context() context.Context { return s.ctx }

// TestRealPlanningIsInterrupted gives up a call when the planning of a large database has got somewhere. On a machine that
// has other things to do, what counts is for how long it computes.
func TestRealPlanningIsInterrupted(t *testing.T) {
	type moment struct{ at, computed time.Duration }
	began := time.Now()
	now := func() moment { return moment{time.Since(began), testkit.ProcessorTime()} }
	var giveUp func()
	var gaveUp, ended moment
	h := start(t, Config{}, func(s *Server) {
		plan := s.planner.updateDatabase
		s.planner.updateDatabase = func(
			stop *interrupt.Poller, o planner.UpdateDatabaseOptions, state *resource.State, nodes []*planner.NodeResources,
		) (planner.Outcome, error) {
			stopped, polled := told(stop), 0
			outcome, err := plan(interrupt.Watched(stopped, func(int) {
				if polled++; polled == pollsBefore {
					giveUp()
					<-stopped
					gaveUp = now()
				}
			}), o, state, nodes)
			ended = now()
			if !errors.Is(err, interrupt.ErrInterrupted) || polled < pollsBefore {
				t.Errorf("planning ended after %d polls with %d plans, %v", polled, len(outcome.Plans), err)
			}
			return outcome, err
		}
	})
	var names []string
	for i := range 256 {
		names = append(names, fmt.Sprintf("n%d", i))
	}
	req := wantNodes(names...)
	best := time.Hour
	for range attempts {
		ctx, cancel := context.WithCancel(t.Context())
		giveUp = cancel
		answer, err := h.updateContext(ctx, req)
		if codeOf(err) != codes.Canceled || len(answer) != 0 {
			t.Fatalf("got %d messages, %v", len(answer), err)
		}
		cancel()
		h.idle()
		if best = min(best, ended.at-gaveUp.at, ended.computed-gaveUp.computed); best <= stopsWithin {
			return
		}
	}
	t.Errorf("planning stopped after %v at best", best)
}
