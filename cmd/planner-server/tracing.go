package main

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"
)

// flushTimeout is how long the last traces have to get to their collector.
const flushTimeout = 5 * time.Second

// tracing sends traces, if it is configured. Sampling and everything else follow the standard environment
// variables of OpenTelemetry (OTEL_TRACES_SAMPLER, OTEL_EXPORTER_OTLP_HEADERS, ...).
type tracing struct {
	provider trace.TracerProvider // nil: there are no traces
	shutdown func(context.Context) error
}

func newTracing(ctx context.Context, cfg config) (tracing, error) {
	if cfg.traceEndpoint == "" {
		return tracing{}, nil
	}
	options := []otlptracegrpc.Option{otlptracegrpc.WithEndpoint(cfg.traceEndpoint)}
	if cfg.traceInsecure {
		options = append(options, otlptracegrpc.WithInsecure())
	}
	exporter, err := otlptracegrpc.New(ctx, options...)
	if err != nil {
		return tracing{}, err
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(
		resource.NewWithAttributes(semconv.SchemaURL,
			semconv.ServiceName("planner-server"), semconv.ServiceVersion(buildVersion()))))
	return tracing{provider: provider, shutdown: provider.Shutdown}, nil
}

// close sends what is left.
func (t tracing) close(log *zap.Logger) {
	if t.shutdown == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), flushTimeout)
	defer cancel()
	if err := t.shutdown(ctx); err != nil {
		log.Warn("the last traces were lost", zap.Error(err))
	}
}
