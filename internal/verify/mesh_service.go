package verify

import (
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// opening is what the judge knows of the services, which open nodes to writers.
type opening struct {
	// services are the resources of the services, and what watches these; nil if there are none.
	services map[resource.Identifier]bool
	// needed are the resources of the caller that the catalog's own ones need; nil: not known yet.
	needed map[resource.Identifier]bool
	puts   []openingEvent
	// mark is what says that a wanted node is joining, nil if nothing does, at the time looked.
	mark   *resource.Identifier
	looked moment
	// until is the last time at which a database, a slot or a subscription that is wanted was put, by that one of them.
	until moment
	by    resource.Identifier
}

// openingEvent is an event that puts any of the services.
type openingEvent struct {
	id    resource.Identifier
	place place
	at    moment
}

// findServices finds the services. What the catalog's own resources need is none, as it has to come before these.
func (m *mesh) findServices() {
	desired := m.options.Desired
	if !m.update || desired == nil || len(desired.Services) == 0 || len(m.plans) == 0 {
		return
	}
	m.opens.services = make(map[resource.Identifier]bool)
	for _, r := range interrupt.Each(m.stop, desired.Services) {
		if m.isBesides(r.Identifier) {
			m.opens.services[r.Identifier] = true
		}
	}
}

// isBesides tells whether a resource is one of the caller's that none of the catalog's own needs.
func (m *mesh) isBesides(id resource.Identifier) bool {
	if m.opens.needed == nil {
		m.opens.needed = make(map[resource.Identifier]bool)
		var own []*resource.Resource
		for r := range m.end.All(m.stop) {
			if !database.IsCatalogType(r.Identifier.Type) {
				own = append(own, r)
				continue
			}
			for _, id := range interrupt.Each(m.stop, r.Dependencies) {
				if !database.IsCatalogType(id.Type) {
					m.opens.needed[id] = true
				}
			}
		}
		m.addNeeds(m.opens.needed, own)
	}
	return !database.IsCatalogType(id.Type) && !m.opens.needed[id]
}

// findLastPut finds the last plan that creates or updates anything. Where nodes join, services have their turn when all else
// is done, deletes included: plans that do nothing else do not count, nor do those that only follow them.
func (m *mesh) findLastPut() {
	joins := m.lastJoin >= 0
	for name := range m.joining {
		if m.stops() {
			return
		}
		joins = joins || m.end.Has(database.NodeIdentifier(name))
	}
	for i, e := range m.events(m.plans) {
		if !isPut(e) {
			continue
		}
		if joins && m.isBesides(e.Resource.Identifier) {
			m.lastOpening = i
		} else {
			m.lastPut = i
		}
	}
}

// addNeeds adds to the resources all of the caller's own that they depend on, directly or not.
func (m *mesh) addNeeds(ids map[resource.Identifier]bool, own []*resource.Resource) {
	ofType := make(map[resource.Type][]*resource.Resource)
	var open []*resource.Resource
	for _, r := range interrupt.Each(m.stop, own) {
		ofType[r.Identifier.Type] = append(ofType[r.Identifier.Type], r)
		if ids[r.Identifier] {
			open = append(open, r)
		}
	}
	for len(open) > 0 && !m.stops() {
		r := open[len(open)-1]
		open = open[:len(open)-1]
		var below []*resource.Resource
		for _, id := range interrupt.Each(m.stop, r.Dependencies) {
			if found, ok := m.end.Get(id); ok && !database.IsCatalogType(id.Type) {
				below = append(below, found)
			}
		}
		for _, t := range interrupt.Each(m.stop, r.TypeDependencies) {
			below = append(below, ofType[t]...)
			delete(ofType, t)
		}
		for _, w := range interrupt.Each(m.stop, below) {
			if !ids[w.Identifier] {
				ids[w.Identifier] = true
				open = append(open, w)
			}
		}
	}
}

// noteOpening notes an event that puts any of the services, or a database or a link that they have to come after. Where
// nodes join in turns, services that are there follow what has changed at the end of each turn.
func (m *mesh) noteOpening(x *entry, e *resource.Event, at place) {
	switch x.id.Type {
	case database.TypePostgresDatabase, database.TypeReplicationSlot, database.TypeSubscription:
		if x.wanted != nil {
			m.opens.until, m.opens.by = m.clock, *x.id
		}
	default:
		if !m.opens.services[*x.id] {
			return
		}
		if !(e.Type == resource.EventUpdate && m.endsTurn()) {
			m.opens.puts = append(m.opens.puts, openingEvent{id: *x.id, place: at, at: m.clock})
		}
		m.judgeOpening(x, at)
	}
}

// judgeOpening judges that no wanted node is joining when a service is put.
func (m *mesh) judgeOpening(x *entry, at place) {
	if m.opens.looked != m.clock {
		m.opens.looked, m.opens.mark = m.clock, nil
		for _, name := range interrupt.Each(m.stop, m.nodeNames()) {
			if id := database.RolesSourceIdentifier(name); m.wanted[name] != nil && m.get(id) != nil {
				m.opens.mark = &id
			}
		}
	}
	if m.opens.mark != nil {
		m.about(RuleServiceTooEarly, at, *x.id, "opens nodes while one is joining, as says", *m.opens.mark)
	}
}

// judgeServices judges that services come after all databases and links: they open nodes to writers.
func (m *mesh) judgeServices() {
	for _, put := range interrupt.Each(m.stop, m.opens.puts) {
		if put.at <= m.opens.until {
			m.about(RuleServiceTooEarly, put.place, put.id, "opens nodes before there is put", m.opens.by)
		}
	}
}
