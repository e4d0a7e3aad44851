// Command planner-server serves the planner's API over gRPC.
//
// It prints its commands and flags with --help, logs to standard error, and writes a line "listening" with the address
// of each listener once it is ready: it takes calls there, and says so when it is asked. SIGTERM and SIGINT let calls in flight finish before it exits; a second one stops it at once.
//
// Exit codes: 0 after a clean stop, 1 if it could not serve or had to cut off calls, 2 for a bad configuration.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"

	"go.uber.org/zap"
)

const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// The commands besides serving. They come first.
const (
	commandCheck   = "check-config"
	commandHealth  = "health"
	commandHelp    = "help"
	commandVersion = "version"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run is main, but for what a process has only once.
func run(args []string, stdout, stderr io.Writer) int {
	command := ""
	if len(args) > 0 {
		switch args[0] {
		case commandCheck, commandHealth:
			command, args = args[0], args[1:]
		case commandVersion, "-version", "--version":
			_, _ = fmt.Fprintln(stdout, versionText())
			return exitOK
		case commandHelp:
			_, _ = fmt.Fprint(stdout, helpText())
			return exitOK
		}
	}
	cfg, err := parse(args)
	switch {
	case errors.Is(err, errHelp):
		_, _ = fmt.Fprint(stdout, helpText())
		return exitOK
	case err != nil:
		return fail(stderr, exitUsage, fmt.Errorf("%w\nSee planner-server --help", err))
	}
	switch command {
	case commandCheck:
		return checkConfig(cfg, stdout, stderr)
	case commandHealth:
		if err := probe(cfg); err != nil {
			return fail(stderr, exitFailed, err)
		}
		_, _ = fmt.Fprintln(stdout, "serving")
		return exitOK
	}
	return runServer(cfg, stderr)
}

func runServer(cfg config, stderr io.Writer) int {
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

// checkConfig reads the files that the configuration names, as serving would.
func checkConfig(cfg config, stdout, stderr io.Writer) int {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s, err := secure(ctx, cfg, zap.NewNop())
	if err != nil {
		return fail(stderr, exitUsage, err)
	}
	s.close()
	_, _ = fmt.Fprintln(stdout, "the configuration is good")
	return exitOK
}

func fail(stderr io.Writer, code int, err error) int {
	_, _ = fmt.Fprintf(stderr, "planner-server: %v\n", err)
	return code
}

// unreleased is the version of a build that was not told one.
const unreleased = "dev"

// version is set when a release is built: -ldflags "-X main.version=v1.2.3".
var version = unreleased

// buildVersion is the version; without one, what the Go toolchain found out from the source's repository: the
// commit with its time, and "+dirty" if there were local changes.
func buildVersion() string {
	info, ok := debug.ReadBuildInfo()
	if version != unreleased || !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return version
	}
	return info.Main.Version
}

// versionText is what --version prints.
func versionText() string {
	return fmt.Sprintf("planner-server %s (%s, %s/%s)", buildVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
