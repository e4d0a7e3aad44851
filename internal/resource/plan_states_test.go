package resource_test

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit/polls"
)

// manyStates are random states, some of which are the same.
func manyStates(seed uint64, n int) []*resource.State {
	random := rand.New(rand.NewPCG(seed, 0))
	g := newGenerator(random, 12)
	var all []*resource.State
	for len(all) < n {
		if s := build(g.whole(8)); random.IntN(4) > 0 || len(all) == 0 {
			all = append(all, s)
		} else {
			all = append(all, all[random.IntN(len(all))])
		}
	}
	return all
}

// TestManyStates plans through many states at once, and from each to the next one: that is the same.
func TestManyStates(t *testing.T) {
	planned := 0
	for seed := range uint64(300) {
		states := manyStates(seed, 50)
		options := resource.PlanOptions{ForceUpdate: seed%2 == 0}
		got, gotErr := resource.PlanAll(nil, states[0], options, states[1:]...)
		var want []resource.Plan
		var wantErr error
		for i := 1; i < len(states) && wantErr == nil; i++ {
			last := resource.PlanOptions{ForceUpdate: options.ForceUpdate && i == len(states)-1}
			var plans []resource.Plan
			plans, wantErr = resource.PlanAll(nil, states[i-1], last, states[i])
			want = append(want, plans...)
		}
		if wantErr != nil {
			want = nil
		} else {
			planned++
		}
		if !sameError(gotErr, wantErr) || !reflect.DeepEqual(got, want) {
			t.Fatalf("seed %d: got %d plans, %v, want %d, %v", seed, len(got), gotErr, len(want), wantErr)
		}
	}
	if planned < 30 {
		t.Errorf("only %d have plans", planned)
	}
}

// TestManyStatesAreLinear: twice as many states take twice the work, also if each has other resources.
func TestManyStatesAreLinear(t *testing.T) {
	units := func(n int) int {
		states := make([]*resource.State, n)
		for i := range states {
			states[i] = resource.NewState(&resource.Resource{Identifier: id("a", i)})
		}
		c := polls.Count()
		if _, err := resource.PlanAll(c.Poller, resource.NewState(), resource.PlanOptions{}, states...); err != nil {
			t.Fatal(err)
		}
		return c.Units
	}
	if few, many := units(1000), units(2000); many > few*21/10 {
		t.Errorf("%d units for 1000 states, %d for 2000", few, many)
	}
}

// TestFewMissingDependenciesAreNamed: of very many, all are counted.
func TestFewMissingDependenciesAreNamed(t *testing.T) {
	one := func(i, first, n int) *resource.Resource {
		missing := ids("a", first+n)[first:]
		return &resource.Resource{Identifier: id("b", i), Dependencies: append(slices.Repeat(missing, 2), id("b", 9))}
	}
	missing := resource.NewState(one(3, 2, 90), one(2, 1, 30), one(1, 0, 40), &resource.Resource{Identifier: id("b", 9)})
	_, err := resource.PlanAll(nil, resource.NewState(), resource.PlanOptions{}, missing)
	var joined interface{ Unwrap() []error }
	if !errors.As(err, &joined) || len(joined.Unwrap()) != 100 {
		t.Fatalf("got %v", err)
	}
	for i, err := range joined.Unwrap() {
		want := &resource.MissingDependencyError{Resource: id("b", 1), Dependency: id("a", i)}
		if i >= 40 {
			want = &resource.MissingDependencyError{Resource: id("b", 2), Dependency: id("a", i-40+1)}
		}
		if i >= 70 {
			want = &resource.MissingDependencyError{Resource: id("b", 3), Dependency: id("a", i-70+2)}
		}
		if i == 99 {
			want.More = 60
		}
		if !reflect.DeepEqual(err, want) {
			t.Errorf("%d: got %+v, want %+v", i, err, want)
		}
	}
}
