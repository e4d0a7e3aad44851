package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime/debug"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/pgplanner/pgplanner/internal/interrupt"
)

// This file is the one place where errors become statuses. What a status may say is in reasons.go, how it is
// written down in details.go.

// callError is an error as the caller sees it: a status with its reason. It keeps the cause of a bug for the
// log only.
type callError struct {
	status *status.Status
	reason string
	cause  error
}

func (e *callError) Error() string { return e.status.Message() }

// GRPCStatus makes gRPC send the status.
func (e *callError) GRPCStatus() *status.Status { return e.status }

// panicError is a panic on its way to the log.
type panicError struct {
	value any
	stack string
}

// Error says what panicked: the text of an error, which by the rules of this project holds no attribute
// values, but of anything else only its type.
func (e *panicError) Error() string {
	if err, ok := e.value.(error); ok {
		return err.Error()
	}
	return fmt.Sprintf("a value of type %T", e.value)
}

func newPanicError(value any) error {
	return &panicError{value: value, stack: string(debug.Stack())}
}

// recoverPanic turns a panic into an error like any other.
func recoverPanic(ctx context.Context, value any) error {
	return translate(ctx, newPanicError(value))
}

// translateUnary translates the errors of unary calls: of health checks only those of the server.
func translateUnary(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	resp, err := handler(ctx, req)
	if infrastructure(info.FullMethod) && !hasRule(err) {
		return resp, err
	}
	if err == nil {
		resp, err = callOf(ctx).outgoing(ctx, resp)
	}
	if err != nil {
		return nil, translate(ctx, err)
	}
	return resp, nil
}

// translateStream translates the errors of streaming calls: of health watches and reflection only those of the server.
func translateStream(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	theirs := infrastructure(info.FullMethod)
	if !theirs {
		ss = framedStream{ss}
	}
	err := handler(srv, ss)
	if err == nil || theirs && !hasRule(err) {
		return err
	}
	return translate(ss.Context(), err)
}

// translate makes the error of a call out of whatever went wrong in it. Of several joined errors, a bug hides
// everything else, and a malformed request everything but that.
func translate(ctx context.Context, err error) error {
	if known := (*callError)(nil); errors.As(err, &known) {
		return known
	}
	if code, ok := interrupted(ctx, err); ok {
		if late := (*callTimeError)(nil); errors.As(context.Cause(ctx), &late) {
			return ruledError(ctx, codes.DeadlineExceeded, []error{late})
		}
		return plainError(ctx, code)
	}
	all := leaves(nil, err)
	if st, ok := status.FromError(err); ok && len(all) == 1 && !hasRule(all[0]) {
		return grpcError(ctx, st, err)
	}
	chosen := codes.OK
	for _, leaf := range all {
		r, ok := ruleOf(leaf)
		switch {
		case !ok:
			return internalError(ctx, err)
		case chosen == codes.OK, r.code == codes.InvalidArgument:
			chosen = r.code
		}
	}
	return ruledError(ctx, chosen, all)
}

// deadlineSlack is how much earlier than the deadline a call may end and still count as late.
const deadlineSlack = 20 * time.Millisecond

// interrupted tells whether the call ended before its work did, and by what.
func interrupted(ctx context.Context, err error) (codes.Code, bool) {
	if !errors.Is(err, interrupt.ErrInterrupted) &&
		!errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		return codes.OK, false
	}
	// A caller gives up at its deadline and says so: that may come in before the timer of this context fires.
	deadline, has := ctx.Deadline()
	if has && time.Until(deadline) < deadlineSlack || errors.Is(err, context.DeadlineExceeded) {
		return codes.DeadlineExceeded, true
	}
	return codes.Canceled, true
}

// leaves appends the errors that err consists of: those with a rule of their own, or that wrap nothing.
func leaves(all []error, err error) []error {
	if _, ok := ruleOf(err); ok {
		return append(all, err)
	}
	switch wrapper := err.(type) { //nolint:errorlint // walks the tree itself
	case interface{ Unwrap() []error }:
		for _, e := range wrapper.Unwrap() {
			all = leaves(all, e)
		}
		return all
	case interface{ Unwrap() error }:
		if inner := wrapper.Unwrap(); inner != nil {
			return leaves(all, inner)
		}
	}
	return append(all, err)
}

func hasRule(err error) bool {
	_, ok := ruleOf(err)
	return ok
}

func ruleOf(err error) (rule, bool) {
	r, ok := rules[reflect.TypeOf(err)]
	return r, ok
}

// ruledError is the error of a call that failed for the given errors, all of which have a rule. Those of
// another code than the given one are left out.
func ruledError(ctx context.Context, code codes.Code, all []error) error {
	var faults []fault
	for _, err := range all {
		r, _ := ruleOf(err)
		if r.code != code {
			continue
		}
		f := r.describe(err)
		if f.text == "" {
			f.text = err.Error()
		}
		f.reason = cmp.Or(f.reason, r.reason)
		faults = append(faults, f)
	}
	return newCallError(ctx, code, nil, faults...)
}

// newCallError is the error of a call that failed for these faults, of which there is at least one.
func newCallError(ctx context.Context, code codes.Code, cause error, faults ...fault) error {
	return &callError{status: faultStatus(ctx, code, faults), reason: faults[0].reason, cause: cause}
}

// internalError is the error of a call that met a bug.
func internalError(ctx context.Context, cause error) error {
	text := "internal error; the server's log has the cause under request id " + requestID(ctx)
	return newCallError(ctx, codes.Internal, cause, fault{reason: ReasonInternal, text: text})
}

// plainErrors are the errors that nothing is to be said about.
var plainErrors = map[codes.Code]fault{
	codes.DeadlineExceeded: {reason: ReasonDeadlineExceeded, text: "the deadline of the call has passed"},
	codes.Canceled:         {reason: ReasonCancelled, text: "the call was canceled"},
	codes.Unimplemented:    {reason: ReasonMethodUnknown, text: "the server has no such service or method"},
	codes.Unavailable:      {reason: ReasonUnavailable, text: "the server cannot be reached any more"},
}

func plainError(ctx context.Context, code codes.Code) error {
	return newCallError(ctx, code, nil, plainErrors[code])
}

// grpcError is for what gRPC itself says about a call: that a message is too large to be received, for
// example, or that the connection broke.
func grpcError(ctx context.Context, st *status.Status, err error) error {
	switch st.Code() {
	case codes.DeadlineExceeded, codes.Canceled, codes.Unimplemented, codes.Unavailable:
		return plainError(ctx, st.Code())
	case codes.ResourceExhausted:
		f := fault{reason: ReasonLimitExceeded, text: strings.TrimPrefix(st.Message(), "grpc: ")}
		return newCallError(ctx, st.Code(), nil, f)
	default:
		return internalError(ctx, err)
	}
}
