package server

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/tap"

	"github.com/pgplanner/pgplanner/internal/resource"
)

// call is what the server keeps of a call while it lasts: what it has taken, to be given back. A nil call has
// no limits and is not measured. Its methods are called by the call's own goroutine.
type call struct {
	*admission
	*metrics
	tracer trace.Tracer

	// end ends the call early: what blocks on the stream returns, and the cause becomes the call's error.
	end context.CancelCauseFunc
	// stop stops the clock that ends the call.
	stop context.CancelFunc
	// bytes are those of the request.
	bytes int64
	// leave gives the place back where the request is worked on; nil before there is one.
	leave func()
}

type callKey struct{}

// callOf is the call that ctx belongs to, nil if there is none.
func callOf(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

// begin is called when the header of a call has come in. What it puts around the context ends reading and
// writing, too, which a context that is made by an interceptor does not.
func (s *Server) begin(ctx context.Context, info *tap.Info) (context.Context, error) {
	if infrastructure(info.FullMethodName) {
		return ctx, nil
	}
	c := &call{admission: s.admission, metrics: s.metrics, tracer: s.tracer}
	ctx, c.end = context.WithCancelCause(ctx)
	limit := s.admission.limits.CallTime
	ctx, c.stop = context.WithTimeoutCause(ctx, limit, &callTimeError{Limit: limit})
	return context.WithValue(ctx, callKey{}, c), nil
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
	c.bytes = weight
	c.requestBytes.Observe(float64(size))
	began := time.Now()
	leave, err := c.places.take(ctx, small)
	c.queueSeconds.Observe(time.Since(began).Seconds())
	c.leave = leave
	return err
}

// planned gives the place back: what is left to do is sending.
func (c *call) planned() {
	if c != nil && c.leave != nil {
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
	if c == nil {
		return
	}
	c.planned()
	c.requests.giveBack(c.bytes)
	c.bytes = 0
	c.stop()
}

// failed counts why the call failed, if it did.
func (c *call) failed(err error) {
	if known := (*callError)(nil); c != nil && errors.As(err, &known) {
		c.refused(known.reason)
	}
}

// finishUnary and finishStream see to it that calls give back what they have taken, however they end.
func finishUnary(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	c := callOf(ctx)
	defer c.finish()
	resp, err := handler(ctx, req)
	c.failed(err)
	return resp, err
}

func finishStream(srv any, ss grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	c := callOf(ss.Context())
	defer c.finish()
	err := handler(srv, ss)
	c.failed(err)
	return err
}

// endedBy is the limit that has ended the call of ctx, nil if none has.
func endedBy(ctx context.Context) error {
	switch cause := context.Cause(ctx).(type) { //nolint:errorlint // causes are not wrapped
	case *callTimeError:
		return cause
	case *slowReaderError:
		return cause
	}
	return nil
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
	defer span.End()
	began := time.Now()
	defer func() { c.stepSeconds[name].Observe(time.Since(began).Seconds()) }()
	return work()
}
