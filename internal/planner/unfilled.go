package planner

import (
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// This file recognizes nodes that were joining where the record that marks them so is gone. A member copies nothing, and
// waits for no slot that was made ahead. And where all nodes of a database are made at once, no slot is made ahead, and no
// roles are read; while who has joined has its links before that is deleted.

// joinTraces are the links of nodes that start does not mark as joining.
type joinTraces struct {
	// filling are the nodes with a subscription that copies, or waits for a slot that was made ahead.
	filling map[string]bool
	// made are the nodes that a slot was made ahead for, on a node that has not been let go.
	made map[string]bool
	// begun are the nodes with a link, from or to them, through which changes have been sent.
	begun map[string]bool
}

// findJoinTraces finds them. A subscription that does not tell what it does counts as one that has begun, and nobody
// joins from a node that joins itself.
func (m *membership) findJoinTraces() joinTraces {
	found := joinTraces{filling: make(map[string]bool), made: make(map[string]bool), begun: make(map[string]bool)}
	for r := range m.start.All(m.stop) {
		if r.Identifier.Type == database.TypeReplicationSlot {
			continue
		}
		link, ok := linkOf(m.stop, r)
		if !ok || link.Provider == link.Subscriber || m.recorded(database.RolesSourceIdentifier(link.Provider)) {
			continue
		}
		switch {
		case r.Identifier.Type == database.TypeReplicationSlotCreate:
			if !m.isLetGo(link.Provider) {
				found.made[link.Subscriber] = true
			}
		case m.fills(link, r):
			found.filling[link.Subscriber] = true
		default:
			found.begun[link.Provider], found.begun[link.Subscriber] = true, true
		}
	}
	return found
}

// isLetGo tells whether a node leaves, and has no monitor any more. As long as it has one, nobody who has not got all its
// data may stay.
func (m *membership) isLetGo(name string) bool {
	node, known := m.start.Get(database.NodeIdentifier(name))
	return known && m.leaves(name) && !m.isWatched(node)
}

// fills tells whether the subscription of a link is one of a node that joins.
func (m *membership) fills(link database.Link, subscription *resource.Resource) bool {
	flags, err := m.flagsOf(subscription)
	return err == nil && (flags.Copies || flags.Disabled && m.recorded(m.making(link).Identifier()))
}

// mayFill tells whether anything in start could be of a node that joins: a slot that was made ahead, or a subscription that
// is told anything.
func (m *membership) mayFill() bool {
	for r := range m.start.All(m.stop) {
		switch r.Identifier.Type {
		case database.TypeReplicationSlotCreate:
			return true
		case database.TypeSubscription:
			if holdsTrue(r) {
				return true
			}
		}
	}
	return false
}

// refuseHalfFilled refuses a member that was joining and has not got all that it was to copy: it is being filled; or a slot
// was made ahead for it, and no link of it has brought anything.
func (m *membership) refuseHalfFilled() error {
	if !m.mayFill() {
		return m.stop.Err()
	}
	found := m.findJoinTraces()
	for _, n := range interrupt.Each(m.stop, m.members) {
		if name := n.NodeName; found.filling[name] || found.made[name] && !found.begun[name] {
			return &NodePartlyRemovedError{Node: name, Unfilled: true}
		}
	}
	return m.stop.Err()
}

// findUnfilled finds the members that have copied nothing, as it seems, and are not refused for being half filled: they have
// no link that has brought anything, and the roles of another node were read. What comes from a backup is filled by that.
func (d *damage) findUnfilled() {
	read := d.rolesRead()
	if len(read) == 0 {
		return
	}
	found := d.m.findJoinTraces()
	for _, n := range interrupt.Each(d.m.stop, d.m.members) {
		name := n.NodeName
		record, ok := d.m.start.Get(n.databaseIdentifier())
		switch {
		case !ok, database.PostgresDatabaseRestored(d.m.stop, record):
			continue
		case d.exempt[name], d.members[name] != nil:
			continue
		case found.begun[name], found.filling[name], found.made[name]:
			continue
		}
		for _, other := range interrupt.Each(d.m.stop, read) {
			if other.ID != name && !d.unlinked(n.link(name, other.ID)) {
				d.members[name] = &IncompleteMember{Node: name, Records: []resource.Identifier{other}}
				d.unfilled[name] = true
				break
			}
		}
	}
}

// unlinked tells whether a link from a member to a node that is restored may have gone with the restore: its slot is still
// there, or the monitors have gone, which is when it begins.
func (d *damage) unlinked(link database.Link) bool {
	if !d.exempt[link.Subscriber] {
		return false
	}
	node, known := d.m.start.Get(database.NodeIdentifier(link.Subscriber))
	return d.m.recorded(database.ReplicationSlotIdentifier(link)) || !known || !d.m.isWatched(node)
}

// rolesRead are what has read the roles of nodes that hold data, in order. Who has been let go, or joins itself, is copied by
// nobody.
func (d *damage) rolesRead() []resource.Identifier {
	read := d.m.chosen(func(r *resource.Resource) bool {
		name := r.Identifier.ID
		return r.Identifier.Type == database.TypeDumpRoles && !d.m.recorded(database.RolesSourceIdentifier(name)) && d.provides(name)
	})
	interrupt.SortFunc(d.m.stop, read, resource.Identifier.Compare)
	return read
}
