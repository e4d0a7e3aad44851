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
	puts     []openingEvent
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
	var own []*resource.Resource
	needed := make(map[resource.Identifier]bool)
	for r := range m.end.All(m.stop) {
		if !database.IsCatalogType(r.Identifier.Type) {
			own = append(own, r)
			continue
		}
		for _, id := range interrupt.Each(m.stop, r.Dependencies) {
			if !database.IsCatalogType(id.Type) {
				needed[id] = true
			}
		}
	}
	m.addNeeds(needed, own)
	m.opens.services = make(map[resource.Identifier]bool)
	for _, r := range interrupt.Each(m.stop, desired.Services) {
		if !needed[r.Identifier] && !database.IsCatalogType(r.Identifier.Type) {
			m.opens.services[r.Identifier] = true
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
		if m.opens.services[*x.id] && !(e.Type == resource.EventUpdate && m.endsTurn()) {
			m.opens.puts = append(m.opens.puts, openingEvent{id: *x.id, place: at, at: m.clock})
		}
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
