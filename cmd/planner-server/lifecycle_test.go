package main

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
	"google.golang.org/grpc/status"

	"github.com/pgplanner/pgplanner/client"
	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
)

// TestDrainDelay shows that during the delay the server says that it goes away, and serves all the same: on
// connections that are open and on new ones.
func TestDrainDelay(t *testing.T) {
	p := launch(t, nil, "--drain-delay", "1500ms")
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
	began := time.Now()
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
	if took := time.Since(began); took > 1500*time.Millisecond {
		t.Skipf("this took %v: too slow a machine to show anything", took)
	}
	if code, last := p.exit(); code != 0 || last["msg"] != "stopped" {
		t.Errorf("exit code %d, last line %v", code, last)
	}
	if took := time.Since(began); took < 1500*time.Millisecond || took > 6*time.Second {
		t.Errorf("took %v", took)
	}
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
			eventually(t, func() bool { return answered.Load() > 50 })
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

// TestOneOfTwoServersDies kills a server under load. A client with the shipped service config does not notice,
// but for answers of which it has seen the beginning: those it has to ask for again.
func TestOneOfTwoServersDies(t *testing.T) {
	doomed, survivor := launch(t, nil), launch(t, nil)
	for _, p := range []*process{doomed, survivor} {
		go func() {
			for range p.lines { // a log that nobody reads would hold the server up
			}
		}()
	}
	servers := manual.NewBuilderWithScheme("planners")
	servers.InitialState(resolver.State{Addresses: []resolver.Address{{Addr: doomed.address}, {Addr: survivor.address}}})
	planners, err := client.Dial("planners:///", insecure.NewCredentials(), grpc.WithResolvers(servers))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = planners.Close() })
	ctx, stop := context.WithCancel(t.Context())
	var answered, begun atomic.Int64
	var workers sync.WaitGroup
	for range 8 {
		workers.Go(func() {
			for ctx.Err() == nil {
				err := unlessBegun(plannerv1.NewPlannerServiceClient(planners.Conn()), &begun)
				if err != nil {
					t.Errorf("a call failed: %v", err)
					return
				}
				answered.Add(1)
			}
		})
	}
	eventually(t, func() bool { return answered.Load() > 50 })
	for name, p := range map[string]*process{"the first": doomed, "the second": survivor} {
		if _, text := p.get("/metrics"); !strings.Contains(text, `grpc_server_handled_total{grpc_code="OK"`) {
			t.Errorf("%s server got no call", name)
		}
	}
	doomed.signal(syscall.SIGKILL)
	died := answered.Load()
	eventually(t, func() bool { return answered.Load() > died+100 })
	stop()
	workers.Wait()
	t.Logf("%d answers, %d of them cut off and asked for again", answered.Load(), begun.Load())
	survivor.signal(syscall.SIGTERM)
	if code, _ := survivor.exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// unlessBegun plans, and asks again only if an answer is cut off after its first message.
func unlessBegun(planners plannerv1.PlannerServiceClient, begun *atomic.Int64) error {
	for {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		stream, err := planners.UpdateDatabase(ctx, mesh(8))
		messages := 0
		for err == nil {
			if _, err = stream.Recv(); err == nil {
				messages++
			}
		}
		if status.Code(err) != codes.Unavailable || messages == 0 {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		begun.Add(1)
	}
}
