package server

import (
	"context"
	"errors"
	"sync"
	"time"

	otelcodes "go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"

	"github.com/pgplanner/pgplanner/internal/resource"
)

// call is what the server keeps of a call while it lasts: what it has taken, to be given back. A nil call has
// no limits and is not measured.
type call struct {
	*admission
	*metrics
	tracer trace.Tracer

	mu sync.Mutex
	// finished means that nothing may be taken any more.
	finished bool
	// bytes is the memory that the request has taken.
	bytes int64
	// leave gives the place back where the request is worked on; nil before there is one.
	leave func()

	// release gives back what the messages of the request live in; nil if nothing is to be given back.
	release func()

	// sent is how many bytes of the answer gRPC has taken at once.
	sent int
}

type callKey struct{}

// callOf is the call that ctx belongs to, nil if there is none.
func callOf(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

// begin makes a call that ends in time. Health watches and reflection are none.
func (s *Server) begin(ctx context.Context, fullMethod string) (_ context.Context, c *call, end func()) {
	if infrastructure(fullMethod) {
		arrivalOf(ctx).arrived(0) // or it is a stream, and about to be read
		return ctx, nil, func() {}
	}
	// What is compressed is not seen to leave: the room that an answer takes would be given back at once.
	_ = grpc.SetSendCompressor(ctx, encoding.Identity)
	c = &call{admission: s.admission, metrics: s.metrics, tracer: s.tracer}
	limit := s.admission.limits.CallTime
	ctx, stop := context.WithTimeoutCause(ctx, limit, &callTimeError{Limit: limit})
	ctx, refuse := context.WithCancelCause(ctx)
	arrivalOf(ctx).refuseWith(func() { refuse(&arrivingBytesError{Limit: s.arrivals.limit}) })
	return context.WithValue(ctx, callKey{}, c), c, func() {
		c.finish()
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
	err := handler(srv, &contextStream{ServerStream: ss, ctx: ctx})
	c.failed(err)
	return err
}

// admit finds room and a place for a request that takes so much memory, before it is decoded. Size is that of
// its bytes.
func (c *call) admit(ctx context.Context, size int, weight int64) error {
	if c == nil {
		return nil
	}
	small := c.small(size)
	if err := c.requests.take(weight, small); err != nil {
		return err
	}
	if !c.keep(func() { c.bytes = weight }) {
		c.requests.giveBack(weight)
		return context.Cause(ctx)
	}
	c.requestBytes.Observe(float64(size))
	began := time.Now()
	leave, err := c.places.take(ctx, small)
	c.queueSeconds.Observe(time.Since(began).Seconds())
	if err != nil {
		return err
	}
	if !c.keep(func() { c.leave = leave }) {
		leave()
		return context.Cause(ctx)
	}
	return nil
}

// decoded notes how to give back what the messages of the request live in.
func (c *call) decoded(release func()) {
	if c != nil {
		c.release = release
	}
}

// converted gives it back: nobody looks at the request any more.
func (c *call) converted() {
	if c != nil && c.release != nil {
		c.release()
		c.release = nil
	}
}

// keep notes what the call has taken, unless it is finished.
func (c *call) keep(note func()) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.finished {
		note()
	}
	return !c.finished
}

// planned gives the place back: what is left to do is sending.
func (c *call) planned() {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.leave != nil {
		c.leave()
	}
}

// answers counts the plans of the answer, which is now to be sent.
func (c *call) answers(plans []resource.Plan) {
	if c != nil {
		c.answer(plans)
		c.planned()
	}
}

// finish gives everything back. Plans share memory with their request, so this is when that is free, too.
func (c *call) finish() {
	c.planned()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.finished = true
	c.requests.giveBack(c.bytes)
	c.bytes = 0
}

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

// step is a part of a call's work that is timed and traced.
type step string

// The steps, in their order.
const (
	stepConvert step = "convert"
	stepPlan    step = "plan"
	stepVerify  step = "verify"
	stepEncode  step = "encode"
)

func steps() []step { return []step{stepConvert, stepPlan, stepVerify, stepEncode} }

// measured does a step of the call that ctx belongs to.
func measured[T any](ctx context.Context, name step, work func() (T, error)) (T, error) {
	c := callOf(ctx)
	if c == nil {
		return work()
	}
	_, span := c.tracer.Start(ctx, string(name))
	began := time.Now()
	// Not deferred directly: then End would record what panicked, and that may be anything.
	defer func() {
		span.End()
		c.stepSeconds.WithLabelValues(string(name)).Observe(time.Since(began).Seconds())
	}()
	result, err := work()
	if err != nil {
		span.SetStatus(otelcodes.Error, "") // the text is in the span of the call
	}
	return result, err
}

// verified has the judge, if there is one, look at the plans that answer a call.
func verified[Call any](
	ctx context.Context, judge func(context.Context, *Call, []resource.Plan) error, call *Call, plans []resource.Plan,
) error {
	if judge == nil {
		return nil
	}
	_, err := measured(ctx, stepVerify, func() (struct{}, error) { return struct{}{}, judge(ctx, call, plans) })
	return err
}
