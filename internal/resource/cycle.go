package resource

import (
	"errors"
	"slices"

	"github.com/pgplanner/pgplanner/internal/interrupt"
)

// cycle finds the cycle to report in a graph that has one. Whatever is left once all that depends on no
// cycle has been taken away leads into a cycle; from the smallest identifier there, the smallest
// dependency is followed until one comes again. Virtual vertices are seen through.
func (g *graph) cycle() error {
	left := g.entangled()
	var all []vertex
	for i, is := range interrupt.Each(g.stop, left) {
		if v := vertex(i); is && !g.isVirtual[v] {
			all = append(all, v)
		}
	}
	through := make(map[vertex]vertex, len(g.behind)) // the smallest member of each virtual vertex
	smallest := func(vs []vertex) vertex {
		best := vertex(-1)
		for _, v := range interrupt.Each(g.stop, vs) {
			if !left[v] {
				continue
			}
			if g.isVirtual[v] {
				v = through[v]
			}
			if best < 0 || g.names[v].Compare(g.names[best]) < 0 {
				best = v
			}
		}
		return best
	}
	for v, behind := range g.behind {
		if g.stop.Stopped() {
			break
		}
		through[v] = smallest(behind)
	}
	var path []Identifier
	seen := make(map[vertex]int)
	for v := smallest(all); !g.stop.Stopped(); v = smallest(g.out(v)) {
		if at, ok := seen[v]; ok {
			return g.cycleError(path[at:])
		}
		seen[v] = len(path)
		path = append(path, g.names[v])
	}
	return g.stop.Err()
}

// isCycle tells whether the error is that of a cycle.
func isCycle(err error) bool {
	var cycle *CycleError
	return errors.As(err, &cycle)
}

// entangled tells for each vertex whether a cycle can be reached from it.
func (g *graph) entangled() []bool {
	open := make([]int, len(g.names)) // how many of its edges lead to something not yet cleared
	into := make([][]vertex, len(g.names))
	left := make([]bool, len(g.names))
	var cleared []vertex
	for i := range interrupt.Each(g.stop, g.names) {
		v := vertex(i)
		if !g.counts(v) {
			continue
		}
		left[v] = true
		for _, w := range interrupt.Each(g.stop, g.out(v)) {
			if g.counts(w) {
				open[v]++
				into[w] = append(into[w], v)
			}
		}
		if open[v] == 0 {
			cleared = append(cleared, v)
		}
	}
	for len(cleared) > 0 && !g.stop.Stopped() {
		v := cleared[len(cleared)-1]
		cleared = cleared[:len(cleared)-1]
		left[v] = false
		for _, w := range interrupt.Each(g.stop, into[v]) {
			if open[w]--; open[w] == 0 {
				cleared = append(cleared, w)
			}
		}
	}
	return left
}

// cycleError is the error of a cycle, from its smallest identifier on.
func (g *graph) cycleError(cycle []Identifier) error {
	first := 0
	for i := range interrupt.Each(g.stop, cycle) {
		if cycle[i].Compare(cycle[first]) < 0 {
			first = i
		}
	}
	if err := g.stop.Err(); err != nil {
		return err
	}
	return &CycleError{Path: slices.Concat(cycle[first:], cycle[:first])}
}
