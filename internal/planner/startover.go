package planner

import (
	"slices"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// isTakenDown tells whether the links of a joining node are on their way out: it has some, and no monitor. It was a member, and
// is drained; or its removal had begun. Monitors are made before any link of a node that joins.
func (m *membership) isTakenDown(n *NodeResources) bool {
	if !m.isJoining(n) || m.monitored(n) {
		return false
	}
	return m.anyOf(m.links[n.NodeName], func(id resource.Identifier) bool {
		switch link, ok := database.LinkOf(id); {
		case !ok:
			record, _ := m.start.Get(id)
			made, _ := linkOf(m.stop, record)
			return made.Subscriber == n.NodeName && !m.making(made).Former
		case id.Type == database.TypeSubscription:
			return true
		default:
			return link.Provider == n.NodeName
		}
	})
}

// takeDown plans the deletion of all that nodes which are taken down had with others, but for the slots that keep what the
// next copy may lack, each kind as a plan of its own. The order tells at every moment that all of it has to go: what
// brings rows into the nodes goes before what shows which are missing. As long as a node is not drained, nothing goes. It
// appends the plans, and returns the membership after them.
func (m *membership) takeDown(plans []resource.Plan) ([]resource.Plan, *membership, error) {
	names := make(map[string]bool)
	for _, n := range interrupt.Each(m.stop, m.with(joining, populated)) {
		switch {
		case m.isUndrained(n):
			return plans, m, m.stop.Err() // what it lacks, the links of the others may tell
		case m.isTakenDown(n):
			names[n.NodeName] = true
		}
	}
	if len(names) == 0 {
		return plans, m, m.stop.Err()
	}
	for _, isOf := range [4]func(*membership, map[string]bool, *resource.Resource) bool{
		(*membership).isTrace, (*membership).bringsRows, (*membership).isLostOrOut, (*membership).retainsForOthers,
	} {
		gone := m.chosen(func(r *resource.Resource) bool { return isOf(m, names, r) })
		var err error
		if plans, m, err = m.delete(plans, gone, nil); err != nil {
			return nil, nil, err
		}
	}
	return plans, m, nil
}

// isTrace tells whether the record is of a marker from or to one of the nodes, or for its source, of who waits for that, or
// of a position of its links. A marker that is there is not written again, and what has come since is not waited for.
func (m *membership) isTrace(names map[string]bool, r *resource.Resource) bool {
	switch r.Identifier.Type {
	case database.TypeSyncEvent, database.TypeWaitForSyncEvent, database.TypePeerCatchup:
		link, _ := namedLink(r.Identifier)
		return names[link.Provider] || names[link.Subscriber] || m.isSourceOf(link.Subscriber, names)
	case database.TypeLagTracker, database.TypeReplicationSlotAdvance, database.TypeReplicationOriginAdvance:
		link, _ := namedLink(r.Identifier)
		return names[link.Provider] || names[link.Subscriber]
	}
	return false
}

// isSourceOf tells whether a node is the source of one of the nodes.
func (m *membership) isSourceOf(name string, names map[string]bool) bool {
	return slices.ContainsFunc(m.all, func(n *NodeResources) bool {
		return m.stop.Stopped() || names[n.NodeName] && n.SourceNode == name
	})
}

// bringsRows tells whether the record is of a subscription of one of the nodes.
func (m *membership) bringsRows(names map[string]bool, r *resource.Resource) bool {
	link, ok := database.LinkOf(r.Identifier)
	return ok && r.Identifier.Type == database.TypeSubscription && names[link.Subscriber]
}

// isLostOrOut tells whether the record is of a slot for one of the nodes that is lost, or of a subscription to it.
func (m *membership) isLostOrOut(names map[string]bool, r *resource.Resource) bool {
	link, ok := database.LinkOf(r.Identifier)
	if r.Identifier.Type == database.TypeReplicationSlot {
		return ok && names[link.Subscriber] && r.NeedsRecreate
	}
	return ok && names[link.Provider]
}

// retainsForOthers tells whether the record is of a slot in which one of the nodes keeps what it writes, or of a making of one
// for it.
func (m *membership) retainsForOthers(names map[string]bool, r *resource.Resource) bool {
	switch r.Identifier.Type {
	case database.TypeReplicationSlot:
		link, ok := database.LinkOf(r.Identifier)
		return ok && names[link.Provider]
	case database.TypeReplicationSlotCreate:
		link, ok := database.SlotCreateLink(m.stop, r)
		return ok && names[link.Subscriber] && !m.making(link).Former
	}
	return false
}
