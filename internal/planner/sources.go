package planner

import (
	"cmp"
	"slices"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// takeRecordedSource sets the source of a joining node to the one that it started with.
func (m *membership) takeRecordedSource(n *NodeResources) error {
	record, _ := m.start.Get(database.RolesSourceIdentifier(n.NodeName))
	source, err := database.RolesSourceNode(m.stop, record)
	if err != nil {
		return err
	}
	isSource := m.status[source] == member
	switch {
	case n.RestoreConfig != nil, isSource && n.SourceNode != "" && n.SourceNode != source:
		return &JoiningSourceError{Node: n.NodeName, Source: source, Problem: JoiningSourceChanged}
	case isSource:
		n.SourceNode = source
	case m.mayBeWanted(source) && m.wasMember(n.NodeName):
		return &RejoinAndRemovalError{Rejoining: n.NodeName, Leaving: source}
	case m.mayBeWanted(source):
		return &JoiningSourceError{Node: n.NodeName, Source: source, Problem: JoiningSourceGone}
	default:
		m.resourced[n.NodeName] = true
	}
	return nil
}

// mayBeWanted tells whether a node is not wanted, and its removal has not begun.
func (m *membership) mayBeWanted(name string) bool {
	node, ok := m.start.Get(database.NodeIdentifier(name))
	return ok && m.status[name] == 0 && m.isWatched(node)
}

// chooseSources gives each newcomer without a source the first member that lacks nothing, or else the first one, if there is
// one, and refuses a source that is not a member.
func (m *membership) chooseSources(d *damage) error {
	newcomers := m.with(newcomer)
	if err := m.sameOrigin(newcomers); err != nil {
		return err
	}
	for _, n := range interrupt.Each(m.stop, newcomers) {
		switch {
		case n.RestoreConfig != nil:
		case n.SourceNode == "" && len(m.members) > 0:
			n.SourceNode = cmp.Or(d.sourceFor(n), m.members[0].NodeName)
		case n.SourceNode != "" && m.status[n.SourceNode] != member:
			return &SourceNodeError{Node: n.NodeName, Source: n.SourceNode, Problem: m.sourceProblem(n)}
		}
	}
	return nil
}

// sameOrigin refuses to make a database, of which nothing exists yet, from a backup on one node and empty on
// another: the rows of the backup would never get there.
func (m *membership) sameOrigin(newcomers []*NodeResources) error {
	if len(m.members) > 0 {
		return nil
	}
	restored, empty := -1, -1
	for i, n := range interrupt.Each(m.stop, newcomers) {
		switch {
		case n.RestoreConfig != nil && restored < 0:
			restored = i
		case n.RestoreConfig == nil && n.SourceNode == "" && empty < 0:
			empty = i
		}
	}
	if restored < 0 || empty < 0 {
		return nil
	}
	return &EmptyBesideRestoredError{Node: newcomers[empty].NodeName, Restored: newcomers[restored].NodeName}
}

func (m *membership) sourceProblem(n *NodeResources) SourceProblem {
	if n.SourceNode == n.NodeName {
		return SourceIsSelf
	}
	switch m.status[n.SourceNode] {
	case newcomer:
		return SourceIsNew
	case joining, populated:
		return SourceIsJoining
	case member:
		return SourceIsDamaged
	}
	return SourceUnknown
}

// roles returns the diff that comes before the additions: the roles of every source are read, and for each
// node that has a source it is recorded that it joins from there. That record is what makes a node joining.
func (m *membership) roles(nodes []*NodeResources) *resource.State {
	diff := resource.NewState()
	for _, n := range interrupt.Each(m.stop, nodes) {
		if n.SourceNode != "" {
			diff.Add(database.DumpRoles{NodeName: n.SourceNode}.Resource())
			rejoins := m.status[n.NodeName] == member || m.wasMember(n.NodeName)
			diff.Add(database.RolesSource{NodeName: n.NodeName, SourceNodeName: n.SourceNode, Rejoins: rejoins}.Resource())
		}
	}
	return diff
}

// anySource tells whether any of the nodes has a source.
func (m *membership) anySource(nodes []*NodeResources) bool {
	return slices.ContainsFunc(nodes, func(n *NodeResources) bool { return m.stop.Stopped() || n.SourceNode != "" })
}
