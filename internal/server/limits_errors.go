package server

import (
	"fmt"
	"math/rand/v2"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/pgplanner/pgplanner/internal/convert/request"
	"github.com/pgplanner/pgplanner/internal/server/admission"
)

// With RESOURCE_EXHAUSTED: a limit of the server. Those marked with R come with a RetryInfo.
const (
	ReasonTooManyResources      = "TOO_MANY_RESOURCES"       // the request holds more resources than the server takes
	ReasonTooManyNodes          = "TOO_MANY_NODES"           // the request names more nodes than the server takes
	ReasonQueueFull             = "QUEUE_FULL"               // R: too many requests wait to be planned
	ReasonQueueTimeout          = "QUEUE_TIMEOUT"            // R: the request has waited for too long to be planned
	ReasonRequestBytesInFlight  = "REQUEST_BYTES_IN_FLIGHT"  // R, unless it is too large ever: the requests being worked on take too much memory
	ReasonRequestBytesArriving  = "REQUEST_BYTES_ARRIVING"   // R: the requests that are still arriving take too much memory
	ReasonResponseBytesInFlight = "RESPONSE_BYTES_IN_FLIGHT" // R: answers that their callers have not read take too much memory
	ReasonSlowReader            = "SLOW_READER"              // the caller has not read its answer for too long
)

// ReasonCallTimeLimit comes with DEADLINE_EXCEEDED: the call has lasted for as long as the server lets any call
// last, whatever its own deadline.
const ReasonCallTimeLimit = "CALL_TIME_LIMIT"

// limitReasons are the reasons that refusals are counted by.
func limitReasons() []string {
	return []string{
		ReasonRequestTooLarge, ReasonEventTooLarge, ReasonStateTooLarge, ReasonLimitExceeded,
		ReasonTooManyResources, ReasonTooManyNodes, ReasonQueueFull, ReasonQueueTimeout,
		ReasonRequestBytesInFlight, ReasonRequestBytesArriving, ReasonResponseBytesInFlight, ReasonSlowReader, ReasonCallTimeLimit,
	}
}

// slowReaderError says that a caller does not read its answer.
type slowReaderError struct{ Limit time.Duration }

func (e *slowReaderError) Error() string {
	return fmt.Sprintf("the caller has not read its answer for %v", e.Limit)
}

// callTimeError says that a call has lasted too long.
type callTimeError struct{ Limit time.Duration }

func (e *callTimeError) Error() string {
	return fmt.Sprintf("the call has lasted %v, which is as long as this server lets any call last", e.Limit)
}

// limitRules are the rules of the errors above, and of admission.
func limitRules() []rule {
	return []rule{
		exhausted(ReasonTooManyResources, func(e *request.TooManyError) fault {
			f := fault{identifiers: pairs("limit", e.Limit)}
			if e.What == request.Nodes {
				f.reason = ReasonTooManyNodes
			}
			return f
		}),
		exhausted(ReasonQueueFull, func(e *admission.QueueFullError) fault { return again("limit", e.Limit) }),
		exhausted(ReasonQueueTimeout, func(e *admission.QueueTimeoutError) fault { return again("limit", e.Limit) }),
		exhausted(ReasonRequestBytesInFlight, func(e *admission.RequestBytesError) fault {
			f := again("limit_bytes", e.Limit)
			if e.Size > e.Limit {
				f.retry = 0
			}
			return f
		}),
		exhausted(ReasonRequestBytesArriving, func(e *admission.ArrivingBytesError) fault { return again("limit_bytes", e.Limit) }),
		exhausted(ReasonResponseBytesInFlight, func(e *admission.ResponseBytesError) fault { return again("limit_bytes", e.Limit) }),
		exhausted(ReasonSlowReader, func(e *slowReaderError) fault { return fault{identifiers: pairs("limit", e.Limit)} }),
		ruleFor(codes.DeadlineExceeded, ReasonCallTimeLimit, func(e *callTimeError) fault {
			return fault{identifiers: pairs("limit", e.Limit)}
		}),
	}
}

// again is what an error about a limit says that the same call may keep in one to two seconds: not after the same time
// for all, so that those who were refused together do not all come back at once.
func again(key string, limit any) fault {
	return fault{retry: time.Second + rand.N(time.Second), identifiers: pairs(key, limit)}
}
