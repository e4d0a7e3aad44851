package verify_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
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

// counter counts the classes of what a property has met.
type counter struct {
	mutex   sync.Mutex
	classes map[string]int
}

func (c *counter) add(class string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.classes == nil {
		c.classes = make(map[string]int)
	}
	c.classes[class]++
}

// TestPlansAfterManyStopsAreRight lives the life of a database: wishes change, plans stop anywhere, once
// and again. What the planner plans is right all the time.
func TestPlansAfterManyStopsAreRight(t *testing.T) {
	var seen counter
	rapid.Check(t, func(t *rapid.T) {
		state, w := resource.NewState(), drawWish(t)
		for range rapid.IntRange(2, 8).Draw(t, "plannings") {
			if rapid.IntRange(0, 2).Draw(t, "other wish") == 0 {
				w = drawWish(t)
			}
			plans, violations, err := w.judge(state)
			if err != nil {
				if !isRefusal(err) {
					t.Fatalf("planning: %v", err)
				}
				seen.add("refused")
				w = drawWish(t)
				continue
			}
			expectNone(t, plans, violations)
			seen.add(kind(w, plans))
			all := stops(plans)
			if len(all) == 0 || rapid.IntRange(0, 3).Draw(t, "complete") == 0 {
				state = execute(state, plans)
			} else {
				state = all[rapid.IntRange(0, len(all)-1).Draw(t, "stop")].execute(state, plans)
			}
			if !state.HasType(database.TypeRolesSource) && rapid.IntRange(0, 3).Draw(t, "refresh finds") == 0 {
				state = drawLoss(t, state)
				seen.add("lost")
			}
		}
	})
	t.Log(seen.classes)
	for _, class := range []string{"refused", "nothing to do", "populates", "restores", "deletes only", "updates"} {
		if !t.Failed() && seen.classes[class] == 0 {
			t.Errorf("never met: %s, only %v", class, seen.classes)
		}
	}
}

// kind is the class of the plans.
func kind(w wish, plans []resource.Plan) string {
	text := show(plans)
	switch {
	case text == "":
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
	var seen counter
	all := stories()
	rapid.Check(t, func(t *rapid.T) {
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
			seen.add(v.Rule.String())
		}
	})
	t.Log(seen.classes)
	if !t.Failed() && len(seen.classes) < 15 {
		t.Errorf("only %d rules were violated", len(seen.classes))
	}
}

// damage does one thing to the plans.
func (m *mutant) damage(t *rapid.T) {
	type where struct{ plan, phase, event int }
	var places []where
	for i, plan := range m.plans {
		for k, phase := range plan.Phases {
			for n := range phase.Events {
				places = append(places, where{i, k, n})
			}
		}
	}
	if len(places) == 0 {
		return
	}
	draw := func(name string) (where, *resource.Phase) {
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
