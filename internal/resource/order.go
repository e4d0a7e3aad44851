package resource

import "github.com/pgplanner/pgplanner/internal/interrupt"

// CreationOrder returns the resources in layers, each what it depends on before it, in identifier order
// inside a layer. Dependencies that are not in the state are ignored, and those between resources in a cycle, which come
// in no order.
func (s *State) CreationOrder(stop *interrupt.Poller) ([][]*Resource, error) {
	g, err := s.graph(stop)
	if err != nil {
		return nil, err
	}
	if err = g.layerAll(); isCycle(err) {
		g.layers, err = g.loose().creation(), stop.Err()
	}
	if err != nil {
		return nil, err
	}
	return g.groupByLayer(g.layers)
}

// DeletionOrder returns the resources in layers, each before what it depends on, in identifier order
// inside a layer. Dependencies are ignored as in CreationOrder.
func (s *State) DeletionOrder(stop *interrupt.Poller) ([][]*Resource, error) {
	g, err := s.graph(stop)
	if err != nil {
		return nil, err
	}
	layers, err := g.deletionLayers()
	if isCycle(err) {
		layers, err = g.loose().deletion(), stop.Err()
	}
	if err != nil {
		return nil, err
	}
	return g.groupByLayer(layers)
}

func (s *State) graph(stop *interrupt.Poller) (*graph, error) {
	x, err := newIndex(stop, s)
	if err != nil {
		return nil, err
	}
	return newRecords(x, s)
}

// PlanRefresh returns one plan with a refresh event for every resource of the state, what is depended on
// first. Dependencies are ignored as in CreationOrder. An empty state gives a plan without phases.
func PlanRefresh(stop *interrupt.Poller, state *State) (Plan, error) {
	order, err := state.CreationOrder(stop)
	if err != nil {
		return Plan{}, err
	}
	return planOrder(stop, order, func(*Resource) Event { return Event{Type: EventRefresh} })
}

// planOrder plans a phase for each layer, of the event that each of its resources gets; one without a type is none.
func planOrder(stop *interrupt.Poller, order [][]*Resource, eventOf func(*Resource) Event) (Plan, error) {
	var plan Plan
	for _, layer := range order {
		var phase Phase
		for _, r := range layer {
			if stop.Stopped() {
				return Plan{}, stop.Err()
			}
			if event := eventOf(r); event.Type != 0 {
				event.Resource = r
				phase.Events = append(phase.Events, event)
			}
		}
		if len(phase.Events) > 0 {
			plan.Phases = append(plan.Phases, phase)
		}
	}
	return plan, stop.Err()
}
