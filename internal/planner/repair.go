package planner

import (
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// repairs returns the diff that mends what new nodes will depend on: of the members' databases and the
// replication between them, what start does not have, or has as failed. Nil if nothing is broken.
func (m *membership) repairs(end *resource.State) *resource.State {
	databases := resource.NewState()
	for _, n := range interrupt.Each(m.stop, m.members) {
		n.addDatabase(m.stop, databases)
	}
	diff := resource.NewState()
	for desired := range end.All(m.stop) {
		if !databases.Has(desired.Identifier) && !m.linksMembers(desired.Identifier) {
			continue
		}
		if found, ok := m.start.Get(desired.Identifier); !ok || found.NeedsRecreate || found.Error != "" {
			diff.Add(desired)
		}
	}
	if diff.Len() == 0 {
		return nil
	}
	return diff
}

// linksMembers tells whether it is a slot or a subscription between two members.
func (m *membership) linksMembers(id resource.Identifier) bool {
	provider, subscriber, ok := database.LinkNodes(id)
	return ok && m.status[provider] == member && m.status[subscriber] == member
}
