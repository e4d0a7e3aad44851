package server

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/tap"
)

// A request that is still arriving is kept by gRPC, which makes room for as much as the request says that it is going
// to be, and tells nobody before it is there. So what is read from connections is counted: from when a call begins
// until its request has arrived, all that its connection brings may belong to it. When that gets too much, the call
// that has been arriving for longest is refused, on the connection that has brought most.

const (
	// arrivalWeight is about what a call takes besides its bytes: a stream, its goroutines and contexts.
	arrivalWeight = 32 << 10
	// metadataWeight is about what an entry of the metadata takes besides its text.
	metadataWeight = 64
)

// receivePool is what gRPC reads requests into: buffers of at most twice what a frame holds. Those of its own pool may
// be four times as large.
func receivePool() mem.BufferPool {
	return mem.NewTieredBufferPool(2<<10, 4<<10, 8<<10, 16<<10, 32<<10, 1<<20)
}

// arrivals are the calls whose requests are still arriving, and the bytes that they may have brought.
type arrivals struct {
	limit int64
	// used is the sum over all connections; it is only written under the lock.
	used atomic.Int64

	mu sync.Mutex
	// connections are those with calls that are arriving.
	connections map[*connection]struct{}
}

func newArrivals(limit int64) *arrivals {
	return &arrivals{limit: limit, connections: map[*connection]struct{}{}}
}

// arrival is a call whose request is arriving. The lock of arrivals guards it.
type arrival struct {
	*arrivals
	connection *connection
	weight     int64
	// before is what the connection had brought before the call began, and what it has brought since for calls that
	// have arrived.
	before int64
	// refuse ends the call; nil: there is nothing yet that could tell why.
	refuse  func()
	refused bool
}

type arrivalKey struct{}

// arrivalOf is the arrival of the call that ctx belongs to; nil if there is none.
func arrivalOf(ctx context.Context) *arrival {
	a, _ := ctx.Value(arrivalKey{}).(*arrival)
	return a
}

// begin sees every call, of whatever service, before anything of it but its metadata is read.
func (a *arrivals) begin(ctx context.Context, info *tap.Info) (context.Context, error) {
	c := connectionOf(ctx)
	if c == nil {
		return ctx, nil
	}
	one := &arrival{arrivals: a, connection: c, weight: weightOf(info.Header)}
	if infrastructure(info.FullMethodName) {
		ctx, one.refuse = context.WithCancel(ctx)
	}
	one.expect()
	context.AfterFunc(ctx, func() { one.arrived(0) })
	return context.WithValue(ctx, arrivalKey{}, one), nil
}

func weightOf(md metadata.MD) int64 {
	total := int64(arrivalWeight)
	for key, values := range md {
		for _, value := range values {
			total += int64(len(key)+len(value)) + metadataWeight
		}
	}
	return total
}

// brought counts bytes that were read from a connection.
func (a *arrivals) brought(c *connection, n int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	c.brought, c.last = c.brought+n, n
	if len(c.arriving) > 0 {
		a.used.Add(n)
		a.shed()
	}
}

// expect begins to count for the call.
func (o *arrival) expect() {
	if o == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	c := o.connection
	if slices.Contains(c.arriving, o) {
		return
	}
	held := c.held()
	o.before = c.brought - c.last // what was read last may hold more than how the call begins
	c.arriving = append(c.arriving, o)
	o.connections[c] = struct{}{}
	c.brought += o.weight
	o.used.Add(c.held() - held)
	o.shed()
}

// arrived ends that: so many bytes are the request, which is no longer counted here.
func (o *arrival) arrived(size int64) {
	if o == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if i := slices.Index(o.connection.arriving, o); i >= 0 {
		o.remove(i, size)
	}
}

// remove takes the call out of those that arrive on its connection.
func (o *arrival) remove(i int, size int64) {
	c := o.connection
	held := c.held()
	c.arriving = slices.Delete(c.arriving, i, i+1)
	// All that it has brought came after the earlier ones had begun, and was none of theirs. Of later ones, nobody knows.
	for _, earlier := range c.arriving[:i] {
		earlier.before += size + o.weight
	}
	if len(c.arriving) == 0 {
		delete(o.connections, c)
	}
	o.used.Add(c.held() - held)
}

// held is what the calls that are arriving on the connection may have brought.
func (c *connection) held() int64 {
	if len(c.arriving) == 0 {
		return 0
	}
	return max(0, c.brought-c.arriving[0].before)
}

// shed refuses calls until what is left is within the limit.
func (a *arrivals) shed() {
	for a.used.Load() > a.limit && len(a.connections) > 0 {
		var most *connection
		for c := range a.connections {
			if most == nil || c.held() > most.held() {
				most = c
			}
		}
		oldest := most.arriving[0]
		oldest.remove(0, 0)
		oldest.refused = true
		if oldest.refuse != nil {
			oldest.refuse()
		}
	}
}

// refuseWith says how the call is ended if it has to be.
func (o *arrival) refuseWith(refuse func()) {
	if o == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.refuse = refuse
	if o.refused {
		refuse()
	}
}

// uncompressed tells whether the requests of the call are as large as they were on their way.
func uncompressed(ctx context.Context) bool {
	stream, ok := grpc.ServerTransportStreamFromContext(ctx).(interface{ RecvCompress() string })
	return ok && (stream.RecvCompress() == "" || stream.RecvCompress() == encoding.Identity)
}

// arrivingStream is the stream of a health check or of reflection. The requests of those are read by gRPC's own
// services.
type arrivingStream struct {
	grpc.ServerStream
}

func (s arrivingStream) RecvMsg(m any) error {
	a := arrivalOf(s.Context())
	a.expect()
	defer a.arrived(0)
	return s.ServerStream.RecvMsg(m)
}
