package resource

import "github.com/pgplanner/pgplanner/internal/interrupt"

// The layer of a resource is the length of its longest chain of dependencies inside the state; those that
// the state does not have do not count. The layer of a virtual vertex is the highest of its members', so
// that what depends on it stands above all of them; noLayer if it has none.
const (
	noLayer   int32 = -1
	unvisited int32 = -2
	onPath    int32 = -3
)

// layerAll computes the layers of the whole graph, unless they are known.
func (g *graph) layerAll() error {
	if g.layers != nil {
		return nil
	}
	all := make([]vertex, 0, len(g.names))
	for v := range vertex(len(g.names)) {
		if g.stop.Stopped() {
			break
		}
		if g.counts(v) {
			all = append(all, v)
		}
	}
	return g.relayer(all)
}

// relayer computes the layers of the given vertices anew. All that depends on one of them, directly or
// not, must be among them.
func (g *graph) relayer(vs []vertex) error {
	g.reserve(len(g.names))
	known := len(g.layers)
	g.layers = grown(g.layers, len(g.names))
	for v := known; v < len(g.layers) && !g.stop.Stopped(); v++ {
		g.layers[v] = noLayer
	}
	for _, v := range vs {
		if g.stop.Stopped() {
			break
		}
		g.layers[v] = unvisited
	}
	var path []layering
	for _, v := range vs {
		if g.stop.Stopped() {
			break
		}
		if g.layers[v] != unvisited {
			continue
		}
		path = append(path[:0], layering{vertex: v})
		g.layers[v] = onPath
		for len(path) > 0 && !g.stop.Stopped() {
			var cyclic bool
			if path, cyclic = g.layerNext(path); cyclic {
				return g.cycle()
			}
		}
	}
	return g.stop.Err()
}

// layering is a vertex whose layer is being computed: that of the edges before next is in highest.
type layering struct {
	vertex  vertex
	next    int
	highest int32 // of what it depends on, plus one, so that the zero value means none
}

// layerNext goes one step on a depth-first path: down to a dependency whose layer is not known, or up.
func (g *graph) layerNext(path []layering) (_ []layering, cyclic bool) {
	top := &path[len(path)-1]
	out := g.out(top.vertex)
	for ; top.next < len(out) && !g.stop.Stopped(); top.next++ {
		w := out[top.next]
		if !g.counts(w) {
			continue
		}
		switch g.layers[w] {
		case onPath:
			return nil, true
		case unvisited:
			g.layers[w] = onPath
			return append(path, layering{vertex: w}), false
		default:
			top.highest = max(top.highest, g.layers[w]+1)
		}
	}
	g.layers[top.vertex] = top.highest
	if g.isVirtual[top.vertex] {
		g.layers[top.vertex]--
	}
	return path[:len(path)-1], false
}

// byLayer returns the vertices of all resources in the graph, lowest layer first. The layers must be known.
func (g *graph) byLayer() [][]vertex {
	var layers [][]vertex
	for v, r := range g.resources {
		if g.stop.Stopped() {
			return nil
		}
		if r != nil {
			layers = grown(layers, int(g.layers[v])+1)
			layers[g.layers[v]] = append(layers[g.layers[v]], vertex(v))
		}
	}
	return layers
}

// deletionLayers returns, for each vertex, the length of the longest chain of resources that depend on it:
// what has the lowest number goes first. The graph's own layers give the order in which to look at them.
func (g *graph) deletionLayers() ([]int32, error) {
	if err := g.layerAll(); err != nil {
		return nil, err
	}
	above := make([]int32, len(g.names))
	virtual := make(map[int32][]vertex, len(g.behind))
	for t := range g.behind {
		if g.stop.Stopped() {
			break
		}
		if int(t) < len(g.layers) {
			virtual[g.layers[t]] = append(virtual[g.layers[t]], t)
		}
	}
	layers := g.byLayer()
	for layer := len(layers) - 1; layer >= 0 && !g.stop.Stopped(); layer-- {
		// A virtual vertex stands on its members and below its dependents: between this layer and the next.
		for _, t := range interrupt.Each(g.stop, virtual[int32(layer)]) {
			g.raise(above, t, above[t])
		}
		for _, v := range layers[layer] {
			if g.stop.Stopped() {
				break
			}
			g.raise(above, v, above[v]+1)
		}
	}
	return above, g.stop.Err()
}

// raise lets all that v depends on have at least so much above it.
func (g *graph) raise(above []int32, v vertex, least int32) {
	for _, w := range g.out(v) {
		if g.stop.Stopped() {
			return
		}
		above[w] = max(above[w], least)
	}
}

// groupByLayer groups resources by the given numbers, in identifier order inside a group.
func (g *graph) groupByLayer(layers []int32) ([][]*Resource, error) {
	var groups [][]*Resource
	for v, r := range g.resources {
		if g.stop.Stopped() {
			break
		}
		if r != nil {
			groups = grown(groups, int(layers[v])+1)
			groups[layers[v]] = append(groups[layers[v]], r)
		}
	}
	for _, group := range interrupt.Each(g.stop, groups) {
		interrupt.SortFunc(g.stop, group, (*Resource).Compare)
	}
	return groups, g.stop.Err()
}
