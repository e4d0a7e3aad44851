package admission

import (
	"cmp"
	"fmt"
	"runtime"
	"time"
)

// Defaults of Limits. That of ConcurrentPlans is the number of processors, and at least two. They let in whatever is
// asked about a database of DefaultMaxNodes nodes of three instances.
const (
	DefaultMaxResources          = 200_000
	DefaultMaxNodes              = 256
	DefaultMaxJSONDepth          = 100
	DefaultMaxAttributeBytes     = 8 << 20
	DefaultQueuedPlans           = 256
	DefaultQueueTime             = 10 * time.Second
	DefaultSmallRequestBytes     = 64 << 10
	DefaultRequestBytesInFlight  = 768 << 20
	DefaultRequestBytesArriving  = 256 << 20
	DefaultResponseBytesInFlight = 256 << 20
	DefaultMaxConnections        = 1024
	DefaultCallTime              = 60 * time.Second
	DefaultSendTime              = 20 * time.Second
)

// Limits keep one caller, or many, from taking what the others need. The zero value of each stands for its
// default. A call beyond one of them is refused with RESOURCE_EXHAUSTED and the reason that is named below; if
// it is worth trying again later, with a RetryInfo.
type Limits struct {
	// MaxResources is how many resources a request may hold, in all of its states, lists and events together:
	// TOO_MANY_RESOURCES.
	MaxResources int
	// MaxNodes is how many nodes a request may name: TOO_MANY_NODES. An answer about n nodes that replicate
	// from each other has about 2n² resources, however small the request is.
	MaxNodes int
	// MaxJSONDepth is how deeply attributes, settings and other JSON may be nested: INVALID_ARGUMENT, with the
	// field in the BadRequest.
	MaxJSONDepth int
	// MaxAttributeBytes is how long the attributes of one resource, or another piece of JSON, may be:
	// INVALID_ARGUMENT, with the field in the BadRequest.
	MaxAttributeBytes int

	// ConcurrentPlans is how many requests are decoded, planned and encoded at the same time. One of these
	// places is kept for small requests, unless there is only one.
	ConcurrentPlans int
	// QueuedPlans is how many requests may wait for such a place, of which a quarter is kept for small
	// requests: QUEUE_FULL, with RetryInfo.
	QueuedPlans int
	// QueueTime is how long a request may wait: QUEUE_TIMEOUT, with RetryInfo.
	QueueTime time.Duration
	// SmallRequestBytes is the size up to which a request is small.
	SmallRequestBytes int
	// RequestBytesInFlight is how much memory all requests may take that have been received and not yet
	// answered, estimated from their bytes. A quarter is kept for small requests. REQUEST_BYTES_IN_FLIGHT, with
	// RetryInfo, unless the request would never fit.
	RequestBytesInFlight int64
	// RequestBytesArriving is how many bytes all requests may have brought that are still arriving, together with
	// about 32 KiB for each: REQUEST_BYTES_ARRIVING, with RetryInfo, for the one that has been arriving for longest on
	// the connection that has brought most.
	RequestBytesArriving int64
	// ResponseBytesInFlight is how many bytes of answers may be encoded and not yet written to their
	// connections. A message waits for room for SendTime: RESPONSE_BYTES_IN_FLIGHT, with RetryInfo.
	ResponseBytesInFlight int64

	// MaxConnections is how many connections all listeners together may have. More are closed at once.
	MaxConnections int
	// CallTime is how long a call may last, also when the caller sets no deadline or a later one:
	// DEADLINE_EXCEEDED with the reason CALL_TIME_LIMIT. Health watches and reflection may last.
	CallTime time.Duration
	// SendTime is how long one message may take until the client has made room for it: SLOW_READER. If the
	// client leaves a message unread for twice as long, its connection is closed.
	SendTime time.Duration
}

func (l Limits) withDefaults() Limits {
	l.MaxResources = cmp.Or(l.MaxResources, DefaultMaxResources)
	l.MaxNodes = cmp.Or(l.MaxNodes, DefaultMaxNodes)
	l.MaxJSONDepth = cmp.Or(l.MaxJSONDepth, DefaultMaxJSONDepth)
	l.MaxAttributeBytes = cmp.Or(l.MaxAttributeBytes, DefaultMaxAttributeBytes)
	l.ConcurrentPlans = cmp.Or(l.ConcurrentPlans, max(2, runtime.GOMAXPROCS(0)))
	l.QueuedPlans = cmp.Or(l.QueuedPlans, DefaultQueuedPlans)
	l.QueueTime = cmp.Or(l.QueueTime, DefaultQueueTime)
	l.SmallRequestBytes = cmp.Or(l.SmallRequestBytes, DefaultSmallRequestBytes)
	l.RequestBytesInFlight = cmp.Or(l.RequestBytesInFlight, DefaultRequestBytesInFlight)
	l.RequestBytesArriving = cmp.Or(l.RequestBytesArriving, DefaultRequestBytesArriving)
	l.ResponseBytesInFlight = cmp.Or(l.ResponseBytesInFlight, DefaultResponseBytesInFlight)
	l.MaxConnections = cmp.Or(l.MaxConnections, DefaultMaxConnections)
	l.CallTime = cmp.Or(l.CallTime, DefaultCallTime)
	l.SendTime = cmp.Or(l.SendTime, DefaultSendTime)
	return l
}

// QueueFullError says that too many requests wait already.
type QueueFullError struct{ Limit int }

func (e *QueueFullError) Error() string {
	return fmt.Sprintf("%d requests wait to be planned already", e.Limit)
}

// QueueTimeoutError says that a request has waited for too long.
type QueueTimeoutError struct{ Limit time.Duration }

func (e *QueueTimeoutError) Error() string {
	return fmt.Sprintf("the request has waited %v to be planned", e.Limit)
}

// RequestBytesError says that there is no memory for a request.
type RequestBytesError struct {
	// Size is what the request needs, Limit what all requests of its kind may take together. If Size is larger, the
	// request never fits.
	Size, Limit int64
}

func (e *RequestBytesError) Error() string {
	if e.Size > e.Limit {
		return fmt.Sprintf("the request takes about %d bytes of memory, the server has %d for all requests", e.Size, e.Limit)
	}
	return "the requests that are being worked on take all the memory there is for them"
}

// ArrivingBytesError says that a request was still arriving when others needed what it took.
type ArrivingBytesError struct{ Limit int64 }

func (e *ArrivingBytesError) Error() string {
	return fmt.Sprintf("requests that are still arriving take all of %d bytes", e.Limit)
}

// ResponseBytesError says that there was no room for a message of an answer.
type ResponseBytesError struct{ Limit int64 }

func (e *ResponseBytesError) Error() string {
	return fmt.Sprintf("answers that have not been read by their callers take all of %d bytes", e.Limit)
}
