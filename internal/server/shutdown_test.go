package server

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pgplanner/pgplanner/internal/testkit"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"

	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit/answers"
)

// inFlight starts a call that plans until released, and returns its error when it ends.
func inFlight(t *testing.T) (h *harness, release func(), done <-chan error) {
	t.Helper()
	began, released, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	h = start(t, Config{}, planning(func(stop *interrupt.Poller) ([]resource.Plan, error) {
		close(began)
		select {
		case <-released:
			return answers.Plans([]int{1}), nil
		case <-told(stop):
			return nil, interrupt.ErrInterrupted
		}
	}))
	go func() {
		answer, err := h.update(wantNodes("n1"))
		if err == nil && len(answer) != 3 {
			err = errors.New("the answer is not complete")
		}
		ended <- err
	}()
	<-began
	return h, func() { close(released) }, ended
}

func TestShutdownLetsCallsFinish(t *testing.T) {
	h, release, ended := inFlight(t)
	shut := make(chan error, 1)
	go func() { shut <- h.server.Shutdown(t.Context()) }()
	testkit.Eventually(t, func() bool { return h.health() == healthv1.HealthCheckResponse_NOT_SERVING })
	select {
	case err := <-shut:
		t.Fatalf("shut down with a call in flight: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	release()
	if err := <-ended; err != nil {
		t.Errorf("the call: %v", err)
	}
	if err := <-shut; err != nil {
		t.Errorf("shutdown: %v", err)
	}
}

// health asks the server itself: it takes no calls any more.
func (h *harness) health() healthv1.HealthCheckResponse_ServingStatus {
	got, err := h.server.health.Check(h.t.Context(), &healthv1.HealthCheckRequest{Service: "planner.v1.PlannerService"})
	if err != nil {
		h.t.Error(err)
	}
	return got.GetStatus()
}

func TestShutdownTakesNoNewCalls(t *testing.T) {
	h, release, ended := inFlight(t)
	go func() { _ = h.server.Shutdown(t.Context()) }()
	testkit.Eventually(t, func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		_, err := h.updateContext(ctx, wantNodes("n1"))
		return err != nil
	})
	release()
	if err := <-ended; err != nil {
		t.Errorf("the call: %v", err)
	}
}

func TestShutdownCutsCallsOffInTheEnd(t *testing.T) {
	h, _, ended := inFlight(t)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := h.server.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("shutdown: %v", err)
	}
	if err := <-ended; codeOf(err) != codes.Unavailable && codeOf(err) != codes.Canceled {
		t.Errorf("the call: %v", err)
	}
}

// TestShutdownIsNotHeldUpByWatchers opens what lasts as long as its caller likes.
func TestShutdownIsNotHeldUpByWatchers(t *testing.T) {
	h := start(t, Config{}, nil)
	var watches []healthv1.Health_WatchClient
	for _, service := range []string{"", "planner.v1.PlannerService", "unknown"} {
		watch, err := healthv1.NewHealthClient(h.conn).Watch(t.Context(), &healthv1.HealthCheckRequest{Service: service})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := watch.Recv(); err != nil {
			t.Fatal(err)
		}
		watches = append(watches, watch)
	}
	reflect, err := reflectionv1.NewServerReflectionClient(h.conn).ServerReflectionInfo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_ = reflect.Send(&reflectionv1.ServerReflectionRequest{MessageRequest: &reflectionv1.ServerReflectionRequest_ListServices{}})
	if _, err := reflect.Recv(); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := h.server.Shutdown(t.Context()); err != nil {
		t.Errorf("shutdown: %v", err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
	for i, watch := range watches {
		got, err := watch.Recv()
		if i < 2 && got.GetStatus() != healthv1.HealthCheckResponse_NOT_SERVING {
			t.Errorf("last word of watch %d: %v, %v", i, got, err)
		}
	}
	if _, err := reflect.Recv(); codeOf(err) != codes.Unavailable {
		t.Errorf("reflection ended with %v", err)
	}
}

// TestWatchesTellHoweverLate has a watch that takes a second to tell that the server goes away, as on a busy machine.
func TestWatchesTellHoweverLate(t *testing.T) { synctest.Test(t, tellLate) }

func tellLate(t *testing.T) {
	s := New(Config{})
	if err := s.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	watch := &watchStream{ctx: ctx}
	began := time.Now()
	err := s.endWhenDraining(nil, watch, &grpc.StreamServerInfo{FullMethod: healthv1.Health_Watch_FullMethodName},
		func(_ any, stream grpc.ServerStream) error {
			for _, word := range []healthv1.HealthCheckResponse_ServingStatus{
				healthv1.HealthCheckResponse_SERVING, healthv1.HealthCheckResponse_NOT_SERVING,
			} {
				time.Sleep(time.Second / 2)
				if err := stream.SendMsg(&healthv1.HealthCheckResponse{Status: word}); err != nil {
					return err
				}
			}
			<-stream.Context().Done()
			return nil
		})
	if took := time.Since(began); codeOf(err) != codes.Unavailable || watch.told != 2 || took != time.Second {
		t.Errorf("ended after %v and %d words with %v", took, watch.told, err)
	}
}

// watchStream counts what is sent.
type watchStream struct {
	grpc.ServerStream
	ctx  context.Context
	told int
}

func (s *watchStream) Context() context.Context { return s.ctx }

func (s *watchStream) SendMsg(any) error {
	s.told++
	return nil
}
