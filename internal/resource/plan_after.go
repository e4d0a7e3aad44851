package resource

import (
	"slices"

	"github.com/pgplanner/pgplanner/internal/interrupt"
)

// foreseeAfter notes what of the end has its turn in the step after the last one.
func (e *engine) foreseeAfter(after *State, end *graph) {
	if after == nil {
		return
	}
	e.after = make(map[vertex]bool)
	for r := range after.All(e.stop) {
		if v, ok := e.find(r.Identifier); ok && end.has(v) {
			e.after[v] = true
		}
	}
}

// isAfter tells whether v has its turn in the step after the last one.
func (e *engine) isAfter(v vertex) bool { return e.after[v] }

// planEnd plans the last step, and the one after it if there is anything for that.
func (e *engine) planEnd(end *graph, step wholeStep) error {
	if len(e.after) == 0 {
		return e.planState(end, step)
	}
	e.lengthen()
	end.reserve(len(e.names))
	if err := end.complete(); err != nil {
		return err
	}
	if e.owed == nil {
		e.owed = make(map[vertex][]vertex)
	}
	before, held := e.before(end)
	last := step
	last.idle = held
	edges := e.recordedEdges(held)
	if err := e.stop.Err(); err != nil {
		return err
	}
	if err := e.planState(before, last); err != nil {
		return err
	}
	e.release(end, edges)
	step.idle = make([]bool, len(e.names))
	for v := range interrupt.Each(e.stop, step.idle) {
		step.idle[v] = !e.isAfter(vertex(v))
	}
	return e.planState(end, step)
}

// before is the end as the last step leaves it: what comes after it is as it is, with all that this depends on by name,
// directly or not, and what a constraint deletes later. These are held, by vertex. They have no edges: nothing else that is wanted
// depends on them.
func (e *engine) before(end *graph) (before *graph, held []bool) {
	before = &graph{index: e.index, resources: slices.Clone(end.resources), edges: slices.Clone(end.edges)}
	held = make([]bool, len(e.names))
	var open []vertex
	for v := range vertex(len(e.names)) {
		if e.stop.Stopped() {
			break
		}
		if e.isAfter(v) {
			before.resources[v], before.edges[v] = nil, nil
			open = append(open, v)
		}
	}
	for len(open) > 0 && !e.stop.Stopped() {
		v := open[len(open)-1]
		open = open[:len(open)-1]
		isType := e.isVirtual[v] && e.names[v].Type != ""
		if held[v] || isType || !e.isAfter(v) && (end.has(v) || !e.current.counts(v)) {
			continue
		}
		held[v] = true
		before.resources[v] = e.current.resources[v]
		open = append(append(open, e.current.out(v)...), e.unaltered[v]...)
	}
	return before, held
}

// recordedEdges are the edges that the records of the vertices have.
func (e *engine) recordedEdges(of []bool) map[vertex][]vertex {
	edges := make(map[vertex][]vertex)
	for v := range interrupt.Each(e.stop, of) {
		if !of[v] || e.isVirtual[v] {
			continue
		}
		v := vertex(v)
		if recorded, altered := e.unaltered[v]; altered {
			edges[v] = recorded
		} else {
			edges[v] = e.current.edges[v]
		}
	}
	return edges
}

// release ends the last step: what was held is as its records say, remembers what it has to follow, and gives way if it
// only served.
func (e *engine) release(end *graph, edges map[vertex][]vertex) {
	e.unaltered, e.loosened, e.current.layers = nil, false, nil
	for v, recorded := range edges {
		if e.stop.Stopped() {
			return
		}
		e.current.edges[v] = recorded
		e.pending[v] = false
		if e.isAfter(v) {
			e.owed[v] = slices.Clone(e.causes(v, end.edges[v]))
		}
	}
}
