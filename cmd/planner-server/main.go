// Command planner-server serves the planner's API over gRPC.
//
// It prints its flags with --help, logs to standard error, and writes a line "listening" with the address once
// it takes calls. SIGTERM and SIGINT let calls in flight finish before it exits; a second one stops it at once.
//
// Exit codes: 0 after a clean stop, 1 if it could not serve or had to cut off calls, 2 for bad flags.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"

	"go.uber.org/zap"

	"github.com/pgplanner/pgplanner/internal/server"
)

const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	os.Exit(run(os.Args[1:], os.LookupEnv, os.Stdout, os.Stderr))
}

// run is main, but for what a process has only once.
func run(args []string, env lookupEnv, stdout, stderr io.Writer) int {
	cfg, err := parse(args, env)
	switch {
	case errors.Is(err, errHelp):
		_, _ = io.WriteString(stdout, helpText())
		return exitOK
	case err != nil:
		_, _ = fmt.Fprintf(stderr, "planner-server: %v\nSee planner-server --help.\n", err)
		return exitUsage
	case cfg.version:
		_, _ = fmt.Fprintln(stdout, versionText())
		return exitOK
	}
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	defer signal.Stop(signals)
	log := newLogger(cfg, stderr)
	if err := serve(cfg, log, signals); err != nil {
		log.Error("stopped", zap.Error(err))
		return exitFailed
	}
	log.Info("stopped")
	return exitOK
}

// serve listens and serves until a signal comes, then drains: nil means that nothing was cut off.
func serve(cfg config, log *zap.Logger, signals <-chan os.Signal) error {
	listener, err := net.Listen("tcp", cfg.listen)
	if err != nil {
		return err
	}
	srv := server.New(server.Config{Logger: log})
	served := make(chan error, 1)
	go func() { served <- srv.Serve(listener) }()
	log.Info("listening", zap.Stringer("address", listener.Addr()), zap.String("version", buildVersion()))
	select {
	case err := <-served:
		return err
	case s := <-signals:
		log.Info("stopping", zap.Stringer("signal", s), zap.Duration("drain_timeout", cfg.drainTimeout))
	}
	return drain(srv, cfg, signals)
}

// drain shuts the server down: gracefully until the timeout is over or another signal comes.
func drain(srv *server.Server, cfg config, signals <-chan os.Signal) error {
	ctx, cancel := context.WithTimeoutCause(context.Background(), cfg.drainTimeout,
		fmt.Errorf("calls were cut off: they had not finished within %v", cfg.drainTimeout))
	defer cancel()
	ctx, hurry := context.WithCancelCause(ctx)
	defer hurry(nil)
	go func() {
		select {
		case s := <-signals:
			hurry(fmt.Errorf("calls were cut off: got another signal, %v", s))
		case <-ctx.Done():
		}
	}()
	if err := srv.Shutdown(ctx); err != nil {
		return context.Cause(ctx)
	}
	return nil
}
