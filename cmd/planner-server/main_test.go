package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/pgplanner/pgplanner/internal/testkit"

	"google.golang.org/grpc"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
)

// binary is the command as it is released.
var binary string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "planner-server")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		binary = filepath.Join(dir, "planner-server")
		build := exec.Command("go", "build", "-ldflags", "-X main.version=v1.2.3-test", "-o", binary, ".")
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
			return 1
		}
		return m.Run()
	}())
}

// process is a running server.
type process struct {
	t       *testing.T
	cmd     *exec.Cmd
	lines   chan map[string]any // of its log; closed when it has ended
	address string
	admin   string // empty: off
	mu      sync.Mutex
	texts   []string // the lines as they are
}

// all are the lines of the log so far.
func (p *process) all() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.texts)
}

// launch runs the binary on a free port, and waits until it listens.
func launch(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, args...)
	cmd.Env = append([]string{"PLANNER_LISTEN=127.0.0.1:0", "PLANNER_ADMIN_LISTEN=127.0.0.1:0"}, env...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, cmd: cmd, lines: make(chan map[string]any, 100)}
	go func() {
		defer close(p.lines)
		for scanner := bufio.NewScanner(stderr); scanner.Scan(); {
			p.mu.Lock()
			p.texts = append(p.texts, scanner.Text())
			p.mu.Unlock()
			var line map[string]any
			if err := json.Unmarshal(scanner.Bytes(), &line); err != nil {
				t.Errorf("line %q: %v", scanner.Text(), err)
				continue
			}
			p.lines <- line
		}
	}()
	p.address, _ = p.await("listening")["address"].(string)
	return p
}

// await reads the log up to that message.
func (p *process) await(message string) map[string]any {
	p.t.Helper()
	timeout := time.After(testkit.Hangs)
	for {
		select {
		case line, ok := <-p.lines:
			if !ok {
				p.t.Fatalf("ended without the message %q", message)
			}
			if line["msg"] == "admin listening" {
				p.admin, _ = line["address"].(string)
			}
			if line["msg"] == message {
				return line
			}
		case <-timeout:
			p.t.Fatalf("no message %q", message)
		}
	}
}

func (p *process) signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// exit waits for the end, and returns the exit code and the last line of the log.
func (p *process) exit() (int, map[string]any) {
	p.t.Helper()
	timer := time.AfterFunc(testkit.Hangs, func() { _ = p.cmd.Process.Kill() })
	defer timer.Stop()
	var last map[string]any
	for line := range p.lines {
		last = line
	}
	_ = p.cmd.Wait()
	return p.cmd.ProcessState.ExitCode(), last
}

func (p *process) dial() *grpc.ClientConn {
	p.t.Helper()
	return connect(p.t, p.address, nil)
}

func TestServesAndStops(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(s.String(), func(t *testing.T) {
			p := launch(t, nil)
			conn := p.dial()
			stream, err := plannerv1.NewPlannerServiceClient(conn).UpdateDatabase(t.Context(), &plannerv1.UpdateDatabaseRequest{})
			for err == nil {
				_, err = stream.Recv()
			}
			if !errors.Is(err, io.EOF) {
				t.Fatal(err)
			}
			// What may last forever must not hold up the end.
			watch, err := healthv1.NewHealthClient(conn).Watch(t.Context(), &healthv1.HealthCheckRequest{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := watch.Recv(); err != nil {
				t.Fatal(err)
			}
			p.signal(s)
			if got, err := watch.Recv(); got.GetStatus() != healthv1.HealthCheckResponse_NOT_SERVING {
				t.Errorf("watch: %v, %v", got, err)
			}
			if code, last := p.exit(); code != 0 || last["msg"] != "stopped" || last["error"] != nil {
				t.Errorf("exit code %d, last line %v", code, last)
			}
		})
	}
}

// stuck opens a connection that never begins its handshake: it lasts longer than calls may take to drain.
func (p *process) stuck() {
	p.t.Helper()
	conn, err := net.Dial("tcp", p.address)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { conn.Close() })
	testkit.Eventually(p.t, func() bool { // the server has accepted it
		_, metrics := p.get("/metrics")
		return strings.Contains(metrics, "\nplanner_connections 1\n")
	})
}

func TestDrainTimeout(t *testing.T) {
	p := launch(t, nil, "--drain-timeout", "200ms")
	p.stuck()
	began := time.Now()
	p.signal(syscall.SIGTERM)
	code, last := p.exit()
	if text, _ := last["error"].(string); code != 1 || !strings.Contains(text, "within 200ms") {
		t.Errorf("exit code %d, last line %v", code, last)
	}
	if took := time.Since(began); took < 200*time.Millisecond || took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestSecondSignalStopsAtOnce(t *testing.T) {
	p := launch(t, nil, "--drain-timeout", "1m")
	p.stuck()
	p.signal(syscall.SIGTERM)
	p.await("stopping")
	p.signal(syscall.SIGINT)
	code, last := p.exit()
	if text, _ := last["error"].(string); code != 1 || !strings.Contains(text, "another signal") {
		t.Errorf("exit code %d, last line %v", code, last)
	}
}

// TestAddressInUse starts a second server beside the first, at each of its addresses: it says which flag is to be set.
func TestAddressInUse(t *testing.T) {
	p := launch(t, nil)
	for flag, args := range map[string][]string{
		"--listen or PLANNER_LISTEN":             {"--listen", p.address, "--admin-listen", "127.0.0.1:0"},
		"--admin-listen or PLANNER_ADMIN_LISTEN": {"--listen", "127.0.0.1:0", "--admin-listen", p.admin},
	} {
		code, _, stderr := runBinary(t, nil, args...)
		if code != 1 || !strings.Contains(stderr, "address already in use") || !strings.Contains(stderr, flag+`"`) {
			t.Errorf("exit code %d, %s", code, stderr)
		}
		if strings.Contains(stderr, `\n`) || strings.Contains(stderr, "context canceled") {
			t.Errorf("the error says more than that: %s", stderr)
		}
	}
	p.signal(syscall.SIGTERM)
	p.exit()
}

// runBinary runs the binary to its end.
func runBinary(t *testing.T, env []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testkit.Hangs)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Env = env
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	_ = cmd.Run()
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

func TestVersion(t *testing.T) {
	// Deployments like to have such a variable: it is none of ours.
	for _, arg := range []string{"--version", "-version", "version"} {
		code, out, stderr := runBinary(t, []string{"PLANNER_VERSION=v9"}, arg)
		if code != 0 || !strings.HasPrefix(out, "planner-server v1.2.3-test (go") || stderr != "" {
			t.Errorf("%s: exit code %d, %q, %q", arg, code, out, stderr)
		}
	}
}

func TestHelp(t *testing.T) {
	for _, flag := range []string{"--help", "-h", "help"} {
		code, out, stderr := runBinary(t, nil, flag)
		if code != 0 || stderr != "" {
			t.Errorf("exit code %d, %s", code, stderr)
		}
		for _, want := range []string{
			"--listen ADDRESS", "default tcp://127.0.0.1:7070, environment PLANNER_LISTEN", "PLANNER_LOG_LEVEL",
			"PLANNER_LOG_FORMAT", "PLANNER_DRAIN_TIMEOUT", "--version",
			"planner-server check-config", "planner-server health", "planner-server version", "planner-server help",
		} {
			if !strings.Contains(out, want) {
				t.Errorf("%s does not say %q:\n%s", flag, want, out)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	tests := map[string]struct {
		env  string
		args []string
		want string
	}{
		"unknown flag":           {"", []string{"--lisen", "x"}, "-lisen"},
		"argument":               {"", []string{"serve"}, `unexpected argument "serve"`},
		"argument after flags":   {"", []string{"--log-level=info", "x"}, `unexpected argument "x"`},
		"no command":             {"", []string{"helth"}, `"helth": the commands are check-config, health, help and version`},
		"no port":                {"", []string{"--listen", "localhost"}, "is no address"},
		"level":                  {"", []string{"--log-level", "loud"}, "want debug, info, warn or error"},
		"format":                 {"", []string{"--log-format", "xml"}, "want json or console"},
		"timeout":                {"", []string{"--drain-timeout", "5"}, "want a duration"},
		"negative timeout":       {"", []string{"--drain-timeout", "-1s"}, "want a duration"},
		"in the environment":     {"PLANNER_LOG_LEVEL=loud", nil, `"PLANNER_LOG_LEVEL": want debug`},
		"listen in environment":  {"PLANNER_LISTEN=here", nil, `"PLANNER_LISTEN": "here" is no address`},
		"timeout in environment": {"PLANNER_DRAIN_TIMEOUT=soon", nil, `"PLANNER_DRAIN_TIMEOUT": want a duration`},
		"the network":            {"", []string{"--listen", ":0"}, "other machines can reach"},
		"file":                   {"", []string{"--config", "/nowhere.yaml"}, "/nowhere.yaml"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			code, out, stderr := runBinary(t, []string{test.env}, test.args...)
			if code != 2 || out != "" || !strings.Contains(stderr, test.want) {
				t.Errorf("exit code %d, %q, want %q in %q", code, out, test.want, stderr)
			}
		})
	}
}
