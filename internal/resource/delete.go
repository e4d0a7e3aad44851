package resource

import "slices"

// Dependents returns the identifiers of all resources that depend on one of the given ones by name, directly
// or not, in order. The given ones are not among them, unless they depend on each other. What depends on a
// type gets along with any resources of it, so that it is not among them either.
func (s *State) Dependents(ids ...Identifier) []Identifier {
	if len(ids) == 0 {
		return nil
	}
	reached := make(map[Identifier]bool)
	known := func(id Identifier) bool { return reached[id] || slices.Contains(ids, id) }
	for grown := true; grown; {
		grown = false
		for id, r := range s.resources {
			if !reached[id] && slices.ContainsFunc(r.Dependencies, known) {
				reached[id], grown = true, true
			}
		}
	}
	found := make([]Identifier, 0, len(reached))
	for id := range reached {
		found = append(found, id)
	}
	SortIdentifiers(found)
	return found
}

// PlanDelete plans the deletion of the given resources, each before what it depends on. Those that are not
// in the state are skipped. The error is a CycleError or a SelfDependencyError. With nothing to delete the
// state is not looked at.
func PlanDelete(state *State, ids []Identifier) (Plan, error) {
	if len(ids) == 0 {
		return Plan{}, nil
	}
	order, err := state.DeletionOrder()
	if err != nil {
		return Plan{}, err
	}
	wanted := make(map[Identifier]bool, len(ids))
	for _, id := range ids {
		wanted[id] = true
	}
	var plan Plan
	for _, layer := range order {
		var phase Phase
		for _, r := range layer {
			if wanted[r.Identifier] {
				phase.Events = append(phase.Events, Event{Type: EventDelete, Resource: r, Reason: ReasonNotDesired})
			}
		}
		if len(phase.Events) > 0 {
			plan.Phases = append(plan.Phases, phase)
		}
	}
	return plan, nil
}
