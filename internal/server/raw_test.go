package server

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"net"
	"strconv"
	"sync"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// rawClient speaks HTTP/2 as no client of gRPC does: it sends what it is told to, as far as flow control lets it.
type rawClient struct {
	t      *testing.T
	conn   net.Conn
	framer *http2.Framer

	mu      sync.Mutex
	changed *sync.Cond
	closed  bool
	next    uint32
	// windows are how much may be sent, by stream; 0 is the connection.
	windows map[uint32]int
	initial int
	// ended are the statuses of streams.
	ended map[uint32]*status.Status
}

func newRawClient(t *testing.T, conn net.Conn) *rawClient {
	t.Helper()
	c := &rawClient{
		t: t, conn: conn, framer: http2.NewFramer(conn, conn), next: 1,
		windows: map[uint32]int{0: 65535}, initial: 65535, ended: map[uint32]*status.Status{},
	}
	c.changed = sync.NewCond(&c.mu)
	c.framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	if _, err := conn.Write([]byte(http2.ClientPreface)); err != nil {
		t.Fatal(err)
	}
	_ = c.framer.WriteSettings()
	done := make(chan struct{})
	go func() {
		c.read()
		close(done)
	}()
	t.Cleanup(func() {
		_ = conn.Close()
		<-done
	})
	return c
}

func (c *rawClient) read() {
	for {
		frame, err := c.framer.ReadFrame()
		c.mu.Lock()
		if err != nil {
			c.closed = true
		} else {
			c.take(frame)
		}
		c.changed.Broadcast()
		c.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (c *rawClient) take(frame http2.Frame) {
	switch f := frame.(type) {
	case *http2.SettingsFrame:
		if !f.IsAck() {
			if size, ok := f.Value(http2.SettingInitialWindowSize); ok {
				for id := range c.windows {
					if id != 0 {
						c.windows[id] += int(size) - c.initial
					}
				}
				c.initial = int(size)
			}
			_ = c.framer.WriteSettingsAck()
		}
	case *http2.PingFrame:
		if !f.IsAck() {
			_ = c.framer.WritePing(true, f.Data)
		}
	case *http2.WindowUpdateFrame:
		c.windows[f.StreamID] += int(f.Increment)
	case *http2.RSTStreamFrame:
		if c.ended[f.StreamID] == nil {
			c.ended[f.StreamID] = status.New(codes.Unknown, "reset: "+f.ErrCode.String())
		}
	case *http2.MetaHeadersFrame:
		if f.StreamEnded() {
			c.ended[f.StreamID] = statusOf(f)
		}
	}
}

// statusOf reads the status from trailers.
func statusOf(f *http2.MetaHeadersFrame) *status.Status {
	p := &spb.Status{}
	for _, h := range f.Fields {
		switch h.Name {
		case "grpc-status":
			code, _ := strconv.Atoi(h.Value)
			p.Code = int32(code)
		case "grpc-message":
			p.Message = h.Value
		case "grpc-status-details-bin":
			if data, err := base64.RawStdEncoding.DecodeString(h.Value); err == nil {
				_ = proto.Unmarshal(data, p)
			}
		}
	}
	return status.FromProto(p)
}

// giveNoRoom lets the server send nothing on calls that are opened later.
func (c *rawClient) giveNoRoom() {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0})
}

// open begins a call.
func (c *rawClient) open(method string, fields ...string) uint32 {
	c.mu.Lock()
	defer c.mu.Unlock()
	id := c.next
	c.next += 2
	c.windows[id] = c.initial
	var block bytes.Buffer
	e := hpack.NewEncoder(&block)
	e.SetMaxDynamicTableSize(0)
	all := append([]string{
		":method", "POST", ":scheme", "http", ":path", method, ":authority", "planner", "content-type", "application/grpc", "te", "trailers",
	}, fields...)
	for i := 0; i < len(all); i += 2 {
		_ = e.WriteField(hpack.HeaderField{Name: all[i], Value: all[i+1]})
	}
	const most = 16 << 10
	data := block.Bytes()
	first := data[:min(len(data), most)]
	data = data[len(first):]
	_ = c.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: first, EndHeaders: len(data) == 0})
	for len(data) > 0 {
		part := data[:min(len(data), most)]
		data = data[len(part):]
		_ = c.framer.WriteContinuation(id, len(data) == 0, part)
	}
	return id
}

// send sends bytes in frames of at most that size, and returns false if the call ends before they are sent.
func (c *rawClient) send(id uint32, data []byte, most int, end bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		for !c.closed && c.ended[id] == nil && len(data) > 0 && min(c.windows[0], c.windows[id]) <= 0 {
			c.changed.Wait()
		}
		if c.closed || c.ended[id] != nil {
			return false
		}
		n := min(len(data), most, 16<<10)
		if len(data) > 0 {
			n = min(n, c.windows[0], c.windows[id])
		}
		c.windows[0] -= n
		c.windows[id] -= n
		err := c.framer.WriteData(id, end && n == len(data), data[:n])
		data = data[n:]
		if err != nil || len(data) == 0 {
			return err == nil
		}
	}
}

// status waits until the call has ended.
func (c *rawClient) status(id uint32) *status.Status {
	c.mu.Lock()
	defer c.mu.Unlock()
	for !c.closed && c.ended[id] == nil {
		c.changed.Wait()
	}
	if st := c.ended[id]; st != nil {
		return st
	}
	return status.New(codes.Unavailable, "the connection is closed")
}

// reason is that of the ErrorInfo; empty if there is none.
func reasonOf(st *status.Status) string {
	for _, detail := range st.Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			return info.GetReason()
		}
	}
	return ""
}

// message is a request as gRPC frames it, of which a part may be sent.
func message(flag byte, data []byte) []byte {
	head := binary.BigEndian.AppendUint32([]byte{flag}, uint32(len(data)))
	return append(head, data...)
}
