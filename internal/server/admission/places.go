package admission

import (
	"context"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/semaphore"
)

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
