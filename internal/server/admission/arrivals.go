package admission

import (
	"context"
	"slices"
	"sync"

	"google.golang.org/grpc/metadata"
)

// A request that is still arriving is kept by gRPC, which makes room for as much as the request says that it is going
// to be, and tells nobody before it is there. So what is read from connections is counted: from when a call begins
// until its request has arrived, all that its connection brings may belong to it. When that gets too much, the call
// that has been arriving for longest is refused, on the connection that has brought most.

const (
	// ArrivalWeight is about what a call that is arriving takes besides its bytes: a stream, its goroutines and contexts.
	ArrivalWeight = 32 << 10
	// entryWeight is about what an entry of the metadata takes besides its text.
	entryWeight = 64
)

// arrivals are the calls whose requests are still arriving, and the bytes that they may have brought.
type arrivals struct {
	limit int64

	mu sync.Mutex
	// used is the sum over all connections.
	used int64
	// connections are those with calls that are arriving.
	connections map[*connection]struct{}
}

func newArrivals(limit int64) *arrivals {
	return &arrivals{limit: limit, connections: map[*connection]struct{}{}}
}

// Arrival is a call whose request is arriving. Of nil, nothing is counted.
type Arrival struct { // the lock of arrivals guards it
	*arrivals
	connection *connection
	weight     int64
	// before is what the connection had brought before the call began, and what it has brought since for calls that
	// have arrived.
	before int64
	// refuse ends the call; nil: there is nothing yet that could tell why.
	refuse  func(error)
	refused bool
}

type arrivalKey struct{}

// ArrivalOf is the arrival of the call that ctx belongs to; nil if there is none.
func ArrivalOf(ctx context.Context) *Arrival {
	a, _ := ctx.Value(arrivalKey{}).(*Arrival)
	return a
}

func (a *arrivals) begin(ctx context.Context, md metadata.MD, refuse func(error)) context.Context {
	c := connectionOf(ctx)
	if c == nil {
		return ctx
	}
	one := &Arrival{arrivals: a, connection: c, weight: weightOfCall(md), refuse: refuse}
	one.Expect()
	context.AfterFunc(ctx, func() { one.Arrived(0) })
	return context.WithValue(ctx, arrivalKey{}, one)
}

func weightOfCall(md metadata.MD) int64 {
	total := int64(ArrivalWeight)
	for key, values := range md {
		for _, value := range values {
			total += int64(len(key)+len(value)) + entryWeight
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
		a.used += n
		a.shed()
	}
}

// Expect begins to count for the call, unless it is counted: another message of it is about to be read.
func (o *Arrival) Expect() {
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
	o.used += c.held() - held
	o.shed()
}

// Arrived ends that: so many bytes are the request, which is no longer counted here. Size is 0 if it is not known.
func (o *Arrival) Arrived(size int64) {
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
func (o *Arrival) remove(i int, size int64) {
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
	o.used += c.held() - held
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
	for a.used > a.limit && len(a.connections) > 0 {
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
			oldest.refuse(&ArrivingBytesError{Limit: a.limit})
		}
	}
}

// RefuseWith says how the call is ended if it has to be, with an *[ArrivingBytesError]: at once if it was to end already.
// It must not block.
func (o *Arrival) RefuseWith(refuse func(error)) {
	if o == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.refuse = refuse
	if o.refused {
		refuse(&ArrivingBytesError{Limit: o.limit})
	}
}

// inflate counts bytes to which requests are inflated, if they are not too many.
func (a *arrivals) inflate(n int64) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if n > 0 && a.used+n > a.limit {
		return &ArrivingBytesError{Limit: a.limit}
	}
	a.used += n
	return nil
}

// usage is how many calls are arriving, and what they may have brought.
func (a *arrivals) usage() (calls int, bytes int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for c := range a.connections {
		calls += len(c.arriving)
	}
	return calls, a.used
}
