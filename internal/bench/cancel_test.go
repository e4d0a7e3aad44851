package bench

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pgplanner/pgplanner/internal/testkit/calls"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/pgplanner/pgplanner/internal/server"
	"github.com/pgplanner/pgplanner/internal/testkit"
)

var (
	cancels     = flag.Bool("cancel", false, "cancel calls at random moments, and measure what they do afterwards")
	cancelTimes = flag.Int("cancel-times", 20, "how often each request of -cancel is canceled")
	cancelCalls = flag.String("cancel-requests", "", "a regular expression of the requests of -cancel, each of which is called by its method and what it is")
	cancelSeed  = flag.Uint64("cancel-seed", 1, "what the moments of -cancel follow from")
)

// cancelGoal is how long a call may go on after its caller has given it up.
const cancelGoal = 50 * time.Millisecond

// TestCancel sends requests that are large in one dimension each, by every method, and cancels them at random moments
// between their arrival and their answer. It reports for how long (first group of columns), and for how much time of the processors (second group), the
// server goes on afterwards, and in which stage the slowest one was when it was canceled. Garbage is collected between the
// calls only: what that takes is not the call's.
func TestCancel(t *testing.T) {
	if !*cancels {
		t.Skip("only with -cancel")
	}
	spans := &spanWatch{}
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))
	conn := dial(t, serve(t, server.Config{TracerProvider: provider}))
	random := rand.New(rand.NewPCG(*cancelSeed, 0))
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	row := func(cells ...any) { t.Logf("%-21s %-31s %6v %7v | %7v %7v %7v | %7v %7v | %s%s", cells...) }
	row("ms from here on", "", "MB", "whole", "max", "p99", "median", "max", "p99", "slowest in", "")
	wanted := regexp.MustCompile(*cancelCalls)
	tried, over := 0, 0
	for _, r := range cancelRequests(t) {
		if !r.matches(wanted) {
			continue
		}
		tried++
		m := r.measure(t, conn, spans, random)
		mark := ""
		if m.at(m.wall, 1) > cancelGoal || m.at(m.computed, 1) > cancelGoal {
			over++
			mark = " <--"
		}
		row(r.name(), r.what, fmt.Sprintf("%.1f", float64(m.bytes)/1e6), ms(m.whole),
			ms(m.at(m.wall, 1)), ms(m.at(m.wall, 0.99)), ms(m.at(m.wall, 0.5)),
			ms(m.at(m.computed, 1)), ms(m.at(m.computed, 0.99)), m.slowestStage, mark)
	}
	t.Logf("%d of %d requests go on for more than %v", over, tried, cancelGoal)
	if tried == 0 {
		t.Errorf("no request is like %q", *cancelCalls)
	}
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f", float64(d)/1e6) }

// afterwards is what calls did when they had been canceled.
type afterwards struct {
	bytes        int
	whole        time.Duration // a call that is not canceled
	wall         []time.Duration
	computed     []time.Duration
	slowestStage string
}

func (*afterwards) at(all []time.Duration, part float64) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[int(part*float64(len(sorted)-1))]
}

func (r *cancelRequest) measure(t *testing.T, conn *grpc.ClientConn, spans *spanWatch, random *rand.Rand) *afterwards {
	t.Helper()
	data, err := proto.Marshal(r.message())
	if err != nil {
		t.Fatal(err)
	}
	m := &afterwards{bytes: len(data)}
	var slowest time.Duration
	for tries := 0; len(m.wall) < *cancelTimes && tries < 3**cancelTimes; tries++ {
		runtime.GC()
		began, ended := spans.next()
		ctx, cancel := context.WithCancel(context.Background())
		returned := make(chan error, 1)
		go func() { returned <- r.call(ctx, conn, data) }()
		start := <-began
		if tries == 0 {
			if err := <-returned; status.Code(err) == codes.ResourceExhausted || status.Code(err) == codes.Internal {
				t.Fatalf("%s, %s: %v", r.name(), r.what, err)
			}
			m.whole = (<-ended).Sub(start)
			cancel()
			continue
		}
		time.Sleep(time.Until(start.Add(time.Duration(random.Int64N(int64(m.whole))))))
		stage, computed, gaveUp := spans.stage(), testkit.ProcessorTime(), time.Now()
		cancel()
		took := max(0, (<-ended).Sub(gaveUp))
		quiet()
		computed = testkit.ProcessorTime() - computed
		if status.Code(<-returned) != codes.Canceled {
			continue // it was over before
		}
		m.wall, m.computed = append(m.wall, took), append(m.computed, computed)
		if worse := max(took, computed); worse > slowest {
			slowest, m.slowestStage = worse, stage
		}
	}
	if len(m.wall) == 0 {
		t.Fatalf("%s, %s: no call was canceled in time", r.name(), r.what)
	}
	return m
}

// quiet waits until the process has computed next to nothing for a moment: no goroutine of the call goes on.
func quiet() {
	const pause = 4 * time.Millisecond
	for before := testkit.ProcessorTime(); ; {
		time.Sleep(pause)
		now := testkit.ProcessorTime()
		if now-before < pause/4 {
			return
		}
		before = now
	}
}

// call sends the bytes and reads the answer to its end, none of which is decoded here.
func (r *cancelRequest) call(ctx context.Context, conn *grpc.ClientConn, data []byte) error {
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, r.method, grpc.ForceCodecV2(calls.RawCodec{}),
		grpc.MaxCallRecvMsgSize(1<<30))
	if err != nil {
		return err
	}
	if err := errors.Join(stream.SendMsg(data), stream.CloseSend()); err != nil {
		return err
	}
	for {
		err := stream.RecvMsg(new(int))
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// spanWatch tells when a call begins and ends in the server, and in which stage it is. There is one call at a time.
type spanWatch struct {
	mu           sync.Mutex
	began, ended chan time.Time
	in           []string // the call and its stages that have begun and not ended
	last         string   // the stage that has ended last
}

// next returns what the times come from at which the next call begins and ends.
func (w *spanWatch) next() (began, ended <-chan time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.began, w.ended, w.in = make(chan time.Time, 1), make(chan time.Time, 1), nil
	w.last = ""
	return w.began, w.ended
}

// stage is what the call is doing: a stage, or what is between them.
func (w *spanWatch) stage() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case len(w.in) > 1:
		return w.in[len(w.in)-1]
	case w.last == "":
		return "receive, decode"
	}
	return "after " + w.last
}

// OnStart is called when a call or a stage begins.
func (w *spanWatch) OnStart(_ context.Context, s sdktrace.ReadWriteSpan) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.in = append(w.in, s.Name()); len(w.in) == 1 {
		w.began <- time.Now()
	}
}

// OnEnd is called when one ends.
func (w *spanWatch) OnEnd(sdktrace.ReadOnlySpan) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = w.in[len(w.in)-1]
	if w.in = w.in[:len(w.in)-1]; len(w.in) == 0 {
		w.ended <- time.Now()
	}
}

// Shutdown and ForceFlush have nothing to do.
func (*spanWatch) Shutdown(context.Context) error   { return nil }
func (*spanWatch) ForceFlush(context.Context) error { return nil }
