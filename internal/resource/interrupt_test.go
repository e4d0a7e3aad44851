package resource_test

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit"

	"github.com/pgplanner/pgplanner/internal/testkit/polls"

	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/jsontext"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// dimension computes something that is large in one way.
type dimension func(stop *interrupt.Poller, size int) error

// counts are those of polls, by their place in the source.
type counts map[place]int

type place struct {
	function string
	line     int
	source   string // the file and the line of the poll
}

// watched runs a dimension, and counts its polls.
func (d dimension) watched(size int, done <-chan struct{}, watch func(place)) (counts, error) {
	seen, known := counts{}, map[[64]uintptr]place{}
	err := d(interrupt.Watched(done, func(int) {
		var stack [64]uintptr
		runtime.Callers(2, stack[:])
		at, ok := known[stack]
		if !ok {
			at = placeOf(stack[:])
			known[stack] = at
		}
		seen[at]++
		watch(at)
	}), size)
	return seen, err
}

// shared are the functions whose loops belong to whoever calls them.
var shared = map[string]bool{"All": true, "contains": true, "equal": true, "anyOf": true, "writeArray": true, "writeElements": true}

// placeOf finds the function of this package that polls.
func placeOf(stack []uintptr) place {
	const pkg = "/internal/resource."
	loop, source := "", ""
	for frames := runtime.CallersFrames(stack); ; {
		frame, more := frames.Next()
		if strings.Contains(frame.Function, "interrupt.SortFunc") {
			loop = "/SortFunc"
		}
		if _, name, ok := strings.Cut(frame.Function, pkg); ok && strings.Contains(frame.File, "/internal/resource/") {
			name, _, _ = strings.Cut(name, "[")
			name = name[strings.LastIndex(name, ")")+1:]
			name, _, _ = strings.Cut(strings.TrimPrefix(name, "."), ".")
			name, _, _ = strings.Cut(name, "-") // a loop that ranges over a function
			if source == "" && name != "All" {
				source = fmt.Sprintf("%s:%d", filepath.Base(frame.File), frame.Line)
			}
			if !shared[name] {
				return place{name + loop, frame.Line, source}
			}
			loop = "/" + name
		}
		if !more {
			panic("a poll of nobody")
		}
	}
}

// TestEveryLongLoopIsPolled computes what is large in one way after the other, at two sizes, and looks for the polls of
// each loop that gets longer: that often, more are done. testdata/polls.txt names the loops by their functions, with
// how many polls of a function grow if it is more than one; of loops that functions share, such as sorting, it names the
// function that needs the loop, and the loop. Each poll in the source has to be among them.
func TestEveryLongLoopIsPolled(t *testing.T) {
	const small, large = 200, 800
	var text strings.Builder
	grown := map[string]bool{}
	all := dimensions()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		few, fewErr := all[name].watched(small, nil, func(place) {})
		many, manyErr := all[name].watched(large, nil, func(place) {})
		if errors.Is(fewErr, interrupt.ErrInterrupted) || errors.Is(manyErr, interrupt.ErrInterrupted) {
			t.Fatalf("%s: interrupted by nobody: %v, %v", name, fewErr, manyErr)
		}
		loops := map[string]int{}
		for at, n := range many {
			if n-few[at] >= large-small {
				loops[at.function]++
				grown[at.source] = true
			}
		}
		fmt.Fprintf(&text, "%s:", name)
		for _, function := range slices.Sorted(maps.Keys(loops)) {
			fmt.Fprintf(&text, " %s", function)
			if loops[function] > 1 {
				fmt.Fprintf(&text, "*%d", loops[function])
			}
		}
		text.WriteByte('\n')
	}
	testkit.Golden(t, "testdata/polls.txt", text.String())
	for _, poll := range polls.Inspect(t).Polls {
		if poll.Function != "All" && !grown[poll.Position] { // that counts where it is called
			t.Errorf("%s: nothing that was tried makes this poll grow", poll.Position)
		}
	}
}

// TestStoppedAnywhere tells computations to stop at some poll: whatever they have by then, they end at once.
func TestStoppedAnywhere(t *testing.T) {
	for name, d := range dimensions() {
		total := 0
		if _, err := d.watched(50, nil, func(place) { total++ }); errors.Is(err, interrupt.ErrInterrupted) {
			t.Fatalf("%s: %v", name, err)
		}
		for at := 1; at <= total; at += 1 + total/300 {
			done, number, more := make(chan struct{}), 0, 0
			_, err := d.watched(50, done, func(p place) {
				if number++; number == at {
					close(done)
				}
				if number > at && !strings.HasSuffix(p.function, "/SortFunc") { // which sorts on, but compares nothing
					more++
				}
			})
			returnsNone := err == nil && slices.Contains([]string{"dependents", "dependencies to look up", "dependencies to look through"}, name)
			if !errors.Is(err, interrupt.ErrInterrupted) && !returnsNone || more > 16 {
				t.Fatalf("%s: told to stop at poll %d of %d, it polled %d times and returned %v", name, at, total, more, err)
			}
		}
	}
}

// TestEveryLoopPolls reads the source.
func TestEveryLoopPolls(t *testing.T) {
	const callers = "what one state holds: whoever builds states, or asks for all of one, polls for each"
	polls.CheckLoops(t, map[string]polls.Short{
		"Add":        {Loops: 1, Bound: "a state of few resources, 9, gets its map"},
		"Position":   {Loops: 1, Bound: "a state without a map has few resources, 8"},
		"Error":      {Loops: 1, Bound: "a cycle, written down once, when the computation is over"},
		"HasType":    {Loops: 1, Bound: callers},
		"OfType":     {Loops: 2, Bound: callers},
		"Resources":  {Loops: 1, Bound: callers},
		"Merge":      {Loops: 1, Bound: callers},
		"NewState":   {Loops: 1, Bound: callers},
		"PlanMerged": {Loops: 1, Bound: "16 states in each round: newIndex polls for each"},
		"PlanSteps":  {Loops: 1, Bound: "leaves out diffs that are nil: whoever builds the steps polls for each"},
		"planOrder":  {Loops: 1, Bound: "layers are not empty"},
		"puts":       {Loops: 1, Bound: "layers are not empty"},
	})
}

func state(n int, with func(i int) *resource.Resource) *resource.State {
	s := resource.NewStateSize(n)
	for i := range n {
		s.Add(with(i))
	}
	return s
}

func id(of resource.Type, i int) resource.Identifier {
	return resource.Identifier{Type: of, ID: fmt.Sprintf("%06d", i)}
}

func ids(of resource.Type, n int) []resource.Identifier {
	all := make([]resource.Identifier, n)
	for i := range all {
		all[i] = id(of, i)
	}
	return all
}

func manyTypes(n int) []resource.Type {
	all := make([]resource.Type, n)
	for i := range all {
		all[i] = resource.Type(fmt.Sprintf("c%d", i))
	}
	return all
}

// plain are resources that depend on nothing.
func plain(n int) *resource.State {
	return state(n, func(i int) *resource.Resource { return bare("a", i) })
}

// bare is a resource that depends on nothing, and different one that has other attributes.
func bare(of resource.Type, i int) *resource.Resource {
	return &resource.Resource{Identifier: id(of, i)}
}

func different(of resource.Type, i int) *resource.Resource {
	return &resource.Resource{Identifier: id(of, i), Attributes: []byte(`{"size":1}`)}
}

// chain are resources that each depend on the one before, and the first one on what is given.
func chain(n int, first ...resource.Identifier) *resource.State {
	return state(n, func(i int) *resource.Resource {
		if i == 0 {
			return &resource.Resource{Identifier: id("a", i), Dependencies: first}
		}
		return &resource.Resource{Identifier: id("a", i), Dependencies: []resource.Identifier{id("a", i-1)}}
	})
}

func dimensions() map[string]dimension {
	empty := resource.NewState()
	all := func(stop *interrupt.Poller, start *resource.State, wanted ...*resource.State) error {
		_, err := resource.PlanAll(stop, start, resource.PlanOptions{}, wanted...)
		return err
	}
	steps := func(stop *interrupt.Poller, start, end *resource.State, diffs ...*resource.State) error {
		var groups [][]*resource.State
		for _, diff := range diffs {
			groups = append(groups, []*resource.State{diff})
		}
		_, err := resource.PlanSteps(stop, start, resource.PlanOptions{}, resource.Steps{Groups: groups, End: end})
		return err
	}
	digest := func(stop *interrupt.Poller, events ...resource.Event) error {
		_, err := resource.Digest(stop, []resource.Plan{{Phases: []resource.Phase{{Events: events}}}})
		return err
	}
	return map[string]dimension{
		"long texts of a digest": func(stop *interrupt.Poller, n int) error {
			text := strings.Repeat("é", n<<11)
			return digest(stop, resource.Event{Resource: &resource.Resource{Error: text, Attributes: fmt.Appendf(nil, "{%q:1}", text)}})
		},
		"resources to create": func(stop *interrupt.Poller, n int) error {
			return all(stop, empty, plain(n))
		},
		"resources to delete": func(stop *interrupt.Poller, n int) error {
			return all(stop, plain(n), empty)
		},
		"resources to delete by name": func(stop *interrupt.Poller, n int) error {
			_, err := resource.PlanDelete(stop, plain(n), ids("a", n), nil)
			return err
		},
		"names to delete": func(stop *interrupt.Poller, n int) error {
			_, err := resource.PlanDelete(stop, plain(1), ids("b", n), nil)
			return err
		},
		"resources to refresh": func(stop *interrupt.Poller, n int) error {
			_, err := resource.PlanRefresh(stop, plain(n))
			return err
		},
		"layers to refresh": func(stop *interrupt.Poller, n int) error {
			_, err := resource.PlanRefresh(stop, chain(n))
			return err
		},
		"resources in a diff": func(stop *interrupt.Poller, n int) error {
			return steps(stop, empty, plain(n), plain(n))
		},
		"dependencies of one resource": func(stop *interrupt.Poller, n int) error {
			start, user := plain(n), &resource.Resource{Identifier: id("b", 0), Dependencies: ids("a", n)}
			start.Add(user)
			return steps(stop, start, start, resource.NewState(user.Clone()), resource.NewState(bare("b", 0)))
		},
		"types that one resource depends on": func(stop *interrupt.Poller, n int) error {
			user := &resource.Resource{Identifier: id("b", 0), TypeDependencies: manyTypes(n)}
			return all(stop, resource.NewState(user, bare("c1", 0)), resource.NewState(user.Clone()))
		},
		"types of which all goes": func(stop *interrupt.Poller, n int) error {
			start := state(n, func(i int) *resource.Resource { return bare(resource.Type(fmt.Sprintf("c%d", i)), 0) })
			start.Add(&resource.Resource{Identifier: id("b", 0), TypeDependencies: manyTypes(n)})
			return all(stop, start, empty)
		},
		"members of a type": func(stop *interrupt.Poller, n int) error {
			start := plain(n)
			start.Add(&resource.Resource{Identifier: id("b", 0), TypeDependencies: []resource.Type{"a"}})
			diff := state(n, func(i int) *resource.Resource { return different("a", i) })
			return steps(stop, start, start, resource.NewState(different("a", 0)), diff)
		},
		"dependents of one resource": func(stop *interrupt.Poller, n int) error {
			start := state(n, func(i int) *resource.Resource {
				return &resource.Resource{Identifier: id("b", i), Dependencies: []resource.Identifier{id("a", 0)}}
			})
			start.Add(bare("a", 0))
			moved := different("a", 0)
			moved.Dependencies = []resource.Identifier{id("c", 0)}
			return steps(stop, start, start, resource.NewState(moved, bare("c", 0)))
		},
		"causes": func(stop *interrupt.Poller, n int) error {
			start, end := plain(n), state(n, func(i int) *resource.Resource { return different("a", i) })
			user := &resource.Resource{Identifier: id("b", 0), Dependencies: ids("a", n)}
			start.Add(user)
			end.Add(user)
			return all(stop, start, end)
		},
		"resources after the last step": func(stop *interrupt.Poller, n int) error {
			start, end := plain(n), resource.NewState(bare("c", 0))
			after := state(n, func(i int) *resource.Resource {
				start.Add(&resource.Resource{Identifier: id("b", i), Dependencies: []resource.Identifier{id("a", i)}})
				return &resource.Resource{Identifier: id("b", i), Dependencies: []resource.Identifier{id("c", 0)}}
			})
			end.Merge(after)
			_, err := resource.PlanSteps(stop, start, resource.PlanOptions{}, resource.Steps{End: end, After: after})
			return err
		},
		"causes of who waits": func(stop *interrupt.Poller, n int) error {
			start, diff := plain(n), state(n, func(i int) *resource.Resource { return different("a", i) })
			start.Add(&resource.Resource{Identifier: id("b", 0), Dependencies: append(ids("a", n), id("x", 0))})
			end := diff.Clone()
			end.Add(&resource.Resource{Identifier: id("b", 0), Dependencies: ids("a", n)})
			return steps(stop, start, end, diff)
		},
		"a chain that a change runs up": func(stop *interrupt.Poller, n int) error {
			return steps(stop, chain(n), chain(n), resource.NewState(different("a", 0)))
		},
		"a chain below what changes": func(stop *interrupt.Poller, n int) error {
			start := chain(n)
			start.Add(bare("c", 0))
			start.Add(&resource.Resource{Identifier: id("b", 0), Dependencies: []resource.Identifier{id("c", 0), id("a", n-1)}})
			return steps(stop, start, start, resource.NewState(different("c", 0)))
		},
		"a chain that gets a new foot": func(stop *interrupt.Poller, n int) error {
			foot := &resource.Resource{Identifier: id("a", 0), Dependencies: []resource.Identifier{id("b", 0)}}
			end := chain(n)
			end.Add(foot)
			end.Add(bare("b", 0))
			return steps(stop, chain(n), end, resource.NewState(foot, bare("b", 0)))
		},
		"a chain to delete": func(stop *interrupt.Poller, n int) error {
			return all(stop, chain(n), empty)
		},
		"a cycle": func(stop *interrupt.Poller, n int) error {
			return all(stop, empty, chain(n, id("a", n-1)))
		},
		"a cycle to refresh": func(stop *interrupt.Poller, n int) error {
			_, err := resource.PlanRefresh(stop, chain(n, id("a", n-1)))
			return err
		},
		"a chain above a cycle to refresh": func(stop *interrupt.Poller, n int) error {
			start := chain(n, id("b", 0))
			start.Add(&resource.Resource{Identifier: id("b", 0), Dependencies: []resource.Identifier{id("b", 1)}})
			start.Add(&resource.Resource{Identifier: id("b", 1), Dependencies: []resource.Identifier{id("b", 0)}})
			_, err := resource.PlanRefresh(stop, start)
			return err
		},
		"a cycle to delete after a step": func(stop *interrupt.Poller, n int) error {
			return steps(stop, chain(n, id("a", n-1)), empty, resource.NewState(bare("b", 0)))
		},
		"a cycle to delete": func(stop *interrupt.Poller, n int) error {
			return all(stop, chain(n, id("a", n-1)), empty)
		},
		"a cycle to delete under a constraint": func(stop *interrupt.Poller, n int) error {
			start := chain(n, id("a", n-1))
			c := []resource.Constraint{{Before: ids("a", 1), After: []resource.Identifier{id("a", n-1)}}}
			_, err := resource.PlanSteps(stop, start, resource.PlanOptions{}, resource.Steps{End: empty, Deletes: c})
			return err
		},
		"a cycle of records beside a step": func(stop *interrupt.Poller, n int) error {
			start := chain(n, id("a", n-1))
			return steps(stop, start, plain(n), resource.NewState(different("a", 0)))
		},
		"a cycle of records in the end": func(stop *interrupt.Poller, n int) error {
			start := chain(n, id("a", n-1))
			return steps(stop, start, start, resource.NewState(bare("b", 0)))
		},
		"dependencies of who is in a cycle": func(stop *interrupt.Poller, n int) error {
			start := plain(n)
			start.Add(&resource.Resource{Identifier: id("b", 0), Dependencies: append(ids("a", n), id("b", 1))})
			start.Add(&resource.Resource{Identifier: id("b", 1), Dependencies: ids("b", 1)})
			return steps(stop, start, empty, resource.NewState(bare("c", 0)))
		},
		"dependencies in another order": func(stop *interrupt.Poller, n int) error {
			start, end := plain(n), plain(n)
			reversed := ids("a", n)
			slices.Reverse(reversed)
			start.Add(&resource.Resource{Identifier: id("b", 0), Dependencies: ids("a", n)})
			end.Add(&resource.Resource{Identifier: id("b", 0), Dependencies: reversed})
			return all(stop, start, end)
		},
		"types beside a cycle": func(stop *interrupt.Poller, n int) error {
			end := chain(2, id("a", 1))
			end.Add(&resource.Resource{Identifier: id("b", 0), TypeDependencies: manyTypes(n)})
			return all(stop, empty, end)
		},
		"a chain beside a cycle": func(stop *interrupt.Poller, n int) error {
			end := chain(n)
			end.Add(&resource.Resource{Identifier: id("b", 0), Dependencies: []resource.Identifier{id("b", 1)}})
			end.Add(&resource.Resource{Identifier: id("b", 1), Dependencies: []resource.Identifier{id("b", 0)}})
			return all(stop, empty, end)
		},
		"members of a type in a cycle": func(stop *interrupt.Poller, n int) error {
			end := state(n, func(i int) *resource.Resource {
				return &resource.Resource{Identifier: id("a", i), Dependencies: []resource.Identifier{id("b", 0)}}
			})
			end.Add(&resource.Resource{Identifier: id("b", 0), TypeDependencies: []resource.Type{"a"}})
			return all(stop, empty, end)
		},
		"missing dependencies": func(stop *interrupt.Poller, n int) error {
			return all(stop, empty, resource.NewState(&resource.Resource{Identifier: id("b", 0), Dependencies: ids("a", n)}))
		},
		"resources with a missing dependency": func(stop *interrupt.Poller, n int) error {
			return all(stop, empty, state(n, func(i int) *resource.Resource {
				return &resource.Resource{Identifier: id("b", i), Dependencies: ids("a", 1)}
			}))
		},
		"missing dependencies of a diff": func(stop *interrupt.Poller, n int) error {
			diff := resource.NewState(&resource.Resource{Identifier: id("b", 0), Dependencies: ids("a", n)})
			return steps(stop, empty, empty, diff)
		},
		"empty states": func(stop *interrupt.Poller, n int) error {
			return all(stop, empty, slices.Repeat([]*resource.State{empty}, n)...)
		},
		"empty parts of a state": func(stop *interrupt.Poller, n int) error {
			_, err := resource.PlanMerged(stop, empty, resource.PlanOptions{}, slices.Repeat([]*resource.State{empty}, n))
			return err
		},
		"groups without a diff": func(stop *interrupt.Poller, n int) error {
			return steps(stop, empty, empty, slices.Repeat([]*resource.State{nil}, n)...)
		},
		"groups of nothing": func(stop *interrupt.Poller, n int) error {
			_, err := resource.PlanSteps(stop, empty, resource.PlanOptions{}, resource.Steps{Groups: make([][]*resource.State, n), End: empty})
			return err
		},
		"diffs of a group": func(stop *interrupt.Poller, n int) error {
			groups := [][]*resource.State{slices.Repeat([]*resource.State{empty}, n)}
			_, err := resource.PlanSteps(stop, empty, resource.PlanOptions{}, resource.Steps{Groups: groups, End: empty})
			return err
		},
		"constraints": func(stop *interrupt.Poller, n int) error {
			c := make([]resource.Constraint, n)
			_, err := resource.PlanSteps(stop, plain(1), resource.PlanOptions{}, resource.Steps{End: empty, Creates: c, Deletes: c})
			return err
		},
		"members of a constraint": func(stop *interrupt.Poller, n int) error {
			end := plain(n)
			for i := range n {
				end.Add(bare("b", i))
			}
			c := []resource.Constraint{{Before: ids("a", n), After: ids("b", n)}}
			_, err := resource.PlanSteps(stop, end, resource.PlanOptions{}, resource.Steps{End: empty, Deletes: c})
			return err
		},
		"dependents": func(stop *interrupt.Poller, n int) error {
			chain(n).Dependents(stop, id("a", 0))
			return nil
		},
		"plans of a digest": func(stop *interrupt.Poller, n int) error {
			_, err := resource.Digest(stop, make([]resource.Plan, n))
			return err
		},
		"phases of a digest": func(stop *interrupt.Poller, n int) error {
			_, err := resource.Digest(stop, []resource.Plan{{Phases: make([]resource.Phase, n)}})
			return err
		},
		"resources of a digest of a state": func(stop *interrupt.Poller, n int) error {
			_, err := resource.StateDigest(stop, plain(n), nil)
			return err
		},
		"all of a resource of a digest of a state": func(stop *interrupt.Poller, n int) error {
			r := bare("a", 0)
			r.Dependencies, r.TypeDependencies = ids("a", n), make([]resource.Type, n)
			for i := range n {
				r.TypeDependencies[i] = resource.Type(fmt.Sprint(i))
				r.DiffIgnore = append(r.DiffIgnore, fmt.Sprintf("/%d", i))
			}
			_, err := resource.StateDigest(stop, resource.NewState(r), map[resource.Type]string{"a": "/x"})
			return err
		},
		"events of a digest": func(stop *interrupt.Poller, n int) error {
			return digest(stop, slices.Repeat([]resource.Event{{Resource: bare("a", 0)}}, n)...)
		},
		"all of an event of a digest": func(stop *interrupt.Poller, n int) error {
			return digest(stop, resource.Event{
				CausedBy: ids("a", n), CausedByTypes: make([]resource.Type, n),
				Diff: make([]jsontext.Operation, n),
				Resource: &resource.Resource{
					Dependencies: ids("a", n), TypeDependencies: make([]resource.Type, n), DiffIgnore: make([]string, n),
				},
			})
		},
	}
}
