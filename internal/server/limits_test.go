package server

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pgplanner/pgplanner/internal/testkit"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/server/admission"
	"github.com/pgplanner/pgplanner/internal/testkit/answers"
)

// checkRefused checks that a call was refused with that reason, and told to come back or not.
func checkRefused(t *testing.T, err error, reason string, retry bool) *errdetails.ErrorInfo {
	t.Helper()
	st := status.Convert(err)
	if st.Code() != codes.ResourceExhausted {
		t.Fatalf("got %v, want it refused for %s", err, reason)
	}
	var info *errdetails.ErrorInfo
	delay := time.Duration(0)
	for _, detail := range st.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			info = d
		case *errdetails.RetryInfo:
			delay = d.GetRetryDelay().AsDuration()
		}
	}
	if info.GetReason() != reason || info.GetDomain() != ErrorDomain {
		t.Errorf("got %v, want reason %s", info, reason)
	}
	if retry != (delay >= time.Second && delay <= 2*time.Second) {
		t.Errorf("%s: retry after %v", reason, delay)
	}
	return info
}

// gate makes UpdateDatabase wait until it is opened, and counts who is inside.
type gate struct {
	opened  chan struct{}
	inside  atomic.Int64
	entered atomic.Int64
}

func newGate() *gate { return &gate{opened: make(chan struct{})} }

func (g *gate) prepare() func(*Server) {
	return planning(func(stop *interrupt.Poller) ([]resource.Plan, error) {
		g.inside.Add(1)
		g.entered.Add(1)
		defer g.inside.Add(-1)
		select {
		case <-g.opened:
			return answers.Plans([]int{1}), nil
		case <-told(stop):
			return nil, interrupt.ErrInterrupted
		}
	})
}

func (g *gate) open() { close(g.opened) }

// background makes that many calls at a time, and returns what gives their errors.
func (h *harness) background(ctx context.Context, n int, req *plannerv1.UpdateDatabaseRequest) (wait func() []error) {
	var group sync.WaitGroup
	all := make([]error, n)
	for i := range n {
		group.Go(func() { _, all[i] = h.updateContext(ctx, req) })
	}
	return func() []error {
		group.Wait()
		return all
	}
}

// idle checks that everything has been given back.
func (h *harness) idle() {
	h.t.Helper()
	a := h.server.admission
	testkit.Eventually(h.t, func() bool {
		u := a.Usage()
		return u.Places == 0 && u.Waiting == 0 && u.RequestBytes == 0 && u.ResponseBytes == 0
	})
	ended, end := context.WithCancel(h.t.Context())
	end()
	for range a.Limits().ConcurrentPlans {
		share := a.Share()
		defer share.GiveBack()
		if err := share.TakePlace(ended, 0); err != nil {
			h.t.Error("a place is still taken")
		}
	}
}

// largeRequest is well-formed and of about that size.
func largeRequest(bytes int) *plannerv1.UpdateDatabaseRequest {
	req := wantNodes("n1")
	req.Start = wireState(wireResource("dir", "large"))
	req.Start.Resources[0].AttributesForm = &plannerv1.Resource_AttributesJson{
		AttributesJson: `{"password":"` + secret + strings.Repeat("x", bytes) + `"}`,
	}
	return req
}

func TestLimitsOfForm(t *testing.T) {
	three := wantNodes("n1", "n2", "n3")
	nested := wantNodes("n1")
	nested.Start = wireState(wireResource("dir", "x"))
	nested.Start.Resources[0].AttributesForm = &plannerv1.Resource_AttributesJson{AttributesJson: `{"a":[[{}]]}`}
	const instances = 3 // with one resource each
	length := len(secretJSON())
	tests := map[string]struct {
		within, beyond admission.Limits
		req            *plannerv1.UpdateDatabaseRequest
		reason         string
	}{
		"resources": {admission.Limits{MaxResources: instances}, admission.Limits{MaxResources: instances - 1}, three, ReasonTooManyResources},
		"nodes":     {admission.Limits{MaxNodes: 3}, admission.Limits{MaxNodes: 2}, three, ReasonTooManyNodes},
		"depth":     {admission.Limits{MaxJSONDepth: 4}, admission.Limits{MaxJSONDepth: 3}, nested, ""},
		"length":    {admission.Limits{MaxAttributeBytes: length}, admission.Limits{MaxAttributeBytes: length - 1}, three, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := start(t, Config{Limits: test.within}, withPlans(nil)).update(test.req); err != nil {
				t.Errorf("at the limit: %v", err)
			}
			h := start(t, Config{Limits: test.beyond}, withPlans(nil))
			_, err := h.update(test.req)
			if test.reason != "" {
				checkRefused(t, err, test.reason, false)
			} else if got := take(t, err); got.info.GetReason() != ReasonRequestInvalid || len(got.fields()) == 0 {
				t.Errorf("got %v", err)
			}
			h.idle()
		})
	}
}

func TestConcurrentPlansAreBounded(t *testing.T) {
	g := newGate()
	h := start(t, Config{Limits: admission.Limits{ConcurrentPlans: 2, QueuedPlans: 4}}, g.prepare())
	wait := h.background(t.Context(), 6, wantNodes("n1"))
	testkit.Eventually(t, func() bool { return h.server.admission.Usage().Waiting == 4 && g.inside.Load() == 2 })
	_, err := h.update(wantNodes("n1"))
	if info := checkRefused(t, err, ReasonQueueFull, true); info.GetMetadata()["limit"] != "4" {
		t.Errorf("metadata %v", info)
	}
	if g.entered.Load() != 2 {
		t.Errorf("%d were planned at a time", g.entered.Load())
	}
	g.open()
	if err := errors.Join(wait()...); err != nil {
		t.Error(err)
	}
	h.idle()
}

func TestWaitingIsBounded(t *testing.T) {
	g := newGate()
	h := start(t, Config{Limits: admission.Limits{ConcurrentPlans: 1, QueueTime: 20 * time.Millisecond}}, g.prepare())
	wait := h.background(t.Context(), 1, wantNodes("n1"))
	testkit.Eventually(t, func() bool { return g.inside.Load() == 1 })
	_, err := h.update(wantNodes("n1"))
	checkRefused(t, err, ReasonQueueTimeout, true)
	g.open()
	if err := errors.Join(wait()...); err != nil {
		t.Error(err)
	}
	h.idle()
}

// TestSmallCallsPassLargeOnes fills the server with large calls, running, waiting and refused.
func TestSmallCallsPassLargeOnes(t *testing.T) {
	const small = 10_000
	release := make(chan struct{})
	h := start(t, Config{Limits: admission.Limits{ConcurrentPlans: 2, QueuedPlans: 4, SmallRequestBytes: small}}, func(s *Server) {
		s.planner.updateDatabase = func(
			_ *interrupt.Poller, _ planner.UpdateDatabaseOptions, start *resource.State, _ []*planner.NodeResources,
		) (planner.Outcome, error) {
			if start.Len() > 0 {
				<-release
			}
			return planner.Outcome{}, nil
		}
	})
	wait := h.background(t.Context(), 4, largeRequest(small))
	testkit.Eventually(t, func() bool { return h.server.admission.Usage().Waiting == 3 })
	_, err := h.update(largeRequest(small))
	checkRefused(t, err, ReasonQueueFull, true)
	for range 3 {
		if _, err := h.update(wantNodes("n1")); err != nil {
			t.Errorf("a small call: %v", err)
		}
	}
	close(release)
	if err := errors.Join(wait()...); err != nil {
		t.Error(err)
	}
	h.idle()
}

func TestRequestBytesInFlightAreBounded(t *testing.T) {
	req := wantNodes("n1")
	data, err := proto.Marshal(req)
	if err != nil {
		t.Fatal(err)
	}
	weight := admission.Weigh(data, req.ProtoReflect().Descriptor())
	for _, test := range []struct {
		name         string
		limits       admission.Limits
		first        bool // the first call gets through
		second       bool // and so does one beside it
		retry, large bool
	}{
		{"two fit", admission.Limits{RequestBytesInFlight: 2 * weight}, true, true, false, false},
		{"a byte less than two", admission.Limits{RequestBytesInFlight: 2*weight - 1}, true, false, true, false},
		{"none ever fits", admission.Limits{RequestBytesInFlight: weight - 1}, false, false, false, false},
		{"a quarter is for small ones", admission.Limits{RequestBytesInFlight: 2 * weight, SmallRequestBytes: 1}, true, false, true, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			g := newGate()
			test.limits.ConcurrentPlans = 4
			h := start(t, Config{Limits: test.limits}, g.prepare())
			if !test.first {
				_, err := h.update(req)
				checkRefused(t, err, ReasonRequestBytesInFlight, false)
				return
			}
			wait := h.background(t.Context(), 1, req)
			testkit.Eventually(t, func() bool { return g.inside.Load() == 1 })
			if test.second {
				g.open()
			}
			_, err := h.update(req)
			if test.second != (err == nil) {
				t.Errorf("the second: %v", err)
			}
			if !test.second {
				checkRefused(t, err, ReasonRequestBytesInFlight, test.retry)
				g.open()
			}
			if err := errors.Join(wait()...); err != nil {
				t.Error(err)
			}
			h.idle()
		})
	}
}

// TestEverythingIsGivenBack lets calls end in every way that there is.
func TestEverythingIsGivenBack(t *testing.T) {
	for name, plan := range map[string]func(*interrupt.Poller) ([]resource.Plan, error){
		"success": func(*interrupt.Poller) ([]resource.Plan, error) { return answers.Plans([]int{3}), nil },
		"error":   func(*interrupt.Poller) ([]resource.Plan, error) { return nil, &planner.NoTargetsError{} },
		"bug":     func(*interrupt.Poller) ([]resource.Plan, error) { return nil, errors.New("broken") },
		"panic":   func(*interrupt.Poller) ([]resource.Plan, error) { panic("broken") },
		"no answer in time": func(stop *interrupt.Poller) ([]resource.Plan, error) {
			<-told(stop)
			return nil, interrupt.ErrInterrupted
		},
		"event too large": func(*interrupt.Poller) ([]resource.Plan, error) {
			return answers.LargePlans(2<<20, []int{1}), nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := start(t, Config{Limits: admission.Limits{ConcurrentPlans: 1}}, planning(plan))
			for range 3 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second/10)
				_, _ = h.updateContext(ctx, wantNodes("n1"))
				cancel()
			}
			if _, err := h.state().EndState(t.Context(), &plannerv1.EndStateRequest{}); err != nil {
				t.Errorf("a unary call after: %v", err)
			}
			h.idle()
		})
	}
}

func TestCallsEndInTime(t *testing.T) {
	const limit = 30 * time.Millisecond
	for name, deadline := range map[string]time.Duration{"no deadline": 0, "a late one": time.Hour} {
		g := newGate()
		h := start(t, Config{Limits: admission.Limits{CallTime: limit}}, g.prepare())
		ctx := t.Context()
		if deadline > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, deadline)
			defer cancel()
		}
		_, err := h.updateContext(ctx, wantNodes("n1"))
		got := take(t, err)
		if got.code != codes.DeadlineExceeded || got.info.GetReason() != ReasonCallTimeLimit {
			t.Errorf("%s: got %v", name, err)
		}
		if want := fmt.Sprint(limit); got.info.GetMetadata()["limit"] != want {
			t.Errorf("%s: metadata %v", name, got.info.GetMetadata())
		}
		h.idle()
	}
}

// TestRequestsThatNeverComeEndInTime opens calls and sends nothing.
func TestRequestsThatNeverComeEndInTime(t *testing.T) {
	for form, method := range methods {
		h := start(t, Config{Limits: admission.Limits{CallTime: 30 * time.Millisecond}}, nil)
		stream, err := h.conn.NewStream(t.Context(), &plannerv1.PlannerService_ServiceDesc.Streams[0], method)
		if err != nil {
			t.Fatal(err)
		}
		got := take(t, stream.RecvMsg(&plannerv1.UpdateDatabaseResponse{}))
		if got.code != codes.DeadlineExceeded || got.info.GetReason() != ReasonCallTimeLimit {
			t.Errorf("%s: got %v %v", form, got.code, got.info)
		}
		h.idle()
	}
}
