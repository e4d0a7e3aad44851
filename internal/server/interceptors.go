package server

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors"
	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/auth"
	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/logging"
	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/recovery"
	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/selector"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/tap"

	"github.com/pgplanner/pgplanner/internal/server/admission"
)

// interceptors are what every call passes through, outermost first. Logging is outside of recovery and
// translation, so that it sees the status that the caller gets.
func (s *Server) interceptors() []grpc.ServerOption {
	log := zapLogger(s.log)
	calls := selector.MatchFunc(func(_ context.Context, call interceptors.CallMeta) bool {
		return !infrastructure(call.FullMethod())
	})
	others := selector.MatchFunc(func(_ context.Context, call interceptors.CallMeta) bool {
		return infrastructure(call.FullMethod())
	})
	ours := selector.MatchFunc(func(_ context.Context, call interceptors.CallMeta) bool { return s.ours(call.FullMethod()) })
	return []grpc.ServerOption{
		grpc.ChainUnaryInterceptor(
			requestIDUnary,
			selector.UnaryServerInterceptor(s.metrics.calls.UnaryServerInterceptor(), ours),
			selector.UnaryServerInterceptor(logging.UnaryServerInterceptor(log, callLogOptions(callLevel)...), calls),
			selector.UnaryServerInterceptor(logging.UnaryServerInterceptor(log, callLogOptions(infrastructureLevel)...), others),
			s.measureUnary,
			recovery.UnaryServerInterceptor(recovery.WithRecoveryHandlerContext(recoverPanic)),
			translateUnary,
			auth.UnaryServerInterceptor(s.authorize),
		),
		grpc.ChainStreamInterceptor(
			requestIDStream,
			selector.StreamServerInterceptor(s.metrics.calls.StreamServerInterceptor(), ours),
			selector.StreamServerInterceptor(logging.StreamServerInterceptor(log, callLogOptions(callLevel)...), calls),
			selector.StreamServerInterceptor(logging.StreamServerInterceptor(log, callLogOptions(infrastructureLevel)...), others),
			s.endWhenDraining,
			s.measureStream,
			recovery.StreamServerInterceptor(recovery.WithRecoveryHandlerContext(recoverPanic)),
			translateStream,
			auth.StreamServerInterceptor(s.authorize),
		),
	}
}

// authorize turns away calls of whoever may not call, before their requests are read. Health needs no credentials.
func (s *Server) authorize(ctx context.Context) (context.Context, error) {
	if method, _ := grpc.Method(ctx); healthCheck(method) {
		return ctx, nil
	}
	return ctx, s.identity.Authorize(ctx)
}

func healthCheck(fullMethod string) bool { return strings.HasPrefix(fullMethod, "/grpc.health.") }

// infrastructure tells health checks and reflection from the calls that the server is there for.
func infrastructure(fullMethod string) bool {
	return healthCheck(fullMethod) || strings.HasPrefix(fullMethod, "/grpc.reflection.")
}

// ours tells whether it is one of the planner's methods, and so a name that may be a label.
func (s *Server) ours(fullMethod string) bool {
	_, ok := s.methods[fullMethod]
	return ok
}

const (
	// lastWord is how long a health watch has to tell that the server goes away. It is ended when it has.
	lastWord = 5 * time.Second
	// lastAnswer is how long a reflection stream has to answer what it was asked.
	lastAnswer = 100 * time.Millisecond
)

// endWhenDraining ends health watches and reflection streams when the server shuts down. They last for as long
// as their callers like, and would hold it up.
func (s *Server) endWhenDraining(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	if !infrastructure(info.FullMethod) {
		return handler(srv, ss)
	}
	done, told, limit := make(chan error, 1), make(chan struct{}), lastAnswer
	if healthCheck(info.FullMethod) {
		ss, limit = tellingStream{ss, sync.OnceFunc(func() { close(told) })}, lastWord
	}
	go func() { done <- handler(srv, arrivingStream{ss}) }() // ends with the stream, whose context is canceled on return
	select {
	case err := <-done:
		return err
	case <-s.draining:
	}
	select {
	case err := <-done:
		return err
	case <-told:
	case <-time.After(limit):
	}
	return status.Error(codes.Unavailable, "the server is shutting down")
}

// tellingStream is the stream of a health watch. It calls told once it has sent that its service is not served, or is not
// known: there is nothing to come.
type tellingStream struct {
	grpc.ServerStream
	told func()
}

func (s tellingStream) SendMsg(m any) error {
	err := s.ServerStream.SendMsg(m)
	if answer, ok := m.(*healthv1.HealthCheckResponse); ok && answer.GetStatus() != healthv1.HealthCheckResponse_SERVING {
		s.told()
	}
	return err
}

// arriving sees every call, of whatever service, before anything of it but its metadata is read.
func (s *Server) arriving(ctx context.Context, info *tap.Info) (context.Context, error) {
	if !infrastructure(info.FullMethodName) {
		return s.admission.Arriving(ctx, info.Header, nil), nil // what can tell why comes later
	}
	ctx, cancel := context.WithCancel(ctx)
	return s.admission.Arriving(ctx, info.Header, func(error) { cancel() }), nil
}

// arrivingStream is the stream of a health check or of reflection. The requests of those are read by gRPC's own
// services.
type arrivingStream struct {
	grpc.ServerStream
}

func (s arrivingStream) RecvMsg(m any) error {
	a := admission.ArrivalOf(s.Context())
	a.Expect()
	defer a.Arrived(0)
	return s.ServerStream.RecvMsg(m)
}

// unknownMethod answers calls of what the server does not have, so that they are logged and answered like others.
func unknownMethod(any, grpc.ServerStream) error {
	return status.Error(codes.Unimplemented, "unknown method")
}
