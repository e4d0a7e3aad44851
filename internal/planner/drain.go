package planner

import (
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// drain plans that the subscriber of each link has what its provider had written when the plan began: a marker, which
// comes anew, and the waits for it. A marker that is recorded, and what waits for it, is deleted first, in a plan of its
// own: it is of a populate, or of a drain that was given up, and the provider may have written since. To update it would
// do, too, but no reason of an update would be true of it.
//
// The links' subscriptions are there and apply changes. Whoever calls it does so again in every request until all monitors
// of the provider are deleted (see isWatched). It appends the plans, and returns the membership after them.
func (m *membership) drain(plans []resource.Plan, links []database.Link) ([]resource.Plan, *membership, error) {
	markers, waits := resource.NewState(), resource.NewState()
	for _, link := range interrupt.Each(m.stop, links) {
		markers.Add(database.SyncEvent{Link: link}.Resource())
		waits.Add(database.WaitForSyncEvent{Link: link}.Resource())
		waits.Add(database.PeerCatchup{
			Source: link.Subscriber, Peer: link.Provider, DatabaseName: link.DatabaseName,
		}.Resource())
	}
	if markers.Len() == 0 {
		return plans, m, m.stop.Err()
	}
	anew := resource.Plan{Phases: []resource.Phase{created(m.stop, markers), created(m.stop, waits)}}
	var before []resource.Identifier
	for _, phase := range anew.Phases {
		for _, e := range interrupt.Each(m.stop, phase.Events) {
			before = append(before, e.Resource.Identifier)
		}
	}
	forgetting, err := resource.PlanDelete(m.stop, m.start, before, nil)
	if err != nil {
		return nil, nil, err
	}
	if len(forgetting.Phases) > 0 {
		plans = append(plans, forgetting)
	}
	plans = append(plans, anew)
	next, err := m.at(afterwards(m.stop, m.start, forgetting, anew))
	return plans, next, err
}

// created is a phase that creates the resources of a state.
func created(stop *interrupt.Poller, s *resource.State) resource.Phase {
	resources := s.Resources()
	interrupt.SortFunc(stop, resources, (*resource.Resource).Compare)
	var phase resource.Phase
	for _, r := range interrupt.Each(stop, resources) {
		phase.Events = append(phase.Events, resource.Event{
			Type: resource.EventCreate, Resource: r, Reason: resource.ReasonDoesNotExist,
		})
	}
	return phase
}
