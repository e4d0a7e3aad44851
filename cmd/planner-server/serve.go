package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/KimMachineGun/automemlimit/memlimit"
	"go.uber.org/zap"
	"google.golang.org/grpc/credentials"

	"github.com/pgplanner/pgplanner/internal/server"
	"github.com/pgplanner/pgplanner/internal/server/admin"
	"github.com/pgplanner/pgplanner/internal/server/identity"
)

// serve listens and serves until a signal comes, then drains: nil means that nothing was cut off.
func serve(cfg config, log *zap.Logger, signals <-chan os.Signal) error {
	limitMemory(cfg, log)
	if cfg.heapFloor != "" {
		log.Warn("heap-floor-bytes has no effect any more: set the environment variable GOGC instead")
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	secured, err := secure(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer secured.close()
	tracing, err := newTracing(ctx, cfg)
	if err != nil {
		return err
	}
	defer tracing.close(log)
	cfg.server.Logger, cfg.server.TracerProvider = log, tracing.provider
	cfg.server.Credentials, cfg.server.Identity = secured.credentials, secured.policy
	cfg.server.NoReflection, cfg.server.NoVerification = !cfg.reflection, !cfg.verify
	cfg.server.Metrics.Version = buildVersion()
	srv := server.New(cfg.server)
	var ready atomic.Bool
	failed := make(chan error, len(cfg.listen)+1)
	if err := serveAdmin(ctx, cfg, srv, &ready, log, failed); err != nil {
		return err
	}
	listeners, err := openListeners(cfg)
	if err != nil {
		return err
	}
	for _, listener := range listeners {
		go func() { failed <- srv.Serve(listener) }()
	}
	ready.Store(true)
	announce(listeners, log)
	select {
	case err := <-failed:
		return err
	case s := <-signals:
		log.Info("stopping", zap.Stringer("signal", s),
			zap.Duration("drain_delay", cfg.drainDelay), zap.Duration("drain_timeout", cfg.drainTimeout))
	}
	ready.Store(false)
	return drain(srv, cfg, signals)
}

// openListeners opens all listeners, or none.
func openListeners(cfg config) ([]net.Listener, error) {
	var listeners []net.Listener
	for _, endpoint := range cfg.listen {
		listener, err := endpoint.Listen(cfg.socketMode)
		if err != nil {
			for _, l := range listeners {
				_ = l.Close()
			}
			return nil, inUse(err, "listen")
		}
		listeners = append(listeners, listener)
	}
	return listeners, nil
}

// announce logs where the server listens: whoever waits for such a line finds it ready.
func announce(listeners []net.Listener, log *zap.Logger) {
	for _, listener := range listeners {
		log.Info("listening", zap.Stringer("address", listener.Addr()),
			zap.String("network", listener.Addr().Network()), zap.String("version", buildVersion()))
	}
}

// inUse adds to the error of an address that is in use how to take another one.
func inUse(err error, flag string) error {
	if !errors.Is(err, syscall.EADDRINUSE) {
		return err
	}
	return fmt.Errorf("%w: another server may have it; choose another address with --%s or %s", err, flag, envName(flag))
}

func serveAdmin(
	ctx context.Context, cfg config, srv *server.Server, ready *atomic.Bool, log *zap.Logger, failed chan<- error,
) error {
	if cfg.admin == "" {
		return nil
	}
	listener, err := net.Listen("tcp", cfg.admin)
	if err != nil {
		return fmt.Errorf("admin listener: %w", inUse(err, "admin-listen"))
	}
	http := admin.NewServer(admin.Config{
		Metrics: srv.MetricsHandler(), Ready: ready.Load, Version: versionText(), Profiles: cfg.pprof,
	})
	go func() {
		if err := admin.Serve(ctx, http, listener); err != nil {
			failed <- fmt.Errorf("admin listener: %w", err)
		}
	}()
	log.Info("admin listening", zap.Stringer("address", listener.Addr()))
	return nil
}

// drain shuts the server down: it first says that it goes away and goes on serving for the delay, then
// lets calls finish until the timeout is over or another signal comes.
func drain(srv *server.Server, cfg config, signals <-chan os.Signal) error {
	unhurried, hurry := context.WithCancelCause(context.Background())
	defer hurry(nil)
	go func() {
		select {
		case s := <-signals:
			hurry(fmt.Errorf("calls were cut off: got another signal, %v", s))
		case <-unhurried.Done():
		}
	}()
	srv.AnnounceShutdown()
	select {
	case <-time.After(cfg.drainDelay):
	case <-unhurried.Done():
	}
	ctx, cancel := context.WithTimeoutCause(unhurried, cfg.drainTimeout,
		fmt.Errorf("calls were cut off: they had not finished within %v", cfg.drainTimeout))
	defer cancel()
	if err := srv.Shutdown(ctx); err != nil {
		return context.Cause(ctx)
	}
	return nil
}

// limitMemory makes the garbage collector work harder before the container's memory is used up. GOMEMLIMIT
// wins. Outside of a container there is no limit to follow.
func limitMemory(cfg config, log *zap.Logger) {
	if cfg.memoryRatio == 0 || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	limit, err := memlimit.Set(memlimit.WithRatio(cfg.memoryRatio), memlimit.WithProvider(memlimit.FromCgroup))
	if err == nil && limit > 0 && limit < math.MaxInt64 {
		log.Info("memory limit", zap.Int64("bytes", limit))
	}
}

// secured is who may call, and how connections are secured.
type secured struct {
	credentials credentials.TransportCredentials
	policy      identity.Policy
	close       func()
}

// secure reads the files that say who may call, and reads them again while the server runs.
func secure(ctx context.Context, cfg config, log *zap.Logger) (secured, error) {
	s := secured{policy: cfg.policy, close: func() {}}
	s.policy.ClientCertificates = cfg.tls.ClientCAFile != ""
	if cfg.tokenFile != "" {
		tokens, err := identity.LoadTokens(cfg.tokenFile)
		if err != nil {
			return s, err
		}
		s.policy.Tokens = tokens
		go rereadTokens(ctx, tokens, cfg.tls.RefreshInterval, log)
	}
	if cfg.tls.CertFile == "" {
		return s, nil
	}
	var err error
	if s.credentials, s.close, err = identity.NewTLS(cfg.tls); err != nil {
		s.close = func() {}
	}
	return s, err
}

func rereadTokens(ctx context.Context, tokens *identity.Tokens, interval time.Duration, log *zap.Logger) {
	for ticker := time.NewTicker(interval); ; {
		select {
		case <-ctx.Done():
			ticker.Stop()
			return
		case <-ticker.C:
			if err := tokens.Reload(); err != nil {
				log.Warn("tokens stay as they were", zap.Error(err))
			}
		}
	}
}
