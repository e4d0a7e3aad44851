package resource

// components are groups of vertices: two are in the same one if each leads to the other, so that they are in a cycle. They
// are numbered from 1, each after those that it leads to.
type components struct {
	of    []int32 // by vertex; 0 for what is not in the graph
	count int
}

// componentSearch finds components, depth first, without recursion: chains may be long. It is Tarjan's algorithm.
type componentSearch struct {
	*graph
	found  []int32  // by vertex: when it was found, from 1; 0: not yet
	lowest []int32  // by vertex: the earliest that it leads to, of those that have no component yet
	of     []int32  // by vertex: its component; 0: none yet
	open   []vertex // those that have been found and have no component yet
	path   []checked
	clock  int32
	number int32 // of the component that was found last
}

// components returns the components of the graph.
func (g *graph) components() components {
	n := len(g.names)
	s := componentSearch{graph: g, found: make([]int32, n), lowest: make([]int32, n), of: make([]int32, n)}
	for v := range vertex(n) {
		if g.stop.Stopped() {
			break
		}
		if g.counts(v) && s.found[v] == 0 {
			s.enter(v)
			for len(s.path) > 0 && !g.stop.Stopped() {
				s.next()
			}
		}
	}
	return components{of: s.of, count: int(s.number)}
}

// enter goes down to a vertex that has just been found.
func (s *componentSearch) enter(v vertex) {
	s.clock++
	s.found[v], s.lowest[v] = s.clock, s.clock
	s.open = append(s.open, v)
	s.path = append(s.path, checked{vertex: v})
}

// next goes one step on the path: down to something that was not found yet, or up.
func (s *componentSearch) next() {
	top := &s.path[len(s.path)-1]
	v, out := top.vertex, s.out(top.vertex)
	if top.next < len(out) {
		w := out[top.next]
		top.next++
		switch {
		case !s.counts(w):
		case s.found[w] == 0:
			s.enter(w)
		case s.of[w] == 0:
			s.lowest[v] = min(s.lowest[v], s.found[w])
		}
		return
	}
	s.path = s.path[:len(s.path)-1]
	if len(s.path) > 0 {
		below := s.path[len(s.path)-1].vertex
		s.lowest[below] = min(s.lowest[below], s.lowest[v])
	}
	if s.lowest[v] < s.found[v] {
		return
	}
	s.number++
	for s.of[v] == 0 && !s.stop.Stopped() {
		last := len(s.open) - 1
		s.of[s.open[last]] = s.number
		s.open = s.open[:last]
	}
}
