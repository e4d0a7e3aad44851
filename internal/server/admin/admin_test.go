package admin

import (
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
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

// TestRootListsWhatIsThere follows every path on the page, and finds no path that is there but not on it.
func TestRootListsWhatIsThere(t *testing.T) {
	metrics := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "planner_x 1") })
	for profiles, want := range map[bool][]string{
		false: {"/metrics", "/healthz", "/readyz", "/version"},
		true: {
			"/metrics", "/healthz", "/readyz", "/version",
			"/debug/pprof/", "/debug/pprof/cmdline", "/debug/pprof/profile", "/debug/pprof/symbol", "/debug/pprof/trace",
		},
	} {
		server := NewServer(Config{Metrics: metrics, Ready: func() bool { return true }, Version: "planner-server v1", Profiles: profiles})
		get := func(path string) *httptest.ResponseRecorder {
			w := httptest.NewRecorder()
			server.Handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
			return w
		}
		root := get("/")
		body := root.Body.String()
		if root.Code != 200 || root.Header().Get("Content-Type") != "text/plain; charset=utf-8" || !strings.HasPrefix(body, "planner-server v1\n\n/") {
			t.Errorf("got %d %v %q", root.Code, root.Header(), body)
		}
		var paths []string
		for _, m := range regexp.MustCompile(`(?m)^(/\S+) +\S`).FindAllStringSubmatch(body, -1) {
			paths = append(paths, m[1])
			if strings.HasSuffix(m[1], "/profile") || strings.HasSuffix(m[1], "/trace") {
				continue // these take their time
			}
			if code := get(m[1]).Code; code != 200 {
				t.Errorf("%s is listed, and %d", m[1], code)
			}
		}
		if !slices.Equal(paths, want) {
			t.Errorf("listed are %v, want %v", paths, want)
		}
	}
}
