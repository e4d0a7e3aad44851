package server

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/server/admission"
	"github.com/pgplanner/pgplanner/internal/wire"
)

// When gRPC cannot read a request, it answers by itself, with a bare status, and for a unary call without any
// interceptor having run. So that such calls are logged and answered like all others, requests are received
// into a frame: its decoding never fails, and what is wrong is found in it afterwards.

// frame is where a request is received into.
type frame struct {
	msg proto.Message
	// data is the request as it came.
	data mem.BufferSlice
	// size is how many bytes it has, also if it is not kept.
	size int
	err  error // why it is not
}

// receiveInto receives the request of the call that ctx belongs to into a message, through a frame. It gives up when the
// call ends: the request may never come.
func receiveInto(ctx context.Context, msg any, receive func(any) error) error {
	m, _ := msg.(proto.Message)
	f := &frame{msg: m}
	err := untilDone(ctx, 0, nil, func() error { return receive(f) })
	size := 0
	if err == nil && uncompressed(ctx) {
		size = f.size
	}
	admission.ArrivalOf(ctx).Arrived(int64(size))
	if err != nil {
		return receiveError(err)
	}
	if f.err != nil {
		return f.err
	}
	return f.decode(ctx)
}

// uncompressed tells whether the requests of the call are as large as they were on their way.
func uncompressed(ctx context.Context) bool {
	stream, ok := grpc.ServerTransportStreamFromContext(ctx).(interface{ RecvCompress() string })
	return ok && (stream.RecvCompress() == "" || stream.RecvCompress() == encoding.Identity)
}

// receiveError tells what is wrong with what the caller has sent from what is wrong with the server: gRPC itself says
// INTERNAL to both.
func receiveError(err error) error {
	st, ok := status.FromError(err)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &malformedError{cause: err}
	case ok && st.Code() == codes.Internal:
		return &malformedError{cause: errors.New(strings.TrimPrefix(st.Message(), "grpc: "))}
	}
	return err
}

// decode decodes the request into the message, if it is admitted. The message keeps the bytes, so they are no
// buffer of a pool.
func (f *frame) decode(ctx context.Context) error {
	whole := f.data.Materialize()
	f.data.Free()
	c := callOf(ctx)
	if err := c.admit(ctx, len(whole), admission.Weigh(whole, f.msg.ProtoReflect().Descriptor())); err != nil {
		return err
	}
	var err error
	c.texts, c.release, err = wire.Unmarshal(stopOf(ctx), whole, f.msg)
	if errors.Is(err, interrupt.ErrInterrupted) {
		return err
	}
	if err != nil {
		return &malformedError{cause: err}
	}
	return nil
}

// codec is gRPC's protobuf codec, but for frames.
type codec struct {
	encoding.CodecV2
	maxRequestBytes int
	inflater        *inflater
}

// Unmarshal keeps the bytes of a frame, to be decoded when the caller has sent all that it is going to send: until
// then, gRPC does not return. A request beyond the limit is not even kept.
func (c codec) Unmarshal(data mem.BufferSlice, v any) error {
	f, ok := v.(*frame)
	if !ok {
		return c.CodecV2.Unmarshal(data, v)
	}
	f.size = data.Len()
	f.err = c.inflater.failure(data)
	if f.err == nil && f.size > c.maxRequestBytes {
		f.err = &requestTooLargeError{Size: f.size, Limit: c.maxRequestBytes}
	}
	if f.err == nil && f.data == nil { // of a second request, which gRPC is about to refuse, nothing is kept
		data.Ref()
		f.data = data
	}
	return nil
}

// Marshal encodes messages of answers, but for those that are encoded already.
func (c codec) Marshal(v any) (mem.BufferSlice, error) {
	if o, ok := v.(*outgoing); ok {
		return o.data, nil
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
	return receiveInto(s.Context(), m, s.ServerStream.RecvMsg)
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
				if err := receiveInto(ctx, req, decode); err != nil {
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

// inflater inflates requests that are compressed with gzip. A few bytes may become a thousand times as many, so what
// they become counts like requests that are arriving while they do, and it stops beyond the limit of requests.
//
// gRPC answers by itself when its decompressor fails, so this one does not: it makes one of two requests that stand for
// what went wrong.
type inflater struct {
	admission *admission.Controller
	limit     int
	readers   sync.Pool
}

// These stand for what went wrong, as the slices that they are. They are no messages.
var (
	inflatedTooMuch = []byte{0xff}
	notInflatable   = []byte{0xff}
)

// failure tells what went wrong when the request was inflated, if anything.
func (i *inflater) failure(data mem.BufferSlice) error {
	if i == nil || len(data) != 1 || data[0].Len() != 1 {
		return nil
	}
	switch &data[0].ReadOnlyData()[0] {
	case &inflatedTooMuch[0]:
		return &admission.ArrivingBytesError{Limit: i.admission.Limits().RequestBytesArriving}
	case &notInflatable[0]:
		return &malformedError{cause: errors.New("it is not what gzip makes")}
	}
	return nil
}

// Type is the encoding that the inflater is for.
func (*inflater) Type() string { return "gzip" }

// Do inflates a request.
func (i *inflater) Do(r io.Reader) ([]byte, error) {
	z, _ := i.readers.Get().(*gzip.Reader)
	if z == nil {
		z = new(gzip.Reader)
	}
	defer i.readers.Put(z)
	if z.Reset(r) != nil {
		return notInflatable, nil
	}
	return i.inflate(z), nil
}

// inflateBytes is how many bytes are inflated at a time.
const inflateBytes = 64 << 10

// inflate reads to one byte beyond the limit at most.
func (i *inflater) inflate(r io.Reader) []byte {
	var out bytes.Buffer
	taken := int64(0)
	defer func() { _ = i.admission.Inflate(-taken) }()
	for out.Len() <= i.limit {
		n, err := io.CopyN(&out, r, int64(min(inflateBytes, i.limit+1-out.Len())))
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return notInflatable
		}
		if i.admission.Inflate(2*n) != nil { // the buffer doubles when it grows
			return inflatedTooMuch
		}
		taken += 2 * n
	}
	return out.Bytes()
}
