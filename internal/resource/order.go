package resource

// CreationOrder returns the resources in layers, each what it depends on before it, in identifier order
// inside a layer. Dependencies that are not in the state are ignored; a cycle is a CycleError.
func (s *State) CreationOrder() ([][]*Resource, error) {
	g, err := s.layered()
	if err != nil {
		return nil, err
	}
	return g.inOrder(g.layers), nil
}

// DeletionOrder returns the resources in layers, each before what it depends on, in identifier order
// inside a layer. Dependencies that are not in the state are ignored; a cycle is a CycleError.
func (s *State) DeletionOrder() ([][]*Resource, error) {
	g, err := s.layered()
	if err != nil {
		return nil, err
	}
	layers, err := g.deletionLayers()
	if err != nil {
		return nil, err
	}
	return g.inOrder(layers), nil
}

func (s *State) layered() (*graph, error) {
	g, err := newGraph(newIndex(s), nil, s)
	if err != nil {
		return nil, err
	}
	return g, g.layerAll()
}

// inOrder groups the resources by the given number.
func (g *graph) inOrder(layers []int32) [][]*Resource {
	var order [][]*Resource
	for v, r := range g.resources {
		if r == nil {
			continue
		}
		for int(layers[v]) >= len(order) {
			order = append(order, nil)
		}
		order[layers[v]] = append(order[layers[v]], r)
	}
	for _, layer := range order {
		sortResources(layer)
	}
	return order
}
