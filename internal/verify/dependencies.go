package verify

import (
	"slices"

	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// fewDependencies is how many dependencies are searched from one end to the other.
const fewDependencies = 16

// dependencySet looks up what one resource depends on by name, and then another one. It remembers the last one that
// depends on much. The zero value is ready.
type dependencySet struct {
	of  *resource.Resource
	ids map[resource.Identifier]struct{}
}

// has tells whether r depends on the resource by name.
func (d *dependencySet) has(stop *interrupt.Poller, r *resource.Resource, id resource.Identifier) bool {
	if len(r.Dependencies) <= fewDependencies {
		return slices.Contains(r.Dependencies, id)
	}
	if d.of != r {
		d.of, d.ids = r, make(map[resource.Identifier]struct{}, len(r.Dependencies))
		for _, id := range r.Dependencies {
			if stop.Stopped() {
				break
			}
			d.ids[id] = struct{}{}
		}
	}
	_, ok := d.ids[id]
	return ok
}

// hasAt is has for a dependency that mostly has that position.
func (d *dependencySet) hasAt(stop *interrupt.Poller, r *resource.Resource, at int, id resource.Identifier) bool {
	return at < len(r.Dependencies) && r.Dependencies[at] == id || d.has(stop, r, id)
}

// depends tells whether r, which may be nil, depends on the resource, by name or by type.
func (d *dependencySet) depends(stop *interrupt.Poller, r *resource.Resource, id resource.Identifier) bool {
	return r != nil && (d.has(stop, r, id) || slices.Contains(r.TypeDependencies, id.Type))
}
