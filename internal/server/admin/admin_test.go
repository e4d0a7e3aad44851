package admin

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

func TestAnswers(t *testing.T) {
	var ready atomic.Bool
	metrics := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "planner_x 1") })
	get := func(profiles bool, path string) (int, string) {
		server := NewServer(Config{Metrics: metrics, Ready: ready.Load, Version: "v1", Profiles: profiles})
		w := httptest.NewRecorder()
		server.Handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w.Code, strings.TrimSpace(w.Body.String())
	}
	for _, c := range []struct {
		ready, profiles bool
		path            string
		code            int
		text            string
	}{
		{true, false, "/metrics", 200, "planner_x 1"},
		{true, false, "/healthz", 200, "ok"},
		{false, false, "/healthz", 200, "ok"},
		{true, false, "/readyz", 200, "ready"},
		{false, false, "/readyz", 503, "not ready"},
		{true, false, "/version", 200, "v1"},
		{true, false, "/debug/pprof/", 404, "404 page not found"},
		{true, false, "/other", 404, "404 page not found"},
	} {
		ready.Store(c.ready)
		if code, text := get(c.profiles, c.path); code != c.code || text != c.text {
			t.Errorf("%+v: got %d %q", c, code, text)
		}
	}
	if code, text := get(true, "/debug/pprof/"); code != 200 || !strings.Contains(text, "goroutine") {
		t.Errorf("no profiles: %d", code)
	}
}
