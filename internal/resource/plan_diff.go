package resource

import (
	"slices"

	"github.com/pgplanner/pgplanner/internal/interrupt"
)

// diffs is what a run remembers while it goes through diffs.
type diffs struct {
	group      int32   // that of the step, from 1
	firstGroup []int32 // by vertex: the first group that holds it, 0 if none does; may be shorter than needed
	prompt     *State
	dependents [][]vertex // by vertex; may hold more than depend on it now, never less
	queued     []int32    // by vertex: the last step in which it became a candidate
	candidates [][]vertex // by layer
	replaced   []replaced // by vertex
	sound      []sound    // by vertex
	path       []checked  // scratch memory for isSound

	end   *graph
	after map[vertex]bool // what has its turn in the step after the last one
	// unaltered are the edges that the records have, of those vertices in the current graph that have others.
	unaltered map[vertex][]vertex
	loosened  bool // whether edges were taken out because of a cycle
}

// replaced is what the diff of a step has put a resource in the place of. It says nothing in another step.
type replaced struct {
	step     int32
	resource *Resource
}

// prepareDiffs readies the current graph for diffs: its layers, and who depends on whom.
func (e *engine) prepareDiffs() error {
	e.lengthen()
	if err := e.allowCycle(e.current.layerAll()); err != nil {
		return err
	}
	e.owed = make(map[vertex][]vertex)
	return e.enterAll()
}

// allowCycle looks at the error of computing layers. If it is a cycle, what records say in it does not count, unless the
// end says so, too, and the layers are computed again.
func (e *engine) allowCycle(err error) error {
	if !isCycle(err) {
		return err
	}
	e.loosened = true
	for v, edges := range e.current.loosen(e.lastingEdges) {
		if e.stop.Stopped() {
			break
		}
		e.alter(v, edges)
	}
	return e.current.layerAll()
}

// lastingEdges are those of a vertex that are wanted: a diff has put it there, or the end has them, too.
func (e *engine) lastingEdges(v vertex) map[vertex]bool {
	var edges []vertex
	switch {
	case int(v) < len(e.replaced) && e.replaced[v].step > 0:
		edges = e.current.edges[v]
	case e.end.has(v):
		edges = e.end.edges[v]
	}
	lasting := make(map[vertex]bool, len(edges))
	for _, w := range interrupt.Each(e.stop, edges) {
		lasting[w] = true
	}
	return lasting
}

// alter remembers the edges that the record of v has, before it gets others.
func (e *engine) alter(v vertex, edges []vertex) {
	if e.unaltered == nil {
		e.unaltered = make(map[vertex][]vertex)
	}
	if _, ok := e.unaltered[v]; !ok {
		e.unaltered[v] = edges
	}
}

// enterAll fills dependents from the edges of the current graph. One array holds them all; a list that
// grows later leaves it.
func (e *engine) enterAll() error {
	count := make([]int32, len(e.names))
	total := 0
	for v := range vertex(len(e.names)) {
		if e.stop.Stopped() {
			break
		}
		for _, w := range e.current.out(v) {
			if e.stop.Stopped() {
				break
			}
			count[w]++
			total++
		}
	}
	backing := make([]vertex, total)
	e.dependents = make([][]vertex, len(e.names))
	for v, n := range count {
		if e.stop.Stopped() {
			return e.stop.Err()
		}
		e.dependents[v], backing = backing[:0:n], backing[n:]
	}
	for v := range vertex(len(e.names)) {
		if e.stop.Stopped() {
			break
		}
		for _, w := range e.current.out(v) {
			if e.stop.Stopped() {
				break
			}
			e.dependents[w] = append(e.dependents[w], v)
		}
	}
	return e.stop.Err()
}

// planDiff plans one step: the diff is merged onto the current state, and its resources, and whatever
// depends on one that gets an event, are looked at layer by layer.
func (e *engine) planDiff(diff *State) error {
	e.step++
	merged, err := e.merge(diff)
	if err != nil {
		return err
	}
	for _, v := range interrupt.Each(e.stop, merged) {
		e.enqueue(v)
	}
	var phases []draft
	var incomplete []vertex
	for layer := 0; layer < len(e.candidates) && !e.stop.Stopped(); layer++ {
		var phase draft
		for _, v := range e.candidates[layer] {
			event, err := e.consider(v)
			if err != nil {
				return err
			}
			if event.Type != 0 {
				if e.current.isIncomplete(v) {
					incomplete = append(incomplete, v)
				}
				phase = append(phase, e.hold(v, event))
			}
		}
		e.candidates[layer] = e.candidates[layer][:0]
		if len(phase) > 0 {
			phases = append(phases, phase)
		}
	}
	if err := e.current.missingError(incomplete); err != nil {
		return err
	}
	return e.addPlan(phases)
}

// merge puts the resources of the diff into the current graph, but those that wait for their deletion or for the step after
// the last one, and returns what it has put there. It remembers what they take the place of, and computes layers that change.
func (e *engine) merge(diff *State) (merged []vertex, err error) {
	g := e.current
	var changed []vertex
	var wrong *SelfDependencyError
	for _, r := range diff.resources {
		if e.stop.Stopped() {
			break
		}
		v := e.intern(r.Identifier)
		e.lengthenDiffs()
		if e.isPending(v) || e.isAfter(v) {
			continue
		}
		old := g.resources[v]
		e.replaced[v] = replaced{e.step, old}
		merged = append(merged, v)
		if _, altered := e.unaltered[v]; !altered && g.selfish[v] == nil && e.sameDependencies(old, r) {
			g.resources[v] = r.Wanted()
			continue
		}
		delete(e.unaltered, v)
		if problem := g.put(v, r.Wanted(), nil); problem != nil {
			wrong = wrong.smaller(problem)
			continue
		}
		e.enter(v)
		changed = append(changed, v)
	}
	if err := e.stop.Err(); err != nil {
		return nil, err
	}
	if wrong != nil {
		return nil, wrong
	}
	return merged, e.relayerFrom(changed)
}

// lengthenDiffs is lengthen, for what is needed with diffs too.
func (e *engine) lengthenDiffs() {
	e.lengthen()
	n := len(e.names)
	e.dependents, e.queued = grown(e.dependents, n), grown(e.queued, n)
	e.replaced, e.sound = grown(e.replaced, n), grown(e.sound, n)
}

// enter adds v as a dependent of all that it depends on, and as a member of its type.
func (e *engine) enter(v vertex) {
	e.lengthenDiffs()
	for _, w := range e.current.edges[v] {
		if e.stop.Stopped() {
			return
		}
		e.dependents[w] = append(e.dependents[w], v)
	}
	if t, ok := e.types[e.names[v].Type]; ok && !contains(e.stop, e.dependents[v], t) {
		e.dependents[v] = append(e.dependents[v], t)
	}
}

// relayerFrom computes anew the layers of the given vertices and of all that depends on them.
func (e *engine) relayerFrom(changed []vertex) error {
	if len(changed) == 0 {
		return nil
	}
	seen := make(map[vertex]bool, len(changed))
	region := changed
	for _, v := range interrupt.Each(e.stop, changed) {
		seen[v] = true
	}
	for i := 0; i < len(region) && !e.stop.Stopped(); i++ {
		for _, w := range e.dependents[region[i]] {
			if e.stop.Stopped() {
				return e.stop.Err()
			}
			if e.current.counts(w) && !seen[w] {
				seen[w] = true
				region = append(region, w)
			}
		}
	}
	return e.allowCycle(e.current.relayer(region))
}

// enqueue makes v a candidate of this step, once.
func (e *engine) enqueue(v vertex) {
	if e.queued[v] == e.step {
		return
	}
	e.queued[v] = e.step
	layer := e.current.layers[v]
	e.candidates = grown(e.candidates, int(layer)+1)
	e.candidates[layer] = append(e.candidates[layer], v)
}

// consider decides on a candidate, as decide does. If it gets an event, it counts as done, and what depends on it is a
// candidate, too.
func (e *engine) consider(v vertex) (Event, error) {
	now := e.current.resources[v]
	old, force := now, false
	if was := e.replaced[v]; was.step == e.step {
		old = was.resource
		force = e.forceEarly && !e.isForced(v)
	} else if e.mustWait(v) {
		e.owed[v] = slices.Clone(e.causes(v, e.current.edges[v]))
		return Event{}, e.stop.Err()
	}
	if force {
		e.forced = grown(e.forced, len(e.names))
		e.forced[v] = true
	}
	event, err := e.decide(v, old, now, e.current.edges[v], force)
	if err != nil || event.Type == 0 {
		return Event{}, err
	}
	e.current.resources[v] = event.Resource
	e.mark(v, event)
	if e.hasEvent(v) {
		e.enqueueDependents(v)
	}
	return event, e.stop.Err()
}

// mustWait tells whether v, which the step's diff does not hold, has its turn later.
func (e *engine) mustWait(v vertex) bool {
	if e.isAfter(v) || int(v) < len(e.firstGroup) && e.firstGroup[v] > e.group && !e.isPrompt(v) {
		return true
	}
	for _, w := range e.current.edges[v] {
		if e.stop.Stopped() || !e.isSound(w) {
			return true
		}
	}
	return false
}

// isPrompt tells whether v never waits for the group that holds it.
func (e *engine) isPrompt(v vertex) bool {
	return e.prompt != nil && e.prompt.Has(e.names[v])
}

// enqueueDependents makes all that depends on v, or on its type, candidates.
func (e *engine) enqueueDependents(v vertex) {
	for _, w := range e.dependents[v] {
		if e.stop.Stopped() {
			return
		}
		switch {
		case e.queued[w] == e.step:
		case e.isVirtual[w]:
			e.queued[w] = e.step
			e.enqueueDependents(w)
		case e.current.has(w) && !e.isPending(w) && e.dependsOn(w, v):
			e.enqueue(w)
		}
	}
}

// dependsOn tells whether v depends on w, or on the type that w stands for.
func (e *engine) dependsOn(v, w vertex) bool { return contains(e.stop, e.current.out(v), w) }
