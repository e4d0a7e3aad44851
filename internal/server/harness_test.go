package server

import (
	"cmp"
	"context"
	"encoding/json"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pgplanner/pgplanner/internal/testkit"
	"github.com/pgplanner/pgplanner/internal/testkit/calls"

	"go.uber.org/goleak"
	"go.uber.org/zap/zapcore"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
)

// secret stands in the attributes of every request of these tests, and nowhere else. The harness looks for it in
// all that is logged, and the tests of errors in all that is answered.
const secret = "hunter2-planted-secret"

// harness is a server with its production interceptors, and a client of it, over an in-memory connection.
type harness struct {
	t      *testing.T
	server *Server
	conn   *grpc.ClientConn
	dial   func() *grpc.ClientConn
	log    *calls.Log
}

// start starts a server after prepare, if any, has changed what it plans with.
func start(t *testing.T, config Config, prepare func(*Server)) *harness {
	t.Helper()
	h := &harness{t: t, log: &calls.Log{}}
	config.Logger = h.log.Logger()
	config.Limits.QueueTime = cmp.Or(config.Limits.QueueTime, testkit.Hangs)
	// What a test puts in the place of the planner keeps no rules.
	config.NoVerification = config.NoVerification || prepare != nil
	h.server = New(config)
	if prepare != nil {
		prepare(h.server)
	}
	listener := bufconn.Listen(1 << 20)
	served := make(chan error, 1)
	go func() { served <- h.server.Serve(listener) }()
	h.dial = func() *grpc.ClientConn {
		conn, err := grpc.NewClient("passthrough:planner", grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	h.conn = h.dial()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), testkit.Hangs)
		defer cancel()
		h.conn.Close()
		if err := h.server.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
		if strings.Contains(h.log.Text(), secret) {
			t.Errorf("the log holds the value of an attribute:\n%s", h.log.Text())
		}
	})
	return h
}

func (h *harness) planner() plannerv1.PlannerServiceClient {
	return plannerv1.NewPlannerServiceClient(h.conn)
}

func (h *harness) resource() plannerv1.ResourceServiceClient {
	return plannerv1.NewResourceServiceClient(h.conn)
}

func (h *harness) state() plannerv1.StateServiceClient {
	return plannerv1.NewStateServiceClient(h.conn)
}

// update calls UpdateDatabase and reads its stream to the end.
func (h *harness) update(req *plannerv1.UpdateDatabaseRequest, opts ...grpc.CallOption) ([]*plannerv1.UpdateDatabaseResponse, error) {
	return h.updateContext(h.t.Context(), req, opts...)
}

func (h *harness) updateContext(
	ctx context.Context, req *plannerv1.UpdateDatabaseRequest, opts ...grpc.CallOption,
) ([]*plannerv1.UpdateDatabaseResponse, error) {
	stream, err := h.planner().UpdateDatabase(ctx, req, opts...)
	return calls.Drain(stream, err)
}

// synced is t.Run with a clock that goes on once all wait for it: nothing is late because the machine is busy.
func synced(t *testing.T, name string, test func(*testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}

type logLine map[string]any

// lines are all lines so far, from the given level on.
func (h *harness) lines(from zapcore.Level) []logLine {
	h.t.Helper()
	var all []logLine
	for text := range strings.Lines(h.log.Text()) {
		var line logLine
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			h.t.Fatalf("line %q: %v", text, err)
		}
		level, err := zapcore.ParseLevel(line["level"].(string))
		if err != nil {
			h.t.Fatal(err)
		}
		if level >= from {
			all = append(all, line)
		}
	}
	return all
}

// line waits for the only line at info or above. A call may return to its caller before its line is written.
func (h *harness) line() logLine {
	h.t.Helper()
	testkit.Eventually(h.t, func() bool { return len(h.lines(zapcore.InfoLevel)) > 0 })
	lines := h.lines(zapcore.InfoLevel)
	if len(lines) != 1 {
		h.t.Fatalf("%d lines in the log, want 1: %v", len(lines), lines)
	}
	return lines[0]
}

// failure is an error of a call, taken apart.
type failure struct {
	code         codes.Code
	text         string
	info         *errdetails.ErrorInfo
	bad          *errdetails.BadRequest
	precondition *errdetails.PreconditionFailure
}

// take takes the error of a call apart, and checks what holds for all of them.
func take(t *testing.T, err error) failure {
	t.Helper()
	if err == nil {
		t.Fatal("the call did not fail")
	}
	st := status.Convert(err)
	f := failure{code: st.Code(), text: st.Message()}
	infos := 0
	for _, detail := range st.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			f.info = d
			infos++
		case *errdetails.BadRequest:
			f.bad = d
		case *errdetails.PreconditionFailure:
			f.precondition = d
		default:
			t.Errorf("unexpected detail %T", detail)
		}
	}
	if infos != 1 {
		t.Fatalf("%d ErrorInfo, want 1, in %v", infos, st.Proto())
	}
	if f.info.GetDomain() != ErrorDomain {
		t.Errorf("domain %q", f.info.GetDomain())
	}
	if strings.Contains(st.Proto().String(), secret) {
		t.Errorf("the status holds the value of an attribute: %v", st.Proto())
	}
	if (f.bad != nil) != (f.code == codes.InvalidArgument) {
		t.Errorf("BadRequest %v with code %v", f.bad, f.code)
	}
	if (f.precondition != nil) != (f.code == codes.FailedPrecondition) {
		t.Errorf("PreconditionFailure %v with code %v", f.precondition, f.code)
	}
	return f
}

// fields are the paths of the violations.
func (f failure) fields() []string {
	var all []string
	for _, v := range f.bad.GetFieldViolations() {
		all = append(all, v.GetField())
	}
	return all
}

// nothingLeft waits until all goroutines have ended that were not there before.
func nothingLeft(t *testing.T, before goleak.Option) {
	t.Helper()
	err := goleak.Find(before)
	for deadline := time.Now().Add(testkit.Hangs); err != nil && time.Now().Before(deadline); { // it gives up too soon for a busy machine
		err = goleak.Find(before)
	}
	if err != nil {
		t.Error(err)
	}
}

// codeOf is the code of an error.
func codeOf(err error) codes.Code { return status.Code(err) }
