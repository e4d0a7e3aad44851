package server

import (
	"context"

	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/logging"
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
	"google.golang.org/grpc"
	"google.golang.org/grpc/stats"
)

// tracerName is who made the spans of the stages of a call.
const tracerName = "github.com/pgplanner/pgplanner/internal/server"

// fieldTraceID is the log field that holds the id of the trace that a call belongs to.
const fieldTraceID = "trace_id"

// tracerOf makes the spans of stages; without a provider, none.
func tracerOf(provider trace.TracerProvider) trace.Tracer {
	if provider == nil {
		provider = noop.NewTracerProvider()
	}
	return provider.Tracer(tracerName)
}

// tracing makes a span for each of the planner's calls. It continues the trace of a caller that sends the W3C
// header traceparent.
func (s *Server) tracing(provider trace.TracerProvider) []grpc.ServerOption {
	if provider == nil {
		return nil
	}
	return []grpc.ServerOption{grpc.StatsHandler(otelgrpc.NewServerHandler(
		otelgrpc.WithTracerProvider(provider),
		otelgrpc.WithMeterProvider(metricnoop.NewMeterProvider()),
		otelgrpc.WithPropagators(propagation.TraceContext{}),
		otelgrpc.WithFilter(func(info *stats.RPCTagInfo) bool { return s.ours(info.FullMethodName) }),
	))}
}

// traceFields are the log fields of a call that is traced.
func traceFields(ctx context.Context) logging.Fields {
	if span := trace.SpanContextFromContext(ctx); span.IsSampled() {
		return logging.Fields{fieldTraceID, span.TraceID().String()}
	}
	return nil
}
