package resource

// Position returns where the resource of that identifier stands in the state: All yields it as that one,
// counted from 0. Positions last until the state changes.
func (s *State) Position(id Identifier) (int, bool) {
	at, ok := s.positions[id]
	return int(at), ok
}

// At returns the resource at the position, which must be one of 0 to Len-1. The caller must not change it.
func (s *State) At(position int) *Resource { return s.resources[position] }
