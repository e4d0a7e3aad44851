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
)

// When gRPC cannot read a request, it answers by itself, with a bare status, and for a unary call without any
// interceptor having run. So that such calls are logged and answered like all others, requests are received
// into a frame: its decoding never fails, and what is wrong is found in it afterwards.

// frame is where a request is received into.
type frame struct {
	msg any
	err error // why msg could not be decoded
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
	} else if err := c.CodecV2.Unmarshal(data, f.msg); err != nil {
		f.err = &malformedError{cause: err}
	}
	return nil
}

// hardLimit is what gRPC itself refuses, before it reads a message. It is above the real limit, so that most
// requests that are too large get the full answer.
func hardLimit(maxRequestBytes int) int {
	if maxRequestBytes > math.MaxInt32/2 {
		return math.MaxInt32
	}
	return 2 * maxRequestBytes
}

// framedStream receives the request of a server-streaming call through a frame.
type framedStream struct{ grpc.ServerStream }

func (s framedStream) RecvMsg(m any) error {
	f := frame{msg: m}
	if err := s.ServerStream.RecvMsg(&f); err != nil {
		return err
	}
	return f.err
}

// framed gives a service whose unary methods receive their requests through frames. What goes wrong there is
// returned by the handler, inside of all interceptors.
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
		var failed error
		receive := func(m any) error {
			f := frame{msg: m}
			if failed = decode(&f); failed == nil {
				failed = f.err
			}
			return nil
		}
		checked := func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
			if failed != nil {
				handler = func(context.Context, any) (any, error) { return nil, failed }
			}
			return chain(ctx, req, info, handler)
		}
		return method(srv, ctx, receive, checked)
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
