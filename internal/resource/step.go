package resource

import "slices"

// steps is what planning keeps while it goes through diffs.
type steps struct {
	group      int32   // that of the step, from 1
	firstGroup []int32 // by vertex: the first group that holds it, 0 if none does; may be shorter than needed
	prompt     *State
	dependents [][]vertex // by vertex; may hold more than depend on it now, never less
	queued     []int32    // by vertex: the last step in which it became a candidate
	candidates [][]vertex // by layer
	before     map[vertex]*Resource
	ordered    []order // by vertex: whether it and all that it depends on is in order
}

// order is what a step has found out about a vertex. It says nothing in another step.
type order struct {
	step int32
	is   bool
}

// prepareSteps readies the current graph for diffs: its layers, and who depends on whom.
func (p *planning) prepareSteps() error {
	p.lengthen()
	if err := p.current.layerAll(); err != nil {
		return err
	}
	p.linkAll()
	p.before = make(map[vertex]*Resource)
	p.owed = make(map[vertex][]Identifier)
	return nil
}

// linkAll fills dependents from the edges of the current graph. One array holds them all; a list that
// grows later leaves it.
func (p *planning) linkAll() {
	g := p.current
	count := make([]int32, len(p.names))
	total := 0
	for v := range vertex(len(p.names)) {
		for _, w := range g.out(v) {
			count[w]++
			total++
		}
	}
	backing := make([]vertex, total)
	p.dependents = make([][]vertex, len(p.names))
	for v, n := range count {
		p.dependents[v], backing = backing[:0:n], backing[n:]
	}
	for v := range vertex(len(p.names)) {
		for _, w := range g.out(v) {
			p.dependents[w] = append(p.dependents[w], v)
		}
	}
}

// advance plans one step: the diff is merged onto the current state, and its resources, and whatever
// depends on one that gets an event, are looked at layer by layer.
func (p *planning) advance(diff *State) error {
	p.step++
	clear(p.before)
	changed, err := p.merge(diff)
	if err != nil {
		return err
	}
	if err := p.relayerFrom(changed); err != nil {
		return err
	}
	for v := range p.before {
		p.enqueue(v)
	}
	var phases []draft
	var missing []*MissingDependencyError
	for layer := 0; layer < len(p.candidates); layer++ {
		var phase draft
		for _, v := range p.candidates[layer] {
			event, err := p.consider(v)
			if err != nil {
				return err
			}
			if event.Type != 0 {
				missing = append(missing, p.current.missing(v)...)
				phase = append(phase, p.draft(v, event))
			}
		}
		p.candidates[layer] = p.candidates[layer][:0]
		phases = append(phases, phase)
	}
	if len(missing) > 0 {
		return missingError(missing)
	}
	p.addPlan(phases)
	return nil
}

// merge puts the resources of the diff into the current graph, but those that wait for their deletion.
// It remembers in before what they take the place of, and returns those whose dependencies changed.
func (p *planning) merge(diff *State) (changed []vertex, err error) {
	g := p.current
	var wrong *SelfDependencyError
	for _, r := range diff.resources {
		v := p.intern(r.Identifier)
		p.growSteps()
		if p.isPending(v) {
			continue
		}
		old := g.resources[v]
		p.before[v] = old
		if sameDependencies(old, r) {
			g.resources[v] = r.Wanted()
			continue
		}
		if problem := g.put(v, r.Wanted(), nil); problem != nil {
			wrong = wrong.smaller(problem)
			continue
		}
		p.link(v)
		changed = append(changed, v)
	}
	if wrong != nil {
		return nil, wrong
	}
	return changed, nil
}

// growSteps makes room for vertices that the step has brought.
func (p *planning) growSteps() {
	p.lengthen()
	more := max(0, len(p.names)-len(p.dependents))
	p.dependents = append(p.dependents, make([][]vertex, more)...)
	p.queued = append(p.queued, make([]int32, max(0, len(p.names)-len(p.queued)))...)
	p.ordered = append(p.ordered, make([]order, max(0, len(p.names)-len(p.ordered)))...)
}

// link enters v as a dependent of all that it depends on, and as a member of its type.
func (p *planning) link(v vertex) {
	p.growSteps()
	for _, w := range p.current.edges[v] {
		p.dependents[w] = append(p.dependents[w], v)
	}
	if t, ok := p.types[p.names[v].Type]; ok && !slices.Contains(p.dependents[v], t) {
		p.dependents[v] = append(p.dependents[v], t)
	}
}

// relayerFrom computes anew the layers of the given vertices and of all that depends on them.
func (p *planning) relayerFrom(changed []vertex) error {
	if len(changed) == 0 {
		return nil
	}
	seen := make(map[vertex]bool, len(changed))
	region := changed
	for _, v := range changed {
		seen[v] = true
	}
	for i := 0; i < len(region); i++ {
		for _, w := range p.dependents[region[i]] {
			if p.current.counts(w) && !seen[w] {
				seen[w] = true
				region = append(region, w)
			}
		}
	}
	return p.current.relayer(region)
}

// enqueue makes v a candidate of this step, once.
func (p *planning) enqueue(v vertex) {
	if p.queued[v] == p.step {
		return
	}
	p.queued[v] = p.step
	layer := p.current.layers[v]
	for int(layer) >= len(p.candidates) {
		p.candidates = append(p.candidates, nil)
	}
	p.candidates[layer] = append(p.candidates[layer], v)
}

// consider decides on a candidate, as decide does. If it gets an event, it counts as done, and what depends on it is a
// candidate, too.
func (p *planning) consider(v vertex) (Event, error) {
	now := p.current.resources[v]
	old, inDiff := p.before[v]
	if !inDiff {
		old = now
		if p.mustWait(v) {
			p.owed[v] = p.causes(v, p.current.edges[v])
			return Event{}, nil
		}
	}
	event, err := p.decide(v, old, now, p.current.edges[v], false)
	if err != nil || event.Type == 0 {
		return Event{}, err
	}
	p.current.resources[v] = event.Resource
	p.mark(v)
	p.enqueueDependents(v)
	return event, nil
}

// mustWait tells whether v, which the step's diff does not hold, has its turn later.
func (p *planning) mustWait(v vertex) bool {
	if int(v) < len(p.firstGroup) && p.firstGroup[v] > p.group && !p.isPrompt(v) {
		return true
	}
	return slices.ContainsFunc(p.current.edges[v], func(w vertex) bool { return !p.inOrder(w) })
}

// isPrompt tells whether v never waits for the group that holds it.
func (p *planning) isPrompt(v vertex) bool {
	if p.prompt == nil {
		return false
	}
	_, ok := p.prompt.Get(p.names[v])
	return ok
}

// inOrder tells whether v and all that it depends on is there and has not failed. Lower layers than that
// of the candidate which asks have been planned in this step, so that the answer holds until its end.
func (p *planning) inOrder(v vertex) bool {
	if known := p.ordered[v]; known.step == p.step {
		return known.is
	}
	if p.isType[v] {
		return !slices.ContainsFunc(p.members[v], func(w vertex) bool {
			return p.current.has(w) && !p.inOrder(w)
		})
	}
	r := p.current.resources[v]
	ok := r != nil && !r.NeedsRecreate && r.Error == "" &&
		!slices.ContainsFunc(p.current.edges[v], func(w vertex) bool { return !p.inOrder(w) })
	p.ordered[v] = order{p.step, ok}
	return ok
}

// enqueueDependents makes all that depends on v, or on its type, candidates.
func (p *planning) enqueueDependents(v vertex) {
	for _, w := range p.dependents[v] {
		switch {
		case p.isType[w]:
			if p.queued[w] != p.step {
				p.queued[w] = p.step
				p.enqueueDependents(w)
			}
		case p.current.has(w) && !p.isPending(w) && slices.Contains(p.current.out(w), v):
			p.enqueue(w)
		}
	}
}
