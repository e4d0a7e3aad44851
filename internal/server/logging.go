package server

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/logging"
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/stats"
)

// maxCauseBytes is how long the text of a cause may get in the log.
const maxCauseBytes = 4 << 10

// zapLogger lets the logging interceptor write to zap.
func zapLogger(log *zap.Logger) logging.Logger {
	// The levels of both go from debug to error, with info at 0: here by four, there by one.
	return logging.LoggerFunc(func(_ context.Context, level logging.Level, msg string, fields ...any) {
		entry := log.Check(zapcore.Level(level/logging.LevelWarn), msg)
		if entry == nil {
			return
		}
		out := make([]zap.Field, 0, len(fields)/2)
		for it := logging.Fields(fields).Iterator(); it.Next(); {
			key, value := it.At()
			out = append(out, zap.Any(key, value))
		}
		entry.Write(out...)
	})
}

// callLogOptions make one line of every finished call: with its method, code, duration, request id and peer,
// and for a failed one with the error and its reason.
func callLogOptions(level logging.CodeToLevel) []logging.Option {
	return []logging.Option{
		logging.WithLogOnEvents(logging.FinishCall),
		logging.WithDisableLoggingFields(logging.SystemTag[0], logging.ComponentFieldKey), // the same in all lines
		logging.WithLevels(level),
		logging.WithErrorFields(errorFields),
		logging.WithFieldsFromContext(traceFields),
		logging.WithDurationField(func(d time.Duration) logging.Fields {
			return logging.Fields{"grpc.time_ms", float64(d.Microseconds()) / 1000}
		}),
	}
}

// callLevel logs calls that went as they should at info, mistakes of the caller included; what an operator may
// have to look into at warn; bugs at error.
func callLevel(code codes.Code) logging.Level {
	switch code {
	case codes.Internal, codes.Unknown, codes.DataLoss:
		return logging.LevelError
	case codes.DeadlineExceeded, codes.ResourceExhausted, codes.Unavailable:
		return logging.LevelWarn
	default:
		return logging.LevelInfo
	}
}

// infrastructureLevel keeps health checks and reflection out of the log unless it is set to debug.
func infrastructureLevel(codes.Code) logging.Level { return logging.LevelDebug }

// errorFields adds to the line of a failed call what its status does not say: the reason, and for a bug the
// cause with the stack of a panic.
func errorFields(err error) logging.Fields {
	var failed *callError
	if !errors.As(err, &failed) {
		return nil
	}
	fields := logging.Fields{"reason", failed.reason}
	var panicked *panicError
	switch {
	case errors.As(failed.cause, &panicked):
		fields = append(fields, "panic", panicked.Error(), "stack", panicked.stack)
	case failed.cause != nil:
		fields = append(fields, "cause", shorten(failed.cause.Error(), maxCauseBytes), "cause_type", fmt.Sprintf("%T", failed.cause))
	}
	return fields
}

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
