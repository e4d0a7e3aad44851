package resource

import "slices"

// Dependents returns the identifiers of all resources that depend on one of the given ones by name, directly
// or not, in order. The given ones are not among them, unless they depend on each other. What depends on a
// type gets along with any resources of it, so that it is not among them either.
func (s *State) Dependents(ids ...Identifier) []Identifier {
	if len(ids) == 0 {
		return nil
	}
	dependents := make(map[Identifier][]Identifier)
	for _, r := range s.resources {
		for _, id := range r.Dependencies {
			dependents[id] = append(dependents[id], r.Identifier)
		}
	}
	reached := make(map[Identifier]bool)
	var found []Identifier
	open := slices.Clone(ids)
	for len(open) > 0 {
		last := len(open) - 1
		id := open[last]
		open = open[:last]
		for _, dependent := range dependents[id] {
			if !reached[dependent] {
				reached[dependent] = true
				found = append(found, dependent)
				open = append(open, dependent)
			}
		}
	}
	SortIdentifiers(found)
	return found
}

// DependedOn tells whether any resource depends on one of the given ones by name.
func (s *State) DependedOn(ids ...Identifier) bool {
	return slices.ContainsFunc(s.resources, func(r *Resource) bool {
		return slices.ContainsFunc(r.Dependencies, func(id Identifier) bool { return slices.Contains(ids, id) })
	})
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
