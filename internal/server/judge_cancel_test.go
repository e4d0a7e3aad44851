package server

import (
	"context"
	"errors"
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit/calls"

	"google.golang.org/grpc/codes"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit/answers"
)

// TestJudgingStopsWhenTheCallEnds ends calls when the judge begins to look at their plans. These are bad, so
// that a judge who went on would find a bug.
func TestJudgingStopsWhenTheCallEnds(t *testing.T) {
	bad := answers.Plans([]int{2})
	calls := map[string]struct {
		prepare func(s *Server, began chan struct{})
		call    func(context.Context, *harness) error
	}{
		"UpdateDatabase": {
			func(s *Server, began chan struct{}) {
				s.planner.updateDatabase = func(
					*interrupt.Poller, planner.UpdateDatabaseOptions, *resource.State, []*planner.NodeResources,
				) (planner.Outcome, error) {
					return planner.Outcome{Plans: bad, End: resource.NewState()}, nil
				}
				s.planner.judge = late(judgeDatabase, began)
			},
			func(ctx context.Context, h *harness) error {
				_, err := h.updateContext(ctx, wantNodes("n1"))
				return err
			},
		},
		"RestoreDatabase": {
			func(s *Server, began chan struct{}) {
				s.planner.restoreDatabase = func(
					*interrupt.Poller, planner.RestoreDatabaseOptions,
					*resource.State, []*planner.NodeResources, []*planner.NodeRestoreResources,
				) (planner.Outcome, error) {
					return planner.Outcome{Plans: bad, End: resource.NewState()}, nil
				}
				s.planner.judge = late(judgeDatabase, began)
			},
			func(ctx context.Context, h *harness) error {
				_, err := calls.Drain(h.planner().RestoreDatabase(ctx, wantRestore("n1")))
				return err
			},
		},
		"PlanStates": {
			func(s *Server, began chan struct{}) {
				s.resource.planAll = func(*interrupt.Poller, *resource.State, resource.PlanOptions, ...*resource.State) ([]resource.Plan, error) {
					return bad, nil
				}
				s.resource.judge = late(judgeStates, began)
			},
			func(ctx context.Context, h *harness) error {
				_, err := calls.Drain(h.resource().PlanStates(ctx, &plannerv1.PlanStatesRequest{}))
				return err
			},
		},
	}
	for name, test := range calls {
		t.Run(name, func(t *testing.T) {
			began := make(chan struct{})
			h := start(t, Config{}, func(s *Server) { test.prepare(s, began) })
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				<-began
				cancel()
			}()
			if code := codeOf(test.call(ctx, h)); code != codes.Canceled {
				t.Errorf("got %v", code)
			}
			if line := h.line(); line["grpc.code"] != "Canceled" || line["reason"] != ReasonCancelled {
				t.Errorf("line %v", line)
			}
		})
	}
}

// late is a judge that looks at the plans of a call when that has ended.
func late(judge func(context.Context, *proposal) error, began chan struct{}) func(context.Context, *proposal) error {
	return func(ctx context.Context, p *proposal) error {
		close(began)
		<-ctx.Done()
		return judge(ctx, p)
	}
}

// TestVerifyPlansStopsWhenTheCallEnds ends a call when its plans are about to be judged.
func TestVerifyPlansStopsWhenTheCallEnds(t *testing.T) {
	ctx, cancel := calling(t)
	defer cancel()
	done := make(chan struct{})
	close(done)
	_, err := newResourceService().VerifyPlans(&endsSoon{Context: ctx, done: done}, &plannerv1.VerifyPlansRequest{
		Plans: []*plannerv1.Plan{{}},
	})
	if !errors.Is(err, interrupt.ErrInterrupted) {
		t.Errorf("got %v", err)
	}
}

// TestApplyEventsStopsWhenTheCallEnds is the same for events that are about to be applied.
func TestApplyEventsStopsWhenTheCallEnds(t *testing.T) {
	ctx, cancel := calling(t)
	defer cancel()
	done := make(chan struct{})
	close(done)
	req := &plannerv1.ApplyEventsRequest{}
	for range interrupt.Every + 1 {
		req.Events = append(req.Events, &plannerv1.Event{
			Type:     plannerv1.EventType_EVENT_TYPE_DELETE,
			Resource: &plannerv1.Resource{Identifier: &plannerv1.Identifier{Type: "t", Id: "x"}},
		})
	}
	_, err := newResourceService().ApplyEvents(&endsSoon{Context: ctx, done: done}, req)
	if !errors.Is(err, interrupt.ErrInterrupted) {
		t.Errorf("got %v", err)
	}
}

// endsSoon is the context of a call that ends when its request is converted, and nobody asks for its error any more.
type endsSoon struct {
	context.Context
	done      chan struct{}
	converted bool
}

func (c *endsSoon) Done() <-chan struct{} {
	if !c.converted {
		c.converted = true
		return nil
	}
	return c.done
}
