package admission

import (
	"context"
	"sync"
)

// Share is what one call has taken. It is safe for concurrent use: a call may end while its request still waits.
type Share struct {
	controller *Controller

	mu sync.Mutex
	// closed means that nothing may be taken any more.
	closed bool
	// weight is the memory that is taken.
	weight int64
	// leave gives the place back; nil before there is one.
	leave func()
}

// TakeMemory takes the weight of a request of so many bytes, or returns a *[RequestBytesError] or, once the share was
// given back, the cause of the end of ctx. Nobody waits for memory: whoever waits holds its bytes already.
func (s *Share) TakeMemory(ctx context.Context, size int, weight int64) error {
	memory := &s.controller.memory
	if err := memory.take(weight, s.controller.small(size)); err != nil {
		return err
	}
	if !s.add(func() { s.weight += weight }) {
		memory.giveBack(weight)
		return context.Cause(ctx)
	}
	return nil
}

// TakePlace waits for a place for a request of so many bytes. The error is the cause of the end of ctx, a
// *[QueueFullError] or a *[QueueTimeoutError].
func (s *Share) TakePlace(ctx context.Context, size int) error {
	leave, err := s.controller.places.take(ctx, s.controller.small(size))
	if err != nil {
		return err
	}
	if !s.add(func() { s.leave = leave }) {
		leave()
		return context.Cause(ctx)
	}
	return nil
}

// add notes what was taken, unless the share is closed.
func (s *Share) add(note func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		note()
	}
	return !s.closed
}

// LeavePlace gives the place back, if there is one.
func (s *Share) LeavePlace() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.leave != nil {
		s.leave()
	}
}

// GiveBack gives everything back. Nothing is taken any more afterwards.
func (s *Share) GiveBack() {
	s.LeavePlace()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.controller.memory.giveBack(s.weight)
	s.weight = 0
}

// memory is what all requests together may take.
type memory struct {
	mu         sync.Mutex
	size, used int64
}

// take takes n bytes, or else says that they are not there.
func (m *memory) take(n int64, small bool) error {
	limit := m.size
	if !small {
		limit -= limit / 4
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if n > limit-m.used {
		return &RequestBytesError{Size: n, Limit: limit}
	}
	m.used += n
	return nil
}

func (m *memory) giveBack(n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.used -= n
}

func (m *memory) inUse() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.used
}
