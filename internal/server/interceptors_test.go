package server

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit"

	"go.uber.org/zap/zapcore"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	reflectionv1alpha "google.golang.org/grpc/reflection/grpc_reflection_v1alpha"
	"google.golang.org/grpc/status"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/server/identity"
)

// planning makes UpdateDatabase plan with the function.
func planning(plan func(*interrupt.Poller) ([]resource.Plan, error)) func(*Server) {
	return func(s *Server) {
		s.planner.updateDatabase = func(
			stop *interrupt.Poller, _ planner.UpdateDatabaseOptions, _ *resource.State, _ []*planner.NodeResources,
		) (planner.Outcome, error) {
			plans, err := plan(stop)
			return planner.Outcome{Plans: plans, End: resource.NewState()}, err
		}
	}
}

func TestRequestID(t *testing.T) {
	const generated = ""
	tests := map[string]struct {
		sent []string
		want string
	}{
		"sent":              {[]string{"order-17/retry:2"}, "order-17/retry:2"},
		"not sent":          {nil, generated},
		"empty":             {[]string{""}, generated},
		"as long as may be": {[]string{strings.Repeat("x", 128)}, strings.Repeat("x", 128)},
		"too long":          {[]string{strings.Repeat("x", 129)}, generated},
		"with a space":      {[]string{"a b"}, generated},
		"sent twice":        {[]string{"a", "b"}, generated},
	}
	calls := map[string]func(*harness, context.Context, ...grpc.CallOption) error{
		"streaming": func(h *harness, ctx context.Context, o ...grpc.CallOption) error {
			_, err := h.updateContext(ctx, wantNodes("n1"), o...)
			return err
		},
		"unary": func(h *harness, ctx context.Context, o ...grpc.CallOption) error {
			_, err := h.resource().ApplyEvents(ctx, &plannerv1.ApplyEventsRequest{}, o...)
			return err
		},
	}
	for name, test := range tests {
		for form, call := range calls {
			t.Run(form+", "+name, func(t *testing.T) {
				h := start(t, Config{}, planning(func(*interrupt.Poller) ([]resource.Plan, error) { return nil, nil }))
				ctx := t.Context()
				for _, id := range test.sent {
					ctx = metadata.AppendToOutgoingContext(ctx, RequestIDHeader, id)
				}
				var header, trailer metadata.MD
				if err := call(h, ctx, grpc.Header(&header), grpc.Trailer(&trailer)); err != nil {
					t.Fatal(err)
				}
				got := header.Get(RequestIDHeader)
				if len(got) != 1 || len(trailer.Get(RequestIDHeader)) != 0 {
					t.Fatalf("header %v, trailer %v", header, trailer)
				}
				if test.want == generated && len(got[0]) != 32 || test.want != generated && got[0] != test.want {
					t.Errorf("got %q, want %q", got[0], test.want)
				}
				if line := h.line(); line["request_id"] != got[0] {
					t.Errorf("logged %v, returned %s", line, got[0])
				}
			})
		}
	}
}

// TestFailedCallsHaveNoHeader checks that a call which fails is answered by trailers alone, or else no client would
// retry it.
func TestFailedCallsHaveNoHeader(t *testing.T) {
	h := start(t, Config{}, failing(errors.New("broken")))
	ctx := metadata.AppendToOutgoingContext(t.Context(), RequestIDHeader, "mine")
	bad := &plannerv1.ApplyEventsRequest{Events: []*plannerv1.Event{{}}}
	for form, call := range map[string]func(...grpc.CallOption) error{
		"streaming": func(o ...grpc.CallOption) error { _, err := h.updateContext(ctx, wantNodes("n1"), o...); return err },
		"unary":     func(o ...grpc.CallOption) error { _, err := h.resource().ApplyEvents(ctx, bad, o...); return err },
	} {
		var header, trailer metadata.MD
		err := call(grpc.Header(&header), grpc.Trailer(&trailer))
		got := take(t, err)
		if len(header) != 0 || len(trailer.Get(RequestIDHeader)) != 1 || trailer.Get(RequestIDHeader)[0] != "mine" {
			t.Errorf("%s: header %v, trailer %v", form, header, trailer)
		}
		if got.info.GetMetadata()["request_id"] != "mine" {
			t.Errorf("%s: info %v", form, got.info)
		}
	}
}

func TestOneLineForEachCall(t *testing.T) {
	h := start(t, Config{}, planning(func(*interrupt.Poller) ([]resource.Plan, error) { return nil, nil }))
	if _, err := h.update(wantNodes("n1")); err != nil {
		t.Fatal(err)
	}
	line := h.line()
	for key, want := range map[string]any{
		"level": "info", "msg": "finished call", "grpc.service": "planner.v1.PlannerService",
		"grpc.method": "UpdateDatabase", "grpc.code": "OK",
	} {
		if line[key] != want {
			t.Errorf("%s is %v, want %v", key, line[key], want)
		}
	}
	if ms, ok := line["grpc.time_ms"].(float64); !ok || ms <= 0 {
		t.Errorf("duration %v", line["grpc.time_ms"])
	}
}

func TestPanicIsAnErrorAndServingGoesOn(t *testing.T) {
	for name, test := range map[string]struct {
		value  any
		logged string
	}{
		"of the runtime":          {nil, "index out of range [3] with length 0"},
		"with an error":           {errors.New("broken"), "broken"},
		"with what may be a text": {secret, "a value of type string"},
	} {
		t.Run(name, func(t *testing.T) {
			h := start(t, Config{}, planning(func(*interrupt.Poller) ([]resource.Plan, error) {
				if test.value == nil {
					var none []resource.Plan
					return none[3 : 4 : 2+len(none)], nil
				}
				panic(test.value)
			}))
			_, err := h.update(wantNodes("n1"))
			got := take(t, err)
			if got.code != codes.Internal || got.info.GetReason() != "INTERNAL" {
				t.Errorf("got %v %v", got.code, got.info)
			}
			if strings.Contains(got.text, test.logged) || !strings.Contains(got.text, got.info.GetMetadata()["request_id"]) {
				t.Errorf("text %q", got.text)
			}
			line := h.line()
			if line["level"] != "error" || line["grpc.code"] != "Internal" {
				t.Errorf("line %v", line)
			}
			if line["request_id"] != got.info.GetMetadata()["request_id"] {
				t.Errorf("line %v for request %v", line, got.info.GetMetadata())
			}
			if text, _ := line["panic"].(string); !strings.Contains(text, test.logged) && name != "of the runtime" {
				t.Errorf("panic %v", line["panic"])
			}
			if stack, _ := line["stack"].(string); !strings.Contains(stack, "interceptors_test.go") {
				t.Errorf("stack %v", line["stack"])
			}
			if _, err := h.resource().ApplyEvents(t.Context(), &plannerv1.ApplyEventsRequest{}); err != nil {
				t.Errorf("the call after: %v", err)
			}
		})
	}
}

func TestHealth(t *testing.T) {
	h := start(t, Config{}, nil)
	client := healthv1.NewHealthClient(h.conn)
	for _, service := range []string{"", "planner.v1.PlannerService", "planner.v1.StateService", "planner.v1.ResourceService"} {
		got, err := client.Check(t.Context(), &healthv1.HealthCheckRequest{Service: service})
		if err != nil || got.GetStatus() != healthv1.HealthCheckResponse_SERVING {
			t.Errorf("%q: %v, %v", service, got, err)
		}
	}
	_, err := client.Check(t.Context(), &healthv1.HealthCheckRequest{Service: "other"})
	if status.Code(err) != codes.NotFound {
		t.Errorf("got %v, want NOT_FOUND as the health protocol says", err)
	}
	testkit.Eventually(t, func() bool { return len(h.lines(zapcore.DebugLevel)) == 5 })
	if lines := h.lines(zapcore.InfoLevel); len(lines) != 0 {
		t.Errorf("health checks are logged: %v", lines)
	}
}

func TestReflection(t *testing.T) {
	h := start(t, Config{}, nil)
	v1, err := reflectionv1.NewServerReflectionClient(h.conn).ServerReflectionInfo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_ = v1.Send(&reflectionv1.ServerReflectionRequest{
		MessageRequest: &reflectionv1.ServerReflectionRequest_ListServices{},
	})
	list, err := v1.Recv()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range list.GetListServicesResponse().GetService() {
		names = append(names, s.GetName())
	}
	want := "grpc.health.v1.Health grpc.reflection.v1.ServerReflection grpc.reflection.v1alpha.ServerReflection " +
		"planner.v1.PlannerService planner.v1.ResourceService planner.v1.StateService"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("services %s, want %s", got, want)
	}
	checkReflectionV1Alpha(t, h)
	_ = v1.CloseSend()
	testkit.Eventually(t, func() bool { return len(h.lines(zapcore.DebugLevel)) == 2 })
	if lines := h.lines(zapcore.InfoLevel); len(lines) != 0 {
		t.Errorf("reflection is logged: %v", lines)
	}
}

// checkReflectionV1Alpha reflects as older clients do.
//
//nolint:staticcheck // deprecated is what it is about
func checkReflectionV1Alpha(t *testing.T, h *harness) {
	t.Helper()
	stream, err := reflectionv1alpha.NewServerReflectionClient(h.conn).ServerReflectionInfo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_ = stream.Send(&reflectionv1alpha.ServerReflectionRequest{
		MessageRequest: &reflectionv1alpha.ServerReflectionRequest_FileContainingSymbol{
			FileContainingSymbol: "planner.v1.StateService",
		},
	})
	file, err := stream.Recv()
	if err != nil || len(file.GetFileDescriptorResponse().GetFileDescriptorProto()) == 0 {
		t.Errorf("got %v, %v", file, err)
	}
	_ = stream.CloseSend()
}

func TestUnknownMethod(t *testing.T) {
	for _, method := range []string{"/planner.v1.PlannerService/DropDatabase", "/planner.v9.PlannerService/UpdateDatabase"} {
		h := start(t, Config{}, nil)
		err := h.conn.Invoke(t.Context(), method, &plannerv1.AddNodeRequest{}, &plannerv1.AddNodeResponse{})
		got := take(t, err)
		if got.code != codes.Unimplemented || got.info.GetReason() != "METHOD_UNKNOWN" {
			t.Errorf("%s: got %v %v", method, got.code, got.info)
		}
		if line := h.line(); line["level"] != "info" || line["grpc.code"] != "Unimplemented" {
			t.Errorf("line %v", line)
		}
	}
}

// TestReflectionIsRefusedLikeOtherCalls: what the server itself says to reflection has its reason.
func TestReflectionIsRefusedLikeOtherCalls(t *testing.T) {
	h := start(t, Config{Identity: identity.Policy{ClientCertificates: true}}, nil)
	stream, err := reflectionv1.NewServerReflectionClient(h.conn).ServerReflectionInfo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = stream.Recv()
	got := take(t, err)
	if got.code != codes.Unauthenticated || got.info.GetReason() != ReasonUnauthenticated || got.info.GetMetadata()[fieldRequestID] == "" {
		t.Errorf("got %v %v", got.code, got.info)
	}
	if _, err := healthv1.NewHealthClient(h.conn).Check(t.Context(), &healthv1.HealthCheckRequest{Service: "x"}); codeOf(err) != codes.NotFound {
		t.Errorf("what health says by itself: %v", err)
	}
}
