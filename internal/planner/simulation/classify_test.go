package simulation

import (
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// classify finds out what kind of plans these are.
func (a *answer) classify() {
	begins, populates, completes := false, false, false
	for _, plan := range a.plans {
		joined := completes
		for _, phase := range plan {
			for i := range phase {
				switch d := &phase[i]; d.kind {
				case database.TypeRolesSource:
					begins = begins || d.makes()
					completes = completes || !d.makes()
				case typeService:
					a.classes[serviceWaited] = a.classes[serviceWaited] || joined && d.Type == resource.EventCreate
				case database.TypeReplicationOriginAdvance:
					populates = populates || d.makes()
				case database.TypeSyncEvent:
					a.classes[markerShared] = a.classes[markerShared] || d.makes() && slotsBefore(d.Resource) > 1
				}
			}
		}
	}
	a.classes[resumed] = completes && populates && !begins
	a.classes[completed] = completes && !populates
}

// slotsBefore counts the slots that a marker must come after.
func slotsBefore(marker *resource.Resource) int {
	n := 0
	for _, id := range marker.Dependencies {
		if id.Type == database.TypeReplicationSlotCreate {
			n++
		}
	}
	return n
}
