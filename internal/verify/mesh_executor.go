package verify

import (
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// judgeExecutor judges that an event of the catalog's own types runs where it has to: that follows from what it is of.
// What runs elsewhere writes its marker into another node's WAL, or waits for what is there anyway.
func (m *mesh) judgeExecutor(x *entry, r *resource.Resource, at place) {
	if want, ok := m.executorOf(r); ok && r.Executor != want {
		m.about(RuleRequestDiffers, at, *x.id, "runs elsewhere than what it stands for")
	}
}

// executorOf is the executor of a resource of the catalog. It is not known of other types, and of instances and their
// monitors: these are where they were asked for.
func (m *mesh) executorOf(r *resource.Resource) (executor resource.Executor, ok bool) {
	link, ok := linkOf(r.Identifier)
	node := ""
	switch r.Identifier.Type {
	case database.TypeNode, database.TypeRolesSource:
		return resource.Executor{Type: resource.ExecutorAny}, true
	case database.TypeDumpRoles:
		node, ok = r.Identifier.ID, true
	case database.TypePostgresDatabase:
		node, _, ok = cutName(r.Identifier.ID)
	case database.TypeReplicationSlotCreate:
		link, ok = m.slotLink(r)
		node = link.Provider
	case database.TypeReplicationSlot, database.TypeSyncEvent, database.TypeReplicationSlotAdvance,
		database.TypePeerCatchup: // whose identifier begins with the node that waits
		node = link.Provider
	case database.TypeSubscription, database.TypeWaitForSyncEvent, database.TypeReplicationOriginAdvance, database.TypeLagTracker:
		node = link.Subscriber
	default:
		return executor, false
	}
	return resource.Executor{Type: resource.ExecutorPrimary, ID: node}, ok
}
