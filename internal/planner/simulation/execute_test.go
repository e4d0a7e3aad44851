package simulation

import (
	"errors"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// errBlocked says that an event has to wait until replication has come further.
var errBlocked = errors.New("has to wait")

// execute does to the world what the event says, and returns what it found out. It may use what other
// events have found out. An error other than errBlocked means that nobody could execute the event as the
// world is: the plan is wrong.
func (w *world) execute(d *deed, known *findings) (found int, err error) {
	if d.Type == resource.EventForget {
		w.seen.count(lostForgotten)
		return 0, nil
	}
	if w.isOnLost(d.Resource) {
		return 0, errOnLostHost
	}
	if d.Type == resource.EventDelete {
		w.remove(d)
		return 0, nil
	}
	if err := w.canExecute(d); err != nil {
		return 0, err
	}
	server := &w.servers[d.node]
	switch d.kind {
	case database.TypeInstance:
		server.makeInstance(d.other, w.rolesFor(d.node, known))
	case database.TypePostgresDatabase:
		server.exists = true
	case typeService:
		w.serving[d.node] = true
	case database.TypeReplicationSlotCreate:
		w.createSlot(d.node, d.other)
	case database.TypeSubscription:
		if d.Type == resource.EventCreate {
			w.createSubscription(d.node, d.other, d.shape)
		} else {
			w.updateSubscription(d.node, d.other, d.shape)
		}
	case database.TypeSyncEvent:
		found = int(server.log(noCommit, true))
	case database.TypeWaitForSyncEvent, database.TypePeerCatchup:
		return 0, w.wait(d, known.marker[d.node][d.other])
	case database.TypeLagTracker:
		found = w.servers[d.other].commits().and(w.committed[d.node]).last() + 1
	case database.TypeReplicationSlotAdvance:
		found = int(w.advanceSlot(d.node, d.other, known.seen[d.node][d.other]-1))
	case database.TypeReplicationOriginAdvance:
		w.advanceOrigin(d.node, d.other, known.advanced[d.node][d.other])
	case database.TypeDumpRoles:
		if server.roles {
			found = 1
		}
	case database.TypeRolesSource:
		found = d.other + 1
	}
	return found, nil
}

// wait tells whether the subscriber has come as far as the wait wants: received the marker, or applied all
// that is ahead of it.
func (w *world) wait(d *deed, marker position) error {
	s := &w.servers[d.other].subscriptions[d.node]
	reached := s.received
	if d.kind == database.TypePeerCatchup {
		reached = s.origin
	}
	if !w.streaming(d.node, d.other) || max(reached, w.servers[d.node].slots[d.other].confirmed) < marker {
		return errBlocked
	}
	return nil
}

// remove does what deleting a resource does. The slot goes with its record; the traces of a populate leave
// everything as it is. To remove what is gone succeeds.
func (w *world) remove(d *deed) {
	server := &w.servers[d.node]
	switch d.kind {
	case database.TypeInstance:
		server.dropInstance(d.other)
	case database.TypePostgresDatabase:
		server.tables = tables{}
	case database.TypeReplicationSlot:
		server.slots[d.other] = slot{}
	case database.TypeSubscription:
		w.dropSubscription(d.node, d.other)
		if w.dropsSlots {
			w.servers[d.node].slots[d.other] = slot{}
		}
	case typeService:
		w.serving[d.node] = false
	}
}

// canExecute tells why the event cannot be executed, if it cannot: something that it needs is not there.
func (w *world) canExecute(d *deed) error {
	provider, subscriber := &w.servers[d.node], &w.servers[d.other]
	possible, lacking := true, ""
	switch d.kind {
	case database.TypeNode, database.TypePostgresDatabase, database.TypeDumpRoles:
		possible, lacking = provider.holdsData(), "the node has no instance"
	case database.TypeReplicationSlotCreate, typeService:
		possible, lacking = provider.exists, "the node has no database"
	case database.TypeSubscription, database.TypeSyncEvent, database.TypeWaitForSyncEvent,
		database.TypePeerCatchup, database.TypeLagTracker:
		possible, lacking = provider.exists && subscriber.exists, "one of the nodes has no database"
	case database.TypeReplicationSlotAdvance:
		possible, lacking = provider.slots[d.other].exists, "there is no slot"
	case database.TypeReplicationOriginAdvance:
		possible, lacking = subscriber.subscriptions[d.node].exists, "there is no subscription"
	}
	if !possible {
		return errors.New(lacking)
	}
	return nil
}

// rolesFor tells whether a server that starts from nothing gets the application's roles: those that its
// roles source has dumped. The first nodes of a database bring them along, and so does a backup.
func (w *world) rolesFor(node int, known *findings) bool {
	if from := known.from[node]; from != 0 {
		return known.roles[from-1]
	}
	for other, open := range w.open {
		if open && other != node && !w.restored[node] {
			return false
		}
	}
	return true
}
