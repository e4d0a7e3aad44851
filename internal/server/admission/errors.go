package admission

import (
	"fmt"
	"time"
)

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
