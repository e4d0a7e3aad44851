package resource

import (
	"github.com/pgplanner/pgplanner/internal/interrupt"
)

// vertex is the dense number of an identifier, or of several together, inside one run. Slices indexed by it take the
// place of maps keyed by identifiers.
type vertex int32

// index numbers the identifiers of one run. It only grows. The largest state of the run lends it the numbers that
// its own resources have there.
//
// A type that something depends on has a virtual vertex, with the resources of the type as its dependencies: a type
// dependency is then an edge like any other, and costs one, not one for each member.
type index struct {
	stop *interrupt.Poller // of the run

	largest   *State
	vertices  map[Identifier]vertex // of what the largest state does not have
	types     map[Type]vertex       // only the types that something depends on
	names     []Identifier          // by vertex; of a virtual one, the ID is empty
	isVirtual []bool
	behind    map[vertex][]vertex // what stands behind each virtual vertex
}

// newIndex returns an index for the given states, which are all that the run will see.
func newIndex(stop *interrupt.Poller, states ...*State) (*index, error) {
	largest := states[0]
	for _, s := range interrupt.Each(stop, states) {
		if s.Len() > largest.Len() {
			largest = s
		}
	}
	n := largest.Len()
	x := &index{
		stop:      stop,
		largest:   largest,
		vertices:  make(map[Identifier]vertex),
		names:     make([]Identifier, n, n+n/8),
		isVirtual: make([]bool, n, n+n/8),
	}
	for v, r := range largest.resources {
		if stop.Stopped() {
			break
		}
		x.names[v] = r.Identifier
	}
	x.addTypes(states)
	return x, stop.Err()
}

// addTypes gives each type that something depends on its vertex.
func (x *index) addTypes(states []*State) {
	for _, s := range interrupt.Each(x.stop, states) {
		for _, r := range s.resources {
			if x.stop.Stopped() {
				return
			}
			for _, t := range r.TypeDependencies {
				if x.stop.Stopped() {
					return
				}
				x.addType(t)
			}
		}
	}
	if len(x.types) == 0 {
		return
	}
	for v, r := range x.largest.resources {
		if x.stop.Stopped() {
			return
		}
		if t, ok := x.types[r.Identifier.Type]; ok {
			x.behind[t] = append(x.behind[t], vertex(v))
		}
	}
}

func (x *index) addType(t Type) {
	if _, ok := x.types[t]; ok {
		return
	}
	if x.types == nil {
		x.types = make(map[Type]vertex)
	}
	x.types[t] = x.addVirtual(Identifier{Type: t}, nil)
}

// addVirtual returns a new vertex that stands for what is behind it.
func (x *index) addVirtual(name Identifier, behind []vertex) vertex {
	v := x.add(name, true)
	if x.behind == nil {
		x.behind = make(map[vertex][]vertex)
	}
	x.behind[v] = behind
	return v
}

func (x *index) add(name Identifier, isVirtual bool) vertex {
	v := vertex(len(x.names))
	x.names, x.isVirtual = append(x.names, name), append(x.isVirtual, isVirtual)
	return v
}

// find returns the vertex of id, if it has one.
func (x *index) find(id Identifier) (vertex, bool) {
	if v, ok := x.largest.Position(id); ok {
		return vertex(v), true
	}
	v, ok := x.vertices[id]
	return v, ok
}

// intern returns the vertex of id, a new one if it has none.
func (x *index) intern(id Identifier) vertex {
	v, ok := x.find(id)
	if ok {
		return v
	}
	v = x.add(id, false)
	x.vertices[id] = v
	if t, ok := x.types[id.Type]; ok {
		x.behind[t] = append(x.behind[t], v)
	}
	return v
}

// anyOf tells whether one of the vertices is as asked. Of a run that was told to stop, it says no.
func (x *index) anyOf(vs []vertex, is func(vertex) bool) bool {
	for _, v := range vs {
		if x.stop.Stopped() {
			return false
		}
		if is(v) {
			return true
		}
	}
	return false
}

// contains tells whether wanted is one of all. Told to stop, it says no.
func contains[E comparable](stop *interrupt.Poller, all []E, wanted E) bool {
	for _, e := range all {
		if stop.Stopped() {
			return false
		}
		if e == wanted {
			return true
		}
	}
	return false
}

// grown returns the slice with zero values at its end, so that it has at least n.
func grown[E any](s []E, n int) []E {
	if n <= len(s) {
		return s
	}
	return append(s, make([]E, n-len(s))...)
}

// equal tells whether both have the same elements in the same order. Told to stop, it says no.
func equal[E comparable](stop *interrupt.Poller, a, b []E) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if stop.Stopped() || a[i] != b[i] {
			return false
		}
	}
	return true
}
