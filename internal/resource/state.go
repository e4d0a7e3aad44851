package resource

import (
	"iter"
	"maps"
	"slices"

	"github.com/pgplanner/pgplanner/internal/interrupt"
)

// State is a set of resources, one for each identifier. The zero value is not usable: see NewState.
//
// A state owns its set, not the resources in it: those are immutable and may be shared between states. A
// state may be read by several goroutines as long as none changes it.
type State struct {
	resources []*Resource          // without gaps, in no order that means anything
	positions map[Identifier]int32 // in resources; nil while there are few
}

// few is how many resources a state may have and be searched from one end to the other.
const few = 8

// NewState returns a state of the given resources. Of several with the same identifier the last one stays.
func NewState(resources ...*Resource) *State {
	s := NewStateSize(len(resources))
	for _, r := range resources {
		s.Add(r)
	}
	return s
}

// NewStateSize returns an empty state that takes n resources without growing.
func NewStateSize(n int) *State {
	s := &State{resources: make([]*Resource, 0, max(n, few))}
	if n > few {
		s.positions = make(map[Identifier]int32, n)
	}
	return s
}

// Len is the number of resources.
func (s *State) Len() int { return len(s.resources) }

// Add puts r into the state, in the place of a resource with the same identifier. The state keeps r: the
// caller must not change it afterwards.
func (s *State) Add(r *Resource) {
	if at, ok := s.Position(r.Identifier); ok {
		s.resources[at] = r
		return
	}
	s.resources = append(s.resources, r)
	switch n := len(s.resources); {
	case s.positions != nil:
		s.positions[r.Identifier] = int32(n - 1)
	case n > few:
		s.positions = make(map[Identifier]int32, 2*n)
		for at, r := range s.resources {
			s.positions[r.Identifier] = int32(at)
		}
	}
}

// Remove takes the resource of that identifier out of the state, if it is there.
func (s *State) Remove(id Identifier) {
	at, ok := s.Position(id)
	if !ok {
		return
	}
	end := len(s.resources) - 1
	moved := s.resources[end]
	s.resources[at], s.resources[end] = moved, nil
	s.resources = s.resources[:end]
	if s.positions != nil {
		s.positions[moved.Identifier] = int32(at)
		delete(s.positions, id)
	}
}

// Get returns the resource of that identifier. The caller must not change it.
func (s *State) Get(id Identifier) (*Resource, bool) {
	at, ok := s.Position(id)
	if !ok {
		return nil, false
	}
	return s.resources[at], true
}

// Has tells whether the state has a resource of that identifier.
func (s *State) Has(id Identifier) bool {
	_, ok := s.Position(id)
	return ok
}

// Position returns where the resource of that identifier stands in the state: All yields it as that one,
// counted from 0. Positions last until the state changes.
func (s *State) Position(id Identifier) (int, bool) {
	if s.positions != nil {
		at, ok := s.positions[id]
		return int(at), ok
	}
	for at, r := range s.resources {
		if r.Identifier == id {
			return at, true
		}
	}
	return 0, false
}

// At returns the resource at the position, which must be one of 0 to Len-1. The caller must not change it.
func (s *State) At(position int) *Resource { return s.resources[position] }

// OfType returns all resources of the type, in identifier order.
func (s *State) OfType(t Type) []*Resource {
	var found []*Resource
	for _, r := range s.resources {
		if r.Identifier.Type == t {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, (*Resource).Compare)
	return found
}

// HasType tells whether the state has any resource of the type.
func (s *State) HasType(t Type) bool {
	return slices.ContainsFunc(s.resources, func(r *Resource) bool { return r.Identifier.Type == t })
}

// All yields all resources, in no order, until it is told to stop.
func (s *State) All(stop *interrupt.Poller) iter.Seq[*Resource] {
	return func(yield func(*Resource) bool) {
		for _, r := range s.resources {
			if stop.Stopped() || !yield(r) {
				return
			}
		}
	}
}

// Resources returns all resources in identifier order.
func (s *State) Resources() []*Resource {
	all := slices.Clone(s.resources)
	slices.SortFunc(all, (*Resource).Compare)
	return all
}

// Merge adds all resources of other to s; where both have one, that of other stays, whole. Other may be nil.
func (s *State) Merge(other *State) {
	if other == nil {
		return
	}
	for _, r := range other.resources {
		s.Add(r)
	}
}

// Clone returns a state of its own with the same resources.
func (s *State) Clone() *State {
	return &State{resources: slices.Clone(s.resources), positions: maps.Clone(s.positions)}
}

// Apply does to the state what executing the event does: refresh, create and update put the event's
// resource, delete and forget remove it.
func (s *State) Apply(e Event) {
	switch e.Type {
	case EventRefresh, EventCreate, EventUpdate:
		s.Add(e.Resource)
	case EventDelete, EventForget:
		s.Remove(e.Resource.Identifier)
	}
}
