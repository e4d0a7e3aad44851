package verify

import (
	"slices"

	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// fewDependencies is how many dependencies are searched from one end to the other.
const fewDependencies = 16

// dependencySet looks up what one resource depends on, by name and by type, and then another one. The zero value is ready.
type dependencySet struct {
	ids   listSet[resource.Identifier]
	types listSet[resource.Type]
}

// listSet looks up what is in a list of one resource. It remembers the last long one.
type listSet[K comparable] struct {
	of      *resource.Resource
	members map[K]struct{}
}

func (s *listSet[K]) has(stop *interrupt.Poller, of *resource.Resource, list []K, key K) bool {
	if len(list) <= fewDependencies {
		return slices.Contains(list, key)
	}
	if s.of != of {
		s.of, s.members = of, make(map[K]struct{}, len(list))
		for _, k := range interrupt.Each(stop, list) {
			s.members[k] = struct{}{}
		}
	}
	_, ok := s.members[key]
	return ok
}

// has tells whether r depends on the resource by name.
func (d *dependencySet) has(stop *interrupt.Poller, r *resource.Resource, id resource.Identifier) bool {
	return d.ids.has(stop, r, r.Dependencies, id)
}

// hasAt is has for a dependency that mostly has that position.
func (d *dependencySet) hasAt(stop *interrupt.Poller, r *resource.Resource, at int, id resource.Identifier) bool {
	return at < len(r.Dependencies) && r.Dependencies[at] == id || d.has(stop, r, id)
}

// hasType tells whether r depends on all resources of the type.
func (d *dependencySet) hasType(stop *interrupt.Poller, r *resource.Resource, t resource.Type) bool {
	return d.types.has(stop, r, r.TypeDependencies, t)
}

// depends tells whether r, which may be nil, depends on the resource, by name or by type.
func (d *dependencySet) depends(stop *interrupt.Poller, r *resource.Resource, id resource.Identifier) bool {
	return r != nil && (d.has(stop, r, id) || d.hasType(stop, r, id.Type))
}

// sameRecord tells whether a says the same as b of what it depends on, in any order, and of the place where its events
// run, or only of the host.
func (r *replay) sameRecord(a, b *resource.Resource) bool {
	if a == b {
		return true
	}
	if a.Executor != b.Executor && (a.Executor.Type != resource.ExecutorHost || b.Executor.Type != resource.ExecutorHost) {
		return false
	}
	return sameSet(r.stop, a.Dependencies, b.Dependencies) && sameSet(r.stop, a.TypeDependencies, b.TypeDependencies)
}

// sameSet tells whether both lists hold the same, in any order and however often.
func sameSet[E comparable](stop *interrupt.Poller, a, b []E) bool {
	if slices.EqualFunc(a, b, func(x, y E) bool { return !stop.Stopped() && x == y }) {
		return true
	}
	is, has := setOf(stop, a), setOf(stop, b)
	for element := range is {
		if stop.Stopped() || !has[element] {
			return false
		}
	}
	return len(is) == len(has)
}

func setOf[E comparable](stop *interrupt.Poller, list []E) map[E]bool {
	set := make(map[E]bool, len(list))
	for _, element := range interrupt.Each(stop, list) {
		set[element] = true
	}
	return set
}
