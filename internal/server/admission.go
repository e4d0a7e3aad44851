package server

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
)

// admission decides which requests are worked on now, which wait, and which are refused.
type admission struct {
	limits   Limits
	requests requestBytes
	places   places
	// responses are the bytes of answers that may be encoded and unread.
	responses *semaphore.Weighted
	// responsesUsed is how many of them are, for metrics.
	responsesUsed atomic.Int64
}

func newAdmission(limits Limits) *admission {
	large := max(1, limits.ConcurrentPlans-1)
	return &admission{
		limits:   limits,
		requests: requestBytes{size: limits.RequestBytesInFlight},
		places: places{
			limits: limits,
			all:    semaphore.NewWeighted(int64(limits.ConcurrentPlans)),
			large:  semaphore.NewWeighted(int64(large)),
		},
		responses: semaphore.NewWeighted(limits.ResponseBytesInFlight),
	}
}

// small tells whether a request of that size is a small one. Small requests never wait for large ones only.
func (a *admission) small(size int) bool { return size <= a.limits.SmallRequestBytes }

// requestBytes is the memory that all requests together may take. Nobody waits for it: whoever waits holds its
// bytes already.
type requestBytes struct {
	mu         sync.Mutex
	size, used int64
}

// take takes n bytes, or else says that there is no room for them.
func (b *requestBytes) take(n int64, small bool) error {
	limit := b.size
	if !small {
		limit -= limit / 4
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if n > limit-b.used {
		return &requestBytesError{Size: n, Limit: limit}
	}
	b.used += n
	return nil
}

func (b *requestBytes) giveBack(n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= n
}

func (b *requestBytes) inUse() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.used
}

// places are where requests are worked on, with a queue in front. Large requests need a place among those for
// large ones, of which there is one less.
type places struct {
	limits     Limits
	all, large *semaphore.Weighted
	waiting    atomic.Int64
	taken      atomic.Int64
}

// take waits for a place, and returns what gives it back. The error is that of ctx, a *queueFullError or a
// *queueTimeoutError.
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
		return nil, &queueFullError{Limit: limit}
	}
	waiting, cancel := context.WithTimeout(ctx, p.limits.QueueTime)
	defer cancel()
	if err := p.await(waiting, small); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, &queueTimeoutError{Limit: p.limits.QueueTime}
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

// takeResponse waits until there is room for a message of an answer. A message that is larger than all room there
// is gets all of it.
func (a *admission) takeResponse(ctx context.Context, size int) (*room, error) {
	n := min(int64(size), a.limits.ResponseBytesInFlight)
	if ctx.Err() != nil || !a.responses.TryAcquire(n) {
		waiting, cancel := context.WithTimeout(ctx, a.limits.SendTime)
		defer cancel()
		if err := a.responses.Acquire(waiting, n); err != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			return nil, &responseBytesError{Limit: a.limits.ResponseBytesInFlight}
		}
	}
	a.responsesUsed.Add(n)
	return &room{admission: a, bytes: n}, nil
}

// room is what a message of an answer has taken; nil is nothing.
type room struct {
	admission *admission
	bytes     int64
	released  atomic.Bool
	// timer, if there is one, releases the room too.
	timer *time.Timer
}

// giveBack gives the room back, and stops the timer. It may be called again.
func (r *room) giveBack() {
	if r == nil {
		return
	}
	if r.timer != nil {
		r.timer.Stop()
	}
	r.release()
}

func (r *room) release() {
	if r.released.CompareAndSwap(false, true) {
		r.admission.responsesUsed.Add(-r.bytes)
		r.admission.responses.Release(r.bytes)
	}
}
