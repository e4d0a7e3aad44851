package resource

import (
	"slices"

	"github.com/pgplanner/pgplanner/internal/interrupt"
)

// Dependents returns the identifiers of all resources that depend on one of the given ones by name, directly
// or not, in order. The given ones are not among them, unless they depend on each other. What depends on a
// type gets along with any resources of it, so that it is not among them either. Told to stop, it returns anything:
// whoever uses that looks at stop.Err first, as PlanDelete does.
func (s *State) Dependents(stop *interrupt.Poller, ids ...Identifier) []Identifier {
	if len(ids) == 0 {
		return nil
	}
	dependents := make(map[Identifier][]Identifier)
	for r := range s.All(stop) {
		for _, id := range r.Dependencies {
			if stop.Stopped() {
				break
			}
			dependents[id] = append(dependents[id], r.Identifier)
		}
	}
	reached := make(map[Identifier]bool)
	var found []Identifier
	open := slices.Clone(ids)
	for len(open) > 0 && !stop.Stopped() {
		last := len(open) - 1
		id := open[last]
		open = open[:last]
		for _, dependent := range interrupt.Each(stop, dependents[id]) {
			if !reached[dependent] {
				reached[dependent] = true
				found = append(found, dependent)
				open = append(open, dependent)
			}
		}
	}
	interrupt.SortFunc(stop, found, Identifier.Compare)
	return found
}

// PlanDelete plans the deletion of the given resources, each before what it depends on. Those that are not
// in the state are skipped; those in a cycle go at once. Those that are lost, as lost tells (nil: none is), are forgotten: the
// event only removes their records. With nothing to delete the state is not looked at.
func PlanDelete(
	stop *interrupt.Poller, state *State, ids []Identifier, lost func(*Resource) bool,
) (Plan, error) {
	if err := stop.Err(); err != nil || len(ids) == 0 {
		return Plan{}, err
	}
	order, err := state.DeletionOrder(stop)
	if err != nil {
		return Plan{}, err
	}
	wanted := make(map[Identifier]bool, len(ids))
	for _, id := range interrupt.Each(stop, ids) {
		wanted[id] = true
	}
	return planOrder(stop, order, func(r *Resource) Event {
		switch {
		case !wanted[r.Identifier]:
			return Event{}
		case lost != nil && lost(r):
			return Event{Type: EventForget, Reason: ReasonHostLost}
		}
		return Event{Type: EventDelete, Reason: ReasonNotDesired}
	})
}
