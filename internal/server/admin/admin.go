// Package admin serves what operators and their tools ask over HTTP: metrics, health, readiness, the version,
// and, where that is allowed, profiles. It asks nobody who they are: listen where only operators reach it.
//
//	page      one thing that is served, at a path of its own; the page at / lists the others
//	healthy   the process answers at all
//	ready     the server takes calls: after it has opened all listeners, and until it begins to stop
//	profile   what the process spends its time or memory on, in the form of pprof
package admin

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"strings"
	"time"
)

// Config is what the listener serves.
type Config struct {
	// Metrics serves /metrics.
	Metrics http.Handler
	// Ready tells whether the server takes calls: /readyz is 200 if it does, and 503 if not.
	Ready func() bool
	// Version is the text of /version.
	Version string
	// Profiles serves /debug/pprof.
	Profiles bool
}

const (
	headerTimeout = 5 * time.Second
	// answerTimeout leaves room for a profile of half a minute.
	answerTimeout  = 2 * time.Minute
	maxHeaderBytes = 16 << 10
)

// NewServer returns a server that is ready to serve.
func NewServer(config Config) *http.Server {
	pages := []page{
		{"/metrics", "metrics, for Prometheus", config.Metrics},
		{"/healthz", "200 as long as the process answers", text(func() (int, string) { return http.StatusOK, "ok" })},
		{"/readyz", "200 if the server takes calls, 503 if not", text(func() (int, string) {
			if config.Ready() {
				return http.StatusOK, "ready"
			}
			return http.StatusServiceUnavailable, "not ready"
		})},
		{"/version", "the version", text(func() (int, string) { return http.StatusOK, config.Version })},
	}
	if config.Profiles {
		pages = append(pages,
			page{"/debug/pprof/", "profiles, for go tool pprof", http.HandlerFunc(pprof.Index)},
			page{"/debug/pprof/cmdline", "the command line of the process", http.HandlerFunc(pprof.Cmdline)},
			page{"/debug/pprof/profile", "a profile of the processor", http.HandlerFunc(pprof.Profile)},
			page{"/debug/pprof/symbol", "names of functions", http.HandlerFunc(pprof.Symbol)},
			page{"/debug/pprof/trace", "a trace of the process", http.HandlerFunc(pprof.Trace)},
		)
	}
	mux := http.NewServeMux()
	for _, p := range pages {
		mux.Handle("GET "+p.path, p.handler)
	}
	mux.Handle("GET /{$}", text(func() (int, string) { return http.StatusOK, list(config.Version, pages) }))
	return &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       headerTimeout,
		WriteTimeout:      answerTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
	}
}

// page is one thing that is served.
type page struct {
	path, what string
	handler    http.Handler
}

// list is a line for each page.
func list(version string, pages []page) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", version)
	for _, p := range pages {
		fmt.Fprintf(&b, "\n%-21s %s", p.path, p.what)
	}
	return b.String()
}

// text answers with a text.
func text(answer func() (code int, text string)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		code, text := answer()
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(code)
		_, _ = fmt.Fprintln(w, text)
	})
}

// Serve serves until ctx ends.
func Serve(ctx context.Context, server *http.Server, listener net.Listener) error {
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
