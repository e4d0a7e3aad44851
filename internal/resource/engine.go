package resource

import (
	"slices"

	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/slab"
)

// engine is one run: the current state, which changes as steps are planned, and the plans so far.
type engine struct {
	*index
	current *graph
	pending []bool // by vertex: waits for its deletion
	plans   []Plan
	events  []Event // some of those of the plan in the making, see hold

	identifiers slab.Slab[Identifier] // for the causes of events
	causing     []Identifier          // scratch memory for causes

	step      int32
	eventStep []int32 // by vertex: the last step in which it, or a resource of the type, got an event
	owed      map[vertex][]Identifier

	diffs
}

func newEngine(stop *interrupt.Poller, start []*State, others ...*State) (*engine, error) {
	x, err := newIndex(stop, slices.Concat(start, others)...)
	if err != nil {
		return nil, err
	}
	current, err := newGraph(x, nil, start...)
	if err != nil {
		return nil, err
	}
	e := &engine{index: x}
	return e, e.adopt(current)
}

// adopt makes a graph the current one. What the caller marked in it stays marked.
func (e *engine) adopt(g *graph) error {
	e.current = g
	e.pending = make([]bool, len(e.names))
	for v, r := range g.resources {
		if e.stop.Stopped() {
			break
		}
		e.pending[v] = r != nil && r.PendingDeletion
	}
	return e.stop.Err()
}

// isPending tells whether v waits for its deletion.
func (e *engine) isPending(v vertex) bool { return int(v) < len(e.pending) && e.pending[v] }

// lengthen makes the slices that are indexed by vertices long enough for all there are.
func (e *engine) lengthen() {
	e.current.reserve(len(e.names))
	e.eventStep = grown(e.eventStep, len(e.names))
}

// decide applies the rules to v, of which current is what is (nil: nothing) and wanted what should be.
// The first rule that matches decides; without any the event is the zero value.
func (e *engine) decide(v vertex, current, wanted *Resource, edges []vertex, force bool) (Event, error) {
	if e.stop.Stopped() {
		return Event{}, e.stop.Err()
	}
	if current == nil {
		return Event{Type: EventCreate, Resource: wanted.Wanted(), Reason: ReasonDoesNotExist}, nil
	}
	if e.isPending(v) {
		return Event{}, nil
	}
	diff, err := DiffAttributes(e.stop, current, wanted)
	if err != nil {
		return Event{}, err
	}
	does, reason := EventUpdate, EventReason(0)
	var causes []Identifier
	switch {
	case current.NeedsRecreate:
		does, reason = EventCreate, ReasonNeedsRecreate
	case current.Error != "":
		reason = ReasonHasError
	case force:
		reason = ReasonForceUpdate
	case len(e.owed[v]) > 0 || e.anyOf(edges, e.hasEvent):
		reason = ReasonDependencyUpdated
		causes = e.causes(v, edges)
	case len(diff) > 0:
		reason = ReasonHasDiff
	default:
		return Event{}, e.stop.Err()
	}
	event := Event{Type: does, Resource: wanted.Wanted(), Reason: reason, CausedBy: causes, Diff: diff}
	return event, e.stop.Err()
}

// hasEvent tells whether v, or a resource of the type, got an event in this step.
func (e *engine) hasEvent(v vertex) bool { return e.eventStep[v] == e.step }

// causes names the dependencies of v that got an event in this step, or in one before while v had to
// wait, in order and each once.
func (e *engine) causes(v vertex, edges []vertex) []Identifier {
	ids := e.causing[:0]
	ids = append(ids, e.owed[v]...)
	for _, w := range edges {
		if e.stop.Stopped() {
			break
		}
		if !e.hasEvent(w) {
			continue
		}
		if !e.isVirtual[w] {
			ids = append(ids, e.names[w])
			continue
		}
		for _, concrete := range interrupt.Each(e.stop, e.behind[w]) {
			if e.hasEvent(concrete) {
				ids = append(ids, e.names[concrete])
			}
		}
	}
	e.causing = ids
	interrupt.SortFunc(e.stop, ids, Identifier.Compare)
	named := e.identifiers.Take(len(ids))[:0]
	for _, id := range interrupt.Each(e.stop, ids) {
		if len(named) == 0 || named[len(named)-1] != id {
			named = append(named, id)
		}
	}
	return slices.Clip(named)
}

// mark notes that v got an event in this step.
func (e *engine) mark(v vertex) {
	e.eventStep[v] = e.step
	delete(e.owed, v)
	if t, ok := e.types[e.names[v].Type]; ok {
		e.eventStep[t] = e.step
	}
}

// draft is a phase in the making: what happens to which vertices, in any order. Events are large: they are kept
// elsewhere until their order is known.
type draft []drafted

type drafted struct {
	vertex vertex
	event  *Event // in memory that is used again once the plan has been added
}

// hold drafts the event of v, until its plan is added.
func (e *engine) hold(v vertex, event Event) drafted {
	if len(e.events) == cap(e.events) {
		e.events = make([]Event, 0, min(max(16, 2*cap(e.events)), 1024))
	}
	e.events = append(e.events, event)
	return drafted{v, &e.events[len(e.events)-1]}
}

// addPlan keeps the phases that hold events, in order, and the plan if any phase is left.
func (e *engine) addPlan(drafts []draft) error {
	var phases []Phase
	for _, d := range interrupt.Each(e.stop, drafts) {
		if len(d) == 0 {
			continue
		}
		interrupt.SortFunc(e.stop, d, func(a, b drafted) int { return e.names[a.vertex].Compare(e.names[b.vertex]) })
		events := make([]Event, len(d))
		for i := range d {
			if e.stop.Stopped() {
				break
			}
			events[i] = *d[i].event
		}
		phases = append(phases, Phase{Events: events})
	}
	e.events = e.events[:0]
	if len(phases) > 0 {
		e.plans = append(e.plans, Plan{Phases: phases})
	}
	return e.stop.Err()
}
