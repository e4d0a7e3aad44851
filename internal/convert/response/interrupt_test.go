package response

import (
	"strings"
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit/polls"

	"github.com/pgplanner/pgplanner/internal/impact"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/jsontext"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit/answers"
	"github.com/pgplanner/pgplanner/internal/verify"
)

// bytesPerUnit is how many bytes of JSON are checked in one unit, at most.
const bytesPerUnit = 256

func cutEvent(stop *interrupt.Poller, change func(*resource.Event)) error {
	plans := answers.Plans([]int{1})
	plans[0].Phases[0].Events[0].Resource.Attributes = nil
	change(&plans[0].Phases[0].Events[0])
	_, err := encoderOf(stop, asStruct).Cut(plans)
	return err
}

// jsonArray is an array of n times null.
func jsonArray(n int) []byte {
	return []byte("[" + strings.TrimSuffix(strings.Repeat("null,", n), ",") + "]")
}

// longLoops are all loops whose length an answer decides: each is asked to run n times.
var longLoops = []struct {
	name string
	run  func(stop *interrupt.Poller, n int) error
}{
	{"phases", func(stop *interrupt.Poller, n int) error {
		_, err := encoderOf(stop, asStruct).Cut(answers.Plans(make([]int, n)))
		return err
	}},
	{"plans", func(stop *interrupt.Poller, n int) error {
		_, err := encoderOf(stop, asStruct).Cut(make([]resource.Plan, n))
		return err
	}},
	{"events", func(stop *interrupt.Poller, n int) error {
		_, err := encoderOf(stop, asStruct).Cut(answers.Plans([]int{n}))
		return err
	}},
	{"large events, which are encoded again", func(stop *interrupt.Poller, n int) error {
		parts, err := encoderOf(stop, asStruct).Cut(answers.LargePlans(8*bytesPerUnit, []int{n}))
		if err != nil {
			return err
		}
		for m := range parts.Messages {
			if _, err := m.AppendTo(nil); err != nil {
				return err
			}
		}
		return nil
	}},
	{"dependencies", func(stop *interrupt.Poller, n int) error {
		return cutEvent(stop, func(e *resource.Event) { e.Resource.Dependencies = make([]resource.Identifier, n) })
	}},
	{"type dependencies", func(stop *interrupt.Poller, n int) error {
		return cutEvent(stop, func(e *resource.Event) { e.Resource.TypeDependencies = make([]resource.Type, n) })
	}},
	{"pointers", func(stop *interrupt.Poller, n int) error {
		return cutEvent(stop, func(e *resource.Event) { e.Resource.DiffIgnore = make([]string, n) })
	}},
	{"operations", func(stop *interrupt.Poller, n int) error {
		return cutEvent(stop, func(e *resource.Event) { e.Diff = make([]jsontext.Operation, n) })
	}},
	{"causes", func(stop *interrupt.Poller, n int) error {
		return cutEvent(stop, func(e *resource.Event) { e.CausedBy = make([]resource.Identifier, n) })
	}},
	{"types as causes", func(stop *interrupt.Poller, n int) error {
		return cutEvent(stop, func(e *resource.Event) { e.CausedByTypes = make([]resource.Type, n) })
	}},
	{"elements of a value", func(stop *interrupt.Poller, n int) error {
		return cutEvent(stop, func(e *resource.Event) { e.Diff = []jsontext.Operation{{Value: jsonArray(n)}} })
	}},
	{"members of attributes", func(stop *interrupt.Poller, n int) error {
		members := make([]string, n)
		for i := range members {
			members[i] = `"` + string(rune(0x10000+i)) + `":0`
		}
		return cutEvent(stop, func(e *resource.Event) { e.Resource.Attributes = []byte("{" + strings.Join(members, ",") + "}") })
	}},
	{"a long text", func(stop *interrupt.Poller, n int) error {
		return cutEvent(stop, func(e *resource.Event) {
			e.Resource.Attributes = []byte(`{"x":"` + strings.Repeat("x", n*bytesPerUnit) + `"}`)
		})
	}},
	{"resources of a state", func(stop *interrupt.Poller, n int) error {
		state := resource.NewState()
		for i := range n {
			state.Add(&resource.Resource{Identifier: resource.Identifier{Type: "t", ID: string(rune(0x10000 + i))}})
		}
		_, err := encoderOf(stop, asStruct).StateMessage(0, state)
		return err
	}},
	{"plans of a summary", func(stop *interrupt.Poller, n int) error {
		_, err := encoderOf(stop, asStruct).Summary(make([]resource.Plan, n), &impact.Cost{})
		return err
	}},
	{"phases of a summary", func(stop *interrupt.Poller, n int) error {
		_, err := encoderOf(stop, asStruct).Summary(answers.Plans(make([]int, n)), &impact.Cost{})
		return err
	}},
	{"events of a summary", func(stop *interrupt.Poller, n int) error {
		events := make([]resource.Event, n)
		for i := range events {
			events[i].Resource = &resource.Resource{}
		}
		_, err := encoderOf(stop, asStruct).Summary([]resource.Plan{{Phases: []resource.Phase{{Events: events}}}}, &impact.Cost{})
		return err
	}},
	{"nodes of a summary", func(stop *interrupt.Poller, n int) error {
		_, err := encoderOf(stop, asStruct).Summary(nil, &impact.Cost{Nodes: make([]impact.Node, n)})
		return err
	}},
	{"resources of a violation", func(stop *interrupt.Poller, n int) error {
		_, err := Verdict(stop, []verify.Violation{{Resources: make([]resource.Identifier, n)}})
		return err
	}},
}

// TestLongLoopsAreCounted: every loop that can be long counts each time that it runs, so that it does not run on for long
// after it was told to stop.
func TestLongLoopsAreCounted(t *testing.T) {
	const n = 1024
	for _, loop := range longLoops {
		t.Run(loop.name, func(t *testing.T) {
			units := func(n int) int {
				c := polls.Count()
				if err := loop.run(c.Poller, n); err != nil {
					t.Fatal(err)
				}
				return c.Units
			}
			if grown := units(2*n) - units(n); grown < n {
				t.Errorf("%d units for %d more", grown, n)
			}
		})
	}
}

// TestEncodingStops at any time, and soon.
func TestEncodingStops(t *testing.T) {
	const n, soon = 1024, 16
	for _, loop := range longLoops {
		t.Run(loop.name, func(t *testing.T) {
			polls.CheckStops(t, soon, func(stop *interrupt.Poller) error { return loop.run(stop, n) })
		})
	}
}
