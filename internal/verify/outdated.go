package verify

import (
	"maps"
	"slices"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// isOutdated tells whether start has the resource as one that a joining node has to do again, because of
// something that it has lost:
//
//   - its primary: all instances, of which the replicas cannot follow another primary;
//   - its database, or a slot for it, or what made that ahead: the links into it and out of it, and the
//     markers for its source, since it may have confirmed changes that the source does not have yet;
//   - the copy;
//
// and all that depends on any of this. The records are of what is no more.
func (m *mesh) isOutdated(id resource.Identifier) bool {
	if m.outdated == nil {
		m.outdated = make(map[resource.Identifier]bool)
		for _, name := range slices.Sorted(maps.Keys(m.joining)) {
			for _, id := range m.outdatedOf(m.node(name, m.databaseOf(name))) {
				m.outdated[id] = true
			}
		}
		m.spread(m.outdated)
	}
	return m.outdated[id]
}

// outdatedOf returns what one joining node has to do again, without what depends on it.
func (m *mesh) outdatedOf(n *node) []resource.Identifier {
	source := m.sourceOf(n.name)
	providers := append([]string{source}, m.peersOf(n, source)...)
	lost := []resource.Identifier{
		database.InstanceIdentifier(n.primary), database.PostgresDatabaseIdentifier(n.name, n.database),
	}
	for _, provider := range providers {
		lost = append(lost, database.ReplicationSlotIdentifier(n.link(provider, n.name)))
		if provider != source {
			lost = append(lost, database.ReplicationSlotCreateIdentifier(n.link(provider, n.name)))
		}
	}
	isKept := func(id resource.Identifier) bool { return isThere(m.atStart(id)) }
	var ids []resource.Identifier
	if !isKept(lost[0]) {
		ids = append(ids, m.instancesOf(n.name)...)
	}
	copied := database.SubscriptionIdentifier(n.link(source, n.name))
	lost = slices.DeleteFunc(lost, isKept)
	if len(lost) == 0 {
		if isKept(copied) {
			return nil
		}
		return append(ids, copied)
	}
	ids = append(ids, lost...)
	for _, other := range m.nodeNames() {
		ids = append(ids, database.SubscriptionIdentifier(n.link(other, n.name)),
			database.SubscriptionIdentifier(n.link(n.name, other)),
			database.ReplicationSlotIdentifier(n.link(n.name, other)),
			database.SyncEventIdentifier(n.link(other, source)))
	}
	return ids
}

// spread adds to the resources all of start that depend on one of them, directly or not.
func (m *mesh) spread(ids map[resource.Identifier]bool) {
	dependents := make(map[resource.Identifier][]resource.Identifier)
	ofType := make(map[resource.Type][]resource.Identifier)
	for _, r := range m.start.Resources() {
		for _, id := range r.Dependencies {
			dependents[id] = append(dependents[id], r.Identifier)
		}
		for _, t := range r.TypeDependencies {
			ofType[t] = append(ofType[t], r.Identifier)
		}
	}
	open := slices.Collect(maps.Keys(ids))
	for len(open) > 0 {
		id := open[len(open)-1]
		open = open[:len(open)-1]
		for _, above := range slices.Concat(dependents[id], ofType[id.Type]) {
			if !ids[above] {
				ids[above] = true
				open = append(open, above)
			}
		}
		delete(ofType, id.Type)
	}
}
