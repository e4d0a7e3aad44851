// Package admission decides what a server takes on: which connections stay open, which requests may arrive, which are
// worked on now, which wait, and which are refused, so that no caller takes what the others need.
//
//	limit        how much of something all callers may have together, or one of them: see [Limits]
//	connection   a client's, over any listener; those beyond a limit are closed at once
//	arrival      a call whose request is still arriving, and what that may have brought so far
//	weight       the memory that a request is going to take, estimated from its bytes: see [Weigh]
//	share        what one call has taken: a place, and memory for its request
//	place        where a request is worked on, from before it is decoded until its answer is encoded; few exist
//	small        of a request: one that never waits only for large ones, as a part of everything is kept for its like
//	room         what a message of an answer takes until its caller has read it
//
// What a request brings is counted from when its call begins. Once it has arrived, the share of the call takes memory and
// a place. The place is given back when the answer is encoded, the memory when the call ends, and between the two each
// message of the answer takes room. Giving back twice is harmless.
//
// Whatever is refused is refused with one of the typed errors of this package; the server says how callers are told.
// The package knows nothing of requests but their size, and nothing of planning.
package admission

import (
	"context"
	"net"

	"google.golang.org/grpc/metadata"
)

// Controller admits calls within limits. It is safe for concurrent use.
type Controller struct {
	limits      Limits
	arrivals    *arrivals
	connections *connections
	memory      memory
	places      *places
	rooms       *rooms
}

// New returns a controller by which nothing is taken yet. The zero value of each limit stands for its default.
func New(limits Limits) *Controller {
	limits = limits.withDefaults()
	arriving := newArrivals(limits.RequestBytesArriving)
	return &Controller{
		limits:      limits,
		arrivals:    arriving,
		connections: &connections{limit: int64(limits.MaxConnections), arrivals: arriving},
		memory:      memory{size: limits.RequestBytesInFlight},
		places:      newPlaces(limits),
		rooms:       newRooms(limits.ResponseBytesInFlight, limits.SendTime),
	}
}

// Limits are the limits, none of which is zero.
func (c *Controller) Limits() Limits { return c.limits }

// Listener returns a listener of bounded connections: while there are too many, of all listeners together, further
// ones are closed at once, as their clients turn to another server sooner than if they were left waiting. What they
// bring is counted for the calls that arrive on them.
func (c *Controller) Listener(listener net.Listener) net.Listener {
	return &boundListener{Listener: listener, connections: c.connections}
}

// Arriving begins to count for a call of which nothing but the metadata has been read. Until its request has arrived,
// refuse, unless it is nil, may be called to end the call; see [Arrival.RefuseWith]. The context that is returned holds
// the arrival; on a connection that is none of Listener's, nothing is counted.
func (c *Controller) Arriving(ctx context.Context, md metadata.MD, refuse func(error)) context.Context {
	return c.arrivals.begin(ctx, md, refuse)
}

// Inflate counts n bytes more (or, if it is negative, less) to which requests that arrive compressed are inflated, or
// counts nothing and returns an *[ArrivingBytesError].
func (c *Controller) Inflate(n int64) error { return c.arrivals.inflate(n) }

// Share returns the share of a call, which is empty.
func (c *Controller) Share() *Share { return &Share{controller: c} }

// TakeRoom waits until there is room for a message of an answer. A message that is larger than all room there is gets
// all of it. The error is the cause of the end of ctx, or a *[ResponseBytesError].
func (c *Controller) TakeRoom(ctx context.Context, size int) (*Room, error) {
	return c.rooms.take(ctx, size)
}

// Usage is how much of everything is taken.
type Usage struct {
	Connections, ConnectionsRefused int64 // open now; closed at once since the start
	CallsArriving                   int   // calls whose requests are arriving
	BytesArriving                   int64 // what they may have brought
	RequestBytes                    int64 // weight of the requests that are not answered yet
	Waiting, Places                 int64 // requests that wait for a place; places that are taken
	ResponseBytes                   int64 // room that is taken
}

// Usage looks at everything, if not at one moment.
func (c *Controller) Usage() Usage {
	calls, bytes := c.arrivals.usage()
	return Usage{
		Connections: c.connections.open.Load(), ConnectionsRefused: c.connections.refused.Load(),
		CallsArriving: calls, BytesArriving: bytes,
		RequestBytes: c.memory.inUse(),
		Waiting:      c.places.waiting.Load(), Places: c.places.taken.Load(),
		ResponseBytes: c.rooms.used.Load(),
	}
}

// small tells whether a request of that size is a small one.
func (c *Controller) small(size int) bool { return size <= c.limits.SmallRequestBytes }
