package resource_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit"
)

func TestOrders(t *testing.T) {
	for name, c := range map[string]struct{ state, creation, deletion string }{
		"nothing": {},
		"a chain": {
			"b::1 -> a::1 | a::1 | c::1 -> b::1",
			"a::1 | b::1 | c::1",
			"c::1 | b::1 | a::1",
		},
		"the longest chain counts, not the shortest": {
			"a::1 | b::1 -> a::1 | c::1 -> a::1 b::1 | d::1 -> a::1",
			"a::1 | b::1 d::1 | c::1",
			"c::1 d::1 | b::1 | a::1",
		},
		"each goes as early as it can": {
			"a::1 | b::1 -> a::1 | z::1",
			"a::1 z::1 | b::1",
			"b::1 z::1 | a::1",
		},
		"what is not there is ignored": {
			"a::1 -> x::1 | b::1 -> x::2 a::1",
			"a::1 | b::1",
			"b::1 | a::1",
		},
		"a dependency that is named twice": {
			"a::1 | b::1 -> a::1 *a a::1",
			"a::1 | b::1",
			"b::1 | a::1",
		},
		"all of a type": {
			"a::1 | a::2 -> c::1 | b::1 -> *a | c::1",
			"a::1 c::1 | a::2 | b::1",
			"b::1 | a::1 a::2 | c::1",
		},
		"a type of which nothing is there": {
			"a::1 -> *b | c::1 -> a::1 *d | ",
			"a::1 | c::1",
			"c::1 | a::1",
		},
		"a type on a type": {
			"a::1 -> *b | b::1 -> *c | b::2 | c::1 | c::2",
			"b::2 c::1 c::2 | b::1 | a::1",
			"a::1 | b::1 b::2 | c::1 c::2",
		},
		"types of several heights with dependents of several heights": {
			"a::1 -> *b *d | b::1 -> c::1 | c::1 -> *d | d::1 | e::1 -> *d | f::1 -> e::1 *b",
			"d::1 | c::1 e::1 | b::1 | a::1 f::1",
			"a::1 f::1 | b::1 e::1 | c::1 | d::1",
		},
		"order inside a layer is that of printed identifiers": {
			"a::2 | a::10 | ab::1 | a-b::1 | a::1",
			"a-b::1 a::1 a::10 a::2 ab::1",
			"a-b::1 a::1 a::10 a::2 ab::1",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := parseState(t, c.state)
			creation, err := s.CreationOrder(nil)
			if got := printOrder(creation); err != nil || got != c.creation {
				t.Errorf("creation: got %s, %v, want %s", got, err, c.creation)
			}
			deletion, err := s.DeletionOrder(nil)
			if got := printOrder(deletion); err != nil || got != c.deletion {
				t.Errorf("deletion: got %s, %v, want %s", got, err, c.deletion)
			}
		})
	}
}

func printOrder(layers [][]*resource.Resource) string {
	texts := make([]string, len(layers))
	for i, layer := range layers {
		texts[i] = names(layer)
	}
	return strings.Join(texts, " | ")
}

func TestCyclesAreNamedFromTheirSmallestIdentifier(t *testing.T) {
	for name, c := range map[string]struct{ state, want string }{
		"two":                           {"b::1 -> a::1 | a::1 -> b::1", "[a::1 b::1]"},
		"what leads to it is not in it": {"a::1 -> b::1 | b::1 -> d::1 | d::1 -> c::1 | c::1 -> b::1 e::1 | e::1", "[b::1 d::1 c::1]"},
		"what leads to it enters it in the middle": {"a::1 -> c::1 | b::1 -> d::1 | c::1 -> b::1 | d::1 -> c::1", "[b::1 d::1 c::1]"},
		"of two, that of the smallest":             {"a::1 -> c::1 b::1 | b::1 -> a::1 | c::1 -> a::1 | d::1 -> e::1 | e::1 -> d::1", "[a::1 b::1]"},
		"printed order, not order of parts":        {"a::1 -> a-b::1 | a-b::1 -> a::1", "[a-b::1 a::1]"},
		"through a type":                           {"a::1 -> *b | b::2 -> c::1 | b::1 | c::1 -> a::1", "[a::1 b::2 c::1]"},
		"through two types":                        {"a::1 -> *b | a::2 | b::1 -> *a | b::2", "[a::1 b::1]"},
		"of a type, from its middle":               {"c::1 -> *b | b::1 -> a::2 | a::2 -> c::1 | a::1", "[a::2 c::1 b::1]"},
		"all in one":                               {"a::1 -> a::2 | a::2 -> a::3 | a::3 -> a::4 | a::4 -> a::1", "[a::1 a::2 a::3 a::4]"},
	} {
		t.Run(name, func(t *testing.T) {
			for range 10 {
				s := parseState(t, c.state)
				_, err := resource.PlanAll(nil, resource.NewState(), resource.PlanOptions{}, s)
				var cycle *resource.CycleError
				if !errors.As(err, &cycle) || fmt.Sprint(cycle.Path) != c.want {
					t.Fatalf("got %v, want %s", err, c.want)
				}
			}
		})
	}
}

func TestOrdersEqualReference(t *testing.T) {
	cycles := 0
	for i := range 3000 {
		p := problemOf(i, smallProblem, (*generator).diffs)
		state := build(p.start)
		creation, creationErr := state.CreationOrder(nil)
		deletion, deletionErr := state.DeletionOrder(nil)
		s := newReference(testkit.Classes{}, p.options()).unselfish(world(state))
		if creationErr != nil || deletionErr != nil {
			t.Fatalf("%s\ngot %v and %v", p, creationErr, deletionErr)
		}
		if s.cycle() != nil {
			cycles++
		}
		for _, order := range []struct {
			got  [][]*resource.Resource
			want [][]resource.Identifier
		}{{creation, s.creationLayers()}, {deletion, s.deletionLayers()}} {
			var want []string
			for _, layer := range order.want {
				want = append(want, strings.Trim(fmt.Sprint(layer), "[]"))
			}
			if got := printOrder(order.got); got != strings.Join(want, " | ") {
				t.Fatalf("%s\ngot %s, want %s", p, got, strings.Join(want, " | "))
			}
		}
	}
	if cycles == 0 {
		t.Error("no cycle was tried")
	}
}
