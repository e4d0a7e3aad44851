package resource

import (
	"errors"
	"slices"

	"github.com/pgplanner/pgplanner/internal/slab"
)

// PlanAll plans from start to the first wanted state, from there to the second, and so on. Plans without
// any event are left out; ForceUpdate applies only to the last step. It costs as much as reading all the
// states once. In each wanted state, a dependency that is not there, a dependency of a resource on itself
// or on its own type, and a cycle are errors. None of the states is changed.
func PlanAll(start *State, options PlanOptions, wanted ...*State) ([]Plan, error) {
	merged := make([][]*State, len(wanted))
	for i := range wanted {
		merged[i] = wanted[i : i+1]
	}
	return PlanMerged(start, options, merged...)
}

// PlanMerged is PlanAll for wanted states of which each is what its parts, at least one, give when they are merged,
// one onto the other. The merged states are never made. A resource of any part that depends on itself or on its own
// type is an error.
func PlanMerged(start *State, options PlanOptions, wanted ...[]*State) ([]Plan, error) {
	p, err := newPlanning(start, options, slices.Concat(wanted...)...)
	if err != nil {
		return nil, err
	}
	for i, parts := range wanted {
		force := options.ForceUpdate && i == len(wanted)-1
		wanted, err := newGraph(p.index, p.current, parts...)
		if err != nil {
			return nil, err
		}
		if err := p.settle(wanted, force); err != nil {
			return nil, err
		}
	}
	return p.plans, nil
}

// Steps is a way from one state to another.
type Steps struct {
	// Groups are the diffs, each a step that is merged onto what the steps before it left. A group is what
	// belongs together. Nil diffs are skipped.
	Groups [][]*State
	// Prompt has the resources that never wait for the group that holds them; nil: none.
	Prompt *State
	// End is the state after the last step. It is complete.
	End *State
}

// PlanSteps plans from start through the steps to their end. It costs as much as reading start, diffs and
// end once and writing down the events, whatever the number of diffs. Empty plans are left out, inputs never
// changed.
//
// Its rules beyond those of PlanAll:
//   - What start has, and neither a diff nor end has, is pending deletion, and nothing else is, whatever
//     start says: it never gets another event than the delete in the last step.
//   - What start has as needing recreation, and end has too, counts as not there, so that it is created in
//     the step in which it would be created if it had never been.
//   - In a step, only the resources of its diff and what depends on something planned in that step can get
//     an event, and only resources that get an event must have their dependencies: leftovers never block.
//   - What only depends on something planned waits if a later group is the first to hold it and it is not
//     prompt, or if something that it depends on, directly or not, is missing or has failed. It is planned in that group,
//     or once what was missing is planned, or in the last step, and does not forget why.
//   - What a step has planned counts as done afterwards: a resource that failed is planned once.
//   - ForceUpdate applies to the last step.
func PlanSteps(start *State, options PlanOptions, steps Steps) ([]Plan, error) {
	states := append(slices.Concat(steps.Groups...), steps.End)
	states = slices.DeleteFunc(states, func(s *State) bool { return s == nil })
	p, err := newPlanning(start, options, states...)
	if err != nil {
		return nil, err
	}
	end, endErr := newGraph(p.index, p.current, steps.End)
	p.foresee(steps, end)
	if len(states) > 1 {
		if err := p.prepareSteps(); err != nil {
			return nil, err
		}
	}
	for i, group := range steps.Groups {
		p.group = int32(i) + 1
		for _, diff := range group {
			if diff == nil {
				continue
			}
			if err := p.advance(diff); err != nil {
				return nil, err
			}
		}
	}
	if endErr != nil {
		return nil, endErr
	}
	if err := p.settle(end, options.ForceUpdate); err != nil {
		return nil, err
	}
	return p.plans, nil
}

// PlanRefresh returns one plan with a refresh event for every resource of the state, what is depended on
// first. Dependencies that are not in the state are ignored. An empty state gives a plan without phases.
func PlanRefresh(state *State) (Plan, error) {
	layers, err := state.CreationOrder()
	if err != nil {
		return Plan{}, err
	}
	plan := Plan{Phases: make([]Phase, len(layers))}
	for i, layer := range layers {
		for _, r := range layer {
			plan.Phases[i].Events = append(plan.Phases[i].Events, Event{Type: EventRefresh, Resource: r})
		}
	}
	return plan, nil
}

// planning is one run: the current state, which changes as steps are planned, and the plans so far.
type planning struct {
	*index
	options PlanOptions
	current *graph
	pending []bool // by vertex: waits for its deletion
	plans   []Plan
	events  []Event // some of those of the plan in the making, see draft

	identifiers slab.Slab[Identifier] // for the causes of events
	causing     []Identifier          // room for causes

	step    int32
	planned []int32 // by vertex: the last step in which it, or a resource of the type, got an event
	owed    map[vertex][]Identifier
	polled  int

	steps
}

func newPlanning(start *State, options PlanOptions, others ...*State) (*planning, error) {
	x := newIndex(append([]*State{start}, others...)...)
	current, err := newGraph(x, nil, start)
	if err != nil {
		return nil, err
	}
	p := &planning{index: x, options: options, current: current}
	p.pending = make([]bool, len(x.names))
	for v, r := range current.resources {
		p.pending[v] = r != nil && r.PendingDeletion
	}
	return p, nil
}

// foresee marks what neither a diff nor end has as pending deletion, drops what has to be made again, and
// notes the first group that holds each resource.
func (p *planning) foresee(steps Steps, end *graph) {
	p.prompt = steps.Prompt
	p.firstGroup = make([]int32, len(p.names))
	for i, group := range steps.Groups {
		for _, diff := range group {
			if diff == nil {
				continue
			}
			for _, r := range diff.resources {
				v := p.intern(r.Identifier)
				if more := int(v) + 1 - len(p.firstGroup); more > 0 {
					p.firstGroup = append(p.firstGroup, make([]int32, more)...)
				}
				if p.firstGroup[v] == 0 {
					p.firstGroup[v] = int32(i) + 1
				}
			}
		}
	}
	for v, r := range p.current.resources {
		if r == nil {
			continue
		}
		stays := end.has(vertex(v))
		p.pending[v] = !stays && p.firstGroup[v] == 0
		if stays && r.NeedsRecreate {
			p.current.resources[v], p.current.edges[v] = nil, nil
		}
	}
}

// interrupted tells, every so often, whether planning was asked to stop.
func (p *planning) interrupted() bool {
	if p.polled++; p.polled%256 != 1 || p.options.Interrupt == nil {
		return false
	}
	select {
	case <-p.options.Interrupt:
		return true
	default:
		return false
	}
}

// isPending tells whether v waits for its deletion.
func (p *planning) isPending(v vertex) bool { return int(v) < len(p.pending) && p.pending[v] }

// lengthen makes the slices that are indexed by vertices long enough for all there are.
func (p *planning) lengthen() {
	n := len(p.names)
	p.current.reserve(n)
	p.planned = append(p.planned, make([]int32, max(0, n-len(p.planned)))...)
}

// decide applies the rules to v, of which current is what is (nil: nothing) and wanted what should be.
// The first rule that matches decides; without any the event is the zero value.
func (p *planning) decide(v vertex, current, wanted *Resource, edges []vertex, force bool) (Event, error) {
	if p.interrupted() {
		return Event{}, ErrInterrupted
	}
	if current == nil {
		return Event{Type: EventCreate, Resource: wanted.Wanted(), Reason: ReasonDoesNotExist}, nil
	}
	if p.isPending(v) {
		return Event{}, nil
	}
	diff, err := DiffAttributes(current, wanted)
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
	case p.anyPlanned(edges) || len(p.owed[v]) > 0:
		reason = ReasonDependencyUpdated
		causes = p.causes(v, edges)
	case len(diff) > 0:
		reason = ReasonHasDiff
	default:
		return Event{}, nil
	}
	return Event{Type: does, Resource: wanted.Wanted(), Reason: reason, CausedBy: causes, Diff: diff}, nil
}

// anyPlanned tells whether one of the dependencies got an event in this step.
func (p *planning) anyPlanned(edges []vertex) bool {
	return slices.ContainsFunc(edges, func(w vertex) bool { return p.planned[w] == p.step })
}

// causes names the dependencies of v that got an event in this step, or in one before while v had to
// wait, in order and each once.
func (p *planning) causes(v vertex, edges []vertex) []Identifier {
	ids := p.causing[:0]
	ids = append(ids, p.owed[v]...)
	for _, w := range edges {
		if !p.isType[w] {
			if p.planned[w] == p.step {
				ids = append(ids, p.names[w])
			}
			continue
		}
		for _, member := range p.members[w] {
			if p.planned[member] == p.step {
				ids = append(ids, p.names[member])
			}
		}
	}
	p.causing = ids
	SortIdentifiers(ids)
	ids = slices.Compact(ids)
	named := p.identifiers.Take(len(ids))
	copy(named, ids)
	return named
}

// mark notes that v got an event in this step.
func (p *planning) mark(v vertex) {
	p.planned[v] = p.step
	delete(p.owed, v)
	if t, ok := p.types[p.names[v].Type]; ok {
		p.planned[t] = p.step
	}
}

// draft is a phase in the making: what happens to which vertices, in any order. Events are large: they are kept
// elsewhere until their order is known.
type draft []drafted

type drafted struct {
	vertex vertex
	event  *Event // in memory that is used again once the plan has been added
}

// draft keeps the event of v until its plan is added.
func (p *planning) draft(v vertex, e Event) drafted {
	if len(p.events) == cap(p.events) {
		p.events = make([]Event, 0, min(max(16, 2*cap(p.events)), 1024))
	}
	p.events = append(p.events, e)
	return drafted{v, &p.events[len(p.events)-1]}
}

// addPlan keeps the phases that hold events, in order, and the plan if any phase is left.
func (p *planning) addPlan(drafts []draft) {
	var phases []Phase
	for _, d := range drafts {
		if len(d) == 0 {
			continue
		}
		slices.SortFunc(d, func(a, b drafted) int { return p.names[a.vertex].Compare(p.names[b.vertex]) })
		events := make([]Event, len(d))
		for i := range d {
			events[i] = *d[i].event
		}
		phases = append(phases, Phase{Events: events})
	}
	p.events = p.events[:0]
	if len(phases) > 0 {
		p.plans = append(p.plans, Plan{Phases: phases})
	}
}

// missingError joins what is missing in identifier order, each once, so that the same input gives the same
// error.
func missingError(missing []*MissingDependencyError) error {
	slices.SortFunc(missing, func(a, b *MissingDependencyError) int {
		if c := a.Resource.Compare(b.Resource); c != 0 {
			return c
		}
		return a.Dependency.Compare(b.Dependency)
	})
	missing = slices.CompactFunc(missing, func(a, b *MissingDependencyError) bool { return *a == *b })
	errs := make([]error, len(missing))
	for i, m := range missing {
		errs[i] = m
	}
	return errors.Join(errs...)
}
