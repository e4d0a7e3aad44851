package server

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"google.golang.org/grpc/codes"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/server/admission"
	"github.com/pgplanner/pgplanner/internal/testkit/answers"
)

// metric is the value of the metric with those labels (name, value, ...): of a histogram, how often something was
// observed. It is 0 if there is none.
func (h *harness) metric(name string, labels ...string) float64 {
	h.t.Helper()
	families, err := h.server.metrics.registry.Gather()
	if err != nil {
		h.t.Fatal(err)
	}
	total := 0.0
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, m := range family.GetMetric() {
			if hasLabels(m, labels) {
				total += m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
			}
		}
	}
	return total
}

func hasLabels(m *dto.Metric, labels []string) bool {
	for i := 0; i < len(labels); i += 2 {
		found := false
		for _, pair := range m.GetLabel() {
			found = found || pair.GetName() == labels[i] && pair.GetValue() == labels[i+1]
		}
		if !found {
			return false
		}
	}
	return true
}

// checkRefusedMetric waits for the metric: a call may return before it is counted.
func checkRefusedMetric(t *testing.T, h *harness, reason string, want float64) {
	t.Helper()
	testkit.Eventually(t, func() bool { return h.metric("planner_refusals_total", "reason", reason) == want })
}

// metricsText is what a scrape gives.
func (h *harness) metricsText() string {
	h.t.Helper()
	recorder := httptest.NewRecorder()
	h.server.MetricsHandler().ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if recorder.Code != http.StatusOK {
		h.t.Fatalf("got %d", recorder.Code)
	}
	return recorder.Body.String()
}

func TestMetricsOfACall(t *testing.T) {
	h := start(t, Config{Metrics: Metrics{Version: "v1.2.3"}}, withPlans(answers.Plans([]int{2}, []int{3})))
	if _, err := h.update(wantNodes("n1", "n2")); err != nil {
		t.Fatal(err)
	}
	const method = "UpdateDatabase"
	testkit.Eventually(t, func() bool { // what comes last
		return h.metric("grpc_server_handled_total", "grpc_method", method, "grpc_code", "OK") == 1 &&
			h.metric("grpc_server_handling_seconds", "grpc_method", method) == 1
	})
	for _, want := range []struct {
		value  float64
		name   string
		labels []string
	}{
		{1, "grpc_server_handling_seconds", []string{"grpc_method", method}},
		{1, "planner_queue_seconds", nil},
		{1, "planner_request_bytes", nil},
		{1, "planner_request_resources", nil},
		{1, "planner_request_nodes", nil},
		{1, "planner_answer_plans", nil},
		{1, "planner_answer_events", nil},
		{5, "planner_events_total", []string{"type", "create", "reason", "does_not_exist"}},
		{1, "planner_step_seconds", []string{"step", "convert"}},
		{1, "planner_step_seconds", []string{"step", "plan"}},
		{1, "planner_step_seconds", []string{"step", "encode"}},
		{1, "planner_build_info", []string{"version", "v1.2.3"}},
		{1, "planner_connections", nil},
		{0, "planner_queue_length", nil},
		{0, "planner_refusals_total", nil},
	} {
		if got := h.metric(want.name, want.labels...); got != want.value {
			t.Errorf("%s%v is %v, want %v", want.name, want.labels, got, want.value)
		}
	}
	text := h.metricsText()
	for _, name := range []string{"go_goroutines", "process_start_time_seconds", "planner_request_bytes_in_flight 0"} {
		if !strings.Contains(text, name) {
			t.Errorf("no %s", name)
		}
	}
}

func TestMetricsShowWhatGoesOn(t *testing.T) {
	g := newGate()
	h := start(t, Config{Limits: admission.Limits{ConcurrentPlans: 2, QueuedPlans: 4}}, g.prepare())
	wait := h.background(t.Context(), 5, wantNodes("n1"))
	testkit.Eventually(t, func() bool { return h.metric("planner_places_taken") == 2 && h.metric("planner_queue_length") == 3 })
	if got := h.metric("planner_request_bytes_in_flight"); got <= 0 {
		t.Errorf("%v bytes in flight", got)
	}
	g.open()
	if err := errors.Join(wait()...); err != nil {
		t.Error(err)
	}
	testkit.Eventually(t, func() bool {
		return h.metric("planner_places_taken") == 0 && h.metric("planner_request_bytes_in_flight") == 0
	})
}

func TestRefusalsAreCountedByReason(t *testing.T) {
	h := start(t, Config{MaxRequestBytes: 5000, Limits: admission.Limits{MaxNodes: 2}}, nil)
	_, err := h.update(wantNodes("n1", "n2", "n3"))
	checkRefused(t, err, ReasonTooManyNodes, false)
	checkRefusedMetric(t, h, ReasonTooManyNodes, 1)
	_, err = h.update(largeRequest(5000))
	checkRefused(t, err, ReasonRequestTooLarge, false)
	checkRefusedMetric(t, h, ReasonRequestTooLarge, 1)
}

// TestCallersMakeNoLabels calls what does not exist, and what does not count.
func TestCallersMakeNoLabels(t *testing.T) {
	h := start(t, Config{}, nil)
	for _, method := range []string{"/made.up.Service/Method", "/planner.v1.PlannerService/MadeUp"} {
		err := h.conn.Invoke(t.Context(), method, &plannerv1.AddNodeRequest{}, &plannerv1.AddNodeResponse{})
		if codeOf(err) != codes.Unimplemented {
			t.Fatal(err)
		}
	}
	if _, err := healthv1.NewHealthClient(h.conn).Check(t.Context(), &healthv1.HealthCheckRequest{}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.state().EndState(t.Context(), &plannerv1.EndStateRequest{}); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, func() bool { return h.metric("grpc_server_handled_total") == 1 })
	for _, word := range []string{"made", "MadeUp", "grpc.health"} {
		if text := h.metricsText(); strings.Contains(text, word) {
			t.Errorf("the metrics have %q", word)
		}
	}
}

func TestRegistryMayBeGiven(t *testing.T) {
	registry := prometheus.NewRegistry()
	h := start(t, Config{Metrics: Metrics{Registry: registry}}, planning(
		func(*interrupt.Poller) ([]resource.Plan, error) { return nil, nil }))
	families, err := registry.Gather()
	if err != nil || len(families) == 0 || h.server.metrics.registry != registry {
		t.Errorf("%d metrics, %v", len(families), err)
	}
}
