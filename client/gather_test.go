package client_test

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
	"google.golang.org/grpc/status"

	"github.com/pgplanner/pgplanner/client"
	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/server"
	"github.com/pgplanner/pgplanner/internal/testkit"
)

// TestAnswersThatBreakOffAreAskedForAgain breaks the first two answers off after each of their messages, and before
// the first one: once gRPC has the headers, it repeats nothing.
func TestAnswersThatBreakOffAreAskedForAgain(t *testing.T) {
	good := messages(t, wish(1))
	for after := range len(good) + 1 {
		t.Run(fmt.Sprintf("%d messages", after), func(t *testing.T) {
			t.Parallel()
			planner, server := fake(t, func(call int, req *plannerv1.UpdateDatabaseRequest, stream stream) error {
				if call > 2 {
					return sends(good, nil)(call, req, stream)
				}
				if err := stream.SendHeader(metadata.Pairs("x-request-id", "1")); err != nil {
					return err
				}
				return sends(good[:after], status.Error(codes.Unavailable, "gone"))(call, req, stream)
			})
			sequence, err := planner.UpdateDatabase(t.Context(), wish(1))
			if err != nil || len(sequence.Plans) != 2 || server.count() != 3 {
				t.Errorf("%v after %d calls", err, server.count())
			}
		})
	}
}

// TestPausesBetweenCalls has a server that breaks every answer off.
func TestPausesBetweenCalls(t *testing.T) { synctest.Test(t, checkPauses) }

func checkPauses(t *testing.T) {
	good := messages(t, wish(1))
	var calls []time.Time
	planner, _ := fake(t, func(call int, req *plannerv1.UpdateDatabaseRequest, stream stream) error {
		calls = append(calls, time.Now())
		return sends(good[:1], status.Error(codes.Unavailable, "gone"))(call, req, stream)
	})
	if _, err := planner.UpdateDatabase(t.Context(), wish(1)); status.Code(err) != codes.Unavailable {
		t.Errorf("got %v", err)
	}
	if len(calls) != 5 {
		t.Fatalf("%d calls, want 5", len(calls))
	}
	for i, least := range []int64{80, 240, 720, 1600} {
		if pause := calls[i+1].Sub(calls[i]); pause.Milliseconds() < least {
			t.Errorf("pause %d is %v, want at least %d ms", i, pause, least)
		}
	}
}

// TestNoCallOutlivesItsContext has a deadline that ends between two calls, and in the middle of one.
func TestNoCallOutlivesItsContext(t *testing.T) {
	good := messages(t, wish(1))
	for name, c := range map[string]struct {
		end   func(context.Context) error
		calls int
	}{
		"between two calls": {func(context.Context) error { return status.Error(codes.Unavailable, "gone") }, 4},
		"in a call":         {func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				planner, server := fake(t, func(_ int, _ *plannerv1.UpdateDatabaseRequest, stream stream) error {
					if err := stream.Send(good[0]); err != nil {
						return err
					}
					return c.end(stream.Context())
				})
				// After the third pause, which is over in less than 1.6 s, and before the fourth one is, after 2.6 s.
				const limit = 1800 * time.Millisecond
				ctx, cancel := context.WithTimeout(t.Context(), limit)
				defer cancel()
				began := time.Now()
				_, err := planner.UpdateDatabase(ctx, wish(1))
				if took := time.Since(began); took != limit {
					t.Errorf("it took %v", took)
				}
				if status.Code(err) != codes.DeadlineExceeded || server.count() != c.calls {
					t.Errorf("%v after %d calls", err, server.count())
				}
			})
		})
	}
}

// TestAnAnswerThatIsRefusedIsNotHeldOpen has a server that contradicts itself and then waits for its caller to go.
func TestAnAnswerThatIsRefusedIsNotHeldOpen(t *testing.T) {
	good := messages(t, wish(1))
	gone := make(chan struct{})
	planner, _ := fake(t, func(_ int, _ *plannerv1.UpdateDatabaseRequest, stream stream) error {
		if err := stream.Send(good[1]); err != nil {
			return err
		}
		<-stream.Context().Done()
		close(gone)
		return stream.Context().Err()
	})
	if _, err := planner.UpdateDatabase(t.Context(), wish(1)); err == nil {
		t.Error("no error")
	}
	select {
	case <-gone:
	case <-time.After(testkit.Hangs):
		t.Error("the call goes on")
	}
}

// breaker is a connection on which the first answer of every method breaks off after its header.
type breaker struct {
	grpc.ClientConnInterface
	broken map[string]int
}

func (b *breaker) NewStream(
	ctx context.Context, desc *grpc.StreamDesc, method string, opts ...grpc.CallOption,
) (grpc.ClientStream, error) {
	stream, err := b.ClientConnInterface.NewStream(ctx, desc, method, opts...)
	if b.broken[method]++; err != nil || b.broken[method] > 1 {
		return stream, err
	}
	return &brokenStream{ClientStream: stream}, nil
}

type brokenStream struct {
	grpc.ClientStream
	received int
}

func (s *brokenStream) RecvMsg(m any) error {
	if s.received++; s.received > 1 {
		return status.Error(codes.Unavailable, "gone")
	}
	return s.ClientStream.RecvMsg(m)
}

func TestEveryKindOfAnswerIsAskedForAgain(t *testing.T) {
	unbroken := realServer(t)
	conn := &breaker{ClientConnInterface: unbroken.Conn(), broken: map[string]int{}}
	c := client.New(conn)
	state := built(t, unbroken, 2)
	for name, call := range map[string]func() (*client.Sequence, error){
		"UpdateDatabase": func() (*client.Sequence, error) { return c.UpdateDatabase(t.Context(), wish(1)) },
		"RestoreDatabase": func() (*client.Sequence, error) {
			return c.RestoreDatabase(t.Context(), restoreSecond(state))
		},
		"PlanStates": func() (*client.Sequence, error) {
			return c.PlanStates(t.Context(), &plannerv1.PlanStatesRequest{States: []*plannerv1.State{state}})
		},
		"PlanRefresh": func() (*client.Sequence, error) {
			return c.PlanRefresh(t.Context(), &plannerv1.PlanRefreshRequest{State: state})
		},
	} {
		if sequence, err := call(); err != nil || len(sequence.Plans) == 0 {
			t.Errorf("%s: %v, %v", name, sequence, err)
		}
	}
	for method, calls := range conn.broken {
		if calls != 2 {
			t.Errorf("%s: %d calls, want 2", method, calls)
		}
	}
	if len(conn.broken) != 4 {
		t.Errorf("called %v", conn.broken)
	}
}

// mute is a connection that can be cut off: nothing comes any more, and nobody says so.
type mute struct {
	net.Conn
	cut    *atomic.Bool
	once   sync.Once
	closed chan struct{}
}

func (c *mute) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if c.cut.Load() {
		<-c.closed
		return 0, net.ErrClosed
	}
	return n, err
}

func (c *mute) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

// TestAServerThatFallsSilentIsNoticed cuts the connection to one of two servers in the middle of its answer.
func TestAServerThatFallsSilentIsNoticed(t *testing.T) {
	t.Parallel()
	good := messages(t, wish(1))
	var cut atomic.Bool
	doomed := &fakePlanner{answer: func(_ int, _ *plannerv1.UpdateDatabaseRequest, stream stream) error {
		if err := stream.Send(good[0]); err != nil {
			return err
		}
		<-stream.Context().Done()
		return stream.Context().Err()
	}}
	doomedServer, survivor := fakeServer(doomed), server.New(server.Config{})
	doomedAddress := serve(t, "tcp", "127.0.0.1:0", doomedServer, doomedServer.Stop).String()
	survivorAddress := serve(t, "tcp", "127.0.0.1:0", survivor, func() { stopReal(t, survivor) }).String()
	servers := manual.NewBuilderWithScheme("planners")
	servers.InitialState(resolver.State{Addresses: []resolver.Address{{Addr: doomedAddress}}})
	c, err := client.Dial("planners:///", insecure.NewCredentials(), grpc.WithResolvers(servers),
		grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) {
			if address == doomedAddress && cut.Load() {
				<-ctx.Done() // it is not there, and nobody says so
				return nil, ctx.Err()
			}
			conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
			if err != nil || address != doomedAddress {
				return conn, err
			}
			return &mute{Conn: conn, cut: &cut, closed: make(chan struct{})}, nil
		}))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	go func() {
		for doomed.count() == 0 {
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(500 * time.Millisecond) // for the header to arrive
		cut.Store(true)
		servers.UpdateState(resolver.State{Addresses: []resolver.Address{{Addr: doomedAddress}, {Addr: survivorAddress}}})
	}()
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	if _, err := c.UpdateDatabase(ctx, wish(1)); err != nil {
		t.Errorf("after %v: %v", time.Since(began), err)
	}
	t.Logf("answered after %v", time.Since(began).Round(time.Millisecond))
	if doomed.count() != 1 {
		t.Errorf("%d calls of the server that fell silent", doomed.count())
	}
}
