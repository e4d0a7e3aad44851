package server

import (
	"context"
	"encoding/hex"
	"math/rand/v2"
	"net"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pgplanner/pgplanner/internal/testkit"

	"go.uber.org/goleak"
	"golang.org/x/net/http2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding/gzip"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/server/admission"
	"github.com/pgplanner/pgplanner/internal/testkit/answers"
)

// TestSlowReaderIsCutOff reads nothing of a large answer.
func TestSlowReaderIsCutOff(t *testing.T) { synctest.Test(t, cutOffSlowReader) }

func cutOffSlowReader(t *testing.T) {
	const limit = 100 * time.Millisecond
	plans := answers.LargePlans(100_000, []int{40})
	h := start(t, Config{Limits: admission.Limits{ConcurrentPlans: 1, SendTime: limit}}, withPlans(plans))
	slow := h.dial()
	stream, err := plannerv1.NewPlannerServiceClient(slow).UpdateDatabase(t.Context(), wantNodes("n1"))
	if err != nil {
		t.Fatal(err)
	}
	a := h.server.admission
	testkit.Eventually(t, func() bool { return a.Usage().ResponseBytes > 0 && a.Usage().Places == 0 })
	if _, err := h.state().EndState(t.Context(), &plannerv1.EndStateRequest{}); err != nil {
		t.Errorf("another call beside a slow reader: %v", err)
	}
	testkit.Eventually(t, func() bool { return strings.Contains(h.log.Text(), ReasonSlowReader) })
	if a.Usage().RequestBytes != 0 {
		t.Error("the request is still kept")
	}
	h.idle()
	testkit.Eventually(t, func() bool { return a.Usage().Connections == 1 }) // the slow one is gone, and with it what gRPC has kept
	for err == nil {
		_, err = stream.Recv()
	}
	checkRefusedMetric(t, h, ReasonSlowReader, 1)
}

// TestSlowReaderIsToldWhy: one that reads on in time, after its call was cut off, learns the reason.
func TestSlowReaderIsToldWhy(t *testing.T) { synctest.Test(t, tellSlowReader) }

func tellSlowReader(t *testing.T) {
	h := start(t, Config{Limits: admission.Limits{SendTime: time.Second}}, withPlans(answers.LargePlans(100_000, []int{40})))
	stream, err := h.planner().UpdateDatabase(t.Context(), wantNodes("n1"))
	if err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, func() bool { return strings.Contains(h.log.Text(), ReasonSlowReader) })
	for err == nil {
		_, err = stream.Recv()
	}
	checkRefused(t, err, ReasonSlowReader, false)
	h.idle()
}

// TestUnreadAnswersAreBounded takes all room there is for answers.
func TestUnreadAnswersAreBounded(t *testing.T) { synctest.Test(t, boundUnreadAnswers) }

func boundUnreadAnswers(t *testing.T) {
	const room = 500_000
	plans := answers.LargePlans(1000, []int{40})
	h := start(t, Config{Limits: admission.Limits{SendTime: 500 * time.Millisecond, ResponseBytesInFlight: room}}, withPlans(plans))
	a := h.server.admission
	taken, err := a.TakeRoom(t.Context(), room)
	if err != nil {
		t.Fatal(err)
	}
	_, err = h.update(wantNodes("n1"))
	checkRefused(t, err, ReasonResponseBytesInFlight, true)
	_, err = h.state().EndState(t.Context(), &plannerv1.EndStateRequest{Nodes: wantNodes("n1").GetNodes()})
	checkRefused(t, err, ReasonResponseBytesInFlight, true)
	taken.GiveBack()
	if answer, err := h.update(wantNodes("n1")); err != nil || len(answer) != 3 {
		t.Errorf("%d messages, %v", len(answer), err)
	}
	h.idle()
}

// TestUnreadUnaryAnswerGoesWithItsConnection: nothing waits for a unary answer to be taken. The answer to a request
// that is compressed counts as well: it would not if it were compressed itself.
func TestUnreadUnaryAnswerGoesWithItsConnection(t *testing.T) {
	for name, options := range map[string][]grpc.CallOption{"plain": nil, "compressed": {grpc.UseCompressor(gzip.Name)}} {
		synced(t, name, func(t *testing.T) {
			h := start(t, Config{Limits: admission.Limits{SendTime: 500 * time.Millisecond}}, nil)
			state := wireState()
			for _, r := range wantNodes("a", "b", "c", "d").GetNodes() {
				dir := r.GetInstanceResources()[0].GetInstanceDependencies()[0]
				random := make([]byte, 100_000) // nothing that becomes smaller
				_, _ = rand.NewChaCha8([32]byte{1}).Read(random)
				dir.AttributesForm = &plannerv1.Resource_AttributesJson{AttributesJson: `{"x":"` + hex.EncodeToString(random) + `"}`}
				state.Resources = append(state.Resources, dir)
			}
			desc := &grpc.StreamDesc{ServerStreams: true}
			stream, err := h.dial().NewStream(t.Context(), desc, plannerv1.ResourceService_ApplyEvents_FullMethodName, options...)
			if err != nil {
				t.Fatal(err)
			}
			if err := stream.SendMsg(&plannerv1.ApplyEventsRequest{State: state}); err != nil {
				t.Fatal(err)
			}
			_ = stream.CloseSend()
			if line := h.line(); line["grpc.code"] != "OK" {
				t.Errorf("line %v", line)
			}
			// gRPC gets the answer after the line was written.
			testkit.Eventually(t, func() bool { return h.server.admission.Usage().ResponseBytes > 0 })
			h.idle()
			testkit.Eventually(t, func() bool { return h.server.admission.Usage().Connections == 0 })
		})
	}
}

// TestReadMessagesGiveTheirRoomBack long before anybody looks for slow readers.
func TestReadMessagesGiveTheirRoomBack(t *testing.T) {
	h := start(t, Config{}, withPlans(answers.LargePlans(1000, []int{40})))
	if answer, err := h.update(wantNodes("n1")); err != nil || len(answer) != 3 {
		t.Fatal(len(answer), err)
	}
	h.idle()
}

// TestTheBeginningOfAnAnswerIsTakenAtOnce: what sending relies on. The client has no room at all.
func TestTheBeginningOfAnAnswerIsTakenAtOnce(t *testing.T) {
	h := start(t, Config{Limits: admission.Limits{SendTime: 200 * time.Millisecond}}, withPlans(answers.LargePlans(takenAtOnce-2000, []int{1})))
	raw := newRawClient(t, h.listens()())
	raw.giveNoRoom()
	data, err := proto.Marshal(wantNodes("n1"))
	if err != nil {
		t.Fatal(err)
	}
	id := raw.open(plannerv1.PlannerService_UpdateDatabase_FullMethodName)
	raw.send(id, message(0, data), 16<<10, true)
	if line := h.line(); line["grpc.code"] != "OK" {
		t.Errorf("line %v", line)
	}
	raw.status(id) // it does not read in time
	h.idle()
}

// TestLostMessagesGiveTheirRoomBack: gRPC forgets messages of connections that break.
func TestLostMessagesGiveTheirRoomBack(t *testing.T) {
	a := admission.New(admission.Limits{})
	c := &call{admission: a}
	out, err := c.outgoing(t.Context(), &plannerv1.Resource{Error: strings.Repeat("x", 100_000)})
	if err != nil || out.(*outgoing).data.Len() != 100_004 || a.Usage().ResponseBytes != 100_004 {
		t.Fatal(out, err)
	}
	testkit.Eventually(t, func() bool { runtime.GC(); return a.Usage().ResponseBytes == 0 })
}

func TestConnectionsAreBounded(t *testing.T) {
	h := start(t, Config{Limits: admission.Limits{MaxConnections: 2}}, nil)
	check := func(conn *grpc.ClientConn) error {
		ctx, cancel := context.WithTimeout(t.Context(), testkit.Hangs)
		defer cancel()
		_, err := healthv1.NewHealthClient(conn).Check(ctx, &healthv1.HealthCheckRequest{})
		return err
	}
	second, third := h.dial(), h.dial()
	for _, conn := range []*grpc.ClientConn{h.conn, second} {
		if err := check(conn); err != nil {
			t.Fatal(err)
		}
	}
	if err := check(third); err == nil {
		t.Error("a third connection")
	}
	if u := h.server.admission.Usage(); u.Connections != 2 || u.ConnectionsRefused == 0 {
		t.Errorf("%d open, %d refused", u.Connections, u.ConnectionsRefused)
	}
	_ = second.Close()
	testkit.Eventually(t, func() bool { return check(third) == nil })
}

// TestStreamsOfAConnectionAreBounded: further ones wait at the client.
func TestStreamsOfAConnectionAreBounded(t *testing.T) {
	g := newGate()
	h := start(t, Config{MaxConcurrentStreams: 2, Limits: admission.Limits{ConcurrentPlans: 8}}, g.prepare())
	wait := h.background(t.Context(), 2, wantNodes("n1"))
	testkit.Eventually(t, func() bool { return g.inside.Load() == 2 })
	waitThird := h.background(t.Context(), 1, wantNodes("n1"))
	time.Sleep(20 * time.Millisecond)
	if g.entered.Load() != 2 {
		t.Errorf("%d calls on a connection", g.entered.Load())
	}
	g.open()
	for _, err := range append(wait(), waitThird()...) {
		if err != nil {
			t.Error(err)
		}
	}
}

// TestPingingClientsAreTurnedAway pings without a pause.
func TestPingingClientsAreTurnedAway(t *testing.T) {
	server := New(Config{})
	listener := bufconn.Listen(1 << 16)
	go func() { _ = server.Serve(listener) }()
	defer func() { _ = server.Shutdown(t.Context()) }()
	conn, err := listener.Dial()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte(http2.ClientPreface)); err != nil {
		t.Fatal(err)
	}
	framer := http2.NewFramer(conn, conn)
	_ = framer.WriteSettings()
	go func() {
		for framer.WritePing(false, [8]byte{}) == nil {
			time.Sleep(time.Millisecond)
		}
	}()
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			t.Fatalf("no word of it: %v", err)
		}
		if away, ok := frame.(*http2.GoAwayFrame); ok {
			if away.ErrCode != http2.ErrCodeEnhanceYourCalm {
				t.Errorf("got %v", away)
			}
			return
		}
	}
}

// TestNothingIsLeftOfClientsThatDisconnect breaks connections with calls in all stages.
func TestNothingIsLeftOfClientsThatDisconnect(t *testing.T) {
	before := goleak.IgnoreCurrent()
	g := newGate()
	server := New(Config{Limits: admission.Limits{ConcurrentPlans: 2, SendTime: time.Minute}})
	g.prepare()(server)
	listener := bufconn.Listen(1 << 16)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	connect := func() *grpc.ClientConn {
		conn, err := grpc.NewClient("passthrough:planner", grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
		if err != nil {
			t.Fatal(err)
		}
		return conn
	}
	for range 5 {
		conn := connect()
		client := plannerv1.NewPlannerServiceClient(conn)
		for range 4 { // two are planned, two wait
			if _, err := client.UpdateDatabase(context.Background(), wantNodes("n1")); err != nil {
				t.Fatal(err)
			}
		}
		silent, err := conn.NewStream(context.Background(), &plannerv1.PlannerService_ServiceDesc.Streams[0],
			plannerv1.PlannerService_UpdateDatabase_FullMethodName)
		if err != nil {
			t.Fatal(err)
		}
		_ = silent
		testkit.Eventually(t, func() bool { return g.inside.Load() == 2 })
		_ = conn.Close()
	}
	h := &harness{t: t, server: server}
	h.idle()
	ctx, cancel := context.WithTimeout(context.Background(), testkit.Hangs)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
	nothingLeft(t, before)
}
