package planner

import (
	"slices"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// completed is start in which each resource of the catalog depends on what it depends on by what it is, and runs where it
// has to, whether or not its record says so: events must be in order, and run there, in the states that others wrote, too.
// It is start itself if all its records are complete.
func completed(stop *interrupt.Poller, start *resource.State) *resource.State {
	complete := start
	for r := range start.All(stop) {
		missing := database.MissingDependencies(stop, r)
		executor, known := database.ExecutorOf(stop, r)
		if len(missing) == 0 && (!known || executor == r.Executor) {
			continue
		}
		if complete == start {
			complete = start.Clone()
		}
		whole := *r
		whole.Dependencies = slices.Concat(r.Dependencies, missing)
		if known {
			whole.Executor = executor
		}
		complete.Add(&whole)
	}
	return complete
}

// withoutPending is start in which nothing waits for its deletion: what is wanted is wanted, and all else is deleted,
// whatever its record says. It is start itself if that has nothing that waits.
func withoutPending(stop *interrupt.Poller, start *resource.State) *resource.State {
	unmarked := start
	for r := range start.All(stop) {
		if !r.PendingDeletion {
			continue
		}
		if unmarked == start {
			unmarked = start.Clone()
		}
		wanted := *r
		wanted.PendingDeletion = false
		unmarked.Add(&wanted)
	}
	return unmarked
}

// asRecorded gives the deletes and forgets of resources that completed, or withoutPending, has changed the records of start: what is
// deleted is what was recorded. It changes the plans.
func asRecorded(stop *interrupt.Poller, plans []resource.Plan, start, complete *resource.State) {
	if complete == start {
		return
	}
	for _, plan := range plans {
		for _, phase := range plan.Phases {
			for i := range phase.Events {
				if stop.Stopped() {
					return
				}
				e := &phase.Events[i]
				if whole, ok := complete.Get(e.Resource.Identifier); ok && e.Type.Removes() && e.Resource == whole {
					e.Resource, _ = start.Get(e.Resource.Identifier)
				}
			}
		}
	}
}

// recordedOrder puts the deletes of what is planned meanwhile, and is not in the end state, into the order that its
// records ask for, too. What is there as it should be gets no event, so that its record goes on naming what it depends on.
func (m *membership) recordedOrder(groups [][]*resource.State, end *resource.State) []resource.Constraint {
	var order []resource.Constraint
	for _, diff := range interrupt.Each(m.stop, slices.Concat(groups...)) {
		if diff == nil {
			continue
		}
		for desired := range diff.All(m.stop) {
			if end.Has(desired.Identifier) { // as most are
				continue
			}
			record, ok := m.start.Get(desired.Identifier)
			if !ok {
				continue
			}
			if more := m.dependsOnMore(record, desired); len(more) > 0 {
				order = append(order, resource.Constraint{Before: []resource.Identifier{record.Identifier}, After: more})
			}
		}
	}
	return order
}

// dependsOnMore is what a record depends on, by name or by type, and the desired resource does not.
func (m *membership) dependsOnMore(record, desired *resource.Resource) []resource.Identifier {
	var more []resource.Identifier
	for _, id := range interrupt.Each(m.stop, record.Dependencies) {
		if !slices.Contains(desired.Dependencies, id) && id != record.Identifier {
			more = append(more, id)
		}
	}
	for _, t := range interrupt.Each(m.stop, record.TypeDependencies) {
		for _, r := range interrupt.Each(m.stop, m.start.OfType(t)) {
			if r.Identifier != record.Identifier {
				more = append(more, r.Identifier)
			}
		}
	}
	return more
}
