package bench

import (
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/server"
	"github.com/pgplanner/pgplanner/internal/testkit"
)

var (
	load     = flag.Bool("load", false, "measure throughput beside a bare echo")
	loadTime = flag.Duration("load-time", 3*time.Second, "how long each measurement of -load lasts")
)

const (
	// shippedGOGC is what the image and the unit file set.
	shippedGOGC = 400
	// rounds is how often planner and echo take turns, so that both see the same machine.
	rounds = 3
	// callersPerConnection is how many callers share a connection.
	callersPerConnection = 16
)

// TestLoad has 1, 8 and 64 callers ask for the plan of one change in a database of 3 nodes with 3 instances
// each, as fast as they can, and beside it the same number of callers an echo: a service of bare gRPC in the
// same process, that takes one message and answers with as many as the planner, all of the same sizes. One
// echo takes and returns plain bytes; the other one the messages of the planner, which have to be decoded
// and encoded. Garbage is collected as the image and the unit file have it, unless GOGC is set.
func TestLoad(t *testing.T) {
	if !*load {
		t.Skip("only with -load")
	}
	if os.Getenv("GOGC") == "" { // for all of the services alike
		defer debug.SetGCPercent(debug.SetGCPercent(shippedGOGC))
	}
	q := ask(t, "one-instance", 3)
	c := callOf(t, q, forms[0])
	messages, err := c.answer(c.wire)
	if err != nil {
		t.Fatal(err)
	}
	request := q.update(t, forms[0])
	t.Logf("request of %d bytes, answer of %d bytes in %d messages", len(c.wire), messages.size(), len(messages))
	callPlanner := func(conn *grpc.ClientConn) func(context.Context) error { return q.caller(t, conn, forms[0]) }
	services := []service{
		{"plans", serve(t, server.Config{}), callPlanner},
		{"plans not judged", serve(t, server.Config{NoVerification: true}), callPlanner},
		{"echoes of bytes", serveEcho(t, &wrapperspb.BytesValue{}, plain(messages)), echoCaller(plain(answer{request})[0], &wrapperspb.BytesValue{})},
		{"echoes of messages", serveEcho(t, request, parts(messages)), echoCaller(request, &plannerv1.UpdateDatabaseResponse{})},
	}
	for _, callers := range []int{1, 8, 64} {
		took := make([][]time.Duration, len(services))
		computed := make([]time.Duration, len(services))
		for range rounds {
			for i, s := range services {
				began := testkit.ProcessorTime()
				took[i] = append(took[i], drive(t, s, callers)...)
				computed[i] += testkit.ProcessorTime() - began
			}
		}
		for i, s := range services {
			report(t, s.name, callers, took[i], computed[i])
			if i >= 2 {
				rate := func(plans []time.Duration) float64 { return float64(len(plans)) / float64(len(took[i])) }
				t.Logf("%2d callers: plans are %.2f of %s, plans not judged %.2f", callers, rate(took[0]), s.name, rate(took[1]))
			}
		}
	}
}

// service is something to call.
type service struct {
	name, address string
	caller        func(*grpc.ClientConn) func(context.Context) error
}

// plain returns as many messages of the same sizes that are nothing but bytes.
func plain(messages answer) answer {
	all := make(answer, len(messages))
	for i, m := range messages {
		all[i] = wrapperspb.Bytes(make([]byte, proto.Size(m)))
	}
	return all
}

// parts returns the messages as they are sent.
func parts(messages answer) answer {
	all := make(answer, len(messages))
	for i, m := range messages {
		switch m := m.(type) {
		case *plannerv1.PlanHeader:
			all[i] = &plannerv1.UpdateDatabaseResponse{Part: &plannerv1.UpdateDatabaseResponse_Header{Header: m}}
		case *plannerv1.PlanPart:
			all[i] = &plannerv1.UpdateDatabaseResponse{Part: &plannerv1.UpdateDatabaseResponse_PlanPart{PlanPart: m}}
		case *plannerv1.PlanSummary:
			all[i] = &plannerv1.UpdateDatabaseResponse{Part: &plannerv1.UpdateDatabaseResponse_Summary{Summary: m}}
		}
	}
	return all
}

// drive has callers call for as long as a measurement lasts, and returns how long each call took.
func drive(t *testing.T, s service, callers int) []time.Duration {
	t.Helper()
	took := make([][]time.Duration, callers)
	var conn *grpc.ClientConn
	var done sync.WaitGroup
	var begin sync.WaitGroup
	begin.Add(1)
	for i := range callers {
		if i%callersPerConnection == 0 {
			conn = dial(t, s.address)
		}
		call := s.caller(conn)
		if err := call(context.Background()); err != nil { // connects
			t.Fatal(err)
		}
		done.Go(func() {
			begin.Wait()
			for deadline := time.Now().Add(*loadTime); time.Now().Before(deadline); {
				began := time.Now()
				if err := call(context.Background()); err != nil {
					t.Error(err)
					return
				}
				took[i] = append(took[i], time.Since(began))
			}
		})
	}
	begin.Done()
	done.Wait()
	return slices.Concat(took...)
}

// report reports calls of a service.
func report(t *testing.T, what string, callers int, took []time.Duration, computed time.Duration) {
	t.Helper()
	if len(took) == 0 {
		t.Fatal("no calls")
	}
	slices.Sort(took)
	at := func(part float64) time.Duration {
		return took[int(part*float64(len(took)-1))].Round(time.Microsecond)
	}
	t.Logf("%2d callers: %6.0f %s/s, p50 %v, p99 %v, %v of the processors for each", callers,
		float64(len(took))/(rounds*loadTime.Seconds()), what, at(0.5), at(0.99),
		(computed / time.Duration(len(took))).Round(time.Microsecond))
}

const echoMethod = "/bench.Echo/Echo"

// serveEcho starts a service that takes messages like the request, and always gives the same answer.
func serveEcho(t *testing.T, request proto.Message, messages answer) (address string) {
	t.Helper()
	s := grpc.NewServer()
	s.RegisterService(&grpc.ServiceDesc{
		ServiceName: "bench.Echo",
		HandlerType: (*any)(nil),
		Streams: []grpc.StreamDesc{{StreamName: "Echo", ServerStreams: true, Handler: func(_ any, stream grpc.ServerStream) error {
			if err := stream.RecvMsg(request.ProtoReflect().New().Interface()); err != nil {
				return err
			}
			for _, m := range messages {
				if err := stream.SendMsg(m); err != nil {
					return err
				}
			}
			return nil
		}}},
	}, nil)
	listener := listen(t)
	go func() { _ = s.Serve(listener) }()
	t.Cleanup(s.Stop)
	return listener.Addr().String()
}

// echoCaller makes callers that send the request, and read messages like the given one to the end.
func echoCaller(request, message proto.Message) func(*grpc.ClientConn) func(context.Context) error {
	return func(conn *grpc.ClientConn) func(context.Context) error {
		return func(ctx context.Context) error {
			stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, echoMethod)
			if err != nil {
				return err
			}
			if err := errors.Join(stream.SendMsg(request), stream.CloseSend()); err != nil {
				return err
			}
			for {
				err := stream.RecvMsg(message.ProtoReflect().New().Interface())
				if errors.Is(err, io.EOF) {
					return nil
				}
				if err != nil {
					return err
				}
			}
		}
	}
}
