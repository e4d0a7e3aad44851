package verify_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit/execution"
	"github.com/pgplanner/pgplanner/internal/testkit/notation"

	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit"
)

// failure is what the orchestrator records of the event at which the plans stop.
type failure uint8

const (
	unrecorded failure = iota
	withError
	withRecreate
	failures
)

func (f failure) String() string {
	return [...]string{"unrecorded", "error", "needs_recreate"}[f]
}

// record does to the state what the orchestrator does when the event fails.
func (f failure) record(s *resource.State, e resource.Event) {
	failed := e.Resource.Clone()
	if old, ok := s.Get(e.Resource.Identifier); ok && e.Type == resource.EventDelete {
		failed = old.Clone()
	}
	switch f {
	case unrecorded, failures:
		return
	case withError:
		failed.Error = "it failed"
	case withRecreate:
		failed.NeedsRecreate = true
	}
	s.Add(failed)
}

// stop is where the execution of plans stops: at an event, with all events of its phase or none besides.
type stop struct {
	plan, phase, event int
	others             bool
	failure            failure
}

// stops are stops of the plans at every event.
func stops(plans []resource.Plan) []stop {
	var all []stop
	for i, plan := range plans {
		for k, phase := range plan.Phases {
			for n := range phase.Events {
				for f := range failures {
					all = append(all, stop{i, k, n, false, f})
				}
				all = append(all, stop{i, k, n, true, unrecorded})
			}
		}
	}
	return all
}

// execute returns the state in which the plans stop.
func (p stop) execute(start *resource.State, plans []resource.Plan) *resource.State {
	s := execution.After(start, plans[:p.plan]...)
	plan := plans[p.plan]
	s = execution.After(s, resource.Plan{Phases: plan.Phases[:p.phase]})
	for i, e := range plan.Phases[p.phase].Events {
		switch {
		case i == p.event:
			p.failure.record(s, e)
		case p.others:
			s.Apply(e)
		}
	}
	return s
}

func (p stop) String() string {
	return fmt.Sprintf("plan %d, phase %d, event %d, others %v, %v", p.plan, p.phase, p.event, p.others, p.failure)
}

// isRefusal tells whether the planner refuses the state, as it has to for some.
func isRefusal(err error) bool {
	var lost *planner.NodeLostError
	var removed *planner.NodePartlyRemovedError
	var source *planner.JoiningSourceError
	var kept *planner.KeptNodeError
	var incomplete *planner.MemberIncompleteError
	var abandoned *planner.DataAbandonedError
	var mentioned *planner.NodeNotMentionedError
	if errors.As(err, &abandoned) || errors.As(err, &mentioned) {
		return true
	}
	return errors.As(err, &incomplete) || errors.As(err, &lost) || errors.As(err, &removed) || errors.As(err, &source) || errors.As(err, &kept)
}

// TestResumedPlansAreRight stops the plans of every story at every event, in every way, and judges what the
// planner then plans with the same wish.
func TestResumedPlansAreRight(t *testing.T) {
	seen := testkit.Classes{}
	for _, s := range stories() {
		t.Run(s.name, func(t *testing.T) {
			start := s.startState(t)
			plans := s.wish.mustPlan(t, start)
			for _, p := range stops(plans) {
				again, violations, err := s.wish.judge(p.execute(start, plans))
				switch {
				case err != nil && isRefusal(err):
					seen.Add("refused")
				case err != nil:
					t.Fatalf("stopped at %v: %v", p, err)
				case len(again) == 0:
					seen.Add("nothing left")
				default:
					seen.Add("resumed")
				}
				if len(violations) > 0 {
					e := plans[p.plan].Phases[p.phase].Events[p.event]
					t.Fatalf("stopped at %v, %v: %v\n%s", p, eventName(e), violations, notation.Plans(again))
				}
			}
		})
	}
	if !t.Failed() {
		seen.RequireMany(t, 1000, "resumed")
		seen.Require(t, "nothing left")
	}
}
