package admission

import (
	"context"
	"net"
	"sync"
	"sync/atomic"

	"google.golang.org/grpc/peer"
)

// connections bounds the connections of all listeners together.
type connections struct {
	limit         int64
	open, refused atomic.Int64
	arrivals      *arrivals
}

// boundListener closes what it accepts beyond the limit.
type boundListener struct {
	net.Listener
	*connections
}

func (l *boundListener) Accept() (net.Conn, error) {
	for {
		accepted, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if l.open.Add(1) <= l.limit {
			return &connection{
				Conn: accepted, closed: sync.OnceFunc(func() { l.open.Add(-1) }), arrivals: l.arrivals,
			}, nil
		}
		l.open.Add(-1)
		l.refused.Add(1)
		_ = accepted.Close()
	}
}

// connection is one that counts until it is closed. Calls find it through their peer's address.
type connection struct {
	net.Conn
	closed   func()
	arrivals *arrivals

	// These are guarded by the lock of arrivals: how many bytes the connection has brought, how many of them last, and
	// the calls that are arriving, the earliest first.
	brought, last int64
	arriving      []*Arrival
}

func (c *connection) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.arrivals.brought(c, int64(n))
	}
	return n, err
}

func (c *connection) Close() error {
	c.closed()
	return c.Conn.Close()
}

// cutOff closes the connection without having anything written first.
func (c *connection) cutOff() {
	if tcp, ok := c.Conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = c.Close()
}

// NetConn is the connection as it was accepted, for those who ask the system about it.
func (c *connection) NetConn() net.Conn { return c.Conn }

func (c *connection) RemoteAddr() net.Addr {
	return remoteAddr{Addr: c.Conn.RemoteAddr(), connection: c}
}

// remoteAddr is the address of a client, and knows its connection.
type remoteAddr struct {
	net.Addr
	connection *connection
}

// connectionOf is the connection that a call came in on; nil if it is not known.
func connectionOf(ctx context.Context) *connection {
	if p, ok := peer.FromContext(ctx); ok {
		if a, ok := p.Addr.(remoteAddr); ok {
			return a.connection
		}
	}
	return nil
}
