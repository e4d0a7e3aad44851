package planner

import (
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// repairs returns the diff that mends what new nodes will depend on: of the members' databases and the
// replication between them, what start does not have, or has as failed, and what waits for its position. Nil if nothing
// is broken.
func (m *membership) repairs(end *resource.State, waiting []database.Link) *resource.State {
	diff := m.brokenDatabases(end)
	for desired := range end.All(m.stop) {
		if link, ok := database.LinkOf(desired.Identifier); ok && m.betweenMembers(link) && m.broken(desired.Identifier) {
			diff.Add(desired)
		}
	}
	for _, link := range interrupt.Each(m.stop, waiting) {
		diff.Add(database.Subscription{Link: link}.Resource())
	}
	if diff.Len() == 0 {
		return nil
	}
	return diff
}

// brokenDatabases returns what is broken of the members' databases.
func (m *membership) brokenDatabases(end *resource.State) *resource.State {
	databases, broken := resource.NewState(), resource.NewState()
	for _, n := range interrupt.Each(m.stop, m.members) {
		n.addDatabase(m.stop, databases)
	}
	for part := range databases.All(m.stop) {
		if desired, ok := end.Get(part.Identifier); ok && m.broken(part.Identifier) {
			broken.Add(desired)
		}
	}
	return broken
}

// broken tells whether start does not have a desired resource, or has it as failed.
func (m *membership) broken(id resource.Identifier) bool {
	found, ok := m.start.Get(id)
	return !ok || found.NeedsRecreate || found.Error != ""
}
