package resource

import (
	"slices"

	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/slab"
)

// engine is one run: the current state, which changes as steps are planned, and the plans so far.
type engine struct {
	*index
	options PlanOptions
	current *graph
	pending []bool // by vertex: waits for its deletion
	plans   []Plan
	events  []Event // some of those of the plan in the making, see hold

	identifiers slab.Slab[Identifier] // for the causes of events
	typeNames   slab.Slab[Type]       // the same
	causing     []vertex              // scratch memory for causes

	step      int32
	eventStep []int32 // by vertex: the last step in which it, or a resource of the type, got an event
	owed      map[vertex][]vertex

	forceEarly bool
	forced     []bool // by vertex: had its turn to be forced; shorter than needed where none had

	diffs
}

func newEngine(stop *interrupt.Poller, options PlanOptions, start []*State, others ...*State) (*engine, error) {
	x, err := newIndex(stop, slices.Concat(start, others)...)
	if err != nil {
		return nil, err
	}
	current, err := newRecords(x, start...)
	if err != nil {
		return nil, err
	}
	e := &engine{index: x, options: options}
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
	var ids []Identifier
	var types []Type
	switch {
	case current.NeedsRecreate:
		does, reason = EventCreate, ReasonNeedsRecreate
	case current.Error != "":
		reason = ReasonHasError
	case force:
		reason = ReasonForceUpdate
	case len(e.owed[v]) > 0 || e.anyOf(edges, e.hasEvent):
		reason = ReasonDependencyUpdated
		ids, types = e.named(e.causes(v, edges))
	case len(diff) > 0:
		reason = ReasonHasDiff
	case !e.recordsLater(v) && !current.SameRecord(e.stop, wanted):
		reason = ReasonDependenciesChanged
	default:
		return Event{}, e.stop.Err()
	}
	return Event{
		Type: does, Resource: wanted.Wanted(), Reason: reason, Diff: diff, CausedBy: ids, CausedByTypes: types,
	}, e.stop.Err()
}

// recordsLater tells whether v gets no event only for what its record says: it is of such a type, and had no event in a
// step before, with which its record could have become what is wanted.
func (e *engine) recordsLater(v vertex) bool {
	return e.eventStep[v] == 0 && e.options.RecordsLater != nil && e.options.RecordsLater(e.names[v].Type)
}

// isForced tells whether v has had its turn to be updated, whether or not anything changed.
func (e *engine) isForced(v vertex) bool { return int(v) < len(e.forced) && e.forced[v] }

// hasEvent tells whether v, or a resource of the type, got an event in this step that what depends on it follows.
func (e *engine) hasEvent(v vertex) bool { return e.eventStep[v] == e.step }

// causes returns the dependencies of v that got an event in this step, or in one before while v had to wait: resources
// first, then types, both in order and each once. They last until the next call.
func (e *engine) causes(v vertex, edges []vertex) []vertex {
	found := e.causing[:0]
	found = append(found, e.owed[v]...)
	for _, w := range edges {
		if e.stop.Stopped() {
			break
		}
		if e.hasEvent(w) {
			found = append(found, w)
		}
	}
	interrupt.SortFunc(e.stop, found, e.compareCauses)
	causes := found[:0]
	for i, w := range found {
		if e.stop.Stopped() {
			break
		}
		if i == 0 || w != causes[len(causes)-1] {
			causes = append(causes, w)
		}
	}
	e.causing = found
	return causes
}

// compareCauses orders resources by their identifiers, and types, by their names, behind them.
func (e *engine) compareCauses(v, w vertex) int {
	switch {
	case e.isVirtual[v] == e.isVirtual[w]:
		return e.names[v].Compare(e.names[w])
	case e.isVirtual[v]:
		return 1
	}
	return -1
}

// named returns the names of causes.
func (e *engine) named(causes []vertex) (ids []Identifier, types []Type) {
	resources := 0
	for resources < len(causes) && !e.isVirtual[causes[resources]] && !e.stop.Stopped() {
		resources++
	}
	ids, types = e.identifiers.Take(resources), e.typeNames.Take(len(causes)-resources)
	for i, w := range interrupt.Each(e.stop, causes) {
		if i < resources {
			ids[i] = e.names[w]
		} else {
			types[i-resources] = e.names[w].Type
		}
	}
	return ids, types
}

// mark notes that v got an event in this step, unless nothing follows it.
func (e *engine) mark(v vertex, event Event) {
	if event.Reason == ReasonDependenciesChanged {
		return
	}
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
