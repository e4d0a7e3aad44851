package server

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"strings"
	"sync/atomic"

	middleware "github.com/grpc-ecosystem/go-grpc-middleware/v2"
	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/logging"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// RequestIDHeader is the metadata key that carries the id of a request: taken from the caller if it sent a
// usable one, else made here, and given back. A call that succeeds has it in its header. One that fails before
// its first message has it in its trailer: a header would make clients take the call for answered and not
// retry it.
const RequestIDHeader = "x-request-id"

// maxRequestIDBytes bounds what a caller may put into every log line of its calls.
const maxRequestIDBytes = 128

// fieldRequestID is the log field, and the key in the metadata of every ErrorInfo, that holds the request id.
const fieldRequestID = "request_id"

type requestIDKey struct{}

// requestID returns the id of the request that ctx belongs to; empty outside of one.
func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// withRequestID finds or makes the id of a request and puts it into the context and its log fields.
func withRequestID(ctx context.Context) (context.Context, string) {
	id := newRequestID()
	if given := metadata.ValueFromIncomingContext(ctx, RequestIDHeader); len(given) == 1 && usableRequestID(given[0]) {
		id = given[0]
	}
	ctx = context.WithValue(ctx, requestIDKey{}, id)
	return logging.InjectLogField(ctx, fieldRequestID, id), id
}

// usableRequestID tells whether an id that a caller sent is short and of visible ASCII characters only.
func usableRequestID(id string) bool {
	isOther := func(r rune) bool { return r <= ' ' || r > '~' }
	return id != "" && len(id) <= maxRequestIDBytes && !strings.ContainsFunc(id, isOther)
}

func newRequestID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails, see its documentation
	return hex.EncodeToString(b[:])
}

func requestIDUnary(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	ctx, id := withRequestID(ctx)
	resp, err := handler(ctx, req)
	// Neither can fail: nothing has been sent yet.
	if err != nil {
		_ = grpc.SetTrailer(ctx, metadata.Pairs(RequestIDHeader, id))
	} else {
		_ = grpc.SetHeader(ctx, metadata.Pairs(RequestIDHeader, id))
	}
	return resp, err
}

func requestIDStream(srv any, ss grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	ctx, id := withRequestID(ss.Context())
	stream := &requestIDServerStream{WrappedServerStream: middleware.WrappedServerStream{ServerStream: ss, WrappedContext: ctx}, id: id}
	err := handler(srv, stream)
	switch {
	case stream.headerSet.Load():
	case err != nil:
		ss.SetTrailer(metadata.Pairs(RequestIDHeader, id))
	default:
		_ = ss.SetHeader(metadata.Pairs(RequestIDHeader, id)) // a stream without any message
	}
	return err
}

// requestIDServerStream adds the request id to the header just before the first message.
type requestIDServerStream struct {
	middleware.WrappedServerStream
	id        string
	headerSet atomic.Bool
}

func (s *requestIDServerStream) SendMsg(m any) error {
	if s.headerSet.CompareAndSwap(false, true) {
		if err := s.SetHeader(metadata.Pairs(RequestIDHeader, s.id)); err != nil {
			return err
		}
	}
	return s.ServerStream.SendMsg(m)
}
