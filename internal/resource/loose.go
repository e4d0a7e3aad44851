package resource

import "github.com/pgplanner/pgplanner/internal/interrupt"

// Records may say of each other what cannot be: that they depend on each other. Where only their order matters, all that is
// in a cycle counts as one resource, with one layer, so that everything in it is done at once. Where they are planned,
// what was not asked for does not count.

// loose are the layers of a graph that has cycles.
type loose struct {
	*graph
	components
	ordered []vertex // by component: each after what it leads to
	isReal  []bool   // by component: a resource is in it
}

func (g *graph) loose() loose {
	l := loose{graph: g, components: g.components()}
	first := make([]int32, l.count+2)
	l.isReal = make([]bool, l.count+1)
	for v, c := range interrupt.Each(g.stop, l.of) {
		first[c+1]++
		l.isReal[c] = l.isReal[c] || !g.isVirtual[v]
	}
	for c := range l.count + 1 {
		if g.stop.Stopped() {
			return l
		}
		first[c+1] += first[c]
	}
	l.ordered = make([]vertex, len(l.of))
	for v, c := range interrupt.Each(g.stop, l.of) {
		l.ordered[first[c]] = vertex(v)
		first[c]++
	}
	return l
}

// edges calls see for the components of each edge of v that leads to another one, and with how much its own adds to a chain.
func (l loose) edges(v vertex, see func(from, to, adds int32)) {
	from, adds := l.of[v], int32(0)
	if l.isReal[from] {
		adds = 1
	}
	if from == 0 {
		return
	}
	for _, w := range interrupt.Each(l.stop, l.out(v)) {
		if to := l.of[w]; to != 0 && to != from {
			see(from, to, adds)
		}
	}
}

// creation returns the layers: see layer.go.
func (l loose) creation() []int32 {
	layers := make([]int32, l.count+1)
	for c := range layers {
		if l.stop.Stopped() {
			break
		}
		if layers[c] = noLayer; l.isReal[c] {
			layers[c] = 0
		}
	}
	for _, v := range interrupt.Each(l.stop, l.ordered) {
		l.edges(v, func(from, to, adds int32) { layers[from] = max(layers[from], layers[to]+adds) })
	}
	return l.byVertex(layers)
}

// deletion returns the length of the longest chain above each vertex, as deletionLayers does.
func (l loose) deletion() []int32 {
	above := make([]int32, l.count+1)
	for i := len(l.ordered) - 1; i >= 0 && !l.stop.Stopped(); i-- {
		l.edges(l.ordered[i], func(from, to, adds int32) { above[to] = max(above[to], above[from]+adds) })
	}
	return l.byVertex(above)
}

func (l loose) byVertex(ofComponent []int32) []int32 {
	layers := make([]int32, len(l.of))
	for v, c := range interrupt.Each(l.stop, l.of) {
		layers[v] = ofComponent[c]
	}
	return layers
}

// tiesConstraint tells whether a constraint is part of a cycle.
func (l loose) tiesConstraint() bool {
	size := make([]int32, l.count+1)
	for _, c := range interrupt.Each(l.stop, l.of) {
		size[c]++
	}
	for v, c := range interrupt.Each(l.stop, l.of) {
		if c != 0 && size[c] > 1 && l.isVirtual[v] && l.names[v].Type == "" {
			return true
		}
	}
	return false
}

// loosen takes out of the graph the edges inside cycles, but for those that lasting returns for a vertex. It returns the
// edges that such vertices had before.
func (g *graph) loosen(lasting func(v vertex) map[vertex]bool) map[vertex][]vertex {
	before := make(map[vertex][]vertex)
	of := g.components().of
	for i := range g.edges {
		v := vertex(i)
		if g.stop.Stopped() {
			break
		}
		if !g.has(v) || !g.anyOf(g.edges[v], func(w vertex) bool { return of[w] == of[v] }) {
			continue
		}
		stays := lasting(v)
		edges := make([]vertex, 0, len(g.edges[v]))
		for _, w := range interrupt.Each(g.stop, g.edges[v]) {
			if of[w] != of[v] || stays[w] {
				edges = append(edges, w)
			}
		}
		before[v], g.edges[v] = g.edges[v], edges
	}
	g.layers = nil
	return before
}
