package client

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
)

// Defaults of Runner.
const (
	DefaultConcurrency = 16
	DefaultAttempts    = 10
)

// Runner runs plans: it has an Executor carry out their events, and records the results in a Store. Executor and Store
// are required; the zero value of every other field stands for its default. It keeps nothing of its own, and must not
// be used for the same database by two goroutines, or two processes, at once.
type Runner struct {
	// Executor carries out the events.
	Executor Executor
	// Store keeps the state.
	Store Store
	// Concurrency is how many events of a phase run at once. Default: DefaultConcurrency.
	Concurrency int
	// Attempts is how often Reconcile asks before it gives up. Default: DefaultAttempts.
	Attempts int
	// Pause is how long Reconcile waits after so many failures in a row, at least 1. Default: Backoff.
	Pause func(failures int) time.Duration
	// Review, if not nil, sees every sequence that Reconcile is about to run: to print it, to compare its digest with
	// the one that a person approved. An error stops Reconcile before anything is executed.
	Review func(ctx context.Context, sequence *Sequence) error
	// Done, if not nil, hears of every event after its result is recorded; err is why the event failed, or nil. It is
	// called by several goroutines at once.
	Done func(event *plannerv1.Event, err error)
}

// Run executes plans in order: phases one after the other, and the events of each phase at once. What is to be forgotten
// is removed from the store, and nothing is executed for it. Before the next phase
// starts, all results of the one before it are in the store.
//
// If an event fails, the rest of its phase is still executed, since none of it depends on the failure, and the run
// ends with a *PhaseError. If the store fails, no more events are started, and the run ends with a *StoreError. Once
// ctx has ended, no more events are started, what was started is recorded, and the run ends with the error of ctx. After
// any of these, the next plans have to be asked for with the state as it then is.
func (r *Runner) Run(ctx context.Context, plans []*plannerv1.Plan) error {
	for i, plan := range plans {
		for j, phase := range plan.GetPhases() {
			p := phaseRun{Runner: r, plan: i, phase: j, failed: make([]*EventError, len(phase.GetEvents()))}
			if err := p.run(ctx, phase.GetEvents()); err != nil {
				return err
			}
		}
	}
	return nil
}

// phaseRun is one phase while it runs.
type phaseRun struct {
	*Runner
	plan, phase int
	failed      []*EventError // by event
}

func (p *phaseRun) run(ctx context.Context, events []*plannerv1.Event) error {
	workers, unstopped := errgroup.WithContext(ctx)
	workers.SetLimit(orDefault(p.Concurrency, DefaultConcurrency))
	for i, event := range events {
		workers.Go(func() error {
			if unstopped.Err() == nil {
				return p.execute(ctx, i, event)
			}
			return nil
		})
	}
	if err := workers.Wait(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	failed := slices.DeleteFunc(p.failed, func(f *EventError) bool { return f == nil })
	if len(failed) > 0 {
		return &PhaseError{Failed: failed}
	}
	return nil
}

// execute carries out one event and records its result, also when ctx has ended: what was done must not be forgotten.
// The error is that of the store.
func (p *phaseRun) execute(ctx context.Context, index int, event *plannerv1.Event) error {
	var resource *plannerv1.Resource
	var err error
	if event.GetType() != plannerv1.EventType_EVENT_TYPE_FORGET {
		resource, err = p.Executor.Execute(ctx, event)
	}
	out := judge(event, resource, err)
	if out.failed != nil {
		p.failed[index] = &EventError{Plan: p.plan, Phase: p.phase, Event: event, Err: out.failed}
	}
	if err := p.record(context.WithoutCancel(ctx), out); err != nil {
		return err
	}
	if p.Done != nil {
		p.Done(event, out.failed)
	}
	return nil
}

func (p *phaseRun) record(ctx context.Context, out outcome) error {
	switch {
	case out.put != nil:
		if err := p.Store.Put(ctx, out.put); err != nil {
			return &StoreError{Op: "put", Err: err}
		}
	case out.remove != nil:
		if err := p.Store.Delete(ctx, out.remove); err != nil {
			return &StoreError{Op: "delete", Err: err}
		}
	}
	return nil
}

func orDefault(value, preset int) int {
	if value <= 0 {
		return preset
	}
	return value
}
