package resource

import (
	"errors"

	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/slab"
)

// graph is a state over an index: for each vertex the resource, if the state has it, and its edges.
type graph struct {
	*index
	resources []*Resource // nil: not in the state
	edges     [][]vertex  // to dependencies and to types depended on, whether or not they are in the state
	layers    []int32     // see layer.go; valid only once computed
	// selfish are the resources that depend on themselves. They have no edge for that.
	selfish map[vertex]*SelfDependencyError
	slab    slab.Slab[vertex]
}

// newGraph returns the graph of what the states give when each is merged onto those before it. Where a resource has
// the same dependencies in like, which may be nil, its edges are taken from there. That a resource depends on itself is a
// *SelfDependencyError, of the first one; the graph is complete all the same.
func newGraph(x *index, like *graph, states ...*State) (*graph, error) {
	size := len(x.names) + len(x.names)/8
	g := &graph{index: x, resources: make([]*Resource, 0, size), edges: make([][]vertex, 0, size)}
	var wrong *SelfDependencyError
	for _, s := range interrupt.Each(x.stop, states) {
		for at, r := range s.resources {
			if x.stop.Stopped() {
				break
			}
			v := vertex(at) // in the largest state
			if s != x.largest {
				v = x.intern(r.Identifier)
			}
			wrong = wrong.smaller(g.put(v, r, like))
		}
	}
	g.reserve(len(x.names))
	if err := x.stop.Err(); err != nil {
		return g, err
	}
	if wrong != nil {
		return g, wrong
	}
	return g, nil
}

// newRecords is newGraph of what is, whatever its resources say of themselves.
func newRecords(x *index, states ...*State) (*graph, error) {
	g, _ := newGraph(x, nil, states...)
	return g, x.stop.Err()
}

// reserve makes the slices long enough for n vertices.
func (g *graph) reserve(n int) {
	g.resources, g.edges = grown(g.resources, n), grown(g.edges, n)
}

// put sets the resource of v and its edges. That it depends on itself is the error, and no edge.
func (g *graph) put(v vertex, r *Resource, like *graph) *SelfDependencyError {
	g.reserve(int(v) + 1)
	g.resources[v] = r
	if like != nil && int(v) < len(like.resources) && g.sameDependencies(like.resources[v], r) {
		g.edges[v] = like.edges[v]
		return g.noteSelfish(v, like.selfish[v])
	}
	var wrong *SelfDependencyError
	edges := g.slab.Take(len(r.Dependencies) + len(r.TypeDependencies))[:0]
	for _, d := range r.Dependencies {
		if g.stop.Stopped() {
			return nil
		}
		w := g.intern(d)
		if w != v {
			edges = append(edges, w)
		} else if wrong == nil {
			wrong = &SelfDependencyError{Resource: r.Identifier}
		}
	}
	for _, t := range r.TypeDependencies {
		if g.stop.Stopped() {
			return nil
		}
		if t != r.Identifier.Type {
			edges = append(edges, g.types[t])
		} else if wrong == nil {
			wrong = &SelfDependencyError{Resource: r.Identifier, Type: t}
		}
	}
	g.edges[v] = edges
	return g.noteSelfish(v, wrong)
}

// noteSelfish notes, and returns, that v depends on itself, or nil if it does not.
func (g *graph) noteSelfish(v vertex, wrong *SelfDependencyError) *SelfDependencyError {
	delete(g.selfish, v)
	if wrong != nil {
		if g.selfish == nil {
			g.selfish = make(map[vertex]*SelfDependencyError)
		}
		g.selfish[v] = wrong
	}
	return wrong
}

// has tells whether the state has a resource for v.
func (g *graph) has(v vertex) bool { return int(v) < len(g.resources) && g.resources[v] != nil }

// out returns what v depends on: for a virtual vertex, its members.
func (g *graph) out(v vertex) []vertex {
	if g.isVirtual[v] {
		return g.behind[v]
	}
	if int(v) < len(g.edges) {
		return g.edges[v]
	}
	return nil
}

// counts tells whether v takes part in the graph: virtual vertices always do, resources if the state has them.
func (g *graph) counts(v vertex) bool { return g.isVirtual[v] || g.has(v) }

// isIncomplete tells whether v depends on what the state does not have.
func (g *graph) isIncomplete(v vertex) bool {
	return g.anyOf(g.edges[v], func(w vertex) bool { return !g.counts(w) })
}

// mostMissing is how many missing dependencies are named, at most.
const mostMissing = 100

// missingError joins what the given resources depend on and the state does not have, in identifier order, each once, so
// that the same input gives the same error; nil if nothing is missing. What is beyond mostMissing is only counted.
func (g *graph) missingError(incomplete []vertex) error {
	if len(incomplete) == 0 {
		return g.stop.Err()
	}
	interrupt.SortFunc(g.stop, incomplete, func(v, w vertex) int { return g.names[v].Compare(g.names[w]) })
	var errs []error
	var last *MissingDependencyError
	seen := make([]bool, len(g.names)) // as missing, for the resource that is being looked at
	for _, v := range interrupt.Each(g.stop, incomplete) {
		var missing []vertex
		for _, w := range interrupt.Each(g.stop, g.edges[v]) {
			if !g.counts(w) && !seen[w] {
				seen[w] = true
				missing = append(missing, w)
			}
		}
		if len(errs) < mostMissing {
			interrupt.SortFunc(g.stop, missing, func(v, w vertex) int { return g.names[v].Compare(g.names[w]) })
		}
		for _, w := range interrupt.Each(g.stop, missing) {
			if seen[w] = false; len(errs) < mostMissing {
				last = &MissingDependencyError{Resource: g.names[v], Dependency: g.names[w]}
				errs = append(errs, last)
			} else {
				last.More++
			}
		}
	}
	if err := g.stop.Err(); err != nil {
		return err
	}
	return errors.Join(errs...)
}

// sameDependencies tells whether both depend on the same, in the same order; a may be nil.
func (x *index) sameDependencies(a, b *Resource) bool {
	if a == b {
		return true
	}
	return a != nil && equal(x.stop, a.Dependencies, b.Dependencies) && equal(x.stop, a.TypeDependencies, b.TypeDependencies)
}
