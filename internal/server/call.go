package server

import (
	"context"
	"errors"
	"time"

	middleware "github.com/grpc-ecosystem/go-grpc-middleware/v2"
	otelcodes "go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"

	"github.com/pgplanner/pgplanner/internal/convert"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/server/admission"
)

// call is what the server keeps of a call while it lasts: what it has taken, to be given back.
type call struct {
	*metrics
	admission *admission.Controller
	share     *admission.Share
	tracer    trace.Tracer

	// texts are those of the request's Structs, and release gives back what they and its messages live in. Both are nil
	// unless there is a request that somebody may look at.
	texts   convert.StructTexts
	release func()

	// sent is how many bytes of the answer gRPC has taken at once.
	sent int
}

type callKey struct{}

// callOf is the call that ctx belongs to: nil if that is a health watch or reflection.
func callOf(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

// begin makes a call that ends in time. Health watches and reflection are none.
func (s *Server) begin(ctx context.Context, fullMethod string) (_ context.Context, c *call, end func()) {
	if infrastructure(fullMethod) {
		admission.ArrivalOf(ctx).Arrived(0) // or it is a stream, and about to be read
		return ctx, nil, func() {}
	}
	// What is compressed is not seen to leave: what an answer takes would be given back at once.
	_ = grpc.SetSendCompressor(ctx, encoding.Identity)
	c = &call{metrics: s.metrics, admission: s.admission, share: s.admission.Share(), tracer: s.tracer}
	limit := s.admission.Limits().CallTime
	ctx, stop := context.WithTimeoutCause(ctx, limit, &callTimeError{Limit: limit})
	ctx, refuse := context.WithCancelCause(ctx)
	admission.ArrivalOf(ctx).RefuseWith(refuse)
	return context.WithValue(ctx, callKey{}, c), c, func() {
		c.share.GiveBack() // plans share memory with their request, so this is when that is free, too
		refuse(nil)
		stop()
	}
}

// measureUnary and measureStream make the calls, and see to it that they give back what they have taken,
// however they end.
func (s *Server) measureUnary(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	ctx, c, end := s.begin(ctx, info.FullMethod)
	defer end()
	resp, err := handler(ctx, req)
	c.failed(err)
	return resp, err
}

func (s *Server) measureStream(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	ctx, c, end := s.begin(ss.Context(), info.FullMethod)
	defer end()
	err := handler(srv, &middleware.WrappedServerStream{ServerStream: ss, WrappedContext: ctx})
	c.failed(err)
	return err
}

// admit takes memory and a place for a request that is going to take so much memory, before it is decoded. Size is that
// of its bytes.
func (c *call) admit(ctx context.Context, size int, weight int64) error {
	if err := c.share.TakeMemory(ctx, size, weight); err != nil {
		return err
	}
	c.requestBytes.Observe(float64(size))
	began := time.Now()
	err := c.share.TakePlace(ctx, size)
	c.queueSeconds.Observe(time.Since(began).Seconds())
	return err
}

// releaseRequest gives back what the request lives in: nobody looks at it any more.
func (c *call) releaseRequest() {
	c.release()
	c.texts, c.release = nil, nil
}

// stopOf tells computations to stop once the call that ctx belongs to has ended. It is the only place where contexts
// become interrupts.
func stopOf(ctx context.Context) *interrupt.Poller { return interrupt.When(ctx.Done()) }

// failed counts why the call failed, if it did.
func (c *call) failed(err error) {
	if known := (*callError)(nil); c != nil && errors.As(err, &known) {
		c.refused(known.reason)
	}
}

// untilDone does what may block on the stream, and gives up when the server ends the call or, if there is a
// limit, after that time. Then the call has to end at once: it is gRPC that makes the work return, when it sends the status.
func untilDone(ctx context.Context, limit time.Duration, late error, work func() error) error {
	done := make(chan error, 1)
	go func() {
		defer func() {
			if value := recover(); value != nil {
				done <- newPanicError(value)
			}
		}()
		done <- work()
	}()
	var tooLate <-chan time.Time
	if limit > 0 {
		timer := time.NewTimer(limit)
		defer timer.Stop()
		tooLate = timer.C
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		if cause := context.Cause(ctx); hasRule(cause) {
			return cause // the server ends the call
		}
		return <-done // it is gRPC that has ended the call
	case <-tooLate:
		return late
	}
}

// stage is a part of a call's work that is timed and traced.
type stage string

// The stages, in their order.
const (
	stageConvert stage = "convert"
	stagePlan    stage = "plan"
	stageVerify  stage = "verify"
	stageEncode  stage = "encode"
)

func stages() []stage { return []stage{stageConvert, stagePlan, stageVerify, stageEncode} }

// measured does a stage of the call that ctx belongs to.
func measured[T any](ctx context.Context, name stage, work func() (T, error)) (T, error) {
	c := callOf(ctx)
	_, span := c.tracer.Start(ctx, string(name))
	began := time.Now()
	// Not deferred directly: then End would record what panicked, and that may be anything.
	defer func() {
		span.End()
		c.stageSeconds.WithLabelValues(string(name)).Observe(time.Since(began).Seconds())
	}()
	result, err := work()
	if err != nil {
		span.SetStatus(otelcodes.Error, "") // the text is in the span of the call
	}
	return result, err
}
