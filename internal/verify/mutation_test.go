package verify_test

import (
	"slices"
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit/execution"

	"github.com/pgplanner/pgplanner/internal/resource"
)

// spot is an event in plans.
type spot struct{ plan, phase, event int }

// at returns the event there.
func (m *mutant) at(s spot) *resource.Event { return &m.plans[s.plan].Phases[s.phase].Events[s.event] }

// own makes the resource of the event a copy.
func (m *mutant) own(s spot) *resource.Resource {
	e := m.at(s)
	e.Resource = e.Resource.Clone()
	return e.Resource
}

// cut takes the event out and leaves its phase and plan, even if they are empty then.
func (m *mutant) cut(s spot) resource.Event {
	events := &m.plans[s.plan].Phases[s.phase].Events
	e := (*events)[s.event]
	*events = slices.Delete(*events, s.event, s.event+1)
	return e
}

// mutation changes one event, if it can.
type mutation struct {
	name string
	do   func(m *mutant, s spot) bool
	// asGood tells whether nothing is wrong with the plans after it; nil: there always is.
	asGood func(m *mutant, at spot, before resource.Event) bool
}

// mutations are all that is done to every event.
func mutations() []mutation {
	moveTo := func(m *mutant, s spot, plan, phase int) bool {
		e := m.cut(s)
		m.put(plan, phase, e)
		m.clean()
		return true
	}
	return []mutation{
		{name: "dropped", do: func(m *mutant, s spot) bool {
			m.cut(s)
			m.clean()
			return true
		}, asGood: isPlannedAgain},
		{name: "twice in its phase", do: func(m *mutant, s spot) bool {
			m.put(s.plan, s.phase, *m.at(s))
			return true
		}},
		{name: "twice in its plan", do: func(m *mutant, s spot) bool {
			m.insert(s.plan, len(m.plans[s.plan].Phases), *m.at(s))
			return true
		}},
		{name: "once more in a plan of its own", do: func(m *mutant, s spot) bool {
			m.plans = append(m.plans, resource.Plan{})
			m.insert(len(m.plans)-1, 0, *m.at(s))
			return true
		}},
		{name: "a phase earlier", do: func(m *mutant, s spot) bool {
			return s.phase > 0 && moveTo(m, s, s.plan, s.phase-1)
		}, asGood: isWherePossible},
		{name: "in the first phase", do: func(m *mutant, s spot) bool {
			return s.phase > 1 && moveTo(m, s, s.plan, 0)
		}, asGood: isWherePossible},
		{name: "a phase later", do: func(m *mutant, s spot) bool {
			return s.phase+1 < len(m.plans[s.plan].Phases) && moveTo(m, s, s.plan, s.phase+1)
		}, asGood: isWherePossible},
		{name: "in the last phase of the plan before", do: func(m *mutant, s spot) bool {
			return s.plan > 0 && moveTo(m, s, s.plan-1, len(m.plans[s.plan-1].Phases)-1)
		}, asGood: isWherePossible},
		{name: "in the last phase of all", do: func(m *mutant, s spot) bool {
			last := len(m.plans) - 1
			return s.plan < last && moveTo(m, s, last, len(m.plans[last].Phases)-1)
		}, asGood: isWherePossible},
		{name: "before the one above it", do: func(m *mutant, s spot) bool {
			events := m.plans[s.plan].Phases[s.phase].Events
			if s.event == 0 {
				return false
			}
			events[s.event-1], events[s.event] = events[s.event], events[s.event-1]
			return true
		}},
		{name: "of another type", do: func(m *mutant, s spot) bool {
			e := m.at(s)
			e.Type = map[resource.EventType]resource.EventType{
				resource.EventCreate: resource.EventUpdate, resource.EventUpdate: resource.EventDelete,
				resource.EventDelete: resource.EventCreate, resource.EventRefresh: resource.EventCreate,
				resource.EventForget: resource.EventDelete,
			}[e.Type]
			return true
		}},
		{name: "a refresh", do: func(m *mutant, s spot) bool {
			m.at(s).Type = resource.EventRefresh
			return true
		}},
		{name: "with other attributes", do: func(m *mutant, s spot) bool {
			e := m.at(s)
			if e.Type == resource.EventDelete {
				return false
			}
			m.own(s).Attributes = []byte(`{"other":true}`)
			return true
		}, asGood: isGoneInTheEnd},
		{name: "with a failure", do: func(m *mutant, s spot) bool {
			e := m.at(s)
			if e.Type == resource.EventDelete {
				return false
			}
			m.own(s).Error = "it failed"
			return true
		}},
		{name: "without a cause", do: func(m *mutant, s spot) bool {
			e := m.at(s)
			if len(e.CausedBy) == 0 {
				return false
			}
			e.CausedBy = e.CausedBy[1:]
			return true
		}},
		{name: "without its reason", do: func(m *mutant, s spot) bool {
			m.at(s).Reason = 0
			return true
		}},
		{name: "without its diff", do: func(m *mutant, s spot) bool {
			e := m.at(s)
			if len(e.Diff) == 0 {
				return false
			}
			e.Diff = nil
			return true
		}},
		{name: "of the resource above it", do: func(m *mutant, s spot) bool {
			if s.event == 0 {
				return false
			}
			m.at(s).Resource = m.at(spot{s.plan, s.phase, s.event - 1}).Resource
			return true
		}},
	}
}

// TestChangedEventsAreFound changes the events of right plans one at a time in every way that it knows. All of
// it is found but what is as good:
//
//   - an event at another place, if everything that it depends on and that depends on it has its event
//     before and after it as it had. In which of several possible phases an event stands is no rule;
//   - an update because of a dependency that is left out, if the resource is updated again later;
//   - other attributes of what is not there in the end. What these should be only the planner knows.
func TestChangedEventsAreFound(t *testing.T) {
	found, asGood := make(map[string]int), make(map[string]int)
	const few = 11 // of all mutants one in so many, each time others
	number := 0
	for _, s := range stories() {
		right := newMutant(t, s)
		if len(execution.Events(right.plans...)) > 120 {
			continue
		}
		for _, at := range right.spots() {
			for _, change := range mutations() {
				m := right.copy()
				if !change.do(m, at) {
					continue
				}
				if number++; number%few != 0 {
					continue
				}
				e := *right.at(at)
				switch {
				case len(m.judge()) > 0:
					found[change.name]++
				case change.asGood != nil && change.asGood(m, at, e):
					asGood[change.name]++
				default:
					t.Errorf("%s: nothing is found when %q of plan %d, phase %d is %s",
						s.name, eventName(e), at.plan, at.phase, change.name)
				}
			}
		}
	}
	t.Logf("of %d: found %v, as good %v", number/few, found, asGood)
	for _, change := range mutations() {
		if found[change.name] == 0 {
			t.Errorf("never found: %s", change.name)
		}
	}
}

// spots are the places of all events.
func (m *mutant) spots() []spot {
	var all []spot
	for i, plan := range m.plans {
		for k, phase := range plan.Phases {
			for n := range phase.Events {
				all = append(all, spot{i, k, n})
			}
		}
	}
	return all
}

// isWherePossible tells whether all events that depend on the moved one, or that it depends on, still have their
// places behind and before it, as far as that shows from their own dependencies.
func isWherePossible(m *mutant, _ spot, moved resource.Event) bool {
	var at spot
	for _, s := range m.spots() {
		if e := m.at(s); e.Resource == moved.Resource && e.Type == moved.Type {
			at = s
		}
	}
	for _, s := range m.spots() {
		e := m.at(s)
		above := slices.Contains(e.Resource.Dependencies, moved.Resource.Identifier)
		below := slices.Contains(moved.Resource.Dependencies, e.Resource.Identifier)
		if e.Type == resource.EventDelete && moved.Type == resource.EventDelete {
			above, below = below, above
		}
		samePlan := s.plan == at.plan
		creates := s.plan != at.plan && e.Type == resource.EventCreate && moved.Type == resource.EventCreate
		if !samePlan && !creates {
			continue
		}
		before := s.plan < at.plan || samePlan && s.phase < at.phase
		after := s.plan > at.plan || samePlan && s.phase > at.phase
		if above && !after || below && !before {
			return false
		}
	}
	return true
}

// isPlannedAgain tells whether an update that was left out comes later.
func isPlannedAgain(m *mutant, at spot, left resource.Event) bool {
	return left.Reason == resource.ReasonDependencyUpdated && isPutLater(m, at, left)
}

// isGoneInTheEnd tells whether the attributes of an event cannot be known: it is not what is wanted in the end.
func isGoneInTheEnd(m *mutant, at spot, e resource.Event) bool {
	_, wanted := m.end.Get(e.Resource.Identifier)
	return !wanted || isPutLater(m, at, e)
}

func isPutLater(m *mutant, at spot, e resource.Event) bool {
	return slices.ContainsFunc(m.spots(), func(s spot) bool {
		return s.plan >= at.plan && s != at && m.at(s).Resource.Identifier == e.Resource.Identifier
	})
}

func (m *mutant) copy() *mutant {
	c := *m
	c.start, c.end = m.start.Clone(), m.end.Clone()
	c.plans = execution.CopyPlans(m.plans)
	return &c
}
