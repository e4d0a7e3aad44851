package resource

import "slices"

// The layer of a resource is the length of its longest chain of dependencies inside the state; those that
// the state does not have do not count. The layer of a type's vertex is the highest of its members', so
// that what depends on the type stands above all of them; noLayer if it has none.
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
	for len(g.layers) < len(g.names) {
		g.layers = append(g.layers, noLayer)
	}
	for _, v := range vs {
		g.layers[v] = unvisited
	}
	var path []layering
	for _, v := range vs {
		if g.layers[v] != unvisited {
			continue
		}
		path = append(path[:0], layering{vertex: v})
		g.layers[v] = onPath
		for len(path) > 0 {
			var cyclic bool
			if path, cyclic = g.layerNext(path); cyclic {
				return g.cycle()
			}
		}
	}
	return nil
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
	for ; top.next < len(out); top.next++ {
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
	if g.isType[top.vertex] {
		g.layers[top.vertex]--
	}
	return path[:len(path)-1], false
}

// byLayer returns the vertices of all resources in the graph, lowest layer first. The layers must be known.
func (g *graph) byLayer() [][]vertex {
	var count []int
	for v, r := range g.resources {
		if r == nil {
			continue
		}
		for int(g.layers[v]) >= len(count) {
			count = append(count, 0)
		}
		count[g.layers[v]]++
	}
	layers := make([][]vertex, len(count))
	for i, n := range count {
		layers[i] = make([]vertex, 0, n)
	}
	for v, r := range g.resources {
		if r != nil {
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
	typesOf := make(map[int32][]vertex, len(g.types))
	for _, t := range g.types {
		typesOf[g.layers[t]] = append(typesOf[g.layers[t]], t)
	}
	layers := g.byLayer()
	for layer := len(layers) - 1; layer >= 0; layer-- {
		// A type stands on its members and below its dependents: between this layer and the next.
		for _, t := range typesOf[int32(layer)] {
			for _, w := range g.out(t) {
				above[w] = max(above[w], above[t])
			}
		}
		for _, v := range layers[layer] {
			for _, w := range g.edges[v] {
				above[w] = max(above[w], above[v]+1)
			}
		}
	}
	return above, nil
}

// cycle finds the cycle to report in a graph that has one. Whatever is left once all that depends on no
// cycle has been taken away leads into a cycle; from the smallest identifier there, the smallest
// dependency is followed until one comes again.
func (g *graph) cycle() error {
	left := g.entangled()
	smallest := func(vs []vertex) vertex {
		best := vertex(-1)
		for _, v := range vs {
			if left[v] && (best < 0 || g.names[v].Compare(g.names[best]) < 0) {
				best = v
			}
		}
		return best
	}
	var candidates []vertex
	for v := range vertex(len(g.names)) {
		if left[v] && !g.isType[v] {
			candidates = append(candidates, v)
		}
	}
	var path []vertex
	seen := make(map[vertex]int)
	for v := smallest(candidates); ; v = smallest(g.out(v)) {
		if at, ok := seen[v]; ok {
			return &CycleError{Path: g.cyclePath(path[at:])}
		}
		seen[v] = len(path)
		path = append(path, v)
	}
}

// entangled tells for each vertex whether a cycle can be reached from it.
func (g *graph) entangled() []bool {
	open := make([]int, len(g.names)) // how many of its edges lead to something not yet cleared
	into := make([][]vertex, len(g.names))
	left := make([]bool, len(g.names))
	var cleared []vertex
	for v := range vertex(len(g.names)) {
		if !g.counts(v) {
			continue
		}
		left[v] = true
		for _, w := range g.out(v) {
			if g.counts(w) {
				open[v]++
				into[w] = append(into[w], v)
			}
		}
		if open[v] == 0 {
			cleared = append(cleared, v)
		}
	}
	for len(cleared) > 0 {
		v := cleared[len(cleared)-1]
		cleared = cleared[:len(cleared)-1]
		left[v] = false
		for _, w := range into[v] {
			if open[w]--; open[w] == 0 {
				cleared = append(cleared, w)
			}
		}
	}
	return left
}

// cyclePath names the resources of a cycle, without the types in between, from the smallest on.
func (g *graph) cyclePath(cycle []vertex) []Identifier {
	var path []Identifier
	first := 0
	for _, v := range cycle {
		if g.isType[v] {
			continue
		}
		path = append(path, g.names[v])
		if g.names[v].Compare(path[first]) < 0 {
			first = len(path) - 1
		}
	}
	return slices.Concat(path[first:], path[:first])
}
