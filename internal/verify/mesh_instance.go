package verify

import (
	"slices"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// instanceEvent is an event that puts an instance.
type instanceEvent struct {
	node    string
	id      resource.Identifier
	place   place
	creates bool
	forced  bool // because everything is to be updated
}

// judgeInstance judges an event that puts an instance, and notes it for judgeInstances.
func (m *mesh) judgeInstance(x *entry, e *resource.Event, at place) {
	name := m.instanceNode(x.id.ID)
	if name == "" {
		return
	}
	if e.Type == resource.EventCreate && m.isCopying(name) && !m.isJoining(name) {
		m.about(RuleRolesSourceMissing, at, *x.id, "is created for a node that will copy, without",
			database.RolesSourceIdentifier(name))
	}
	if !m.update {
		return
	}
	n := m.node(name, m.databaseOf(name))
	if e.Type == resource.EventCreate && n.member && !m.anyInstanceAtStart(name) {
		m.about(RuleEmptyMember, at, *x.id, "is created for a member of which no instance is left")
	}
	if e.Reason == resource.ReasonForceUpdate && !m.forcesEarly() || e.Reason == resource.ReasonDependencyUpdated && m.followsOthers(x) {
		return
	}
	m.instances = append(m.instances, instanceEvent{
		node: name, id: *x.id, place: at, creates: e.Type == resource.EventCreate,
		forced: e.Reason == resource.ReasonForceUpdate,
	})
}

// forcesAt tells whether a plan that is not the last one may update everything.
func (m *mesh) forcesAt(plan int) bool {
	return m != nil && (plan == m.lastPut && m.lastOpening > plan || m.forcesEarly())
}

// forcesEarly tells whether a forced update of everything comes to the instances one by one: they are several, and nodes
// follow each other.
func (m *mesh) forcesEarly() bool {
	if m.ends == 0 {
		m.ends = 1 + len(m.ofType(database.TypeInstance, m.end))
	}
	return m.options.Rolling && m.ends > 2
}

// followsOthers tells whether an instance is updated only because of what other instances or nodes need, on
// which something of its own depends by type: nothing that it names itself, and that changed because of such
// things alone, is a cause. The others change in their turn, when that of this one may be over.
func (m *mesh) followsOthers(x *entry) bool {
	named := make(map[*entry]bool)
	for _, w := range m.plan.of(x).wants {
		named[w] = !m.stops()
	}
	seen := map[*entry]bool{x: true}
	for open := []*entry{x}; len(open) > 0 && !m.stops(); {
		y := open[len(open)-1]
		open = open[:len(open)-1]
		if !m.plan.has(y) || m.plan.of(y).Reason != resource.ReasonDependencyUpdated {
			return false // it began here
		}
		for _, id := range m.plan.of(y).CausedBy {
			if cause := m.entry(id); !m.stops() && !seen[cause] && named[cause] {
				seen[cause] = true
				open = append(open, cause)
			}
		}
	}
	return true
}

// databaseOf names the database of a node, of which start or end has one; empty if neither has. If end has one, that
// counts: what else start has of the node is left over.
func (m *mesh) databaseOf(name string) string {
	if m.databases == nil {
		m.databases = make(map[string]string)
		for _, r := range interrupt.Each(m.stop, m.ofType(database.TypePostgresDatabase, m.end, m.start)) {
			node, databaseName, ok := cutName(r.Identifier.ID)
			if _, known := m.databases[node]; ok && !known {
				m.databases[node] = databaseName
			}
		}
	}
	return m.databases[name]
}

// instancesOf returns the instances of a node that start or end has.
func (m *mesh) instancesOf(name string) []resource.Identifier {
	var ids []resource.Identifier
	for _, s := range []*resource.State{m.start, m.end} {
		if record := recordIn(s, database.NodeIdentifier(name)); record != nil {
			for _, id := range interrupt.Each(m.stop, record.Dependencies) {
				if id.Type == database.TypeInstance {
					ids = append(ids, id)
				}
			}
		}
	}
	interrupt.SortFunc(m.stop, ids, resource.Identifier.Compare)
	return slices.Compact(ids)
}

// anyInstanceAtStart tells whether start has an instance of the node that does not have to be made again, and is not lost.
func (m *mesh) anyInstanceAtStart(name string) bool {
	return slices.ContainsFunc(m.instancesOf(name), func(id resource.Identifier) bool {
		found := m.atStart(id)
		return m.stops() || isThere(found) && !m.isGone(found)
	})
}

// judgeInstances judges in which plans instances are put.
func (m *mesh) judgeInstances() {
	if m.options.Rolling {
		m.judgeRolling()
	}
	// Of each primary. What is forced is an update of its own: where nodes join in turns, it comes after all others.
	type update struct {
		node   string
		forced bool
	}
	first, last := make(map[update]*instanceEvent), make(map[update]*instanceEvent)
	for i := range m.instances {
		if e := &m.instances[i]; !m.stops() && e.id.ID == m.primaryOf(m.nodes[e.node]) {
			if first[update{e.node, e.forced}] == nil {
				first[update{e.node, e.forced}] = e
			}
			last[update{e.node, e.forced}] = e
		}
	}
	for i := range interrupt.Each(m.stop, m.instances) {
		e := &m.instances[i]
		before, after := first[update{e.node, e.forced}], last[update{e.node, e.forced}]
		switch {
		case before == nil || e.id == before.id:
		case e.creates && after.place.plan >= e.place.plan:
			m.about(RuleReplicaBeforePrimary, e.place, e.id, "is created before the last change of its primary", after.id)
		case !e.creates && before.place.plan <= e.place.plan && m.nodes[e.node].member:
			m.about(RulePrimaryBeforeReplica, before.place, before.id, "is put before the update of its replica", e.id)
		}
	}
}

// judgeRolling judges that no plan puts instances of two members.
func (m *mesh) judgeRolling() {
	var first *instanceEvent
	for i := range m.instances {
		e := &m.instances[i]
		if m.stops() {
			return
		}
		if !m.nodes[e.node].member {
			continue
		}
		switch {
		case first == nil || first.place.plan != e.place.plan:
			first = e
		case first.node != e.node:
			m.about(RuleRolling, e.place, e.id, "is put in the same plan as an instance of another node:", first.id)
		}
	}
}
