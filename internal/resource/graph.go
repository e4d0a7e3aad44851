package resource

import (
	"slices"

	"github.com/pgplanner/pgplanner/internal/slab"
)

// vertex is the dense number of an identifier, or of a type that something depends on, inside one planning
// run. Slices indexed by it take the place of maps keyed by identifiers.
type vertex int32

// index numbers the identifiers of one run. It only grows. The largest state of the run lends it the numbers that
// its own resources have there.
//
// A type that something depends on has a vertex of its own, with the resources of the type as its
// dependencies: a type dependency is then an edge like any other, and costs one, not one for each member.
type index struct {
	largest  *State
	vertices map[Identifier]vertex // of what the largest state does not have
	types    map[Type]vertex       // only the types that something depends on
	names    []Identifier          // by vertex; of a type's vertex, the ID is empty
	isType   []bool
	members  map[vertex][]vertex // by type's vertex
	last     [recent]numbered    // see internNext
	read     []vertex            // see internAt
}

// newIndex returns an index for the given states, which are all that the run will see.
func newIndex(states ...*State) *index {
	largest := states[0]
	for _, s := range states {
		if s.Len() > largest.Len() {
			largest = s
		}
	}
	n := largest.Len()
	x := &index{
		largest:  largest,
		vertices: make(map[Identifier]vertex),
		names:    make([]Identifier, n, n+n/8),
		isType:   make([]bool, n, n+n/8),
		read:     make([]vertex, n),
	}
	for v, r := range largest.resources {
		x.names[v], x.read[v] = r.Identifier, vertex(v)
	}
	for _, s := range states {
		for _, r := range s.resources {
			for _, t := range r.TypeDependencies {
				x.trackType(t)
			}
		}
	}
	return x
}

func (x *index) trackType(t Type) {
	if _, ok := x.types[t]; ok {
		return
	}
	if x.types == nil {
		x.types, x.members = make(map[Type]vertex), make(map[vertex][]vertex)
	}
	of := x.add(Identifier{Type: t}, true)
	x.types[t] = of
	for v, r := range x.largest.resources {
		if r.Identifier.Type == t {
			x.members[of] = append(x.members[of], vertex(v))
		}
	}
}

func (x *index) add(id Identifier, isType bool) vertex {
	v := vertex(len(x.names))
	x.names, x.isType = append(x.names, id), append(x.isType, isType)
	return v
}

// intern returns the vertex of id, a new one if it has none.
func (x *index) intern(id Identifier) vertex {
	if v, ok := x.largest.Position(id); ok {
		return vertex(v)
	}
	v, ok := x.vertices[id]
	if ok {
		return v
	}
	v = x.add(id, false)
	x.vertices[id] = v
	if t, ok := x.types[id.Type]; ok {
		x.members[t] = append(x.members[t], v)
	}
	return v
}

// internAt is intern for the resource at that position of one state after the other: states that come of each other
// mostly have the same ones there.
func (x *index) internAt(at int, id Identifier) vertex {
	if x.names[x.read[at]] != id { // the largest state is the longest
		x.read[at] = x.intern(id)
	}
	return x.read[at]
}

// recent is how many dependencies of the resource before are remembered.
const recent = 4

// internNext is intern for the dependency at that position of one resource after the other: neighbors often
// have the same ones there.
func (x *index) internNext(at int, id Identifier) vertex {
	if at >= recent {
		return x.intern(id)
	}
	if known := &x.last[at]; !known.is || known.id != id {
		*known = numbered{is: true, id: id, vertex: x.intern(id)}
	}
	return x.last[at].vertex
}

// numbered is an identifier with its number.
type numbered struct {
	is     bool
	id     Identifier
	vertex vertex
}

// graph is a state over an index: for each vertex the resource, if the state has it, and its edges.
type graph struct {
	*index
	resources []*Resource // nil: not in the state
	edges     [][]vertex  // to dependencies and to types depended on, whether or not they are in the state
	layers    []int32     // see layer.go; valid only once computed
	room      slab.Slab[vertex]
}

// newGraph returns the graph of what the states give when each is merged onto those before it. Where a resource has
// the same dependencies in like, which may be nil, its edges are taken from there. With an error the graph is not
// complete.
func newGraph(x *index, like *graph, states ...*State) (*graph, error) {
	room := len(x.names) + len(x.names)/8
	g := &graph{index: x, resources: make([]*Resource, 0, room), edges: make([][]vertex, 0, room)}
	var wrong *SelfDependencyError
	for i, r := range states[0].resources {
		wrong = wrong.smaller(g.put(x.internAt(i, r.Identifier), r, like))
	}
	for _, s := range states[1:] {
		for _, r := range s.resources {
			wrong = wrong.smaller(g.put(x.intern(r.Identifier), r, like))
		}
	}
	g.reserve(len(x.names))
	if wrong != nil {
		return g, wrong
	}
	return g, nil
}

// reserve makes the slices long enough for n vertices.
func (g *graph) reserve(n int) {
	if more := n - len(g.resources); more > 0 {
		g.resources = append(g.resources, make([]*Resource, more)...)
		g.edges = append(g.edges, make([][]vertex, more)...)
	}
}

// put sets the resource of v and its edges, and refuses one that depends on itself.
func (g *graph) put(v vertex, r *Resource, like *graph) *SelfDependencyError {
	g.reserve(int(v) + 1)
	g.resources[v] = r
	if like != nil && int(v) < len(like.resources) && sameDependencies(like.resources[v], r) {
		g.edges[v] = like.edges[v]
		return nil
	}
	n := len(r.Dependencies) + len(r.TypeDependencies)
	if n == 0 {
		g.edges[v] = nil
		return nil
	}
	edges := g.room.Take(n)[:0]
	for i, d := range r.Dependencies {
		w := g.internNext(i, d)
		if w == v {
			return &SelfDependencyError{Resource: r.Identifier}
		}
		edges = append(edges, w)
	}
	for _, t := range r.TypeDependencies {
		if t == r.Identifier.Type {
			return &SelfDependencyError{Resource: r.Identifier, Type: t}
		}
		edges = append(edges, g.types[t])
	}
	g.edges[v] = edges
	return nil
}

// has tells whether the state has a resource for v.
func (g *graph) has(v vertex) bool { return int(v) < len(g.resources) && g.resources[v] != nil }

// out returns what v depends on: for the vertex of a type, the resources of the type.
func (g *graph) out(v vertex) []vertex {
	if g.isType[v] {
		return g.members[v]
	}
	if int(v) < len(g.edges) {
		return g.edges[v]
	}
	return nil
}

// counts tells whether v takes part in the graph: types always do, resources if the state has them.
func (g *graph) counts(v vertex) bool { return g.isType[v] || g.has(v) }

// missing returns an error for every dependency of v that the state does not have.
func (g *graph) missing(v vertex) []*MissingDependencyError {
	var found []*MissingDependencyError
	for _, w := range g.edges[v] {
		if !g.counts(w) {
			found = append(found, &MissingDependencyError{Resource: g.names[v], Dependency: g.names[w]})
		}
	}
	return found
}

func sameDependencies(a, b *Resource) bool {
	return a == b || a != nil && slices.Equal(a.Dependencies, b.Dependencies) &&
		slices.Equal(a.TypeDependencies, b.TypeDependencies)
}
