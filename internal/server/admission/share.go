package admission

import (
	"context"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/semaphore"
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

// places are where requests are worked on, with a queue in front. Large requests need a place among those for
// large ones, of which there is one less.
type places struct {
	limits     Limits
	all, large *semaphore.Weighted
	waiting    atomic.Int64
	taken      atomic.Int64
}

func newPlaces(limits Limits) *places {
	return &places{
		limits: limits,
		all:    semaphore.NewWeighted(int64(limits.ConcurrentPlans)),
		large:  semaphore.NewWeighted(int64(max(1, limits.ConcurrentPlans-1))),
	}
}

// take waits for a place, and returns what gives it back, once. The error is the cause of the end of ctx, a *QueueFullError or a
// *QueueTimeoutError.
func (p *places) take(ctx context.Context, small bool) (giveBack func(), err error) {
	if p.tryTake(small) {
		return p.taker(small), nil
	}
	limit := p.limits.QueuedPlans
	if !small {
		limit -= limit / 4
	}
	defer p.waiting.Add(-1)
	if p.waiting.Add(1) > int64(limit) {
		return nil, &QueueFullError{Limit: limit}
	}
	waiting, cancel := context.WithTimeoutCause(ctx, p.limits.QueueTime, &QueueTimeoutError{Limit: p.limits.QueueTime})
	defer cancel()
	if p.await(waiting, small) != nil {
		return nil, context.Cause(waiting)
	}
	return p.taker(small), nil
}

func (p *places) tryTake(small bool) bool {
	if !small && !p.large.TryAcquire(1) {
		return false
	}
	if p.all.TryAcquire(1) {
		return true
	}
	if !small {
		p.large.Release(1)
	}
	return false
}

func (p *places) await(ctx context.Context, small bool) error {
	if small {
		return p.all.Acquire(ctx, 1)
	}
	if err := p.large.Acquire(ctx, 1); err != nil {
		return err
	}
	if err := p.all.Acquire(ctx, 1); err != nil {
		p.large.Release(1)
		return err
	}
	return nil
}

// taker counts a place as taken, and returns what gives it back, once.
func (p *places) taker(small bool) func() {
	p.taken.Add(1)
	return sync.OnceFunc(func() {
		p.taken.Add(-1)
		p.all.Release(1)
		if !small {
			p.large.Release(1)
		}
	})
}
