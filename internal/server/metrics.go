package server

import (
	"cmp"
	"net/http"
	"runtime"
	"runtime/debug"
	"slices"

	grpcprom "github.com/grpc-ecosystem/go-grpc-middleware/providers/prometheus"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/server/admission"
)

// Metrics is what the server may be told about its metrics. No label has values that callers choose.
type Metrics struct {
	// Registry collects the metrics. It must not be that of another server. Default: one of its own.
	Registry *prometheus.Registry
	// Version is the version in planner_build_info. Default: "unknown".
	Version string
}

// metrics are what the server counts.
type metrics struct {
	registry *prometheus.Registry
	calls    *grpcprom.ServerMetrics

	stageSeconds     *prometheus.HistogramVec
	queueSeconds     prometheus.Histogram
	requestBytes     prometheus.Histogram
	requestResources prometheus.Histogram
	requestNodes     prometheus.Histogram
	answerPlans      prometheus.Histogram
	answerEvents     prometheus.Histogram
	events           *prometheus.CounterVec
	refusals         *prometheus.CounterVec
}

func newMetrics(config Metrics) *metrics {
	registry := config.Registry
	if registry == nil {
		registry = prometheus.NewRegistry()
	}
	seconds, register := secondsBuckets(), promauto.With(registry)
	histogram := func(name, help string, buckets []float64) prometheus.Histogram {
		return register.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets})
	}
	// numbers counts in powers of ten: 0, 1, 10, ...
	numbers := func(name, help string, powers int) prometheus.Histogram {
		return histogram(name, help, append([]float64{0}, prometheus.ExponentialBuckets(1, 10, powers)...))
	}
	m := &metrics{
		registry: registry,
		calls:    grpcprom.NewServerMetrics(grpcprom.WithServerHandlingTimeHistogram(grpcprom.WithHistogramBuckets(seconds))),
		stageSeconds: register.NewHistogramVec(prometheus.HistogramOpts{
			Name: "planner_step_seconds", Help: "How long the steps of calls took.", Buckets: seconds,
		}, []string{"step"}),
		queueSeconds:     histogram("planner_queue_seconds", "How long requests waited for a place to be planned.", seconds),
		requestBytes:     histogram("planner_request_bytes", "Size of requests, decompressed.", prometheus.ExponentialBuckets(256, 8, 7)),
		requestResources: numbers("planner_request_resources", "Resources in a request.", 6),
		requestNodes:     numbers("planner_request_nodes", "Nodes in a request.", 4),
		answerPlans:      numbers("planner_answer_plans", "Plans in an answer.", 4),
		answerEvents:     numbers("planner_answer_events", "Events in an answer.", 7),
		events: register.NewCounterVec(prometheus.CounterOpts{
			Name: "planner_events_total", Help: "Events in answers, by type and reason.",
		}, []string{"type", "reason"}),
		refusals: register.NewCounterVec(prometheus.CounterOpts{
			Name: "planner_refusals_total", Help: "Calls that a limit refused or ended, by the reason of their ErrorInfo.",
		}, []string{"reason"}),
	}
	for _, s := range stages() {
		m.stageSeconds.WithLabelValues(string(s))
	}
	for _, reason := range limitReasons() {
		m.refusals.WithLabelValues(reason)
	}
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), m.calls)
	register.NewGauge(buildInfo(config.Version)).Set(1)
	return m
}

// secondsBuckets go from half a millisecond to a minute.
func secondsBuckets() []float64 {
	return []float64{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60}
}

// buildInfo says with its labels what runs.
func buildInfo(version string) prometheus.GaugeOpts {
	revision := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" {
				revision = setting.Value
			}
		}
	}
	return prometheus.GaugeOpts{
		Name: "planner_build_info", Help: "What runs: always 1.",
		ConstLabels: prometheus.Labels{
			"version": cmp.Or(version, "unknown"), "revision": revision, "goversion": runtime.Version(),
		},
	}
}

// watch adds what is known elsewhere.
func (m *metrics) watch(a *admission.Controller) {
	limits, register := a.Limits(), promauto.With(m.registry)
	always := func(n int64) func(admission.Usage) int64 { return func(admission.Usage) int64 { return n } }
	for _, gauge := range []struct {
		name, help string
		value      func(admission.Usage) int64
	}{
		{"planner_queue_length", "Requests that wait for a place to be planned.", func(u admission.Usage) int64 { return u.Waiting }},
		{"planner_places_taken", "Requests that are being decoded, planned or encoded.", func(u admission.Usage) int64 { return u.Places }},
		{"planner_request_bytes_in_flight", "Memory that requests take, as estimated.", func(u admission.Usage) int64 { return u.RequestBytes }},
		{"planner_request_bytes_arriving", "Bytes that requests which are still arriving may have brought.", func(u admission.Usage) int64 { return u.BytesArriving }},
		{"planner_response_bytes_in_flight", "Bytes of answers that are not written yet.", func(u admission.Usage) int64 { return u.ResponseBytes }},
		{"planner_connections", "Open connections.", func(u admission.Usage) int64 { return u.Connections }},
		{"planner_places", "Requests that may be decoded, planned or encoded at a time.", always(int64(limits.ConcurrentPlans))},
		{"planner_request_bytes_in_flight_limit", "Memory that requests may take.", always(limits.RequestBytesInFlight)},
		{"planner_request_bytes_arriving_limit", "Bytes that such requests may bring.", always(limits.RequestBytesArriving)},
		{"planner_response_bytes_in_flight_limit", "Bytes of answers that may be unwritten.", always(limits.ResponseBytesInFlight)},
		{"planner_connections_limit", "Connections that may be open.", always(int64(limits.MaxConnections))},
	} {
		register.NewGaugeFunc(prometheus.GaugeOpts{Name: gauge.name, Help: gauge.help},
			func() float64 { return float64(gauge.value(a.Usage())) })
	}
	register.NewCounterFunc(prometheus.CounterOpts{
		Name: "planner_connections_refused_total", Help: "Connections that were closed at once because there were too many.",
	}, func() float64 { return float64(a.Usage().ConnectionsRefused) })
}

// request counts what a request holds.
func (m *metrics) request(resources, nodes int) {
	m.requestResources.Observe(float64(resources))
	m.requestNodes.Observe(float64(nodes))
}

// answer counts what is in an answer, or in a part of it if it is told to stop.
func (m *metrics) answer(stop *interrupt.Poller, plans []resource.Plan) {
	type kind struct {
		typ    resource.EventType
		reason resource.EventReason
	}
	counts := map[kind]int{}
	total := 0
	for _, plan := range interrupt.Each(stop, plans) {
		for _, phase := range interrupt.Each(stop, plan.Phases) {
			for i := range interrupt.Each(stop, phase.Events) {
				counts[kind{phase.Events[i].Type, phase.Events[i].Reason}]++
			}
			total += len(phase.Events)
		}
	}
	m.answerPlans.Observe(float64(len(plans)))
	m.answerEvents.Observe(float64(total))
	for k, n := range counts {
		m.events.WithLabelValues(k.typ.String(), k.reason.String()).Add(float64(n))
	}
}

// refused counts a call that failed, if a limit was the reason.
func (m *metrics) refused(reason string) {
	if slices.Contains(limitReasons(), reason) {
		m.refusals.WithLabelValues(reason).Inc()
	}
}

// MetricsHandler serves the metrics in the formats of Prometheus.
func (s *Server) MetricsHandler() http.Handler {
	return promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{Registry: s.metrics.registry})
}
