package server

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/pgplanner/pgplanner/internal/convert"
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

// queueFullError says that too many requests wait already.
type queueFullError struct{ Limit int }

func (e *queueFullError) Error() string {
	return fmt.Sprintf("%d requests wait to be planned already", e.Limit)
}

// queueTimeoutError says that a request has waited for too long.
type queueTimeoutError struct{ Limit time.Duration }

func (e *queueTimeoutError) Error() string {
	return fmt.Sprintf("the request has waited %v to be planned", e.Limit)
}

// requestBytesError says that there is no room for a request.
type requestBytesError struct {
	// Size is what the request needs, Limit what all requests of its kind may take together.
	Size, Limit int64
}

func (e *requestBytesError) Error() string {
	if e.Size > e.Limit {
		return fmt.Sprintf("the request takes about %d bytes of memory, the server has %d for all requests", e.Size, e.Limit)
	}
	return "the requests that are being worked on take all the memory there is for them"
}

// arrivingBytesError says that a request was still arriving when there was no room for more.
type arrivingBytesError struct{ Limit int64 }

func (e *arrivingBytesError) Error() string {
	return fmt.Sprintf("requests that are still arriving take all of %d bytes", e.Limit)
}

// responseBytesError says that there was no room for a message of an answer.
type responseBytesError struct{ Limit int64 }

func (e *responseBytesError) Error() string {
	return fmt.Sprintf("answers that have not been read by their callers take all of %d bytes", e.Limit)
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

// limitRules are the rules of the errors above.
func limitRules() []rule {
	return []rule{
		ruleFor(codes.ResourceExhausted, ReasonTooManyResources, func(e *convert.TooManyError) fault {
			f := fault{identifiers: map[string]string{"limit": strconv.Itoa(e.Limit)}}
			if e.What == convert.Nodes {
				f.reason = ReasonTooManyNodes
			}
			return f
		}),
		ruleFor(codes.ResourceExhausted, ReasonQueueFull, func(e *queueFullError) fault {
			return fault{retry: retryDelay(), identifiers: map[string]string{"limit": strconv.Itoa(e.Limit)}}
		}),
		ruleFor(codes.ResourceExhausted, ReasonQueueTimeout, func(e *queueTimeoutError) fault {
			return fault{retry: retryDelay(), identifiers: map[string]string{"limit": e.Limit.String()}}
		}),
		ruleFor(codes.ResourceExhausted, ReasonRequestBytesInFlight, func(e *requestBytesError) fault {
			f := fault{identifiers: byteLimit(e.Limit)}
			if e.Size <= e.Limit {
				f.retry = retryDelay()
			}
			return f
		}),
		ruleFor(codes.ResourceExhausted, ReasonRequestBytesArriving, func(e *arrivingBytesError) fault {
			return fault{retry: retryDelay(), identifiers: byteLimit(e.Limit)}
		}),
		ruleFor(codes.ResourceExhausted, ReasonResponseBytesInFlight, func(e *responseBytesError) fault {
			return fault{retry: retryDelay(), identifiers: byteLimit(e.Limit)}
		}),
		ruleFor(codes.ResourceExhausted, ReasonSlowReader, func(e *slowReaderError) fault {
			return fault{identifiers: map[string]string{"limit": e.Limit.String()}}
		}),
		ruleFor(codes.DeadlineExceeded, ReasonCallTimeLimit, func(e *callTimeError) fault {
			return fault{identifiers: map[string]string{"limit": e.Limit.String()}}
		}),
	}
}

func byteLimit(limit int64) map[string]string {
	return map[string]string{"limit_bytes": strconv.FormatInt(limit, 10)}
}

// retryDelay is when to try again: in one to two seconds, so that those who were refused together do not all
// come back at once.
func retryDelay() time.Duration { return time.Second + rand.N(time.Second) }
