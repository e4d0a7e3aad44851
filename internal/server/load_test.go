package server

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pgplanner/pgplanner/internal/testkit"
	"github.com/pgplanner/pgplanner/internal/testkit/calls"

	"go.uber.org/goleak"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/server/admission"
)

// soak is how long TestSoak overloads a server: make soak.
var soak = flag.Duration("soak", 0, "how long to overload a server, with a report every minute; 0: not at all")

// overloadBytes is the bound of the resident memory of an overloaded server together with its clients, which the
// process of the test is. It follows from overloadLimits, of whose sizes it is a multiple: garbage, plans, and the
// clients' own copies of all messages come on top.
const overloadBytes = 1 << 30

// overloadLimits are in proportion to what a large call takes alone, on a machine that may have other things to do: all
// clients are in one process, and each of them reads as much slower as there are others.
func overloadLimits(alone time.Duration) admission.Limits {
	send := max(time.Second, overloadClients*alone)
	return admission.Limits{
		ConcurrentPlans:       2,
		QueuedPlans:           8,
		QueueTime:             2 * send,
		RequestBytesInFlight:  64 << 20,
		RequestBytesArriving:  32 << 20,
		ResponseBytesInFlight: 32 << 20,
		SendTime:              send,
		CallTime:              20 * send,
	}
}

// The clients of each kind, and all of them.
const (
	smallClients, largeClients, slowClients, goneClients = 8, 12, 4, 6
	overloadClients                                      = smallClients + largeClients + slowClients + goneClients
)

// TestOverload overloads a server for two seconds, with large requests that are not that large.
func TestOverload(t *testing.T) { overload(t, 2*time.Second, largeLoad(5, 200), io.Discard) }

// TestSoak overloads a server for as long as the flag says.
func TestSoak(t *testing.T) {
	if *soak == 0 {
		t.Skip("takes long: run it with make soak")
	}
	overload(t, *soak, largeLoad(16, 1000), os.Stdout)
}

// tally is what happened to the calls of one kind.
type tally struct {
	mu       sync.Mutex
	counts   map[string]int
	slowest  time.Duration
	problems []string
}

// note counts a call by how it ended.
func (l *tally) note(kind string, took time.Duration, err error) {
	end := "ok"
	problem := ""
	if err != nil {
		end, problem = ending(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counts[kind+" "+end]++
	if kind == "small" && err == nil {
		l.slowest = max(l.slowest, took)
	}
	if problem != "" && len(l.problems) < 10 {
		l.problems = append(l.problems, kind+": "+problem)
	}
}

// ending names how a call failed, and says what is wrong with that.
func ending(err error) (end, problem string) {
	st := status.Convert(err)
	var reason string
	retry := false
	for _, detail := range st.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			reason = d.GetReason()
		case *errdetails.RetryInfo:
			retry = true
		}
	}
	switch st.Code() {
	case codes.ResourceExhausted:
		if !retry && reason != ReasonSlowReader {
			problem = "refused without RetryInfo: " + err.Error()
		}
	case codes.Canceled, codes.DeadlineExceeded, codes.Unavailable:
	default:
		problem = err.Error()
	}
	return st.Code().String() + " " + reason, problem
}

// takeAll returns the counts since the last time.
func (l *tally) takeAll() (counts map[string]int, slowest time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	counts, slowest = l.counts, l.slowest
	l.counts, l.slowest = map[string]int{}, 0
	return counts, slowest
}

// served tells whether calls of both sizes have been served, before or since totals were made.
func (l *tally) served(totals map[string]int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return totals["small ok"]+l.counts["small ok"] > 0 && totals["large ok"]+l.counts["large ok"] > 0
}

// overload runs more of every kind of client than the server can serve, and reports once a minute.
func overload(t *testing.T, length time.Duration, large *plannerv1.UpdateDatabaseRequest, report io.Writer) {
	limits := overloadLimits(timeAlone(t, large))
	before := goleak.IgnoreCurrent()
	server := New(Config{Limits: limits, MaxRequestBytes: 16 << 20})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	// Slow machines get more time to serve what every machine has to serve.
	ctx, cancel := context.WithTimeout(t.Context(), length+time.Minute)
	defer cancel()
	l := &load{address: listener.Addr().String(), tally: &tally{counts: map[string]int{}}, large: large, sendTime: limits.SendTime}
	var group sync.WaitGroup
	for _, kind := range []struct {
		clients int
		run     func(context.Context)
	}{{smallClients, l.small}, {largeClients, l.planLarge}, {slowClients, l.slow}, {goneClients, l.disconnect}} {
		for range kind.clients {
			group.Go(func() {
				for ctx.Err() == nil {
					kind.run(ctx)
				}
			})
		}
	}
	totals := watchLoad(ctx, t, l.tally, length, report)
	cancel()
	group.Wait()
	_, _ = fmt.Fprintf(report, "in all %v\n", sortedCounts(totals))
	for _, p := range l.tally.problems {
		t.Error(p)
	}
	if totals["small ok"] == 0 || totals["large ok"] == 0 {
		t.Errorf("small or large calls were not served: %v", totals)
	}
	h := &harness{t: t, server: server}
	testkit.Eventually(t, func() bool { runtime.GC(); return server.admission.Usage().ResponseBytes == 0 })
	h.idle()
	stopping, stop := context.WithTimeout(context.Background(), testkit.Hangs)
	defer stop()
	if err := errors.Join(server.Shutdown(stopping), <-served); err != nil {
		t.Error(err)
	}
	nothingLeft(t, before)
}

// watchLoad looks at the memory while the load lasts, which is until some calls of each size have been served, and
// returns all that was counted.
func watchLoad(ctx context.Context, t *testing.T, l *tally, length time.Duration, report io.Writer) map[string]int {
	totals := map[string]int{}
	most, minute := int64(0), int64(0)
	began, reported := time.Now(), time.Now()
	flush := func() {
		counts, slowest := l.takeAll()
		for name, n := range counts {
			totals[name] += n
		}
		_, _ = fmt.Fprintf(report, "%v: at most %d MiB resident, %d goroutines, slowest small call %v, %v\n",
			time.Since(began).Round(time.Second), minute>>20, runtime.NumGoroutine(), slowest.Round(time.Millisecond), sortedCounts(counts))
		reported, minute = time.Now(), 0
	}
	for ctx.Err() == nil && (time.Since(began) < length || !l.served(totals)) {
		time.Sleep(20 * time.Millisecond)
		now := residentBytes(t)
		most, minute = max(most, now), max(minute, now)
		if time.Since(reported) >= time.Minute {
			flush()
		}
	}
	flush()
	if most > overloadBytes {
		t.Errorf("%d MiB resident, want at most %d", most>>20, overloadBytes>>20)
	}
	_, _ = fmt.Fprintf(report, "at most %d MiB resident\n", most>>20)
	return totals
}

func sortedCounts(counts map[string]int) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		all = append(all, fmt.Sprintf("%s: %d", name, counts[name]))
	}
	return strings.Join(all, ", ")
}

// residentBytes is the resident memory of this process; where the system does not tell, that of the Go runtime.
func residentBytes(t *testing.T) int64 {
	if text, err := os.ReadFile("/proc/self/statm"); err == nil {
		pages, err := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return pages * int64(os.Getpagesize())
	}
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.Sys - stats.HeapReleased)
}

// load is what clients do.
type load struct {
	address string
	tally   *tally
	large   *plannerv1.UpdateDatabaseRequest
	// sendTime is the limit of the server.
	sendTime time.Duration
}

// timeAlone is how long a large call takes a server that has nothing else to do.
func timeAlone(t *testing.T, large *plannerv1.UpdateDatabaseRequest) time.Duration {
	t.Helper()
	h := start(t, Config{}, nil)
	began := time.Now()
	if _, err := h.update(large); err != nil {
		t.Fatal(err)
	}
	return time.Since(began)
}

// largeLoad is a request for so many nodes that all replicate from each other, with so many resources of 3 KB.
func largeLoad(nodes, resources int) *plannerv1.UpdateDatabaseRequest {
	var names []string
	for i := range nodes {
		names = append(names, fmt.Sprintf("n%d", i))
	}
	req := wantNodes(names...)
	req.Start = &plannerv1.State{}
	for i := range resources {
		r := wireResource("dir", fmt.Sprint("unused", i))
		r.AttributesForm = &plannerv1.Resource_AttributesJson{AttributesJson: `{"x":"` + strings.Repeat("x", 3000) + `"}`}
		req.Start.Resources = append(req.Start.Resources, r)
	}
	return req
}

// with does something with a connection of its own.
func (l *load) with(do func(plannerv1.PlannerServiceClient)) {
	conn, err := grpc.NewClient(l.address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		panic(err)
	}
	defer func() { _ = conn.Close() }()
	do(plannerv1.NewPlannerServiceClient(conn))
}

func (l *load) call(ctx context.Context, kind string, client plannerv1.PlannerServiceClient, req *plannerv1.UpdateDatabaseRequest) {
	began := time.Now()
	_, err := calls.Drain(client.UpdateDatabase(ctx, req))
	if ctx.Err() == nil {
		l.tally.note(kind, time.Since(began), err)
	}
	if err != nil {
		pause(ctx, 50*time.Millisecond) // much sooner than it was told to
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// small makes a hundred small calls.
func (l *load) small(ctx context.Context) {
	req := wantNodes("n1", "n2")
	l.with(func(client plannerv1.PlannerServiceClient) {
		for range 100 {
			l.call(ctx, "small", client, req)
		}
	})
}

// planLarge makes some large calls.
func (l *load) planLarge(ctx context.Context) {
	l.with(func(client plannerv1.PlannerServiceClient) {
		for range 5 {
			l.call(ctx, "large", client, l.large)
		}
	})
}

// slow reads one message of a large answer, and then no more.
func (l *load) slow(ctx context.Context) {
	l.with(func(client plannerv1.PlannerServiceClient) {
		stream, err := client.UpdateDatabase(ctx, l.large)
		if err == nil {
			_, err = stream.Recv()
		}
		if err == nil {
			pause(ctx, 5*l.sendTime/2)
			for err == nil {
				_, err = stream.Recv()
			}
		}
		if ctx.Err() == nil && err != nil && !errors.Is(err, io.EOF) {
			l.tally.note("slow", 0, err)
		}
	})
}

// disconnect begins large calls and goes away, at any time.
func (l *load) disconnect(ctx context.Context) {
	l.with(func(client plannerv1.PlannerServiceClient) {
		for range 3 {
			if _, err := client.UpdateDatabase(ctx, l.large); err != nil {
				break
			}
		}
		pause(ctx, rand.N(200*time.Millisecond))
		l.tally.note("disconnected", 0, nil)
	})
}
