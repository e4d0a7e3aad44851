package resource

import (
	"slices"

	"github.com/pgplanner/pgplanner/internal/interrupt"
)

// PlanAll plans from start to the first wanted state, from there to the second, and so on. Plans without
// any event are left out; ForceUpdate applies only to the last step. It costs as much as reading all the
// states once. In each wanted state, a dependency that is not there, a dependency of a resource on itself
// or on its own type, and a cycle are errors; in start they are not: what is in a cycle there is deleted at once. None
// of the states is changed.
func PlanAll(stop *interrupt.Poller, start *State, options PlanOptions, wanted ...*State) ([]Plan, error) {
	merged := make([][]*State, len(wanted))
	for i := range interrupt.Each(stop, wanted) {
		merged[i] = wanted[i : i+1]
	}
	return PlanMerged(stop, start, options, merged...)
}

// PlanMerged is PlanAll for wanted states of which each is what its parts, at least one, give when they are merged,
// one onto the other. The merged states are never made. A resource of any part that depends on itself or on its own
// type is an error.
func PlanMerged(stop *interrupt.Poller, start *State, options PlanOptions, wanted ...[]*State) ([]Plan, error) {
	var plans []Plan
	from := []*State{start}
	for len(wanted) > stepsPerRun {
		some, err := planRun(stop, from, PlanOptions{}, wanted[:stepsPerRun])
		if err != nil {
			return nil, err
		}
		plans = append(plans, some...)
		from, wanted = wanted[stepsPerRun-1], wanted[stepsPerRun:]
	}
	last, err := planRun(stop, from, options, wanted)
	if err != nil {
		return nil, err
	}
	return append(plans, last...), nil
}

// stepsPerRun is how many whole states a run goes through, at most: each of its steps goes over all identifiers of all
// of them.
const stepsPerRun = 16

// planRun plans from a state, which is given in parts like all others, through a few others.
func planRun(stop *interrupt.Poller, from []*State, options PlanOptions, wanted [][]*State) ([]Plan, error) {
	e, err := newEngine(stop, options, from, slices.Concat(wanted...)...)
	if err != nil {
		return nil, err
	}
	for i, parts := range wanted {
		force := options.ForceUpdate && i == len(wanted)-1
		state, err := newGraph(e.index, e.current, parts...)
		if err != nil {
			return nil, err
		}
		if err := e.planState(state, wholeStep{force: force}); err != nil {
			return nil, err
		}
	}
	return e.plans, stop.Err()
}

// wholeStep is what a step to a whole state may have of its own.
type wholeStep struct {
	force            bool
	creates, deletes []Constraint
	// idle are, by vertex, those that get no create or update but for what they depend on; nil: none.
	idle []bool
}

// planState plans the step to a complete wanted state: creates and updates by layer, then the deletes of all
// that it does not have. Afterwards it is the current state.
func (e *engine) planState(wanted *graph, step wholeStep) error {
	e.step++
	e.lengthen()
	wanted.reserve(len(e.names))
	if err := wanted.complete(); err != nil {
		return err
	}
	ordered := wanted.constrained(step.creates, inCreates)
	if err := ordered.layerAll(); err != nil {
		return err
	}
	phases, err := e.puts(wanted, ordered.byLayer(), step)
	if err != nil {
		return err
	}
	deletes, err := e.deletes(wanted, step.deletes)
	if err != nil {
		return err
	}
	if err := e.addPlan(append(phases, deletes...)); err != nil {
		return err
	}
	return e.adopt(wanted)
}

// complete refuses a graph in which a resource depends on one that is not there.
func (g *graph) complete() error {
	var incomplete []vertex
	for v, r := range g.resources {
		if g.stop.Stopped() {
			break
		}
		if r != nil && g.isIncomplete(vertex(v)) {
			incomplete = append(incomplete, vertex(v))
		}
	}
	return g.missingError(incomplete)
}

// puts returns a phase of creates and updates for each of the layers.
func (e *engine) puts(wanted *graph, layers [][]vertex, step wholeStep) ([]draft, error) {
	phases := make([]draft, len(layers))
	for i, layer := range layers {
		for _, v := range layer {
			isIdle := step.idle != nil && step.idle[v]
			if isIdle && !e.anyOf(wanted.edges[v], e.hasEvent) {
				continue
			}
			force := step.force && !isIdle && !e.isForced(v)
			event, err := e.decide(v, e.current.resources[v], wanted.resources[v], wanted.edges[v], force)
			if err != nil {
				return nil, err
			}
			if event.Type != 0 {
				e.mark(v, event)
				phases[i] = append(phases[i], e.hold(v, event))
			}
		}
	}
	return phases, e.stop.Err()
}

// deletionLayers are those of the current state under constraints. Where records contradict each other, all of them count
// as one, or, where a constraint has to come between them, in no order.
func (e *engine) deletionLayers(constraints []Constraint) ([]int32, error) {
	if e.loosened {
		e.restoreRecords()
	}
	g := e.current.constrained(constraints, inDeletes)
	layers, err := g.deletionLayers()
	if !isCycle(err) {
		return layers, err
	}
	if l := g.loose(); !l.tiesConstraint() {
		return l.deletion(), e.stop.Err()
	}
	e.restoreRecords()
	e.current.loosen(func(vertex) map[vertex]bool { return nil })
	return e.current.constrained(constraints, inDeletes).deletionLayers()
}

// restoreRecords gives all records in the current graph their own edges.
func (e *engine) restoreRecords() {
	for v, edges := range e.unaltered {
		if e.stop.Stopped() {
			return
		}
		e.current.edges[v] = edges
	}
	e.current.layers = nil
}

// deletes returns phases that delete what is current and not wanted, dependents before what they depend
// on. A resource that stays counts in the order, too, as it may connect two that go. Those in a cycle go at once.
func (e *engine) deletes(wanted *graph, constraints []Constraint) ([]draft, error) {
	var leftovers []vertex
	for v, r := range e.current.resources {
		if e.stop.Stopped() {
			break
		}
		if r != nil && wanted.resources[v] == nil {
			leftovers = append(leftovers, vertex(v))
		}
	}
	if len(leftovers) == 0 {
		return nil, e.stop.Err()
	}
	layers, err := e.deletionLayers(constraints)
	if err != nil {
		return nil, err
	}
	var phases []draft
	for _, v := range interrupt.Each(e.stop, leftovers) {
		phases = grown(phases, int(layers[v])+1)
		event := Event{Type: EventDelete, Resource: e.current.resources[v], Reason: ReasonNotDesired}
		phases[layers[v]] = append(phases[layers[v]], e.hold(v, event))
	}
	return phases, e.stop.Err()
}
