package resource

import (
	"iter"
	"maps"
	"slices"
)

// State is a set of resources, one for each identifier. The zero value is not usable: see NewState.
//
// A state owns its set, not the resources in it: those are immutable and may be shared between states. A
// state may be read by several goroutines as long as none changes it.
type State struct {
	resources map[Identifier]*Resource
}

// NewState returns a state of the given resources. Of several with the same identifier the last one stays.
func NewState(resources ...*Resource) *State {
	s := NewStateSize(len(resources))
	for _, r := range resources {
		s.Add(r)
	}
	return s
}

// NewStateSize returns an empty state with room for n resources.
func NewStateSize(n int) *State {
	return &State{resources: make(map[Identifier]*Resource, n)}
}

// Len is the number of resources.
func (s *State) Len() int { return len(s.resources) }

// Add puts r into the state, in the place of a resource with the same identifier. The state keeps r: the
// caller must not change it afterwards.
func (s *State) Add(r *Resource) { s.resources[r.Identifier] = r }

// Remove takes the resource of that identifier out of the state, if it is there.
func (s *State) Remove(id Identifier) { delete(s.resources, id) }

// Get returns the resource of that identifier. The caller must not change it.
func (s *State) Get(id Identifier) (*Resource, bool) {
	r, ok := s.resources[id]
	return r, ok
}

// OfType returns all resources of the type, in identifier order.
func (s *State) OfType(t Type) []*Resource {
	var found []*Resource
	for id, r := range s.resources {
		if id.Type == t {
			found = append(found, r)
		}
	}
	sortResources(found)
	return found
}

// HasType tells whether the state has any resource of the type.
func (s *State) HasType(t Type) bool {
	for id := range s.resources {
		if id.Type == t {
			return true
		}
	}
	return false
}

// All returns all resources in no order.
func (s *State) All() iter.Seq[*Resource] { return maps.Values(s.resources) }

// Resources returns all resources in identifier order.
func (s *State) Resources() []*Resource {
	all := slices.AppendSeq(make([]*Resource, 0, len(s.resources)), maps.Values(s.resources))
	sortResources(all)
	return all
}

// Merge adds all resources of other to s; where both have one, that of other stays, whole. Other may be nil.
func (s *State) Merge(other *State) {
	if other == nil {
		return
	}
	maps.Copy(s.resources, other.resources)
}

// Clone returns a state of its own with the same resources.
func (s *State) Clone() *State { return &State{resources: maps.Clone(s.resources)} }

// Apply does to the state what executing the event does: refresh, create and update put the event's
// resource, delete removes it.
func (s *State) Apply(e Event) {
	switch e.Type {
	case EventRefresh, EventCreate, EventUpdate:
		s.Add(e.Resource)
	case EventDelete:
		s.Remove(e.Resource.Identifier)
	}
}

func sortResources(rs []*Resource) {
	slices.SortFunc(rs, func(a, b *Resource) int { return a.Identifier.Compare(b.Identifier) })
}
