package resource_test

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit"
)

var (
	differentialSeed  = flag.Uint64("differential.seed", 1, "where the random problems of the comparison with the reference begin")
	differentialCases = flag.Int("differential.cases", enoughProblems, "how many small problems to compare for each function")
	differentialLarge = flag.Int("differential.large", 0, "how many large problems to compare for each function")
)

const (
	// enoughProblems are as many as it takes to come across all that can happen.
	enoughProblems = 10_000

	smallProblem = 9
	largeProblem = 60
)

// planner plans a problem. How it went, beside the plans, is an error or nil.
type planner func(problem) ([]resource.Plan, error)

func TestPlanStepsEqualsReference(t *testing.T) {
	compare(t, (*generator).diffs, engineSteps, func(p problem, seen testkit.Classes) ([]resource.Plan, error) {
		return newReference(seen, p.options()).steps(build(p.start), p.force, p.steps())
	},
		"does_not_exist", "needs_recreate", "has_error", "force_update", "dependency_updated", "has_diff", "not_desired",
		"a diff beside another reason", "a cause by type", "causes by name and by type",
		"equal values in other spelling", "differences that are ignored", "differences of versions",
		"does_not_exist: of the diff", "needs_recreate: of the diff", "has_error: of the diff", "has_diff: of the diff",
		"dependency_updated: of the diff", "dependency_updated: a dependent of one", "has_error: a dependent of one",
		"needs_recreate: a dependent of one",
		"pending deletion: a dependency has an event", "pending deletion: start is wrong about it",
		"dropped to be created",
		"waits: a later group holds it", "prompt: a later group holds it",
		"waits: something is missing", "waits: something is missing, not directly",
		"waits: something is failed", "waits: something is failed, not directly",
		"waits: something is to be recreated", "waits: something is to be recreated, not directly",
		"waited: until the last step", "waited: until a diff held it", "waited: until its dependencies were in order",
		"waited: another reason came before", "waited: remembers one cause and has another",
		"layers: a resource of the diff moves", "layers: a resource above the diff moves", "layers: a resource moves down",
		"what stays is between two that go", "empty plan", "no diff",
		"error in a step: missing dependency", "error in a step: several missing dependencies",
		"error in a step: self dependency by name", "error in a step: self dependency by type",
		"error in a step: cycle", "error in a step: cycle through a type", "error in a step: one of several cycles",
		"dependencies_changed", "dependencies_changed: of the diff", "force_update: of the diff", "dependencies changed: recorded later", "dependencies changed: after an event",
		"dependencies changed: the executor, too", "dependencies in another order", "the host changed",
		"start depends on itself", "steps beside a cycle", "a step makes a cycle with a record", "a cycle that lasts",
		"deletes beside a cycle", "error: missing dependency", "error: several missing dependencies",
		"error: self dependency by name", "error: self dependency by type",
		"error: cycle", "error: cycle through a type", "error: one of several cycles",
		"constraint: a delete comes later", "constraint: what stays counts in the order of deletes",
		"constraint: names what is not there", "constraint: an event causes none", "constraint: two events in order",
		"constraint: is no cause", "constraint: a cycle of creates", "constraint: a cycle of deletes", "constraint: records yield",
		"planned", "planned in several plans",
	)
}

func TestPlanAllEqualsReference(t *testing.T) {
	compare(t, (*generator).sequence, engineAll, func(p problem, seen testkit.Classes) ([]resource.Plan, error) {
		seen.Count("removed and added again", comesBack(p))
		return newReference(seen, p.options()).all(build(p.start), p.force, wanted(p))
	},
		"does_not_exist", "needs_recreate", "has_error", "force_update", "dependency_updated", "has_diff", "not_desired",
		"a diff beside another reason", "a cause by type", "causes by name and by type",
		"equal values in other spelling", "differences that are ignored", "differences of versions",
		"pending deletion: a dependency has an event", "pending deletion: attributes differ",
		"what stays is between two that go", "empty plan", "removed and added again",
		"dependencies_changed", "dependencies changed: recorded later", "dependencies changed: after an event", "dependencies changed: the executor, too",
		"dependencies in another order", "the host changed", "deletes beside a cycle", "error: missing dependency", "error: several missing dependencies",
		"error: self dependency by name", "error: self dependency by type",
		"error: cycle", "error: cycle through a type", "error: one of several cycles",
		"planned", "planned in several plans",
	)
}

func TestPlanRefreshEqualsReference(t *testing.T) {
	refresh := func(plan resource.Plan, err error) ([]resource.Plan, error) {
		if err != nil {
			return nil, err
		}
		return []resource.Plan{plan}, nil
	}
	compare(t, (*generator).diffs, func(p problem) ([]resource.Plan, error) {
		return refresh(resource.PlanRefresh(nil, build(p.start)))
	}, func(p problem, seen testkit.Classes) ([]resource.Plan, error) {
		return refresh(newReference(seen, p.options()).refresh(build(p.start)))
	}, "planned", "refresh of a cycle")
}

func engineSteps(p problem) ([]resource.Plan, error) {
	return resource.PlanSteps(nil, build(p.start), p.options(), p.steps())
}

func engineAll(p problem) ([]resource.Plan, error) {
	return resource.PlanAll(nil, build(p.start), p.options(), wanted(p)...)
}

func (p problem) options() resource.PlanOptions {
	options := resource.PlanOptions{ForceUpdate: p.force}
	if p.late {
		options.RecordsLater = func(t resource.Type) bool { return t == "ab" }
	}
	return options
}

func build(rs []*resource.Resource) *resource.State { return resource.NewState(rs...) }

// steps is the way that the problem describes.
func (p problem) steps() resource.Steps {
	built := resource.Steps{
		Groups: make([][]*resource.State, len(p.groups)), End: build(p.end), Creates: p.creates, Deletes: p.deletes,
		ForceEarly: p.early,
	}
	for i, group := range p.groups {
		for _, d := range group {
			var state *resource.State
			if d != nil {
				state = build(d)
			}
			built.Groups[i] = append(built.Groups[i], state)
		}
	}
	if p.prompt != nil {
		built.Prompt = build(p.prompt)
	}
	return built
}

// wanted are the states of the problem after its start, each taken as complete.
func wanted(p problem) []*resource.State {
	var states []*resource.State
	for _, group := range p.groups {
		for _, d := range group {
			states = append(states, build(d))
		}
	}
	return append(states, build(p.end))
}

// comesBack tells whether the end has something that the start has and a state between them has not.
func comesBack(p problem) bool {
	states := wanted(p)
	for _, r := range p.start {
		gone := slices.ContainsFunc(states, func(s *resource.State) bool {
			_, ok := s.Get(r.Identifier)
			return !ok
		})
		if _, ok := states[len(states)-1].Get(r.Identifier); gone && ok {
			return true
		}
	}
	return false
}

// compare holds what the engine makes of random problems against what the reference makes of them. In the small ones,
// if they are enough, the reference has to come across the classes of those names.
func compare(
	t *testing.T, generate func(*generator) problem, engine planner,
	reference func(problem, testkit.Classes) ([]resource.Plan, error), names ...string,
) {
	t.Helper()
	const shards = 4
	total := testkit.Classes{}
	var mutex sync.Mutex
	t.Run("cases", func(t *testing.T) {
		for shard := range shards {
			t.Run(fmt.Sprint(shard), func(t *testing.T) {
				t.Parallel()
				seen := testkit.Classes{}
				for i := shard; i < *differentialCases; i += shards {
					compareOne(t, problemOf(i, smallProblem, generate), engine, reference, seen)
				}
				for i := shard; i < *differentialLarge; i += shards {
					compareOne(t, problemOf(i, largeProblem, generate), engine, reference, testkit.Classes{})
				}
				mutex.Lock()
				defer mutex.Unlock()
				total.Merge(seen)
			})
		}
	})
	if *differentialCases >= enoughProblems {
		total.Require(t, names...)
	}
}

// problemOf is the i-th problem. Up to small ones have size resources.
func problemOf(i, size int, generate func(*generator) problem) problem {
	random := rand.New(rand.NewPCG(*differentialSeed, uint64(i)))
	return generate(newGenerator(random, size))
}

// compareOne compares the plans for one problem. Where they differ it looks for the smallest problem that
// shows it.
func compareOne(
	t *testing.T, p problem, engine planner, reference func(problem, testkit.Classes) ([]resource.Plan, error), seen testkit.Classes,
) {
	t.Helper()
	before := p.copy()
	plans, err := engine(p)
	if !slices.EqualFunc(p.states(), before.states(), func(a, b *[]*resource.Resource) bool {
		return slices.EqualFunc(*a, *b, sameResource)
	}) {
		t.Fatalf("planning changed its input. Before:\n%s\nafter:\n%s", before, p)
	}
	want, wantErr := reference(p, seen)
	seen.Count("error", err != nil)
	seen.Count("planned", err == nil)
	seen.Count("planned in several plans", len(plans) > 1)
	if samePlans(plans, want) && sameError(err, wantErr) {
		return
	}
	p = shrink(p, func(p problem) bool {
		want, wantErr := reference(p, testkit.Classes{})
		for range 5 { // the engine walks maps, so that a difference may come and go
			if plans, err := engine(p); !samePlans(plans, want) || !sameError(err, wantErr) {
				return true
			}
		}
		return false
	})
	want, wantErr = reference(p, testkit.Classes{})
	for range 20 {
		if plans, err = engine(p); !samePlans(plans, want) || !sameError(err, wantErr) {
			break
		}
	}
	t.Fatalf("the engine and the reference differ on\n%s\nthe engine: %v\n%s\nthe reference: %v\n%s",
		p, err, printPlans(plans), wantErr, printPlans(want))
}

// sameError compares errors by their type and their text.
func sameError(a, b error) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	var cycle [2]*resource.CycleError
	var self [2]*resource.SelfDependencyError
	var missing [2]*resource.MissingDependencyError
	for i, err := range []error{a, b} {
		if !errors.As(err, &cycle[i]) && !errors.As(err, &self[i]) && !errors.As(err, &missing[i]) {
			return false
		}
	}
	return a.Error() == b.Error() &&
		(cycle[0] == nil) == (cycle[1] == nil) && (self[0] == nil) == (self[1] == nil)
}

// countSpelling counts the ways in which attributes are not the same text.
func countSpelling(seen testkit.Classes, current, desired *resource.Resource, different bool) {
	if different || string(current.Attributes) == string(desired.Attributes) {
		return
	}
	switch {
	case current.ResourceVersion != desired.ResourceVersion:
		seen.Add("differences of versions")
	case !sameValue(decodeAttributes(current), decodeAttributes(desired)):
		seen.Add("differences that are ignored")
	default:
		seen.Add("equal values in other spelling")
	}
}
