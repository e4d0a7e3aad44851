package resource

// settle plans the step to a complete wanted state: creates and updates by layer, then the deletes of all
// that it does not have. Afterwards it is the current state.
func (p *planning) settle(wanted *graph, force bool) error {
	p.step++
	p.lengthen()
	wanted.reserve(len(p.names))
	if err := wanted.complete(); err != nil {
		return err
	}
	if err := wanted.layerAll(); err != nil {
		return err
	}
	phases, err := p.reach(wanted, force)
	if err != nil {
		return err
	}
	deletes, err := p.discard(wanted)
	if err != nil {
		return err
	}
	p.addPlan(append(phases, deletes...))
	p.adopt(wanted)
	return nil
}

// complete refuses a graph in which a resource depends on one that is not there.
func (g *graph) complete() error {
	var missing []*MissingDependencyError
	for v, r := range g.resources {
		if r != nil {
			missing = append(missing, g.missing(vertex(v))...)
		}
	}
	return missingError(missing)
}

// reach returns a phase of creates and updates for each layer of the wanted graph.
func (p *planning) reach(wanted *graph, force bool) ([]draft, error) {
	layers := wanted.byLayer()
	phases := make([]draft, len(layers))
	for i, layer := range layers {
		for _, v := range layer {
			event, err := p.decide(v, p.current.resources[v], wanted.resources[v], wanted.edges[v], force)
			if err != nil {
				return nil, err
			}
			if event.Type != 0 {
				p.mark(v)
				phases[i] = append(phases[i], p.draft(v, event))
			}
		}
	}
	return phases, nil
}

// discard returns phases that delete what is current and not wanted, dependents before what they depend
// on. A resource that stays counts in the order, too, as it may connect two that go.
func (p *planning) discard(wanted *graph) ([]draft, error) {
	var leftovers []vertex
	for v, r := range p.current.resources {
		if r != nil && wanted.resources[v] == nil {
			leftovers = append(leftovers, vertex(v))
		}
	}
	if len(leftovers) == 0 {
		return nil, nil
	}
	layers, err := p.current.deletionLayers()
	if err != nil {
		return nil, err
	}
	var phases []draft
	for _, v := range leftovers {
		for int(layers[v]) >= len(phases) {
			phases = append(phases, nil)
		}
		event := Event{Type: EventDelete, Resource: p.current.resources[v], Reason: ReasonNotDesired}
		phases[layers[v]] = append(phases[layers[v]], p.draft(v, event))
	}
	return phases, nil
}

// adopt makes the wanted graph the current one. What the caller marked in it stays marked.
func (p *planning) adopt(wanted *graph) {
	p.current = wanted
	p.pending = make([]bool, len(p.names))
	for v, r := range wanted.resources {
		p.pending[v] = r != nil && r.PendingDeletion
	}
}
