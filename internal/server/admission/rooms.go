package admission

import (
	"context"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
)

// rooms are what messages of answers take that their callers have not read.
type rooms struct {
	limit    int64
	sendTime time.Duration
	free     *semaphore.Weighted
	used     atomic.Int64 // for metrics
}

func newRooms(limit int64, sendTime time.Duration) *rooms {
	return &rooms{limit: limit, sendTime: sendTime, free: semaphore.NewWeighted(limit)}
}

func (r *rooms) take(ctx context.Context, size int) (*Room, error) {
	n := min(int64(size), r.limit)
	if ctx.Err() != nil || !r.free.TryAcquire(n) {
		waiting, cancel := context.WithTimeoutCause(ctx, r.sendTime, &ResponseBytesError{Limit: r.limit})
		defer cancel()
		if r.free.Acquire(waiting, n) != nil {
			return nil, context.Cause(waiting)
		}
	}
	r.used.Add(n)
	return &Room{rooms: r, bytes: n}, nil
}

// Room is what a message of an answer has taken; nil is nothing.
type Room struct {
	rooms    *rooms
	bytes    int64
	released atomic.Bool
	// timer, if there is one, releases the room too.
	timer *time.Timer
}

// CutOffIfUnread closes the connection of the call that ctx belongs to if the room has not been given back within twice
// [Limits.SendTime], and then releases the room. It is called once, before anybody may give the room back. Of nil, and of
// a connection that is not known, nothing is closed.
func (r *Room) CutOffIfUnread(ctx context.Context) {
	connection := connectionOf(ctx)
	if r == nil || connection == nil {
		return
	}
	r.timer = time.AfterFunc(2*r.rooms.sendTime, func() {
		if r.release() { // at once: gRPC does not say what it has not written to a connection that breaks
			connection.cutOff()
		}
	})
}

// GiveBack gives the room back, and nothing is cut off any more. It may be called again.
func (r *Room) GiveBack() {
	if r != nil && r.release() && r.timer != nil {
		r.timer.Stop()
	}
}

// release releases the room, and tells whether that was still to be done.
func (r *Room) release() bool {
	if !r.released.CompareAndSwap(false, true) {
		return false
	}
	r.rooms.used.Add(-r.bytes)
	r.rooms.free.Release(r.bytes)
	return true
}
