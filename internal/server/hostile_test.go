package server

import (
	"bytes"
	"compress/gzip"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pgplanner/pgplanner/internal/testkit"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	grpcgzip "google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/server/admission"
)

const healthCheckMethod = "/grpc.health.v1.Health/Check"

// listens lets the harness's server listen on TCP too, and returns what connects to it.
func (h *harness) listens() func() net.Conn {
	h.t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		h.t.Fatal(err)
	}
	go func() { _ = h.server.Serve(listener) }()
	return func() net.Conn {
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			h.t.Fatal(err)
		}
		return conn
	}
}

func wireBytes(t *testing.T, m proto.Message) []byte {
	t.Helper()
	data, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestHalfOpenCallsTakeNoPlace sends whole requests and keeps the calls open, as if more were to come.
func TestHalfOpenCallsTakeNoPlace(t *testing.T) {
	for form, method := range methods {
		t.Run(form, func(t *testing.T) {
			h := start(t, Config{Limits: admission.Limits{ConcurrentPlans: 1, CallTime: time.Hour}}, nil)
			raw := newRawClient(t, h.listens()())
			open := make([]uint32, 4)
			for i := range open {
				open[i] = raw.open(method)
				raw.send(open[i], message(0, nil), 100, false)
			}
			testkit.Eventually(t, func() bool { return h.server.admission.Usage().CallsArriving == len(open) })
			time.Sleep(20 * time.Millisecond)
			if _, err := h.state().EndState(t.Context(), &plannerv1.EndStateRequest{}); err != nil {
				t.Errorf("another call: %v", err)
			}
			for _, id := range open {
				raw.send(id, nil, 1, true)
				if st := raw.status(id); st.Code() != codes.OK {
					t.Errorf("finished, it ends with %v", st)
				}
			}
			h.idle()
		})
	}
}

// TestArrivingRequestsAreBounded sends parts of requests that never end, of all services, on several connections.
func TestArrivingRequestsAreBounded(t *testing.T) {
	const limit = 2 << 20
	h := start(t, Config{Limits: admission.Limits{RequestBytesArriving: limit}}, nil)
	connect := h.listens()
	part := message(0, make([]byte, 1<<20))[:300<<10]
	reasons := map[string]int{}
	var mu sync.Mutex
	var group sync.WaitGroup
	for _, method := range []string{methods["streaming"], methods["unary"], healthCheckMethod} {
		raw := newRawClient(t, connect())
		for range 5 {
			group.Go(func() {
				id := raw.open(method)
				if raw.send(id, part, len(part), false) {
					return // and it goes on arriving
				}
				st := raw.status(id)
				mu.Lock()
				defer mu.Unlock()
				reasons[st.Code().String()+" "+reasonOf(st)]++
			})
		}
	}
	var most int64
	done := make(chan struct{})
	go func() {
		group.Wait()
		close(done)
	}()
	for waiting := true; waiting; {
		select {
		case <-done:
			waiting = false
		default:
			most = max(most, h.server.admission.Usage().BytesArriving)
			if _, err := h.update(wantNodes("n1")); err != nil {
				t.Errorf("a small call beside them: %v", err)
			}
		}
	}
	if most > limit+64<<10 {
		t.Errorf("%d bytes arrived, the limit is %d", most, limit)
	}
	testkit.Eventually(t, func() bool { return h.metric("planner_refusals_total", "reason", ReasonRequestBytesArriving) > 0 })
	t.Logf("at most %d bytes, ended while sending: %v", most, reasons)
}

// TestOldestArrivalIsToldToComeBack has one call that stalls, and one that does not.
func TestOldestArrivalIsToldToComeBack(t *testing.T) {
	h := start(t, Config{Limits: admission.Limits{RequestBytesArriving: 1 << 20}}, withPlans(nil))
	connect := h.listens()
	whole := message(0, wireBytes(t, largeRequest(700<<10)))
	slow, quick := newRawClient(t, connect()), newRawClient(t, connect())
	stalled := slow.open(methods["streaming"])
	slow.send(stalled, whole[:len(whole)-1], len(whole), false)
	testkit.Eventually(t, func() bool { return h.server.admission.Usage().BytesArriving > 700<<10 })
	id := quick.open(methods["streaming"])
	quick.send(id, whole, len(whole), true)
	if st := quick.status(id); st.Code() != codes.OK {
		t.Errorf("the other: %v", st)
	}
	st := slow.status(stalled)
	if info := checkRefused(t, st.Err(), ReasonRequestBytesArriving, true); info.GetMetadata()["limit_bytes"] != "1048576" {
		t.Errorf("metadata %v", info.GetMetadata())
	}
	checkRefusedMetric(t, h, ReasonRequestBytesArriving, 1)
	testkit.Eventually(t, func() bool { return h.server.admission.Usage().BytesArriving == 0 })
	h.idle()
}

// TestBusyConnectionsCarryLargeRequests sends far more than the limit beside a request that takes long to arrive:
// what has arrived does not count against it.
func TestBusyConnectionsCarryLargeRequests(t *testing.T) {
	h := start(t, Config{Limits: admission.Limits{RequestBytesArriving: 1 << 20}}, withPlans(nil))
	raw := newRawClient(t, h.listens()())
	whole := message(0, wireBytes(t, largeRequest(500<<10)))
	long := raw.open(methods["streaming"])
	raw.send(long, whole[:250<<10], len(whole), false)
	small := message(0, wireBytes(t, largeRequest(200<<10)))
	for range 20 {
		id := raw.open(methods["streaming"])
		raw.send(id, small, len(small), true)
		if st := raw.status(id); st.Code() != codes.OK {
			t.Fatalf("beside it: %v", st)
		}
	}
	raw.send(long, whole[250<<10:], len(whole), true)
	if st := raw.status(long); st.Code() != codes.OK {
		t.Errorf("it ends with %v", st)
	}
	testkit.Eventually(t, func() bool { return h.server.admission.Usage().BytesArriving == 0 })
}

// TestCompressedBombs sends little that becomes a lot.
func TestCompressedBombs(t *testing.T) {
	const limit = 2 << 20
	h := start(t, Config{MaxRequestBytes: limit, Limits: admission.Limits{RequestBytesArriving: 3 * limit}}, nil)
	bomb := compressed(t, make([]byte, 4*limit))
	var group sync.WaitGroup
	raw := newRawClient(t, h.listens()())
	for range 30 {
		group.Go(func() {
			id := raw.open(methods["unary"], "grpc-encoding", "gzip")
			raw.send(id, message(1, bomb), len(bomb), true)
			st := raw.status(id)
			if reason := reasonOf(st); st.Code() != codes.ResourceExhausted || reason != ReasonRequestTooLarge && reason != ReasonRequestBytesArriving {
				t.Errorf("got %v, %s", st, reason)
			}
		})
	}
	group.Wait()
	testkit.Eventually(t, func() bool { return h.server.admission.Usage().BytesArriving == 0 })
	// And whoever compresses what it has to say is understood.
	if _, err := h.update(wantNodes("n1"), grpc.UseCompressor(grpcgzip.Name)); err != nil {
		t.Error(err)
	}
	h.idle()
}

// TestInflatingIsBounded inflates many requests at a time, each of which waits for its last bytes.
func TestInflatingIsBounded(t *testing.T) {
	const size = 1 << 20
	i := &inflater{admission: admission.New(admission.Limits{RequestBytesArriving: 5 * size}), limit: 2 * size}
	zipped := compressed(t, make([]byte, size))
	release := make(chan struct{})
	results := make(chan []byte)
	for n := range 6 {
		if n == 2 { // two take twice their size each, and there is no room for the others
			testkit.Eventually(t, func() bool { return i.admission.Usage().BytesArriving >= 4*(size-inflateBytes) })
		}
		rest := readerFunc(func([]byte) (int, error) {
			<-release
			return 0, io.ErrUnexpectedEOF
		})
		go func() {
			out, _ := i.Do(io.MultiReader(bytes.NewReader(zipped[:len(zipped)-8]), rest))
			results <- out
		}()
	}
	for range 4 {
		if err := i.failure(mem.BufferSlice{mem.SliceBuffer(<-results)}); reasonOf(status.Convert(translate(t.Context(), err))) != ReasonRequestBytesArriving {
			t.Errorf("got %v", err)
		}
	}
	close(release)
	for range 2 {
		if err := i.failure(mem.BufferSlice{mem.SliceBuffer(<-results)}); reasonOf(status.Convert(translate(t.Context(), err))) != ReasonRequestMalformed {
			t.Errorf("got %v", err)
		}
	}
	if used := i.admission.Usage().BytesArriving; used != 0 {
		t.Errorf("%d bytes are still taken", used)
	}
	if out, _ := i.Do(bytes.NewReader(compressed(t, make([]byte, 3*size)))); len(out) != 2*size+1 {
		t.Errorf("%d bytes of what is too large", len(out))
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func compressed(t *testing.T, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestWhatIsNoRequest sends what no client of gRPC sends. Nothing of it is a bug of the server, which is what INTERNAL
// means in the log.
func TestWhatIsNoRequest(t *testing.T) {
	valid := wireBytes(t, &plannerv1.AddNodeRequest{})
	zipped := compressed(t, bytes.Repeat([]byte("x"), 1000))
	for name, test := range map[string]struct {
		data   []byte
		fields []string
		reason string // that the caller gets; gRPC says some things by itself
	}{
		"nothing":                    {nil, nil, ""},
		"half a head":                {[]byte{0, 0}, nil, ""},
		"half a request":             {message(0, make([]byte, 100))[:50], nil, ""},
		"two requests":               {append(message(0, valid), message(0, valid)...), nil, ""},
		"a request and half another": {append(message(0, valid), 0, 0, 0), nil, ""},
		"an unknown flag":            {message(7, valid), nil, ""},
		"compressed without a word":  {message(1, zipped), nil, ""},
		"compressed badly":           {message(1, zipped[:30]), []string{"grpc-encoding", "gzip"}, ReasonRequestMalformed},
		"not compressed at all":      {message(1, []byte("0123456789")), []string{"grpc-encoding", "gzip"}, ReasonRequestMalformed},
		"compressed and empty":       {message(1, nil), []string{"grpc-encoding", "gzip"}, ReasonRequestMalformed},
	} {
		for form, method := range methods {
			t.Run(name+" "+form, func(t *testing.T) {
				h := start(t, Config{}, nil)
				raw := newRawClient(t, h.listens()())
				id := raw.open(method, test.fields...)
				raw.send(id, test.data, 1<<20, true)
				st := raw.status(id)
				if st.Code() == codes.OK || reasonOf(st) != test.reason {
					t.Errorf("got %v, %s", st, reasonOf(st))
				}
				if line := h.line(); line["grpc.code"] != "InvalidArgument" || line["reason"] != ReasonRequestMalformed || line["level"] != "info" {
					t.Errorf("line %v", line)
				}
				testkit.Eventually(t, func() bool { return h.server.admission.Usage().BytesArriving == 0 })
				h.idle()
			})
		}
	}
}

// TestHugeHeaders: metadata beyond the limit is refused, and within it counts.
func TestHugeHeaders(t *testing.T) {
	h := start(t, Config{Limits: admission.Limits{RequestBytesArriving: 300 << 10}}, nil)
	raw := newRawClient(t, h.listens()())
	id := raw.open(methods["unary"], "x-large", strings.Repeat("x", maxHeaderBytes))
	if st := raw.status(id); st.Code() == codes.OK {
		t.Errorf("got %v", st)
	}
	var all []uint32
	for range 10 {
		all = append(all, raw.open(methods["unary"], "x-large", strings.Repeat("x", 50<<10)))
	}
	if st := raw.status(all[0]); reasonOf(st) != ReasonRequestBytesArriving {
		t.Errorf("the first of many with large metadata: %v", st)
	}
	if used := h.server.admission.Usage().BytesArriving; used > 300<<10 {
		t.Errorf("%d bytes", used)
	}
	for _, id := range all {
		raw.send(id, nil, 1, true)
		raw.status(id)
	}
}

// TestIdleCallsAreBounded opens calls without sending anything.
func TestIdleCallsAreBounded(t *testing.T) {
	const most = 50
	h := start(t, Config{Limits: admission.Limits{RequestBytesArriving: most * (admission.ArrivalWeight + 1<<10)}}, nil)
	connect := h.listens()
	first := newRawClient(t, connect())
	var all []uint32
	for range 100 {
		all = append(all, first.open(methods["streaming"]))
	}
	for _, id := range all[:40] {
		st := first.status(id)
		for _, detail := range st.Details() {
			if _, ok := detail.(*errdetails.RetryInfo); ok {
				st = nil
				break
			}
		}
		if st != nil {
			t.Fatalf("an early one: %v", st)
		}
	}
	if n := h.server.admission.Usage().CallsArriving; n > most*(admission.ArrivalWeight+1<<10)/admission.ArrivalWeight {
		t.Errorf("%d calls wait", n)
	}
	if _, err := h.update(wantNodes("n1")); err != nil {
		t.Errorf("a call beside them: %v", err)
	}
}
