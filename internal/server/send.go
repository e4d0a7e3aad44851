package server

import (
	"context"
	"runtime"

	"google.golang.org/grpc"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"

	"github.com/pgplanner/pgplanner/internal/server/admission"
)

// An answer that its caller does not read stays in memory: gRPC takes messages from a call and keeps them until
// the connection has room. So every message of an answer takes its size from a limit, and gives it back when
// gRPC has let go of its bytes. A caller that does not read in time loses its call; what gRPC keeps then, goes
// with the connection.

// content is a message of an answer that is not encoded yet, or not where gRPC takes it from.
type content interface {
	Size() int
	// AppendTo appends as many bytes.
	AppendTo(b []byte) ([]byte, error)
}

// encoded is a message that is encoded already.
type encoded []byte

func (e encoded) Size() int                         { return len(e) }
func (e encoded) AppendTo(b []byte) ([]byte, error) { return append(b, e...), nil }

// unencoded is a message that protobuf encodes. It is asked for its size first.
type unencoded struct{ proto.Message }

func (m unencoded) Size() int { return proto.Size(m.Message) }

func (m unencoded) AppendTo(b []byte) ([]byte, error) {
	return proto.MarshalOptions{UseCachedSize: true}.MarshalAppend(b, m.Message)
}

// outgoing is a message on its way to gRPC, and through it.
type outgoing struct {
	data mem.BufferSlice
	// room is what the message has taken.
	room *admission.Room
}

// outgoing makes room for a message of an answer, and encodes it.
func (c *call) outgoing(ctx context.Context, m any) (any, error) {
	answer, ok := m.(content)
	if !ok {
		msg, ok := m.(proto.Message)
		if !ok {
			return m, nil
		}
		answer = unencoded{msg}
	}
	size := answer.Size()
	room, err := c.admission.TakeRoom(ctx, size)
	if err != nil {
		return nil, err
	}
	if !mem.IsBelowBufferPoolingThreshold(size) {
		return pooled(ctx, answer, size, room)
	}
	defer room.GiveBack()
	data, err := answer.AppendTo(make([]byte, 0, size))
	return &outgoing{data: mem.BufferSlice{mem.SliceBuffer(data)}, room: room}, err
}

// pooled encodes the message into memory that gives its room back when it is no longer used.
func pooled(ctx context.Context, answer content, size int, room *admission.Room) (*outgoing, error) {
	pool := mem.DefaultBufferPool()
	data := pool.Get(size)
	// If the connection breaks, it is the collector that finds what gRPC has dropped.
	lost := runtime.AddCleanup(data, (*admission.Room).GiveBack, room)
	back := &returning{pool: pool, room: room, lost: lost}
	all, err := answer.AppendTo((*data)[:0])
	if err != nil {
		back.Put(data)
		return nil, err
	}
	*data = all
	room.CutOffIfUnread(ctx)
	return &outgoing{data: mem.BufferSlice{mem.NewBuffer(data, back)}, room: room}, nil
}

// takenAtOnce is how many bytes of an answer gRPC takes, without waiting until the client has made room. It takes
// twice as many today. Should that ever change, a client that does not read loses its connection and not only its
// call.
const takenAtOnce = 32 << 10

// headerBytes is what gRPC puts in front of a message.
const headerBytes = 5

// send hands a message to the stream, and gives up if the client makes no room for it in time.
func (c *call) send(ctx context.Context, stream grpc.ServerStream, m any) error {
	out, err := c.outgoing(ctx, m)
	if err != nil {
		return err
	}
	o, ok := out.(*outgoing)
	if !ok {
		return stream.SendMsg(out)
	}
	if c.sent >= takenAtOnce {
		limit := c.admission.Limits().SendTime
		err = untilDone(ctx, limit, &slowReaderError{Limit: limit}, func() error { return stream.SendMsg(o) })
	} else {
		c.sent += headerBytes + o.data.Len()
		err = stream.SendMsg(o)
	}
	if err != nil {
		o.room.GiveBack() // gRPC keeps nothing of what it has not taken
	}
	return err
}

// returning is the pool of one buffer.
type returning struct {
	pool mem.BufferPool
	room *admission.Room
	lost runtime.Cleanup
}

func (r *returning) Get(length int) *[]byte { return r.pool.Get(length) }

func (r *returning) Put(data *[]byte) {
	r.lost.Stop()
	r.room.GiveBack()
	r.pool.Put(data)
}
