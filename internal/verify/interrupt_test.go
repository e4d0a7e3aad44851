package verify_test

import (
	"errors"
	"reflect"
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit/databases"
	"github.com/pgplanner/pgplanner/internal/testkit/polls"

	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/verify"
)

// large is a story whose plans take some time to judge.
func large() story {
	return story{start: benchNodes(10), wish: wish{nodes: changed(benchNodes(10))}}
}

func TestInterruptedBeforeItBegins(t *testing.T) {
	done := make(chan struct{})
	close(done)
	for _, s := range append(stories(), large()) {
		m := newMutant(t, s)
		m.start.Add(databases.Own("left", "over", `{}`)) // something to find
		violations, err := verify.Plans(interrupt.When(done), m.start, m.plans, m.end, m.options)
		if !errors.Is(err, interrupt.ErrInterrupted) || violations != nil {
			t.Errorf("%s: got %v, %v", s.name, violations, err)
		}
	}
}

// TestInterruptedAnywhere: whenever the interruption comes, the verdict is the whole one or none.
func TestInterruptedAnywhere(t *testing.T) {
	m := newMutant(t, large())
	for i := range m.plans {
		m.plans[i].Phases[0], m.plans[i].Phases[1] = m.plans[i].Phases[1], m.plans[i].Phases[0]
	}
	want := m.judge()
	if len(want) < 10 {
		t.Fatalf("only %v", want)
	}
	// judge interrupts at that poll, and tells how many there were.
	judge := func(at int) (violations []verify.Violation, polled int, err error) {
		done := make(chan struct{})
		stop := interrupt.Watched(done, func(int) {
			if polled++; polled == at {
				close(done)
			}
		})
		violations, err = verify.Plans(stop, m.start, m.plans, m.end, m.options)
		return violations, polled, err
	}
	_, all, err := judge(0)
	if err != nil {
		t.Fatal(err)
	}
	interrupted := 0
	for i := range 30 {
		violations, _, err := judge(1 + i*all/25)
		switch {
		case errors.Is(err, interrupt.ErrInterrupted) && violations == nil:
			interrupted++
		case err != nil || !reflect.DeepEqual(violations, want):
			t.Fatalf("%d violations, %v", len(violations), err)
		}
	}
	if interrupted == 0 {
		t.Error("never interrupted")
	}
}

// TestEnoughViolations: plans that are wrong all over are judged within bounds, the same way each time.
func TestEnoughViolations(t *testing.T) {
	start, end := resource.NewState(), resource.NewState()
	node := databases.Own("x", "all", `{}`)
	for range 500 {
		node.Dependencies = append(node.Dependencies, resource.Identifier{Type: "y", ID: "missing"})
	}
	for i := range 3000 {
		start.Add(databases.Own("z", string(rune('a'+i%26))+string(rune(0x4e00+i)), `{}`))
	}
	var plans []resource.Plan
	for range 500 {
		plans = append(plans, resource.Plan{Phases: []resource.Phase{{Events: []resource.Event{
			{Type: resource.EventUpdate, Resource: node, Reason: resource.ReasonForceUpdate},
		}}}})
	}
	violations := judged(start, plans, end, verify.Options{})
	named := 0
	for _, v := range violations {
		named += 1 + len(v.Resources)
	}
	if named < verify.MaxNamed || named > verify.MaxNamed+10 {
		t.Errorf("%d violations name %d", len(violations), named)
	}
	if again := judged(start, plans, end, verify.Options{}); !reflect.DeepEqual(violations, again) {
		t.Error("judged twice, not the same")
	}
}

// TestStoppedBetweenEmptyStates: states that have nothing to judge are many, too.
func TestStoppedBetweenEmptyStates(t *testing.T) {
	const n = 1000
	done := make(chan struct{})
	polls := 0
	stop := interrupt.Watched(done, func(int) {
		if polls++; polls == n/2 {
			close(done)
		}
	})
	states := make([]*resource.State, n)
	for i := range states {
		states[i] = resource.NewState()
	}
	if violations, err := verify.Sequence(stop, resource.NewState(), nil, states); !errors.Is(err, interrupt.ErrInterrupted) || violations != nil {
		t.Errorf("got %v, %v after %d polls", violations, err, polls)
	}
}

// TestEveryLoopPolls reads the source: whatever loops, polls in each round.
func TestEveryLoopPolls(t *testing.T) {
	const yielded = "what is yielded, and that polls"
	polls.CheckLoops(t, map[string]polls.Short{
		"Compare":           {Loops: 1, Bound: "the resources of two violations: a sort polls for it"},
		"Rules":             {Loops: 1, Bound: "the rules"},
		"String":            {Loops: 1, Bound: "three parts of a place"},
		"cause":             {Loops: 1, Bound: "16 dependencies"},
		"firstGap":          {Loops: 1, Bound: "three parts of a populate"},
		"isNew":             {Loops: 1, Bound: "two nodes"},
		"instancesOf":       {Loops: 1, Bound: "two states"},
		"judgeCauses":       {Loops: 1, Bound: "a search that halves"},
		"judgeCausingTypes": {Loops: 1, Bound: "two records"},
		"mayRedo":           {Loops: 1, Bound: "nine resources between two nodes"},
		"end":               {Loops: 1, Bound: yielded},
		"findLastPut":       {Loops: 1, Bound: yielded},
		"findFormers":       {Loops: 1, Bound: yielded},
		"losesMonitor":      {Loops: 1, Bound: yielded},
		"gapInDrain":        {Loops: 1, Bound: "two who wait for a marker"},
		"isCopying":         {Loops: 1, Bound: yielded},
		"newMesh":           {Loops: 1, Bound: yielded},
		"touched":           {Loops: 1, Bound: yielded},
		"yieldDesired":      {Loops: 1, Bound: yielded},
	})
}
