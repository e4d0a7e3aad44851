package verify

import (
	"cmp"
	"slices"
	"strings"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
)

// node is what the judge finds out about a node once, when it is first needed.
type node struct {
	name, database string
	member         bool    // see mesh
	primary        *string // see primaryOf; nil: not known yet
	// source and peers are those of a joining node.
	source    string
	peers     []string
	populated bool // at the start
	// judged is the time at which gap was found out: what the node lacks to be populated, nil if nothing.
	judged moment
	gap    *gap
}

// node returns what is known about a node of the database.
func (m *mesh) node(name, databaseName string) *node {
	if n, ok := m.nodes[name]; ok {
		return n
	}
	n := &node{name: name, database: databaseName, judged: -1}
	m.nodes[name] = n
	n.member = m.holdsData(name, databaseName)
	begins := m.formers[name] != nil && m.formers[name].begins
	n.populated = m.joining[name] && !begins && m.wasPopulated(n)
	return n
}

// holdsData tells whether the node is a member at the start.
func (m *mesh) holdsData(name, databaseName string) bool {
	return !m.joining[name] && m.atStart(database.PostgresDatabaseIdentifier(name, databaseName)) != nil
}

// primaryOf is readPrimary for a node of which something is known already.
func (m *mesh) primaryOf(n *node) string {
	if n.primary == nil {
		primary := m.readPrimary(n.name)
		n.primary = &primary
	}
	return *n.primary
}

// readPrimary names the primary instance of a node: the one that start knows, else the wanted one; empty if
// neither does. A node that holds no data and is not joining has none yet, whatever start says.
func (m *mesh) readPrimary(name string) string {
	known, other := recordedPrimary(m.stop, m.start, name), recordedPrimary(m.stop, m.end, name)
	if !m.joining[name] && !m.holdsData(name, m.databaseOf(name)) {
		known, other = other, known
	}
	return cmp.Or(known, other)
}

// nodeNames are the nodes that start and end have, in order.
func (m *mesh) nodeNames() []string {
	if m.names == nil {
		m.names = []string{}
		for _, r := range interrupt.Each(m.stop, m.ofType(database.TypeNode, m.start, m.end)) {
			m.names = append(m.names, r.Identifier.ID)
		}
		interrupt.SortFunc(m.stop, m.names, strings.Compare)
		m.names = slices.Compact(m.names)
	}
	return m.names
}

// wasPopulated tells whether start says that the data of a joining node is complete: one of its
// subscriptions has been told to apply changes and copy none, which comes after everything else, and
// none of the slots for it has to be made again, but those of nodes that are joining themselves. What a node had that
// is no peer any more will not come through its slot.
func (m *mesh) wasPopulated(n *node) bool {
	if m.outlived[n.name] || !m.isWatched(n.name, m.atStart) {
		return false
	}
	populated := false
	for _, provider := range interrupt.Each(m.stop, m.nodeNames()) {
		link := n.link(provider, n.name)
		slot := m.atStart(database.ReplicationSlotIdentifier(link))
		r := m.atStart(database.SubscriptionIdentifier(link))
		if slot != nil && slot.NeedsRecreate && (!m.joining[provider] || r != nil && m.formers[provider] != nil) {
			return false
		}
		if r != nil {
			flags, err := flagsOf(m.stop, r)
			populated = populated || err == nil && flags.settled()
		}
	}
	return populated
}

// link is the way from provider to subscriber in the node's database.
func (n *node) link(provider, subscriber string) database.Link {
	return database.Link{Provider: provider, Subscriber: subscriber, DatabaseName: n.database}
}

// sourceOf reads the source of a joining node from its roles source as it is now; empty if it has none.
func (m *mesh) sourceOf(name string) string {
	record := m.get(database.RolesSourceIdentifier(name))
	if record == nil {
		return ""
	}
	source, err := database.RolesSourceNode(m.stop, record)
	if err != nil {
		return ""
	}
	return source
}

// isJoining tells whether the node has a roles source now.
func (m *mesh) isJoining(name string) bool {
	return (len(m.joining) > 0 || m.lastJoin >= 0) && m.get(database.RolesSourceIdentifier(name)) != nil
}

// peersOf returns the peers of a node that copies the source, in order: of the nodes that it will replicate
// from, the members, and those whose slots for it an event makes ahead.
func (m *mesh) peersOf(n *node, source string) []string {
	if n.peers != nil && n.source == source {
		return n.peers
	}
	n.source, n.peers = source, []string{}
	for _, name := range interrupt.Each(m.stop, m.nodeNames()) {
		if name == source || name == n.name || !m.prepared[n.name][name] && !m.holdsData(name, n.database) {
			continue
		}
		if _, wanted := m.end.Get(database.SubscriptionIdentifier(n.link(name, n.name))); wanted {
			n.peers = append(n.peers, name)
		}
	}
	return n.peers
}

// instanceNode names the node of an instance; empty if neither start nor end knows it.
func (m *mesh) instanceNode(instanceID string) string {
	if m.nodeOf == nil {
		m.nodeOf = make(map[string]string)
		for _, r := range interrupt.Each(m.stop, m.ofType(database.TypeNode, m.start, m.end)) {
			for _, id := range interrupt.Each(m.stop, r.Dependencies) {
				if id.Type == database.TypeInstance {
					m.nodeOf[id.ID] = r.Identifier.ID
				}
			}
		}
	}
	return m.nodeOf[instanceID]
}
