package planner

import (
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// moved returns the resources of the caller that are on another host than they are wanted. They are deleted there, with
// what depends on them, before they are created anew; of what is lost nothing is left there. It refuses what a resource of the catalog needs: that, and the data
// in it, would go, too.
func (m *membership) moved(end *resource.State) ([]resource.Identifier, error) {
	var moved []resource.Identifier
	for desired := range end.All(m.stop) {
		if desired.Executor.Type != resource.ExecutorHost || database.IsCatalogType(desired.Identifier.Type) {
			continue
		}
		found, ok := m.start.Get(desired.Identifier)
		if ok && m.exists(desired.Identifier) && onAnotherHost(found.Executor, desired.Executor) {
			moved = append(moved, desired.Identifier)
		}
	}
	if len(moved) == 0 {
		return nil, m.stop.Err()
	}
	interrupt.SortFunc(m.stop, moved, resource.Identifier.Compare)
	for _, s := range [2]*resource.State{m.start, end} {
		needed := neededByCatalog(m.stop, s, false)
		for _, id := range interrupt.Each(m.stop, moved) {
			if needed[id] {
				return nil, &InstanceMovedError{Resource: id, Field: "executor", NeededBy: firstOfCatalog(m.stop, s, id)}
			}
		}
	}
	return moved, m.stop.Err()
}

// firstOfCatalog is the first resource of the catalog that depends on another one, directly or through others.
func firstOfCatalog(stop *interrupt.Poller, s *resource.State, id resource.Identifier) resource.Identifier {
	for _, dependent := range interrupt.Each(stop, s.Dependents(stop, id)) {
		if database.IsCatalogType(dependent.Type) {
			return dependent
		}
	}
	return resource.Identifier{}
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

// neededByCatalog are the resources of the caller that resources of the catalog depend on, directly or through others;
// also, if it says so, because others depend on their type.
func neededByCatalog(stop *interrupt.Poller, s *resource.State, byType bool) map[resource.Identifier]bool {
	needed := make(map[resource.Identifier]bool)
	var open []*resource.Resource
	add := func(id resource.Identifier) {
		if found, ok := s.Get(id); ok && !needed[id] && !database.IsCatalogType(id.Type) {
			needed[id] = true
			open = append(open, found)
		}
	}
	for r := range s.All(stop) {
		if database.IsCatalogType(r.Identifier.Type) {
			for _, id := range interrupt.Each(stop, r.Dependencies) {
				add(id)
			}
		}
	}
	types := make(map[resource.Type]bool)
	for len(open) > 0 && !stop.Stopped() {
		r := open[len(open)-1]
		open = open[:len(open)-1]
		for _, id := range interrupt.Each(stop, r.Dependencies) {
			add(id)
		}
		for _, t := range interrupt.Each(stop, r.TypeDependencies) {
			if byType && !types[t] {
				types[t] = true
				for _, found := range interrupt.Each(stop, s.OfType(t)) {
					add(found.Identifier)
				}
			}
		}
	}
	return needed
}
