package client

import (
	"context"
	"slices"
	"strings"
	"sync"

	"google.golang.org/protobuf/proto"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
)

// Store keeps the state of one database: what the orchestrator knows to be there. Put and Delete are called by several
// goroutines at once, each for a resource of its own. What they wrote must survive a crash as soon as they return: the
// next phase builds on it.
type Store interface {
	// Load returns all that is recorded, and only that. The caller does not change it.
	Load(ctx context.Context) (*plannerv1.State, error)
	// Put records a resource in the place of the one with its identifier, if there is one. The resource is the
	// store's to keep, and must not be changed.
	Put(ctx context.Context, r *plannerv1.Resource) error
	// Delete removes a resource. One that is not there is no error.
	Delete(ctx context.Context, id *plannerv1.Identifier) error
}

// MemoryStore is a Store that forgets everything when the process ends: for tests, and to look ahead.
type MemoryStore struct {
	mu        sync.Mutex
	resources map[string]*plannerv1.Resource // by printed identifier
}

// NewMemoryStore returns a store that holds a copy of that state; nil for none.
func NewMemoryStore(state *plannerv1.State) *MemoryStore {
	s := &MemoryStore{resources: make(map[string]*plannerv1.Resource, len(state.GetResources()))}
	for _, r := range state.GetResources() {
		s.resources[name(r.GetIdentifier())] = proto.CloneOf(r)
	}
	return s
}

// Load returns the state in identifier order. It shares the resources with the store.
func (s *MemoryStore) Load(context.Context) (*plannerv1.State, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	state := &plannerv1.State{Resources: make([]*plannerv1.Resource, 0, len(s.resources))}
	for _, r := range s.resources {
		state.Resources = append(state.Resources, r)
	}
	slices.SortFunc(state.GetResources(), func(a, b *plannerv1.Resource) int {
		return strings.Compare(name(a.GetIdentifier()), name(b.GetIdentifier()))
	})
	return state, nil
}

// Put records the resource.
func (s *MemoryStore) Put(_ context.Context, r *plannerv1.Resource) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.resources[name(r.GetIdentifier())] = r
	return nil
}

// Delete removes the resource.
func (s *MemoryStore) Delete(_ context.Context, id *plannerv1.Identifier) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.resources, name(id))
	return nil
}
