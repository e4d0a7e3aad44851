// Package server is the shell around the planner: the gRPC services, and what every call passes through on its
// way to them and back.
//
//	call            one use of a method: what its caller has sent, and what the server keeps for it while it lasts
//	request         the message of a call that the server receives; answer: the messages that it sends
//	stage           a part of a call's work that is timed and traced: convert, plan, verify, encode; "step" in metrics
//	frame           where a request is received into before it is decoded
//	reason          a stable word that says to programs why a call failed; fault: all that an error says to callers
//	rule            how errors of one type become the status of a call
//	infrastructure  health checks and reflection, as opposed to the methods of the planner
//	draining        a server that shuts down: it takes no more calls, and lets those that it has taken finish
//
// What a call takes of what all calls share (places, memory, room) is decided in package admission.
//
// # A call
//
// A call gets a request id, is logged in one line when it ends, and is kept from taking the process down when it
// panics. Its request is converted (internal/convert/request), planned (internal/planner, internal/resource), and only
// when the whole answer is known to fit, sent. Whatever goes wrong on the way is a typed error that becomes a
// status in one place, with exactly one ErrorInfo: errors.go, reasons.go and details.go.
//
// # What it promises
//
//   - Nothing is sent before everything is planned, and no message exceeds the size that the caller asked for.
//   - A call that its caller has given up stops planning within 50 ms.
//   - No status and no line of the log holds the value of an attribute: they are secrets. Names and ids do
//     appear, cut to a bounded length.
//   - Shutdown lets calls in flight finish for as long as it is given, and is not held up by health watches.
//
// # What it refuses
//
// It keeps nothing between calls and knows nothing about databases.
package server

import (
	"cmp"
	"context"
	"net"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/encoding"
	_ "google.golang.org/grpc/encoding/gzip" // callers may compress
	encodingproto "google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/experimental"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/reflection"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert/request"
	"github.com/pgplanner/pgplanner/internal/server/admission"
	"github.com/pgplanner/pgplanner/internal/server/identity"
)

// Defaults of Config.
const (
	DefaultMaxRequestBytes      = 64 << 20
	DefaultMaxConcurrentStreams = 256
)

const (
	// connectionTimeout is for the handshake of a new connection. One that never begins it, such as a port
	// scanner's, holds up a shutdown until then.
	connectionTimeout = 10 * time.Second
	// keepaliveTime is after how much silence a connection is checked, keepaliveTimeout how long it then has.
	keepaliveTime    = time.Minute
	keepaliveTimeout = 20 * time.Second
	// ageGrace is how much longer than the longest call an aged connection stays.
	ageGrace = 10 * time.Second
	// maxHeaderBytes bounds the metadata of a call, and so what a caller can get into a line of the log.
	maxHeaderBytes = 64 << 10
	// minPingInterval is how often clients may ping, with or without a call in flight.
	minPingInterval = 10 * time.Second
)

// Config is what a server may be told. The zero value of every field stands for its default.
type Config struct {
	// Logger gets one line for each call, and what an operator must know. Default: no log.
	Logger *zap.Logger
	// MaxRequestBytes is the largest request that is taken. Default: DefaultMaxRequestBytes.
	MaxRequestBytes int
	// Limits keep callers from taking what others need.
	Limits admission.Limits
	// Metrics says where metrics go.
	Metrics Metrics
	// TracerProvider makes the spans of calls. Nil: there are none.
	TracerProvider trace.TracerProvider
	// MaxConcurrentStreams is how many calls one connection may have in flight; more of them wait at the
	// client. Default: DefaultMaxConcurrentStreams.
	MaxConcurrentStreams uint32
	// MaxConnectionAge is after how long, give or take a tenth, clients are asked to connect anew, which is when
	// they notice servers that have come since. Calls in flight go on. Default: never.
	MaxConnectionAge time.Duration
	// Credentials secure the connections over TCP. Default: none, nothing is encrypted. Unix sockets never
	// need any.
	Credentials credentials.TransportCredentials
	// Identity is who may call. Default: everybody.
	Identity identity.Policy
	// NoVerification sends plans without having them judged first.
	NoVerification bool
	// NoReflection turns server reflection off.
	NoReflection bool
}

func (c Config) withDefaults() Config {
	if c.Logger == nil {
		c.Logger = zap.NewNop()
	}
	c.MaxRequestBytes = cmp.Or(c.MaxRequestBytes, DefaultMaxRequestBytes)
	c.MaxConcurrentStreams = cmp.Or(c.MaxConcurrentStreams, DefaultMaxConcurrentStreams)
	return c
}

// Server serves the planner's API, health and reflection. It is used for one life: serve, then shut down.
type Server struct {
	grpc   *grpc.Server
	health *health.Server
	log    *zap.Logger
	// identity is who may call.
	identity identity.Policy
	// draining is closed when the server begins to shut down.
	draining  chan struct{}
	drainOnce sync.Once
	planner   *plannerService
	state     *stateService
	resource  *resourceService

	admission *admission.Controller
	metrics   *metrics
	tracer    trace.Tracer
	// methods are the planner's own, by their full names.
	methods map[string]struct{}
}

// New makes a server that listens nowhere yet.
func New(config Config) *Server {
	config = config.withDefaults()
	s := &Server{
		health:   health.NewServer(),
		log:      config.Logger,
		identity: config.Identity,
		draining: make(chan struct{}),
		planner:  newPlannerService(),
		state:    &stateService{},
		resource: newResourceService(),

		admission: admission.New(config.Limits),
		metrics:   newMetrics(config.Metrics),
		tracer:    tracerOf(config.TracerProvider),
		methods:   map[string]struct{}{},
	}
	limits := s.admission.Limits()
	s.metrics.watch(s.admission)
	converter := request.Converter{Limits: limitsOfForm(limits), Counted: s.metrics.request}
	s.planner.convert, s.state.convert, s.resource.convert = converter, converter, converter
	if !config.NoVerification {
		s.planner.judge, s.resource.judge = judgeDatabase, judgeStates
	}
	inflater := &inflater{admission: s.admission, limit: config.MaxRequestBytes}
	s.grpc = grpc.NewServer(append(append(s.interceptors(), s.tracing(config.TracerProvider)...),
		grpc.Creds(identity.NewCredentials(config.Credentials)),
		grpc.ForceServerCodecV2(codec{
			CodecV2: encoding.GetCodecV2(encodingproto.Name), maxRequestBytes: config.MaxRequestBytes, inflater: inflater,
		}),
		grpc.MaxRecvMsgSize(hardLimit(config.MaxRequestBytes)),
		grpc.MaxHeaderListSize(maxHeaderBytes),
		grpc.InTapHandle(s.arriving),
		experimental.BufferPool(receivePool()),
		grpc.RPCDecompressor(inflater), //nolint:staticcheck // the only one that can tell whose it is
		grpc.MaxConcurrentStreams(config.MaxConcurrentStreams),
		grpc.ConnectionTimeout(connectionTimeout),
		grpc.KeepaliveParams(keepalive.ServerParameters{
			Time: keepaliveTime, Timeout: keepaliveTimeout,
			MaxConnectionAge: config.MaxConnectionAge, MaxConnectionAgeGrace: limits.CallTime + ageGrace,
		}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: minPingInterval, PermitWithoutStream: true}),
		grpc.UnknownServiceHandler(unknownMethod),
	)...)
	s.register(&plannerv1.PlannerService_ServiceDesc, s.planner)
	s.register(&plannerv1.StateService_ServiceDesc, s.state)
	s.register(&plannerv1.ResourceService_ServiceDesc, s.resource)
	healthv1.RegisterHealthServer(s.grpc, s.health)
	if !config.NoReflection {
		reflection.Register(s.grpc)
	}
	return s
}

// receivePool is what gRPC reads requests into: buffers of at most twice what a frame holds. Those of its own pool may
// be four times as large.
func receivePool() mem.BufferPool {
	return mem.NewTieredBufferPool(2<<10, 4<<10, 8<<10, 16<<10, 32<<10, 1<<20)
}

// limitsOfForm are the limits that converting looks at.
func limitsOfForm(l admission.Limits) request.Limits {
	return request.Limits{
		MaxResources:      l.MaxResources,
		MaxNodes:          l.MaxNodes,
		MaxJSONDepth:      l.MaxJSONDepth,
		MaxAttributeBytes: l.MaxAttributeBytes,
	}
}

// register adds one of the planner's services, and says that it is healthy.
func (s *Server) register(desc *grpc.ServiceDesc, service any) {
	s.grpc.RegisterService(framed(desc), service)
	for _, m := range desc.Methods {
		s.methods["/"+desc.ServiceName+"/"+m.MethodName] = struct{}{}
	}
	for _, m := range desc.Streams {
		s.methods["/"+desc.ServiceName+"/"+m.StreamName] = struct{}{}
	}
	s.health.SetServingStatus(desc.ServiceName, healthv1.HealthCheckResponse_SERVING)
}

// Serve takes calls from the listener until the server is shut down, and then returns nil. It may be called for
// several listeners. The server closes the listener.
func (s *Server) Serve(listener net.Listener) error {
	return s.grpc.Serve(s.admission.Listener(listener))
}

// AnnounceShutdown says through health that the server goes away, and goes on serving: load balancers and
// clients that watch it have time to go elsewhere.
func (s *Server) AnnounceShutdown() { s.health.Shutdown() }

// Shutdown says through health that the server goes away, takes no more calls, and lets those in flight finish.
// When ctx ends before they have, it cuts them off and returns the error of ctx. A second Shutdown with an ended
// context makes a first one hurry.
func (s *Server) Shutdown(ctx context.Context) error {
	s.health.Shutdown()
	s.drainOnce.Do(func() { close(s.draining) })
	done := make(chan struct{})
	go func() {
		s.grpc.GracefulStop()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		// Not waited for: a handshake that never ends may hold it up, and the process is about to exit.
		go s.grpc.Stop()
		return ctx.Err()
	}
}
