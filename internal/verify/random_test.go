package verify_test

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit/execution"
	"github.com/pgplanner/pgplanner/internal/testkit/notation"

	"pgregory.net/rapid"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit"
	"github.com/pgplanner/pgplanner/internal/verify"
)

// drawWish draws some of four nodes, as they are or changed, updated in either way, or one of them restored.
func drawWish(t *rapid.T) wish {
	var descriptions []string
	for i := range 4 {
		if rapid.IntRange(0, 3).Draw(t, "wanted") > 0 {
			descriptions = append(descriptions, fmt.Sprintf("n%d:%d", i+1, rapid.SampledFrom([]int{1, 1, 2, 3}).Draw(t, "instances")))
		}
	}
	w := wish{
		nodes:      nodes(rapid.Permutation(descriptions).Draw(t, "order")...),
		concurrent: rapid.Bool().Draw(t, "concurrent"),
	}
	often := func(n int, name string) bool { return rapid.IntRange(1, n).Draw(t, name) == n }
	if often(3, "settings") {
		changed(w.nodes)
	}
	if often(3, "image") {
		otherImage(w.nodes)
	}
	if often(4, "network") {
		otherNetwork(w.nodes)
	}
	if often(5, "firewalls") {
		withFirewalls(w.nodes)
	}
	if often(6, "force") {
		w.force = true
	}
	if often(8, "restore") && len(w.nodes) > 0 {
		n := w.nodes[0]
		w.nodes = w.nodes[1:]
		w.restore = []*planner.NodeRestoreResources{restored(n.NodeName, len(n.InstanceResources))}
	} else if often(4, "service") {
		w.services = []*planner.ServiceResources{service("front", rapid.SampledFrom([]string{`{}`, `{"port":80}`}).Draw(t, "service"))}
	}
	return w
}

// drawLoss returns the state in which a refresh has found some resource to be gone, or broken.
func drawLoss(t *rapid.T, s *resource.State) *resource.State {
	all := s.Resources()
	if len(all) == 0 {
		return s
	}
	s = s.Clone()
	f := rapid.SampledFrom([]failure{withError, withRecreate}).Draw(t, "as")
	f.record(s, resource.Event{Type: resource.EventRefresh, Resource: all[rapid.IntRange(0, len(all)-1).Draw(t, "lost")]})
	return s
}

// beginnings are lives of databases up to a wish, by the class of the plans that it gets.
var beginnings = map[string]func(*rapid.T) (*resource.State, wish){
	"creates": func(t *rapid.T) (*resource.State, wish) {
		return resource.NewState(), wish{nodes: nodes(drawNodes(t, 1)...)}
	},
	"nothing to do": func(t *rapid.T) (*resource.State, wish) {
		w := wish{nodes: nodes(drawNodes(t, 1)...)}
		return fulfilled(t, w), w
	},
	"updates": func(t *rapid.T) (*resource.State, wish) {
		described := drawNodes(t, 1)
		other := wish{nodes: nodes(described...), concurrent: rapid.Bool().Draw(t, "concurrent")}
		changed(other.nodes)
		return fulfilled(t, wish{nodes: nodes(described...)}), other
	},
	"populates": func(t *rapid.T) (*resource.State, wish) {
		described := drawNodes(t, 2)
		return fulfilled(t, wish{nodes: nodes(described[1:]...)}), wish{nodes: nodes(described...)}
	},
	"deletes only": func(t *rapid.T) (*resource.State, wish) {
		described := drawNodes(t, 2)
		return fulfilled(t, wish{nodes: nodes(described...)}), wish{nodes: nodes(described[1:]...)}
	},
	"restores": func(t *rapid.T) (*resource.State, wish) {
		w := wish{nodes: nodes(drawNodes(t, 1)...)}
		n := w.nodes[0]
		return fulfilled(t, w), wish{
			nodes: w.nodes[1:], restore: []*planner.NodeRestoreResources{restored(n.NodeName, len(n.InstanceResources))},
		}
	},
	"refused": func(t *rapid.T) (*resource.State, wish) {
		w := wish{nodes: nodes(drawNodes(t, 1)...)}
		state := fulfilled(t, w).Clone()
		for _, i := range w.nodes[0].InstanceResources {
			lost, _ := state.Get(database.InstanceIdentifier(i.Instance.Spec.InstanceID))
			withRecreate.record(state, resource.Event{Type: resource.EventRefresh, Resource: lost})
		}
		return state, w
	},
}

// drawNodes describes some nodes, at least so many.
func drawNodes(t *rapid.T, atLeast int) []string {
	described := make([]string, rapid.IntRange(atLeast, 4).Draw(t, "nodes"))
	for i := range described {
		described[i] = fmt.Sprintf("n%d:%d", i+1, rapid.SampledFrom([]int{1, 1, 2, 3}).Draw(t, "instances"))
	}
	return rapid.Permutation(described).Draw(t, "order")
}

// fulfilled is the state once all plans for the wish have been executed, from nothing.
func fulfilled(t *rapid.T, w wish) *resource.State {
	plans, violations, err := w.judge(resource.NewState())
	if err != nil {
		t.Fatalf("planning: %v", err)
	}
	expectNone(t, plans, violations)
	return execution.After(resource.NewState(), plans...)
}

// TestPlansAfterManyStopsAreRight lives the life of a database: wishes change, plans stop anywhere, once
// and again. What the planner plans is right all the time. Each life begins in a way that is sure to meet its class.
func TestPlansAfterManyStopsAreRight(t *testing.T) {
	seen := testkit.Classes{}
	for class, begin := range beginnings {
		t.Run(class, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				state, w := begin(t)
				if met := liveOn(t, seen, state, w); met != class {
					t.Fatalf("begins as %q", met)
				}
			})
		})
	}
	seen.Require(t)
}

// liveOn lives on from a state with a wish. It returns the class of the first plans.
func liveOn(t *rapid.T, seen testkit.Classes, state *resource.State, w wish) (first string) {
	for range rapid.IntRange(1, 8).Draw(t, "plannings") {
		plans, violations, err := w.judge(state)
		class := "refused"
		if err == nil {
			expectNone(t, plans, violations)
			class = kind(w, plans)
		} else if !isRefusal(err) {
			t.Fatalf("planning: %v", err)
		}
		seen.Add(class)
		first = cmp.Or(first, class)
		all := stops(plans)
		if len(all) == 0 || rapid.IntRange(0, 3).Draw(t, "complete") == 0 {
			state = execution.After(state, plans...)
		} else {
			state = all[rapid.IntRange(0, len(all)-1).Draw(t, "stop")].execute(state, plans)
		}
		if err == nil && !state.HasType(database.TypeRolesSource) && rapid.IntRange(0, 3).Draw(t, "refresh finds") == 0 {
			state = drawLoss(t, state)
			seen.Add("lost")
		}
		if err != nil || rapid.IntRange(0, 2).Draw(t, "other wish") == 0 {
			w = drawWish(t)
		}
	}
	return first
}

// kind is the class of the plans.
func kind(w wish, plans []resource.Plan) string {
	text := notation.Plans(plans)
	switch {
	case len(plans) == 0:
		return "nothing to do"
	case len(w.restore) > 0:
		return "restores"
	case strings.Contains(text, "create database.sync_event"):
		return "populates"
	case strings.Contains(text, "create "):
		return "creates"
	case strings.Contains(text, "update "):
		return "updates"
	}
	return "deletes only"
}

// TestDamagedPlansAreJudged damages plans in any way, several times. Whatever comes out is judged without
// a panic, the same way twice, in order, and nothing that was given is changed.
func TestDamagedPlansAreJudged(t *testing.T) {
	seen := testkit.Classes{}
	all := stories()
	seen.Check(t, 1, func(t *rapid.T) {
		s := all[rapid.IntRange(0, len(all)-1).Draw(t, "story")]
		m := newMutant(t, s)
		for range rapid.IntRange(1, 6).Draw(t, "damages") {
			m.damage(t)
		}
		if rapid.Bool().Draw(t, "other operation") {
			m.options.Operation = rapid.SampledFrom([]verify.Operation{
				verify.OperationStates, verify.OperationUpdate, verify.OperationRestore,
			}).Draw(t, "operation")
		}
		before := [][]*resource.Resource{m.start.Resources(), m.end.Resources()}
		text := fmt.Sprint(m.plans)
		violations := m.judge()
		if again := m.judge(); !reflect.DeepEqual(violations, again) {
			t.Fatalf("judged twice:\n%v\n%v", violations, again)
		}
		if !slices.IsSortedFunc(violations, verify.Violation.Compare) {
			t.Fatalf("not in order: %v", violations)
		}
		if text != fmt.Sprint(m.plans) || !reflect.DeepEqual(before, [][]*resource.Resource{m.start.Resources(), m.end.Resources()}) {
			t.Fatal("the input has changed")
		}
		for _, v := range violations {
			seen.Add(v.Rule.String())
		}
		seen.Count("many rules", len(seen) >= 15)
	}, "many rules")
}

// damage does one thing to the plans.
func (m *mutant) damage(t *rapid.T) {
	places := m.spots()
	if len(places) == 0 {
		return
	}
	draw := func(name string) (spot, *resource.Phase) {
		at := places[rapid.IntRange(0, len(places)-1).Draw(t, name)]
		return at, &m.plans[at.plan].Phases[at.phase]
	}
	at, phase := draw("event")
	to, other := draw("other")
	e := phase.Events[at.event]
	change := func(f func(r *resource.Resource)) {
		if e.Resource != nil {
			r := e.Resource.Clone()
			f(r)
			phase.Events[at.event].Resource = r
		}
	}
	switch rapid.IntRange(0, 9).Draw(t, "damage") {
	case 0:
		phase.Events = slices.Delete(phase.Events, at.event, at.event+1)
	case 1:
		other.Events = append(other.Events, e)
	case 2:
		phase.Events[at.event], other.Events[to.event] = other.Events[to.event], phase.Events[at.event]
	case 3:
		m.plans[at.plan], m.plans[to.plan] = m.plans[to.plan], m.plans[at.plan]
	case 4:
		phase.Events[at.event].Type = resource.EventType(rapid.IntRange(0, 5).Draw(t, "type"))
	case 5:
		phase.Events[at.event].Reason = resource.EventReason(rapid.IntRange(0, 8).Draw(t, "reason"))
	case 6:
		phase.Events[at.event].Resource = other.Events[to.event].Resource
	case 7:
		change(func(r *resource.Resource) {
			if x := other.Events[to.event].Resource; x != nil {
				r.Dependencies = append(r.Dependencies, x.Identifier)
				r.TypeDependencies = append(r.TypeDependencies, x.Identifier.Type)
			}
		})
	case 8:
		change(func(r *resource.Resource) {
			r.Attributes = []byte(rapid.SampledFrom([]string{``, `{}`, `true`, `{"disabled":true}`, `{`, `{"x":true}`}).Draw(t, "attributes"))
		})
	case 9:
		change(func(r *resource.Resource) { r.Dependencies = nil })
	}
}
