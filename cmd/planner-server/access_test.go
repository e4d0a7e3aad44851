package main

import (
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit"
	"github.com/pgplanner/pgplanner/internal/testkit/certificates"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
)

const (
	oldToken = "old-token-0123456789"
	newToken = "new-token-0123456789"
)

func withToken(ctx context.Context, token string) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token)
}

// TestSecuredServer goes through what an operator does: check the configuration, serve with TLS, a client CA and
// tokens, ask whether it serves, and replace the tokens.
func TestSecuredServer(t *testing.T) {
	certFile, keyFile := certificates.SelfSigned(t, t.TempDir())
	tokenFile := filepath.Join(t.TempDir(), "tokens")
	writeFile(t, tokenFile, oldToken)
	configFile := filepath.Join(t.TempDir(), "planner.yaml")
	writeFile(t, configFile, strings.Join([]string{
		"tls-cert: " + certFile, "tls-key: " + keyFile, "tls-client-ca: " + certFile, "allow-client: [orchestrator]",
		"token-file: " + tokenFile, "tls-refresh: 20ms", "log-level: debug",
	}, "\n"))
	if code, out, stderr := runBinary(t, nil, "check-config", "--config", configFile); code != 0 || out != "the configuration is good\n" {
		t.Errorf("check-config: exit code %d, %q, %q", code, out, stderr)
	}
	p := launch(t, nil, "--config", configFile)
	if code, out, stderr := runBinary(t, nil, "health", "--config", configFile, "--listen", p.address); code != 0 || out != "serving\n" {
		t.Errorf("health: exit code %d, %q, %q", code, out, stderr)
	}
	if code, _, stderr := runBinary(t, nil, "health", "--listen", p.address); code != 1 || stderr == "" {
		t.Errorf("health in plain text: exit code %d, %q", code, stderr)
	}
	plain := connect(t, p.address, trusting(t, certFile, ""))
	certified := connect(t, p.address, trusting(t, certFile, keyFile))
	if err := plan(t.Context(), certified, mesh(1)); err != nil {
		t.Errorf("with a certificate: %v", err)
	}
	if err := plan(t.Context(), plain, mesh(1)); status.Code(err) != codes.Unauthenticated {
		t.Errorf("with nothing: %v", err)
	}
	if err := plan(withToken(t.Context(), oldToken), plain, mesh(1)); err != nil {
		t.Errorf("with a token: %v", err)
	}
	writeFile(t, tokenFile, newToken)
	testkit.Eventually(t, func() bool { return plan(withToken(t.Context(), newToken), plain, mesh(1)) == nil })
	if err := plan(withToken(t.Context(), oldToken), plain, mesh(1)); status.Code(err) != codes.Unauthenticated {
		t.Errorf("with a token that has gone: %v", err)
	}
	writeFile(t, tokenFile, "short")
	p.await("tokens stay as they were")
	if err := plan(withToken(t.Context(), newToken), plain, mesh(1)); err != nil {
		t.Errorf("after a token file that cannot be used: %v", err)
	}
	p.signal(syscall.SIGTERM)
	if code, last := p.exit(); code != 0 {
		t.Errorf("exit code %d, last line %v", code, last)
	}
	for _, line := range p.all() {
		for _, token := range []string{oldToken, newToken} {
			if strings.Contains(line, token) {
				t.Errorf("a token is in the log: %s", line)
			}
		}
	}
}

func TestCheckConfigRefusals(t *testing.T) {
	certFile, keyFile := certificates.SelfSigned(t, t.TempDir())
	_, otherKey := certificates.SelfSigned(t, t.TempDir())
	empty := filepath.Join(t.TempDir(), "empty")
	writeFile(t, empty, "")
	for args, want := range map[string]string{
		"--max-nodes x":                                     "max-nodes",
		"--max-nodes 0":                                     "above zero",
		"--max-streams-per-connection 0":                    "above zero",
		"--max-queued-plans 0":                              "above zero",
		"--config /nowhere.yaml":                            "/nowhere.yaml",
		"--listen 0.0.0.0:7070":                             "other machines can reach",
		"--tls-cert /nowhere.crt --tls-key /nowhere.key":    "/nowhere.crt",
		"--tls-cert " + certFile + " --tls-key " + otherKey: "does not match",
		"--token-file " + empty:                             "no token",
		"--admin-listen here":                               "want HOST:PORT, or off",
		"--listen 127.0.0.1:99999":                          `for flag -listen: "127.0.0.1:99999" has no usable port: use a number from 0 to 65535`,
		"--admin-listen :65536":                             `for flag -admin-listen: ":65536" has no usable port: use a number from 0 to 65535`,
		"--tls-cert " + certFile + " --tls-key " + keyFile + " --tls-client-ca " + empty: "no certificate",
	} {
		code, out, stderr := runBinary(t, nil, append([]string{"check-config"}, strings.Fields(args)...)...)
		if code != 2 || out != "" || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit code %d, %q, want %q in %q", args, code, out, want, stderr)
		}
	}
}

func TestHealthOfAServerThatIsNotThere(t *testing.T) {
	for _, address := range []string{"127.0.0.1:1", "unix://" + filepath.Join(t.TempDir(), "p.sock")} {
		if code, out, stderr := runBinary(t, nil, "health", "--listen", address); code != 1 || out != "" || stderr == "" {
			t.Errorf("%s: exit code %d, %q, %q", address, code, out, stderr)
		}
	}
}

// TestSocket shows a server on a socket and on TCP at the same time: the mode, who may call, and what happens to
// the socket of a server that lives, and of one that was killed.
func TestSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.sock")
	listen := []string{"--listen", "unix://" + path, "--listen", "tcp://127.0.0.1:0"}
	p := launch(t, nil, append(listen, "--socket-mode", "0620", "--allow-uid", strconv.Itoa(os.Getuid()))...)
	address, _ := p.await("listening")["address"].(string)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o620 {
		t.Errorf("the socket is %v, %v", info, err)
	}
	for _, target := range []string{"unix:" + path, address} {
		if err := plan(t.Context(), connect(t, target, nil), mesh(1)); err != nil {
			t.Errorf("%s: %v", target, err)
		}
	}
	if code, out, stderr := runBinary(t, nil, "health", "--listen", "unix://"+path); code != 0 || out != "serving\n" {
		t.Errorf("health: exit code %d, %q, %q", code, out, stderr)
	}
	if code, _, stderr := runBinary(t, nil, append(listen, "--admin-listen", "off")...); code != 1 || !strings.Contains(stderr, "another server listens on") {
		t.Errorf("a second server: exit code %d, %s", code, stderr)
	}
	if err := plan(t.Context(), connect(t, "unix:"+path, nil), mesh(1)); err != nil {
		t.Errorf("after the second server: %v", err)
	}

	p.signal(syscall.SIGKILL)
	p.exit()
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("a killed server leaves its socket: %v", err)
	}
	p = launch(t, nil, "--listen", "unix://"+path, "--allow-uid", strconv.Itoa(os.Getuid()+1))
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket is %v, %v", info, err)
	}
	if err := plan(t.Context(), connect(t, "unix:"+path, nil), mesh(1)); status.Code(err) != codes.PermissionDenied {
		t.Errorf("a user that is not on the list: %v", err)
	}
	p.signal(syscall.SIGTERM)
	if code, last := p.exit(); code != 0 {
		t.Errorf("exit code %d, last line %v", code, last)
	}
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("the socket is still there: %v", err)
	}
}

func TestAdminListener(t *testing.T) {
	p := launch(t, nil)
	if err := plan(t.Context(), p.dial(), mesh(1)); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"/": "/readyz", "/metrics": `planner_build_info{`, "/healthz": "ok", "/readyz": "ready", "/version": "planner-server v1.2.3-test (go",
	} {
		if code, text := p.get(path); code != http.StatusOK || !strings.Contains(text, want) {
			t.Errorf("%s: %d, no %q in %.200s", path, code, want, text)
		}
	}
	for _, path := range []string{"/debug/pprof/", "/debug/pprof/cmdline", "/debug/pprof/profile", "/other"} {
		if code, _ := p.get(path); code != http.StatusNotFound {
			t.Errorf("%s: %d", path, code)
		}
	}
	if host, _, _ := net.SplitHostPort(p.admin); host != "127.0.0.1" {
		t.Errorf("listens at %s", p.admin)
	}
	profiled := launch(t, nil, "--pprof")
	if code, text := profiled.get("/debug/pprof/"); code != http.StatusOK || !strings.Contains(text, "goroutine") {
		t.Errorf("with --pprof: %d", code)
	}
	if off := launch(t, nil, "--admin-listen", "off"); off.admin != "" {
		t.Errorf("listens at %s", off.admin)
	}
}

// TestNetworkOnRequest shows that the flag with many words is what it takes, and all.
func TestNetworkOnRequest(t *testing.T) {
	p := launch(t, nil, "--listen", "0.0.0.0:0", "--allow-unauthenticated-network")
	_, port, err := net.SplitHostPort(p.address)
	if err != nil {
		t.Fatal(err)
	}
	if err := plan(t.Context(), connect(t, "127.0.0.1:"+port, nil), mesh(1)); err != nil {
		t.Error(err)
	}
	code, _, stderr := runBinary(t, nil, "--listen", "0.0.0.0:0")
	if code != 2 || !strings.Contains(stderr, "tls-client-ca or token-file, or say allow-unauthenticated-network") {
		t.Errorf("exit code %d, %s", code, stderr)
	}
}

func TestReflectionCanBeOff(t *testing.T) {
	for args, want := range map[string]codes.Code{"--reflection": codes.OK, "--reflection=false": codes.Unimplemented} {
		p := launch(t, nil, args)
		if got := status.Code(reflects(t, p.dial())); got != want {
			t.Errorf("%s: %v", args, got)
		}
	}
}

// TestRequestsOfStrangersAreNotRead shows that whoever may not call cannot make the server hold what it sends.
func TestRequestsOfStrangersAreNotRead(t *testing.T) {
	tokenFile := filepath.Join(t.TempDir(), "tokens")
	writeFile(t, tokenFile, oldToken)
	p := launch(t, nil, "--token-file", tokenFile)
	before := testkit.PeakMemory(t, p.cmd.Process.Pid)
	nodes := []*plannerv1.NodeResources{{NodeName: strings.Repeat("x", 32<<20)}}
	var callers sync.WaitGroup
	for i := range 8 {
		conn := p.dial()
		callers.Go(func() {
			var err error
			if i%2 == 0 {
				_, err = plannerv1.NewStateServiceClient(conn).EndState(t.Context(), &plannerv1.EndStateRequest{Nodes: nodes})
			} else {
				err = plan(t.Context(), conn, &plannerv1.UpdateDatabaseRequest{Nodes: nodes})
			}
			if status.Code(err) != codes.Unauthenticated {
				t.Errorf("got %v", err)
			}
		})
	}
	callers.Wait()
	if grown := testkit.PeakMemory(t, p.cmd.Process.Pid) - before; grown > 32<<10 {
		t.Errorf("8 requests of 32 MiB took %d KiB", grown)
	}
}
