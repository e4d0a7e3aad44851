package database

import (
	"slices"
	"strings"

	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// MissingDependencies are what a stored resource of the catalog depends on by what it is, and does not name among its
// dependencies: the record of another planner, or of an earlier one, may leave out what is clear without it. It is nil
// for a complete record, for other types, and for what cannot be read. What must only have happened before, and the
// instances of a node, are not among them.
func MissingDependencies(stop *interrupt.Poller, r *resource.Resource) []resource.Identifier {
	switch r.Identifier.Type {
	case TypeNode, TypeInstance:
		return nil
	case TypeReplicationSlotCreate:
		return missingOfSlotCreate(stop, r)
	case TypePostgresDatabase, TypeMonitorInstance, TypeDumpRoles:
		return missingOfOne(stop, r)
	}
	first, rest, ok := strings.Cut(r.Identifier.ID, separator)
	second, databaseName, linked := strings.Cut(rest, separator)
	if !ok || !linked {
		return nil
	}
	m := missing{stop: stop, of: r}
	switch r.Identifier.Type {
	case TypeReplicationSlot:
		m.databaseOf(first, databaseName)
	case TypeSubscription:
		m.database(rest)
		m.databaseOf(first, databaseName)
		m.same(TypeReplicationSlot)
	case TypeSyncEvent:
		m.same(TypeSubscription)
	case TypeWaitForSyncEvent:
		m.same(TypeSyncEvent)
	case TypePeerCatchup:
		m.add(SyncEventIdentifier(Link{Provider: second, Subscriber: first, DatabaseName: databaseName}))
	case TypeLagTracker:
		m.database(rest)
		m.databaseOf(first, databaseName)
	case TypeReplicationSlotAdvance:
		m.databaseOf(first, databaseName)
		m.database(rest)
		m.same(TypeLagTracker)
	case TypeReplicationOriginAdvance:
		m.same(TypeReplicationSlotAdvance)
	}
	return m.found
}

// missingOfOne is MissingDependencies for types that depend on one thing, whose id begins theirs.
func missingOfOne(stop *interrupt.Poller, r *resource.Resource) []resource.Identifier {
	m := missing{stop: stop, of: r}
	switch id := r.Identifier.ID; r.Identifier.Type {
	case TypePostgresDatabase:
		if node, _, ok := strings.Cut(id, separator); ok {
			m.add(NodeIdentifier(node))
		}
	case TypeMonitorInstance:
		m.add(InstanceIdentifier(id))
	case TypeDumpRoles:
		m.add(NodeIdentifier(id))
	}
	return m.found
}

// missingOfSlotCreate is MissingDependencies for the making of a slot, whose attributes name its link.
func missingOfSlotCreate(stop *interrupt.Poller, r *resource.Resource) []resource.Identifier {
	link, ok := SlotCreateLink(stop, r)
	if !ok {
		return nil
	}
	m := missing{stop: stop, of: r}
	m.databaseOf(link.Provider, link.DatabaseName)
	m.add(ReplicationSlotIdentifier(link))
	return m.found
}

// missing gathers what a resource does not name among its dependencies. Where the resource is complete, it needs no
// memory.
type missing struct {
	stop  *interrupt.Poller
	of    *resource.Resource
	found []resource.Identifier
}

func (m *missing) add(id resource.Identifier) {
	if m.stop.Spend(len(m.of.Dependencies)) || !slices.Contains(m.of.Dependencies, id) {
		m.found = append(m.found, id)
	}
}

// same adds the resource of the type that has the same id.
func (m *missing) same(t resource.Type) { m.add(resource.Identifier{Type: t, ID: m.of.Identifier.ID}) }

// database adds the Postgres database of that id.
func (m *missing) database(id string) { m.add(resource.Identifier{Type: TypePostgresDatabase, ID: id}) }

// databaseOf adds the Postgres database on a node.
func (m *missing) databaseOf(node, databaseName string) {
	named := slices.ContainsFunc(m.of.Dependencies, func(id resource.Identifier) bool {
		if m.stop.Stopped() {
			return true
		}
		after, ok := strings.CutPrefix(id.ID, node)
		return ok && id.Type == TypePostgresDatabase && len(after) == len(separator)+len(databaseName) &&
			strings.HasPrefix(after, separator) && strings.HasSuffix(after, databaseName)
	})
	if !named {
		m.found = append(m.found, PostgresDatabaseIdentifier(node, databaseName))
	}
}
