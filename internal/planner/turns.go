package planner

import (
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// deferred returns the newcomers that have to wait until nodes which are joining are done: they copy the same
// source, whose markers have been written before there were slots for them. To write these again would
// make the others copy again.
func (m *membership) deferred() map[string]bool {
	names := make(map[string]bool)
	for _, n := range interrupt.Each(m.stop, m.with(newcomer)) {
		if n.SourceNode == "" {
			continue
		}
		for _, peer := range interrupt.Each(m.stop, m.peers(n)) {
			if m.recorded(database.SyncEventIdentifier(n.link(peer, n.SourceNode))) {
				names[n.NodeName] = true
			}
		}
	}
	return names
}

// updateInTurn plans without the deferred nodes first, and then with them. What exists of these, and of
// services, stays until then as it is.
func (m *membership) updateInTurn(
	options UpdateDatabaseOptions, nodes []*NodeResources, deferred map[string]bool,
) (Outcome, error) {
	desired, err := m.endState(options)
	if err != nil {
		return Outcome{}, err
	}
	var early []*NodeResources
	for _, n := range interrupt.Each(m.stop, nodes) {
		if !deferred[n.NodeName] {
			early = append(early, n)
		}
	}
	earlyEnd, err := EndStateUntil(m.stop, early)
	if err != nil {
		return Outcome{}, err
	}
	first := options
	first.PlanOptions.ForceUpdate = false
	first.Services = []*ServiceResources{{Resources: recordedPart(m.stop, m.start, desired, earlyEnd)}}
	earlier, err := UpdateDatabaseTo(m.stop, first, m.start, early)
	if err != nil {
		return Outcome{}, err
	}
	later, err := UpdateDatabaseTo(m.stop, options, afterwards(m.stop, m.start, earlier.Plans...), nodes)
	if err != nil {
		return Outcome{}, err
	}
	later.Plans = append(earlier.Plans, later.Plans...)
	later.Hazards = append(earlier.Hazards, later.Hazards...)
	return later, nil
}

// recordedPart returns what start has of the desired state, as it is, with all that this needs, but for what end
// has. What has to be made again is left out, and so is what needs that or something that is nowhere.
func recordedPart(stop *interrupt.Poller, start, desired, end *resource.State) []*resource.Resource {
	kept := resource.NewState()
	var open []resource.Identifier
	for r := range desired.All(stop) {
		open = append(open, r.Identifier)
	}
	for len(open) > 0 && !stop.Stopped() {
		id := open[len(open)-1]
		open = open[:len(open)-1]
		found, ok := start.Get(id)
		if !ok || found.NeedsRecreate || kept.Has(id) || end.Has(id) {
			continue
		}
		kept.Add(found)
		open = append(open, found.Dependencies...)
	}
	removeIncomplete(stop, kept, end)
	return kept.Resources()
}

// removeIncomplete takes out of a state what needs, directly or not, something that neither it nor end has.
func removeIncomplete(stop *interrupt.Poller, s, end *resource.State) {
	var missing []resource.Identifier
	for r := range s.All(stop) {
		for _, d := range interrupt.Each(stop, r.Dependencies) {
			if !s.Has(d) && !end.Has(d) {
				missing = append(missing, r.Identifier)
			}
		}
	}
	for _, id := range interrupt.Each(stop, append(missing, s.Dependents(stop, missing...)...)) {
		s.Remove(id)
	}
}

// afterwards is the state once the plans have been executed.
func afterwards(stop *interrupt.Poller, start *resource.State, plans ...resource.Plan) *resource.State {
	state := start.Clone()
	for _, plan := range plans {
		for _, phase := range plan.Phases {
			for _, event := range phase.Events {
				if stop.Stopped() {
					return state
				}
				state.Apply(event)
			}
		}
	}
	return state
}
