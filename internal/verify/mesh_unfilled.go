package verify

import (
	"slices"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// judgeUnfilled judges that no node stays as a member that was joining and has not all that it was to copy: start has
// traces of its join, though not its roles source, and no link of it that changes have come through.
func (m *mesh) judgeUnfilled() {
	linked, halfFilled := m.linkedByData()
	made := make(map[string]bool)
	for _, r := range interrupt.Each(m.stop, m.ofType(database.TypeReplicationSlotCreate, m.start)) {
		if link, ok := m.slotLink(r); ok && m.mayFill(link) && !m.isLetGo(link.Provider) {
			made[link.Subscriber] = true
		}
	}
	read := m.ofType(database.TypeDumpRoles, m.start)
	for i := range m.options.Desired.Nodes {
		n := &m.options.Desired.Nodes[i]
		if m.stops() {
			return
		}
		postgres := m.atStart(n.postgres)
		if postgres == nil || m.joining[n.Name] || m.goesOn(n) {
			continue
		}
		isRestored := isSet(m.stop, postgres, "has_restore_config")
		if halfFilled[n.Name] || !linked[n.Name] && !isRestored && (made[n.Name] || m.wasToCopy(n, read)) {
			m.about(RuleMemberIncomplete, theEnd(), n.postgres, "is that of a node which was joining, and stays without all that it was to copy")
		}
	}
}

// wasToCopy tells whether a node without links was to copy another one, whose roles have been read, and which has not been
// let go. If that is to be restored, the links may have been deleted before: first of all, and with its monitors.
func (m *mesh) wasToCopy(n *DesiredNode, read []*resource.Resource) bool {
	return slices.ContainsFunc(read, func(r *resource.Resource) bool {
		source := r.Identifier.ID
		if m.stops() || source == n.Name || !m.mayHaveMore(source) || m.joining[source] || m.gone.nodes[source] {
			return m.stops()
		}
		out := database.Link{Provider: n.Name, Subscriber: source, DatabaseName: n.Database.DatabaseName}
		return !m.isTarget(source) || m.isWatched(source, m.atStart) && m.atStart(database.ReplicationSlotIdentifier(out)) == nil
	})
}

// linkedByData finds the nodes that changes have been sent from or to, and those that another has begun to fill.
func (m *mesh) linkedByData() (linked, halfFilled map[string]bool) {
	linked, halfFilled = make(map[string]bool), make(map[string]bool)
	for _, r := range interrupt.Each(m.stop, m.ofType(database.TypeSubscription, m.start)) {
		link, ok := database.LinkOf(r.Identifier)
		switch {
		case !ok || !m.mayFill(link):
		case !m.isOfJoin(r, link):
			linked[link.Provider], linked[link.Subscriber] = true, true
		default:
			halfFilled[link.Subscriber] = true
		}
	}
	return linked, halfFilled
}

// mayFill tells whether the subscriber of a link may have joined by it: nobody joins from itself, or from a node that joins.
func (m *mesh) mayFill(link database.Link) bool {
	return link.Provider != link.Subscriber && !m.joining[link.Provider]
}

// isOfJoin tells whether a subscription is one of a node that joins: it copies, or waits for a slot that was made ahead.
func (m *mesh) isOfJoin(r *resource.Resource, link database.Link) bool {
	flags, err := flagsOf(m.stop, r)
	return err == nil && (flags.copies || flags.disabled && m.atStart(database.RecordedSlotCreate(link, m.start.Has).Identifier()) != nil)
}

// isLetGo tells whether a node leaves, and start has no monitor of it.
func (m *mesh) isLetGo(name string) bool {
	return m.wanted[name] == nil && m.atStart(database.NodeIdentifier(name)) != nil && !m.isWatched(name, m.atStart)
}
