package planner

import (
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// moved returns the resources of the caller that are on another host than they are wanted. They are deleted there, with
// what depends on them, before they are created anew. It refuses what a resource of the catalog needs: that, and the data
// in it, would go, too.
func (m *membership) moved(end *resource.State) ([]resource.Identifier, error) {
	var moved []resource.Identifier
	for desired := range end.All(m.stop) {
		if database.IsCatalogType(desired.Identifier.Type) {
			continue
		}
		found, ok := m.start.Get(desired.Identifier)
		if ok && !found.NeedsRecreate && onAnotherHost(found.Executor, desired.Executor) {
			moved = append(moved, desired.Identifier)
		}
	}
	if len(moved) == 0 {
		return nil, m.stop.Err()
	}
	interrupt.SortFunc(m.stop, moved, resource.Identifier.Compare)
	recorded, desired := neededByCatalog(m.stop, m.start), neededByCatalog(m.stop, end)
	for _, id := range interrupt.Each(m.stop, moved) {
		by, needed := recorded[id]
		if !needed {
			by, needed = desired[id]
		}
		if needed {
			return nil, &InstanceMovedError{Resource: id, Field: "executor", NeededBy: by}
		}
	}
	return moved, m.stop.Err()
}

// movedHazards says that of each of them.
func (m *membership) movedHazards(moved []resource.Identifier) []Hazard {
	hazards := make([]Hazard, len(moved))
	for i, id := range interrupt.Each(m.stop, moved) {
		hazards[i] = Hazard{Kind: HazardResourceMoved, Resource: id}
	}
	return hazards
}

func onAnotherHost(recorded, desired resource.Executor) bool {
	return recorded.Type == resource.ExecutorHost && desired.Type == resource.ExecutorHost && recorded.ID != desired.ID
}

// neededByCatalog are the resources of the caller that resources of the catalog depend on, directly or through others,
// each with the first one that does.
func neededByCatalog(stop *interrupt.Poller, s *resource.State) map[resource.Identifier]resource.Identifier {
	var catalog []*resource.Resource
	for r := range s.All(stop) {
		if database.IsCatalogType(r.Identifier.Type) {
			catalog = append(catalog, r)
		}
	}
	interrupt.SortFunc(stop, catalog, (*resource.Resource).Compare)
	needed := make(map[resource.Identifier]resource.Identifier)
	for _, by := range interrupt.Each(stop, catalog) {
		for open := []*resource.Resource{by}; len(open) > 0 && !stop.Stopped(); {
			r := open[len(open)-1]
			open = open[:len(open)-1]
			for _, id := range interrupt.Each(stop, r.Dependencies) {
				found, ok := s.Get(id)
				if _, known := needed[id]; ok && !known && !database.IsCatalogType(id.Type) {
					needed[id] = by.Identifier
					open = append(open, found)
				}
			}
		}
	}
	return needed
}
