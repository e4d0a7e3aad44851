package resource

import (
	"slices"

	"github.com/pgplanner/pgplanner/internal/interrupt"
)

// Constraint puts events of the last step into an order that no dependency asks for: those of all resources of Before
// come in earlier phases than those of all resources of After. It counts like a dependency of each of these on each of
// those, or, where it is about deletes, of each of those on each of these; but it causes no event, demands of nothing
// that it is there, and is found in no resource. What it names and is not there is ignored, and a resource that it
// puts before itself, directly or not, is in a CycleError. It costs as much as what it names, not the product.
type Constraint struct {
	Before, After []Identifier
}

// inCreates and inDeletes tell what depends on what because of a constraint.
func inCreates(c Constraint) (dependents, dependencies []Identifier) { return c.After, c.Before }
func inDeletes(c Constraint) (dependents, dependencies []Identifier) { return c.Before, c.After }

// constrained returns the graph with the constraints as edges, each over a virtual vertex. It is for layers only, and
// shares memory with g, which does not change.
func (g *graph) constrained(
	constraints []Constraint, read func(Constraint) (dependents, dependencies []Identifier),
) *graph {
	if len(constraints) == 0 {
		return g
	}
	c := &graph{index: g.index, resources: slices.Clip(g.resources), edges: slices.Clone(g.edges)}
	for _, constraint := range interrupt.Each(g.stop, constraints) {
		dependents, dependencies := read(constraint)
		between := g.addVirtual(Identifier{}, g.known(dependencies))
		for _, v := range interrupt.Each(g.stop, g.known(dependents)) {
			c.edges[v] = append(c.edges[v], between)
		}
	}
	return c
}

// constrainPending lets what waits for its deletion depend on what a constraint deletes after it. It gets no event that
// the constraint could cause.
func (e *engine) constrainPending(deletes []Constraint) {
	for _, constraint := range interrupt.Each(e.stop, deletes) {
		between := e.current.addVirtual(Identifier{}, e.known(constraint.After))
		for _, v := range interrupt.Each(e.stop, e.known(constraint.Before)) {
			if e.isPending(v) {
				e.alter(v, e.current.edges[v])
				e.current.edges[v] = append(slices.Clip(e.current.edges[v]), between)
			}
		}
	}
}

// known returns the vertices of those identifiers that the run has seen.
func (x *index) known(ids []Identifier) []vertex {
	var vs []vertex
	for _, id := range interrupt.Each(x.stop, ids) {
		if v, ok := x.find(id); ok {
			vs = append(vs, v)
		}
	}
	return vs
}
