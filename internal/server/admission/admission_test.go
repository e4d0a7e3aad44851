package admission

import (
	"context"
	"errors"
	"net"
	"runtime"
	"testing"
	"time"

	"google.golang.org/grpc/test/bufconn"
)

func TestDefaultsOfLimits(t *testing.T) {
	got := New(Limits{}).Limits()
	if got.ConcurrentPlans != max(2, runtime.GOMAXPROCS(0)) || got.CallTime != time.Minute {
		t.Errorf("got %+v", got)
	}
	if kept := got.withDefaults(); kept != got {
		t.Errorf("set limits are changed: %+v", kept)
	}
}

// TestLimitOfConnectionsIsThatOfAllListeners listens twice.
func TestLimitOfConnectionsIsThatOfAllListeners(t *testing.T) {
	c := New(Limits{MaxConnections: 1})
	first, second := bufconn.Listen(1), bufconn.Listen(1)
	accepted := make(chan net.Conn, 2)
	for _, l := range []net.Listener{c.Listener(first), c.Listener(second)} {
		go func() {
			for conn, err := l.Accept(); err == nil; conn, err = l.Accept() {
				accepted <- conn
			}
		}()
		defer l.Close()
	}
	if _, err := first.Dial(); err != nil {
		t.Fatal(err)
	}
	conn := <-accepted
	refused, err := second.Dial()
	if err != nil {
		t.Fatal(err)
	}
	if n, err := refused.Read(make([]byte, 1)); err == nil {
		t.Errorf("read %d bytes", n)
	}
	_ = conn.Close()
	_ = conn.Close() // counts once
	if _, err := second.Dial(); err != nil {
		t.Fatal(err)
	}
	<-accepted
	if u := c.Usage(); u.Connections != 1 || u.ConnectionsRefused != 1 {
		t.Errorf("%d open, %d refused", u.Connections, u.ConnectionsRefused)
	}
}

// TestShareIsGivenBackOnce: a call may end in the middle of whatever it is doing.
func TestShareIsGivenBackOnce(t *testing.T) {
	c := New(Limits{ConcurrentPlans: 1, QueueTime: time.Millisecond, RequestBytesInFlight: 100})
	other, ended := c.Share(), errors.New("ended")
	if err := errors.Join(other.TakeMemory(t.Context(), 1, 30), other.TakePlace(t.Context(), 1)); err != nil {
		t.Fatal(err)
	}
	full, late := (*RequestBytesError)(nil), (*QueueTimeoutError)(nil)
	if err := c.Share().TakeMemory(t.Context(), 1, 71); !errors.As(err, &full) || full.Size != 71 || full.Limit != 100 {
		t.Errorf("too much memory: %v", err)
	}
	if err := c.Share().TakePlace(t.Context(), 1); !errors.As(err, &late) || late.Limit != time.Millisecond {
		t.Errorf("no place: %v", err)
	}
	if u := c.Usage(); u.RequestBytes != 30 || u.Places != 1 || u.Waiting != 0 {
		t.Errorf("got %+v", u)
	}
	other.LeavePlace()
	other.GiveBack()
	other.GiveBack()
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(ended)
	if err := other.TakeMemory(ctx, 1, 1); !errors.Is(err, ended) {
		t.Errorf("memory after the end: %v", err)
	}
	if err := other.TakePlace(ctx, 1); !errors.Is(err, ended) {
		t.Errorf("a place after the end: %v", err)
	}
	if u := c.Usage(); u != (Usage{}) {
		t.Errorf("left is %+v", u)
	}
}

// TestRoomIsGivenBackOnce: both by who writes the message, and by what looks for lost ones.
func TestRoomIsGivenBackOnce(t *testing.T) {
	c := New(Limits{ResponseBytesInFlight: 100, SendTime: time.Millisecond})
	all, err := c.TakeRoom(t.Context(), 1000)
	if err != nil || c.Usage().ResponseBytes != 100 {
		t.Fatal(err, c.Usage())
	}
	full := (*ResponseBytesError)(nil)
	if _, err := c.TakeRoom(t.Context(), 1); !errors.As(err, &full) || full.Limit != 100 {
		t.Errorf("no room: %v", err)
	}
	all.CutOffIfUnread(t.Context()) // of a connection that is not known
	all.GiveBack()
	all.GiveBack()
	(*Room)(nil).GiveBack()
	if u := c.Usage(); u != (Usage{}) {
		t.Errorf("left is %+v", u)
	}
}
