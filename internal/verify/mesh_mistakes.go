package verify

import (
	"bytes"
	"maps"
	"slices"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// judgeRequest judges what the plans of a request cost, and of what nothing is planned.
func (m *mesh) judgeRequest() {
	if m.options.Desired == nil {
		return
	}
	m.judgeMembers()
	m.judgeUnfilled()
	m.judgeAbandoned()
	m.judgeServices()
	moves := make(map[resource.Identifier]bool) // what has been looked at
	for i := range m.options.Desired.Nodes {
		n := &m.options.Desired.Nodes[i]
		if m.stops() {
			return
		}
		if n.Restore == nil && !m.joining[n.Name] {
			m.judgeRenamed(n)
		}
		for k := range n.Instances {
			if !m.stops() {
				m.judgeMoved(n, &n.Instances[k].Instance, moves)
			}
		}
	}
}

// judgeAbandoned judges that the data is not thrown away by a wish that does not say so. An update keeps a member, copies
// one or starts from a backup, unless no nodes are wanted; a restore names all members.
func (m *mesh) judgeAbandoned() {
	if m.update && (len(m.wanted) == 0 || m.survivor != "") {
		return
	}
	for name, n := range m.wanted {
		isRestored := n.Database.HasRestoreConfig && !isThere(m.atStart(n.postgres))
		if m.stops() || m.update && (m.joining[name] || m.copied[name] > 0 || isRestored) {
			return
		}
	}
	for _, name := range interrupt.Each(m.stop, slices.Sorted(maps.Keys(m.lost.filled))) {
		if !m.joining[name] && m.wanted[name] == nil && (m.update || m.anyInstanceAtStart(name)) {
			m.about(RuleDataAbandoned, theEnd(), database.NodeIdentifier(name), "holds data that nothing which is wanted continues")
		}
	}
}

// judgeRenamed judges that a node keeps its database: an empty one would be made beside it, and it would go.
func (m *mesh) judgeRenamed(n *DesiredNode) {
	recorded := m.atStart(n.postgres)
	if recorded != nil {
		if id := database.PostgresDatabaseID(m.stop, recorded); id != "" && id != n.Database.DatabaseID {
			m.about(RuleDatabaseChanged, theEnd(), n.postgres, "belongs to another database")
		}
	}
	if !isThere(recorded) && m.lost.filled[n.Name] {
		m.about(RuleDatabaseChanged, theEnd(), n.postgres, "is wanted where the node has another one")
	}
}

// judgeMoved judges that an instance which is there stays where it is, and so does what it needs there.
func (m *mesh) judgeMoved(n *DesiredNode, instance *database.Instance, seen map[resource.Identifier]bool) {
	id := database.InstanceIdentifier(instance.Spec.InstanceID)
	recorded := m.atStart(id)
	if !isThere(recorded) || m.isGone(recorded) {
		return
	}
	if wanted, ok := m.end.Get(id); !ok || !bytes.Equal(recorded.Attributes, wanted.Attributes) {
		host, node := database.InstanceHome(m.stop, recorded)
		if host != "" && host != instance.Spec.HostID || node != "" && node != n.Name {
			m.about(RuleMovedInPlace, theEnd(), id, "is wanted in another place than it is")
		}
	}
	for open := []*resource.Resource{recorded}; len(open) > 0 && !m.stops(); {
		r := open[len(open)-1]
		open = open[:len(open)-1]
		if wanted, ok := m.end.Get(r.Identifier); ok && isThere(r) && !m.isGone(r) && isOnAnotherHost(r, wanted) {
			m.about(RuleMovedInPlace, theEnd(), r.Identifier, "is wanted on another host than it is, where it is needed by", id)
		}
		for _, need := range interrupt.Each(m.stop, r.Dependencies) {
			if below := m.atStart(need); below != nil && !seen[need] {
				seen[need] = true
				open = append(open, below)
			}
		}
	}
}

// isOnAnotherHost tells whether two records of a resource are on different hosts.
func isOnAnotherHost(a, b *resource.Resource) bool {
	return a.Executor.Type == resource.ExecutorHost && b.Executor.Type == resource.ExecutorHost && a.Executor.ID != b.Executor.ID
}
