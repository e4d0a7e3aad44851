package database

import (
	"strings"

	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// ExecutorOf is the executor that a stored resource of the catalog has by what it is. ok is false for instances and their
// monitors, which are on hosts of the caller's choice, for other types, and for what does not tell.
func ExecutorOf(stop *interrupt.Poller, r *resource.Resource) (executor resource.Executor, ok bool) {
	first, rest, named := strings.Cut(r.Identifier.ID, separator)
	second, _, linked := strings.Cut(rest, separator)
	switch r.Identifier.Type {
	case TypeNode, TypeRolesSource:
		return anywhere(), true
	case TypeDumpRoles:
		return onPrimary(r.Identifier.ID), true
	case TypePostgresDatabase:
		return onPrimary(first), named
	case TypeReplicationSlotCreate:
		link, ok := SlotCreateLink(stop, r)
		return onPrimary(link.Provider), ok
	case TypeReplicationSlot, TypeSyncEvent, TypeReplicationSlotAdvance, TypePeerCatchup:
		return onPrimary(first), linked
	case TypeSubscription, TypeWaitForSyncEvent, TypeReplicationOriginAdvance, TypeLagTracker:
		return onPrimary(second), linked
	}
	return executor, false
}
