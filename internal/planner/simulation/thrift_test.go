package simulation

import (
	"fmt"
	"slices"

	"github.com/pgplanner/pgplanner/internal/testkit/databases"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// checkThrift checks that plans do not begin a copy again that is complete: what was done is not done twice.
// They have to if something is lost that a copy rests on. As the nodes that join from the same source share
// its markers, all of them may have to copy again then.
func (o *orchestrator) checkThrift(a *answer) error {
	if a.repopulates() {
		return nil // those that began to copy while a member was their peer copy again
	}
	for _, plan := range a.plans {
		for _, phase := range plan {
			for i := range phase {
				d := &phase[i]
				if d.Type == resource.EventCreate && d.shape.copyData && o.copied(d.node, d.other) && o.allIntact(d.node) {
					return fmt.Errorf("%v begins a copy again that is complete", d)
				}
			}
		}
	}
	return nil
}

// repopulates tells whether a member is to be populated again.
func (a *answer) repopulates() bool {
	return slices.ContainsFunc(a.hazards, func(h planner.Hazard) bool { return h.Kind == planner.HazardMemberRepopulated })
}

// copied tells whether the copy is complete, and recorded as done.
func (o *orchestrator) copied(source, node int) bool {
	return o.world.servers[node].subscriptions[source].copying == copyComplete &&
		o.sound(database.SubscriptionIdentifier(link(source, node)))
}

// allIntact tells whether nothing is lost that the copies of one source rest on.
func (o *orchestrator) allIntact(source int) bool {
	for _, n := range o.wish.nodes {
		if o.joins(n.node) && !o.intact(source, n) {
			return false
		}
	}
	return true
}

// intact tells whether all that a copy rests on is recorded as in order: instances, a monitor, database, and the slots
// on all members, of which none is about to leave, and the links through which the source got their changes.
func (o *orchestrator) intact(source int, n wanted) bool {
	good := o.sound(database.PostgresDatabaseIdentifier(nodeName(n.node), databases.Name)) &&
		o.sound(database.PostgresDatabaseIdentifier(nodeName(source), databases.Name))
	copying := database.SubscriptionIdentifier(link(source, n.node))
	good = good && (!o.has(copying) || o.sound(copying))
	watched := false // without a monitor, its links are on their way out
	for i := range n.instances {
		good = good && o.sound(database.InstanceIdentifier(instanceName(n.node, i)))
		watched = watched || o.has(database.MonitorInstanceIdentifier(instanceName(n.node, i)))
	}
	good = good && watched
	for other := range o.world.servers {
		slot := database.ReplicationSlotIdentifier(link(other, n.node))
		made := database.ReplicationSlotCreateIdentifier(link(other, n.node))
		switch {
		case !o.wish.has(other):
			good = good && !o.has(slot)
		case other != n.node && !o.joins(other):
			good = good && o.sound(slot) && (other == source || o.sound(made) && o.bothWays(other, source))
		}
	}
	return good
}

// bothWays tells whether two members and the slots between them are recorded as in order.
func (o *orchestrator) bothWays(a, b int) bool {
	return o.sound(database.PostgresDatabaseIdentifier(nodeName(a), databases.Name)) &&
		o.sound(database.PostgresDatabaseIdentifier(nodeName(b), databases.Name)) &&
		o.sound(database.ReplicationSlotIdentifier(link(a, b))) && o.sound(database.ReplicationSlotIdentifier(link(b, a)))
}
