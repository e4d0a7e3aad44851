package verify_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pgplanner/pgplanner/internal/testkit/execution"
	"github.com/pgplanner/pgplanner/internal/testkit/notation"

	"pgregory.net/rapid"

	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/verify"
)

// mutant is plans of the planner, to be made wrong. Events are named as "update type::id".
type mutant struct {
	t       rapid.TB
	start   *resource.State
	plans   []resource.Plan
	end     *resource.State
	options verify.Options
}

// newMutant plans the story, and checks that its plans are right before anything is done to them.
func newMutant(t rapid.TB, s story) *mutant {
	t.Helper()
	start := s.startState(t)
	return mutantOf(t, start, s.wish)
}

func mutantOf(t rapid.TB, start *resource.State, w wish) *mutant {
	t.Helper()
	m := &mutant{t: t, start: start.Clone(), end: w.end(), options: w.options()}
	m.options.Replan = nil
	m.plans = execution.CopyPlans(w.mustPlan(t, start))
	return m
}

func eventName(e resource.Event) string { return fmt.Sprintf("%v %v", e.Type, e.Resource.Identifier) }

func (m *mutant) judge() []verify.Violation {
	return judged(m.start, m.plans, m.end, m.options)
}

// find returns where the event is: the first one of that name.
func (m *mutant) find(name string) (plan, phase, event int) {
	m.t.Helper()
	for i, p := range m.plans {
		for k, ph := range p.Phases {
			for n, e := range ph.Events {
				if e.Resource != nil && eventName(e) == name {
					return i, k, n
				}
			}
		}
	}
	m.t.Fatalf("no event %q in\n%s", name, notation.Plans(m.plans))
	return 0, 0, 0
}

// take takes the event out of the plans, and the phase and the plan that are empty without it.
func (m *mutant) take(name string) resource.Event {
	m.t.Helper()
	i, k, n := m.find(name)
	e := m.plans[i].Phases[k].Events[n]
	m.plans[i].Phases[k].Events = slices.Delete(m.plans[i].Phases[k].Events, n, n+1)
	m.clean()
	return e
}

// drop takes events out of the plans.
func (m *mutant) drop(names ...string) {
	m.t.Helper()
	for _, name := range names {
		m.take(name)
	}
}

func (m *mutant) clean() {
	for i := range m.plans {
		m.plans[i].Phases = slices.DeleteFunc(m.plans[i].Phases, func(p resource.Phase) bool { return len(p.Events) == 0 })
	}
	m.plans = slices.DeleteFunc(m.plans, func(p resource.Plan) bool { return len(p.Phases) == 0 })
}

// put adds events to a phase, in the right order.
func (m *mutant) put(plan, phase int, events ...resource.Event) {
	p := &m.plans[plan].Phases[phase]
	p.Events = append(p.Events, events...)
	slices.SortStableFunc(p.Events, func(a, b resource.Event) int {
		return a.Resource.Identifier.Compare(b.Resource.Identifier)
	})
}

// insert makes a phase of the events before the phase, which may be one behind the last.
func (m *mutant) insert(plan, phase int, events ...resource.Event) {
	m.plans[plan].Phases = slices.Insert(m.plans[plan].Phases, phase, resource.Phase{Events: events})
}

// move moves an event into the phase of another one.
func (m *mutant) move(name, into string) {
	m.t.Helper()
	e := m.take(name)
	i, k, _ := m.find(into)
	m.put(i, k, e)
}

// moveBefore moves an event into a phase of its own before that of another one.
func (m *mutant) moveBefore(name, other string) {
	m.t.Helper()
	e := m.take(name)
	i, k, _ := m.find(other)
	m.insert(i, k, e)
}

// moveBehind moves an event into a phase of its own behind that of another one.
func (m *mutant) moveBehind(name, other string) {
	m.t.Helper()
	e := m.take(name)
	i, k, _ := m.find(other)
	m.insert(i, k+1, e)
}

// split makes the phases of the plan from that one on a plan of their own.
func (m *mutant) split(plan, phase int) {
	all := m.plans[plan].Phases
	m.plans[plan].Phases = all[:phase:phase]
	m.plans = slices.Insert(m.plans, plan+1, resource.Plan{Phases: all[phase:]})
}

// only leaves nothing of the plan but the named events, and wants what the plans then lead to.
func (m *mutant) only(plan int, names ...string) {
	for i := range m.plans[plan].Phases {
		p := &m.plans[plan].Phases[i]
		p.Events = slices.DeleteFunc(p.Events, func(e resource.Event) bool { return !slices.Contains(names, eventName(e)) })
	}
	m.clean()
	m.end = execution.After(m.start, m.plans...)
}

// edit changes an event and a copy of its resource.
func (m *mutant) edit(name string, change func(e *resource.Event)) {
	m.t.Helper()
	i, k, n := m.find(name)
	e := &m.plans[i].Phases[k].Events[n]
	e.Resource = e.Resource.Clone()
	change(e)
}

// release takes a dependency from the resource of an event.
func (m *mutant) release(name string, dependency resource.Identifier) {
	m.t.Helper()
	m.edit(name, func(e *resource.Event) {
		before := len(e.Resource.Dependencies)
		e.Resource.Dependencies = slices.DeleteFunc(e.Resource.Dependencies, func(id resource.Identifier) bool {
			return id == dependency
		})
		if len(e.Resource.Dependencies) == before {
			m.t.Fatalf("%s does not depend on %v", name, dependency)
		}
	})
}

// has puts a changed copy of a resource of end into start.
func (m *mutant) has(id resource.Identifier, change func(r *resource.Resource)) {
	m.t.Helper()
	r, ok := m.end.Get(id)
	if !ok {
		m.t.Fatalf("end has no %v", id)
	}
	r = r.Clone()
	change(r)
	m.start.Add(r)
}

// names returns the rules that are violated, each once.
func names(violations []verify.Violation) string {
	var rules []string
	for _, v := range violations {
		rules = append(rules, v.Rule.String())
	}
	slices.Sort(rules)
	return strings.Join(slices.Compact(rules), " ")
}
