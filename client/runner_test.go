package client_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/pgplanner/pgplanner/client"
	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
)

const (
	refresh = plannerv1.EventType_EVENT_TYPE_REFRESH
	create  = plannerv1.EventType_EVENT_TYPE_CREATE
	update  = plannerv1.EventType_EVENT_TYPE_UPDATE
	remove  = plannerv1.EventType_EVENT_TYPE_DELETE
	forget  = plannerv1.EventType_EVENT_TYPE_FORGET
)

// planOf is a plan of phases of creates, named by their ids.
func planOf(phases ...string) []*plannerv1.Plan {
	plan := &plannerv1.Plan{}
	for i, ids := range phases {
		phase := &plannerv1.Phase{Index: uint32(i)}
		for _, id := range strings.Fields(ids) {
			phase.Events = append(phase.Events, eventOf(create, id))
		}
		plan.Phases = append(plan.Phases, phase)
	}
	return []*plannerv1.Plan{plan}
}

func eventOf(t plannerv1.EventType, id string) *plannerv1.Event {
	return &plannerv1.Event{Type: t, Resource: directory(id, `{"planned":true}`)}
}

func ids(state *plannerv1.State) string {
	var all []string
	for _, r := range state.GetResources() {
		all = append(all, r.GetIdentifier().GetId())
	}
	return strings.Join(all, " ")
}

// TestWhatIsRecorded is point 2 of the contract.
func TestWhatIsRecorded(t *testing.T) {
	broken, gone := errors.New("broken"), fmt.Errorf("looked: %w", &client.NeedsRecreateError{Err: errors.New("gone")})
	half := fmt.Errorf("began: %w", &client.MendableError{Err: errors.New("half")})
	before := directory("x", `{"before":true}`)
	before.Error, before.NeedsRecreate = "old", true
	after := directory("x", `{"after":true}`)
	planned := directory("x", `{"planned":true}`)
	with := func(r *plannerv1.Resource, text string, needsRecreate bool) *plannerv1.Resource {
		r = proto.CloneOf(r)
		r.Error, r.NeedsRecreate = text, needsRecreate
		return r
	}
	other := directory("y", `{}`)
	for name, c := range map[string]struct {
		event    plannerv1.EventType
		returned *plannerv1.Resource
		err      error
		want     *plannerv1.Resource
		fails    bool
	}{
		"create":                       {event: create, returned: after, want: after},
		"create as planned":            {event: create, want: planned},
		"create takes marks away":      {event: create, returned: with(after, "old", true), want: after},
		"create fails":                 {event: create, err: broken, want: with(planned, "broken", true), fails: true},
		"create fails, can be mended":  {event: create, err: half, want: with(planned, "began: an update can mend it: half", false), fails: true},
		"create fails beyond hope":     {event: create, err: gone, want: with(planned, "looked: it needs to be created again: gone", true), fails: true},
		"create fails, no text":        {event: create, err: errors.New(""), want: with(planned, "failed", true), fails: true},
		"create returns another":       {event: create, returned: other, want: with(planned, "the executor returned dir::y instead", true), fails: true},
		"update":                       {event: update, returned: after, want: after},
		"update fails":                 {event: update, returned: after, err: broken, want: with(planned, "broken", false), fails: true},
		"update fails, no text":        {event: update, err: errors.New(""), want: with(planned, "failed", false), fails: true},
		"update finds it gone":         {event: update, err: gone, want: with(planned, "", true), fails: true},
		"delete":                       {event: remove},
		"delete returns something":     {event: remove, returned: after},
		"delete fails":                 {event: remove, err: broken, want: before, fails: true},
		"forget, which nobody is told": {event: forget, err: broken},
		"refresh":                      {event: refresh, returned: after, want: after},
		"refresh finds an error":       {event: refresh, returned: with(after, "bad", false), want: with(after, "bad", false)},
		"refresh finds it gone":        {event: refresh, err: gone, want: with(planned, "", true)},
		"refresh fails":                {event: refresh, err: broken, want: before, fails: true},
		"an event that nobody knows":   {event: 99, want: before, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			store := client.NewMemoryStore(&plannerv1.State{Resources: []*plannerv1.Resource{before}})
			var told []error
			executed := 0
			r := runner(client.ExecutorFunc(func(context.Context, *plannerv1.Event) (*plannerv1.Resource, error) {
				executed++
				return c.returned, c.err
			}), store)
			r.Done = func(_ *plannerv1.Event, err error) { told = append(told, err) }
			event := eventOf(c.event, "x")
			err := r.Run(t.Context(), []*plannerv1.Plan{{Phases: []*plannerv1.Phase{{Events: []*plannerv1.Event{event}}}}})
			if (err != nil) != c.fails || len(told) != 1 || (told[0] != nil) != c.fails {
				t.Errorf("error %v, told %v", err, told)
			}
			if (executed == 0) != (c.event == forget) {
				t.Errorf("executed %d times", executed)
			}
			var failed *client.PhaseError
			if c.fails && (!errors.As(err, &failed) || failed.Failed[0].Event != event || c.err != nil && !errors.Is(err, c.err)) {
				t.Errorf("error %v", err)
			}
			var got *plannerv1.Resource
			if all := load(t, store).GetResources(); len(all) > 0 {
				got = all[0]
			}
			if !proto.Equal(got, c.want) {
				t.Errorf("recorded %v, want %v", got, c.want)
			}
			if !proto.Equal(event, eventOf(c.event, "x")) {
				t.Errorf("the event was changed: %v", event)
			}
		})
	}
}

func TestEventsOfAPhaseRunAtOnceAndNoMoreThanAllowed(t *testing.T) {
	for _, c := range []struct{ allowed, want int }{{0, client.DefaultConcurrency}, {1, 1}, {3, 3}, {100, 40}} {
		t.Run(fmt.Sprint(c.allowed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				running, most := 0, 0
				r := runner(client.ExecutorFunc(func(context.Context, *plannerv1.Event) (*plannerv1.Resource, error) {
					count := func(change int) {
						mu.Lock()
						defer mu.Unlock()
						running += change
						most = max(most, running)
					}
					count(1)
					defer count(-1)
					time.Sleep(time.Second)
					return nil, nil
				}), client.NewMemoryStore(nil))
				r.Concurrency = c.allowed
				var all []string
				for i := range 40 {
					all = append(all, fmt.Sprint(i))
				}
				if err := r.Run(t.Context(), planOf(strings.Join(all, " "))); err != nil {
					t.Fatal(err)
				}
				if most != c.want {
					t.Errorf("%d at once, want %d", most, c.want)
				}
			})
		})
	}
}

// TestPhasesWaitForEachOther has a store that takes its time.
func TestPhasesWaitForEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &slowStore{Store: client.NewMemoryStore(nil)}
		r := runner(client.ExecutorFunc(func(ctx context.Context, event *plannerv1.Event) (*plannerv1.Resource, error) {
			state, _ := store.Load(ctx)
			want := map[byte]string{'a': "", 'b': "a1 a2 a3", 'c': "a1 a2 a3 b1"}[event.GetResource().GetIdentifier().GetId()[0]]
			if got := ids(state); !strings.HasPrefix(got, want) {
				t.Errorf("%v begins with %q recorded", event, got)
			}
			return nil, nil
		}), store)
		if err := r.Run(t.Context(), append(planOf("a1 a2 a3", "b1"), planOf("c1 c2")...)); err != nil {
			t.Fatal(err)
		}
		if got := ids(load(t, store)); got != "a1 a2 a3 b1 c1 c2" {
			t.Errorf("got %q", got)
		}
	})
}

type slowStore struct{ client.Store }

func (s *slowStore) Put(ctx context.Context, r *plannerv1.Resource) error {
	time.Sleep(time.Second)
	return s.Store.Put(ctx, r)
}

func TestAFailureEndsTheRunAfterItsPhase(t *testing.T) {
	store := client.NewMemoryStore(nil)
	r := runner(client.ExecutorFunc(func(_ context.Context, event *plannerv1.Event) (*plannerv1.Resource, error) {
		if id := event.GetResource().GetIdentifier().GetId(); id == "b2" || id == "b4" {
			return nil, errors.New("no")
		}
		return nil, nil
	}), store)
	r.Concurrency = 1
	err := r.Run(t.Context(), append(planOf("a1", "b1 b2 b3 b4", "c1"), planOf("d1")...))
	var failed *client.PhaseError
	if !errors.As(err, &failed) || len(failed.Failed) != 2 || failed.Failed[1].Phase != 1 {
		t.Errorf("got %v", err)
	}
	if want := "plan 0, phase 1: create dir::b2: no (and 1 more)"; fmt.Sprint(err) != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if got := ids(load(t, store)); got != "a1 b1 b2 b3 b4" {
		t.Errorf("got %q", got)
	}
}

func TestCancelledRun(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	store := &contextStore{Store: client.NewMemoryStore(nil)}
	r := runner(client.ExecutorFunc(func(ctx context.Context, event *plannerv1.Event) (*plannerv1.Resource, error) {
		if event.GetResource().GetIdentifier().GetId() == "b2" {
			cancel()
			return nil, ctx.Err()
		}
		return nil, nil
	}), store)
	r.Concurrency = 1
	err := r.Run(ctx, planOf("a1", "b1 b2 b3", "c1"))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	// What was interrupted is recorded as failed: half of it may be there. What was not begun is not recorded.
	state := load(t, store)
	if got := ids(state); got != "a1 b1 b2" || state.GetResources()[2].GetError() == "" {
		t.Errorf("got %v", state)
	}
	executor := &world{t: t, store: store}
	if err := runner(executor, store).Run(ctx, planOf("a1")); !errors.Is(err, context.Canceled) || len(executor.executed) > 0 {
		t.Errorf("started with an ended context: %v, %v", executor.executed, err)
	}
}

// contextStore refuses what comes with an ended context.
type contextStore struct{ client.Store }

func (s *contextStore) Put(ctx context.Context, r *plannerv1.Resource) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return s.Store.Put(ctx, r)
}

// crashStore stops recording after so many results, as if the process had died.
type crashStore struct {
	client.Store
	mu   sync.Mutex
	left int
}

var errCrashed = errors.New("crashed")

func (s *crashStore) spend() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left == 0 {
		return errCrashed
	}
	s.left--
	return nil
}

func (s *crashStore) Put(ctx context.Context, r *plannerv1.Resource) error {
	if err := s.spend(); err != nil {
		return err
	}
	return s.Store.Put(ctx, r)
}

func (s *crashStore) Delete(ctx context.Context, id *plannerv1.Identifier) error {
	if err := s.spend(); err != nil {
		return err
	}
	return s.Store.Delete(ctx, id)
}

func TestAStoreThatFailsEndsTheRun(t *testing.T) {
	memory := client.NewMemoryStore(nil)
	store := &crashStore{Store: memory, left: 2}
	executor := &world{t: t, store: store}
	r := runner(executor, store)
	r.Concurrency = 1
	err := r.Run(t.Context(), planOf("a1", "b1 b2 b3 b4 b5", "c1"))
	var failed *client.StoreError
	if !errors.As(err, &failed) || failed.Op != "put" || !errors.Is(err, errCrashed) {
		t.Errorf("got %v", err)
	}
	if got := ids(load(t, memory)); got != "a1 b1" {
		t.Errorf("recorded %q", got)
	}
	if len(executor.executed) > 4 || slices.Contains(executor.executed, "dir::c1") {
		t.Errorf("executed %v", executor.executed)
	}
}
