package main

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/pgplanner/pgplanner/internal/testkit"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
	"google.golang.org/grpc/status"

	"github.com/pgplanner/pgplanner/client"
	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
)

// TestDrainDelay shows that during the delay the server says that it goes away, and serves all the same: on
// connections that are open and on new ones.
func TestDrainDelay(t *testing.T) {
	p := launch(t, nil, "--drain-delay", "1h")
	if code, _ := p.get("/readyz"); code != 200 {
		t.Fatalf("readyz is %d before", code)
	}
	open := p.dial()
	watch, err := healthv1.NewHealthClient(open).Watch(t.Context(), &healthv1.HealthCheckRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := watch.Recv(); got.GetStatus() != healthv1.HealthCheckResponse_SERVING {
		t.Fatalf("watch: %v, %v", got, err)
	}
	p.signal(syscall.SIGTERM)
	if got, err := watch.Recv(); got.GetStatus() != healthv1.HealthCheckResponse_NOT_SERVING {
		t.Errorf("watch: %v, %v", got, err)
	}
	if code, text := p.get("/readyz"); code != 503 || text != "not ready" {
		t.Errorf("readyz: %d %s", code, text)
	}
	if code, _ := p.get("/healthz"); code != 200 {
		t.Errorf("healthz: %d", code)
	}
	for name, conn := range map[string]*grpc.ClientConn{"open": open, "new": p.dial()} {
		if err := plan(t.Context(), conn, mesh(2)); err != nil {
			t.Errorf("a call on the %s connection: %v", name, err)
		}
	}
	code, out, stderr := runBinary(t, nil, "health", "--listen", p.address)
	if code != 1 || out != "" || !strings.Contains(stderr, "NOT_SERVING") {
		t.Errorf("health: exit code %d, %q, %q", code, out, stderr)
	}
}

// TestDelayEnds shows that the server stops after the delay, and not before.
func TestDelayEnds(t *testing.T) {
	p := launch(t, nil, "--drain-delay", "500ms")
	conn := p.dial()
	began := time.Now()
	p.signal(syscall.SIGTERM)
	if err := plan(t.Context(), conn, mesh(2)); err != nil && time.Since(began) < 500*time.Millisecond {
		t.Errorf("a call during the delay: %v", err)
	}
	if code, last := p.exit(); code != 0 || last["msg"] != "stopped" {
		t.Errorf("exit code %d, last line %v", code, last)
	}
	if took := time.Since(began); took < 500*time.Millisecond || took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}

// TestFlagsWithoutEffect are accepted, and the log says that they do nothing.
func TestFlagsWithoutEffect(t *testing.T) {
	p := launch(t, []string{"PLANNER_HEAP_FLOOR_BYTES=1"})
	p.signal(syscall.SIGTERM)
	if code, _ := p.exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if log := strings.Join(p.all(), "\n"); !strings.Contains(log, `"warn"`) || !strings.Contains(log, "GOGC") {
		t.Errorf("no warning in %s", log)
	}
	p = launch(t, nil)
	p.signal(syscall.SIGTERM)
	p.exit()
	if log := strings.Join(p.all(), "\n"); strings.Contains(log, `"warn"`) {
		t.Errorf("a warning in %s", log)
	}
}

// TestListeningMeansReady asks a server whether it is ready while it writes that it listens.
func TestListeningMeansReady(t *testing.T) {
	cfg, err := parse([]string{"--listen", "127.0.0.1:0", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	signals := make(chan os.Signal, 2)
	p := &process{t: t}
	var addresses []string
	log := newLogger(cfg, writerFunc(func(text []byte) {
		var line map[string]any
		if err := json.Unmarshal(text, &line); err != nil {
			t.Errorf("line %q: %v", text, err)
		}
		address, _ := line["address"].(string)
		switch line["msg"] {
		case "admin listening":
			p.admin = address
			if code, _ := p.get("/readyz"); code != 503 {
				t.Errorf("before, readyz is %d", code)
			}
		case "listening":
			if code, _ := p.get("/readyz"); code != 200 {
				t.Errorf("readyz is %d", code)
			}
			if addresses = append(addresses, address); len(addresses) == 2 {
				signals <- syscall.SIGTERM
			}
		}
	}))
	if err := serve(cfg, log, signals); err != nil || len(addresses) != 2 {
		t.Errorf("listened at %v, %v", addresses, err)
	}
}

type writerFunc func([]byte)

func (f writerFunc) Write(p []byte) (int, error) {
	f(p)
	return len(p), nil
}

func TestSecondSignalEndsTheDelay(t *testing.T) {
	p := launch(t, nil, "--drain-delay", "1m")
	p.signal(syscall.SIGTERM)
	p.await("stopping")
	p.signal(syscall.SIGTERM)
	code, last := p.exit()
	if text, _ := last["error"].(string); code != 1 || !strings.Contains(text, "another signal") {
		t.Errorf("exit code %d, last line %v", code, last)
	}
}

// TestStopUnderLoad shows that SIGTERM fails no call that the server has accepted, and that no caller misses an
// answer that the server says it has given.
func TestStopUnderLoad(t *testing.T) {
	for name, args := range map[string][]string{"at once": nil, "with a delay": {"--drain-delay", "300ms"}} {
		t.Run(name, func(t *testing.T) {
			p := launch(t, nil, args...)
			var answered atomic.Int64
			var workers sync.WaitGroup
			for range 8 {
				conn := p.dial()
				workers.Go(func() {
					for {
						err := plan(t.Context(), conn, mesh(8))
						if err == nil {
							answered.Add(1)
							continue
						}
						// Nobody listens any more. That no such call got through is in the server's log.
						if status.Code(err) != codes.Unavailable {
							t.Errorf("a call failed: %v", err)
						}
						return
					}
				})
			}
			accepted, finished := 0, 0
			ended := make(chan map[string]any)
			go func() {
				var last map[string]any
				for line := range p.lines {
					last = line
					if line["msg"] == "finished call" {
						accepted++
						if line["grpc.code"] == "OK" {
							finished++
						} else {
							t.Errorf("the server failed a call: %v", line)
						}
					}
				}
				ended <- last
			}()
			testkit.Eventually(t, func() bool { return answered.Load() > 50 })
			p.signal(syscall.SIGTERM)
			workers.Wait()
			last := <-ended
			if code, _ := p.exit(); code != 0 || last["msg"] != "stopped" {
				t.Errorf("exit code %d, last line %v", code, last)
			}
			if int64(finished) != answered.Load() || accepted != finished {
				t.Errorf("%d calls accepted, %d finished, %d answers arrived", accepted, finished, answered.Load())
			}
			t.Logf("%d calls", accepted)
		})
	}
}

// kills is how many servers TestOneOfTwoServersDies kills.
var kills = flag.Int("kills", 10, "how many servers to kill under load")

// TestOneOfTwoServersDies kills one of two servers under load, each time while it sends an answer, and starts another
// in its place. No caller of the client package sees an error.
func TestOneOfTwoServersDies(t *testing.T) {
	servers := manual.NewBuilderWithScheme("planners")
	first, second := launchQuietly(t), launchQuietly(t)
	servers.InitialState(addresses(first, second))
	var killer killer
	planners, err := client.Dial("planners:///", insecure.NewCredentials(), grpc.WithResolvers(servers),
		grpc.WithStreamInterceptor(killer.watch),
		// All callers share a window, so that answers are on their way for a while.
		grpc.WithInitialWindowSize(1<<16), grpc.WithInitialConnWindowSize(1<<16))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = planners.Close() })
	ctx, stop := context.WithCancel(t.Context())
	var answered atomic.Int64
	var workers sync.WaitGroup
	for range 8 {
		workers.Go(func() {
			req := mesh(16) // whose answer is larger than the window
			req.ResponseOptions = &plannerv1.ResponseOptions{MaxMessageBytes: 1 << 13}
			for ctx.Err() == nil {
				// Its own deadline, so that no call ends by itself when the test does.
				ctx, cancel := context.WithTimeout(context.Background(), testkit.Hangs)
				if _, err := planners.UpdateDatabase(ctx, req); err != nil {
					t.Errorf("a call failed: %v", err)
				}
				answered.Add(1)
				cancel()
			}
		})
	}
	for range *kills {
		testkit.Eventually(t, func() bool { return killer.answers(first) && killer.answers(second) })
		killer.kill(first)
		testkit.Eventually(t, func() bool { return killer.hasKilled(first) })
		died := answered.Load()
		testkit.Eventually(t, func() bool { return answered.Load() > died+20 })
		first, second = second, launchQuietly(t)
		servers.UpdateState(addresses(first, second))
	}
	stop()
	workers.Wait()
	t.Logf("%d kills, %d answers, %d of them broke off and were asked for again", *kills, answered.Load(), killer.brokeOff.Load())
	if killer.brokeOff.Load() == 0 {
		t.Error("no answer broke off: this showed nothing")
	}
}

// launchQuietly runs a server whose log nobody reads.
func launchQuietly(t *testing.T) *process {
	p := launch(t, nil)
	go func() {
		for range p.lines {
		}
	}()
	return p
}

func addresses(of ...*process) resolver.State {
	var state resolver.State
	for _, p := range of {
		state.Endpoints = append(state.Endpoints, resolver.Endpoint{Addresses: []resolver.Address{{Addr: p.address}}})
	}
	return state
}

// killer watches streams, and kills a server as soon as one of its answers has begun to arrive.
type killer struct {
	brokeOff atomic.Int64 // answers that began, and ended with UNAVAILABLE

	mu     sync.Mutex
	began  map[string]bool // addresses of servers that have answered
	victim *process        // nil: nobody
}

func (k *killer) answers(p *process) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.began[p.address]
}

func (k *killer) kill(p *process) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.victim = p
}

func (k *killer) hasKilled(p *process) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.victim != p
}

func (k *killer) watch(
	ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string, streamer grpc.Streamer,
	opts ...grpc.CallOption,
) (grpc.ClientStream, error) {
	stream, err := streamer(ctx, desc, conn, method, opts...)
	return &watchedStream{ClientStream: stream, killer: k}, err
}

type watchedStream struct {
	grpc.ClientStream
	killer *killer
	begun  bool
}

func (s *watchedStream) RecvMsg(m any) error {
	err := s.ClientStream.RecvMsg(m)
	if err != nil {
		if s.begun && status.Code(err) == codes.Unavailable {
			s.killer.brokeOff.Add(1)
		}
		return err
	}
	if from, ok := peer.FromContext(s.Context()); ok && !s.begun {
		s.begun = true
		s.killer.begin(from.Addr.String())
	}
	return nil
}

func (k *killer) begin(address string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.began == nil {
		k.began = map[string]bool{}
	}
	k.began[address] = true
	if k.victim != nil && k.victim.address == address {
		k.victim.signal(syscall.SIGKILL)
		k.victim = nil
	}
}
