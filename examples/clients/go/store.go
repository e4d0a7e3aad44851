package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"

	"google.golang.org/protobuf/encoding/protojson"

	"github.com/pgplanner/pgplanner/client"
	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
)

// fileStore keeps the state in memory and, after every change, in a file: the JSON form of a State.
type fileStore struct {
	*client.MemoryStore
	path string
	mu   sync.Mutex
}

// openStore reads the file, if there is one.
func openStore(path string) (*fileStore, error) {
	var state plannerv1.State
	text, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	default:
		if err := protojson.Unmarshal(text, &state); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return &fileStore{MemoryStore: client.NewMemoryStore(&state), path: path}, nil
}

// Put records a resource.
func (s *fileStore) Put(ctx context.Context, r *plannerv1.Resource) error {
	return s.change(ctx, func() error { return s.MemoryStore.Put(ctx, r) })
}

// Delete removes a resource.
func (s *fileStore) Delete(ctx context.Context, id *plannerv1.Identifier) error {
	return s.change(ctx, func() error { return s.MemoryStore.Delete(ctx, id) })
}

// change makes a change and writes the file. Whoever reads it sees the old state or the new one, never half of it.
func (s *fileStore) change(ctx context.Context, apply func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := apply(); err != nil {
		return err
	}
	state, err := s.Load(ctx)
	if err != nil {
		return err
	}
	text, err := protojson.Marshal(state)
	if err != nil {
		return err
	}
	file, err := os.Create(s.path + ".tmp")
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), s.path)
}
