package server

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"

	"github.com/pgplanner/pgplanner/internal/wire"
)

// When gRPC cannot read a request, it answers by itself, with a bare status, and for a unary call without any
// interceptor having run. So that such calls are logged and answered like all others, requests are received
// into a frame: its decoding never fails, and what is wrong is found in it afterwards.

// frame is where a request is received into.
type frame struct {
	msg proto.Message
	err error // why msg could not be decoded
	// admit is asked before decoding, with the size of the request and the memory that it is going to take.
	admit func(size int, weight int64) error
}

// newFrame is a frame for the request of the call that ctx belongs to.
func newFrame(ctx context.Context, msg any) frame {
	c := callOf(ctx)
	m, _ := msg.(proto.Message)
	return frame{msg: m, admit: func(size int, weight int64) error { return c.admit(ctx, size, weight) }}
}

// receive fills the frame with what the function receives. It gives up when the call ends: the request may never
// come.
func (f *frame) receive(ctx context.Context, receive func(any) error) error {
	err := untilDone(ctx, 0, nil, func() error { return receive(f) })
	if err != nil {
		return err
	}
	return f.err
}

// decode decodes the request into the message, if it is admitted. The message keeps the bytes, so they are no
// buffer of a pool.
func (f *frame) decode(data mem.BufferSlice) error {
	whole := data.Materialize()
	if f.admit != nil {
		weight := weigh(whole, f.msg.ProtoReflect().Descriptor())
		if err := f.admit(len(whole), weight); err != nil {
			return err
		}
	}
	if err := wire.Unmarshal(whole, f.msg); err != nil {
		return &malformedError{cause: err}
	}
	return nil
}

// codec is gRPC's protobuf codec, but for frames.
type codec struct {
	encoding.CodecV2
	maxRequestBytes int
}

// Unmarshal decodes a frame without failing, and without panicking: for unary calls it runs outside of all
// interceptors. A request beyond the limit is not even looked at.
func (c codec) Unmarshal(data mem.BufferSlice, v any) error {
	f, ok := v.(*frame)
	if !ok {
		return c.CodecV2.Unmarshal(data, v)
	}
	defer func() {
		if value := recover(); value != nil {
			f.err = newPanicError(value)
		}
	}()
	if size := data.Len(); size > c.maxRequestBytes {
		f.err = &requestTooLargeError{Size: size, Limit: c.maxRequestBytes}
	} else {
		f.err = f.decode(data)
	}
	return nil
}

// Marshal encodes messages of answers, also those that count while they are kept.
func (c codec) Marshal(v any) (mem.BufferSlice, error) {
	if o, ok := v.(*outgoing); ok {
		return o.marshal()
	}
	return c.CodecV2.Marshal(v)
}

// hardLimit is what gRPC itself refuses, before it reads a message. It is above the real limit, so that most
// requests that are too large get the full answer.
func hardLimit(maxRequestBytes int) int {
	if maxRequestBytes > math.MaxInt32/2 {
		return math.MaxInt32
	}
	return 2 * maxRequestBytes
}

// framedStream receives the request of a server-streaming call through a frame, and sends its answer within the
// limits.
type framedStream struct{ grpc.ServerStream }

func (s framedStream) SendMsg(m any) error {
	return callOf(s.Context()).send(s.Context(), s.ServerStream, m)
}

func (s framedStream) RecvMsg(m any) error {
	f := newFrame(s.Context(), m)
	return f.receive(s.Context(), s.ServerStream.RecvMsg)
}

// framed gives a service whose unary methods receive their requests through frames, and that inside of all
// interceptors: a call that one of them refuses is not even read.
func framed(desc *grpc.ServiceDesc) *grpc.ServiceDesc {
	d := *desc
	d.Methods = slices.Clone(desc.Methods)
	for i := range d.Methods {
		d.Methods[i].Handler = framedMethod(d.Methods[i].Handler)
	}
	return &d
}

func framedMethod(method grpc.MethodHandler) grpc.MethodHandler {
	return func(srv any, ctx context.Context, decode func(any) error, chain grpc.UnaryServerInterceptor) (any, error) {
		later := func(any) error { return nil }
		received := func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
			return chain(ctx, req, info, func(ctx context.Context, req any) (any, error) {
				f := newFrame(ctx, req)
				if err := f.receive(ctx, decode); err != nil {
					return nil, err
				}
				return handler(ctx, req)
			})
		}
		return method(srv, ctx, later, received)
	}
}

// requestTooLargeError says that a request exceeds the limit of the server.
type requestTooLargeError struct{ Size, Limit int }

func (e *requestTooLargeError) Error() string {
	return fmt.Sprintf("the request has %d bytes, the server takes %d", e.Size, e.Limit)
}

// malformedError says that a request is no valid protobuf message of its type.
type malformedError struct{ cause error }

func (e *malformedError) Error() string {
	// Protobuf's errors name fields, but no values. Their first space is at times a non-breaking one.
	return "the request cannot be decoded: " + strings.ReplaceAll(e.cause.Error(), "\u00a0", " ")
}
