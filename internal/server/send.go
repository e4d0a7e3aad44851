package server

import (
	"context"
	"runtime"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/peer"
	"google.golang.org/protobuf/proto"
)

// An answer that its caller does not read stays in memory: gRPC takes messages from a call and keeps them until
// the connection has room. So every message of an answer takes its size from a limit, and gives it back when
// gRPC has let go of its bytes. A caller that does not read in time loses its call; what gRPC keeps then, goes
// with the connection.

// outgoing is a message on its way to gRPC, and through it.
type outgoing struct {
	msg  proto.Message
	size int
	// giveBack gives back the room that the message has taken.
	giveBack func()
}

// outgoing makes room for a message of an answer.
func (c *call) outgoing(ctx context.Context, m any) (any, error) {
	msg, ok := m.(proto.Message)
	if c == nil || !ok {
		return m, nil
	}
	size := proto.Size(msg)
	room, err := c.takeResponse(ctx, size)
	if err != nil {
		return nil, err
	}
	o := &outgoing{msg: msg, size: size, giveBack: room}
	if connection := connectionOf(ctx); connection != nil {
		timer := time.AfterFunc(2*c.limits.SendTime, func() {
			connection.cutOff()
			room() // gRPC drops what it has not written to a connection that breaks, and does not say so
		})
		o.giveBack = func() {
			timer.Stop()
			room()
		}
	}
	return o, nil
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

// send hands a message to the stream, and gives up if the client makes no room for it in time.
func (c *call) send(ctx context.Context, stream grpc.ServerStream, m any) error {
	if c == nil {
		return stream.SendMsg(m)
	}
	out, err := c.outgoing(ctx, m)
	if err != nil {
		return err
	}
	limit := c.limits.SendTime
	err = untilDone(ctx, limit, &slowReaderError{Limit: limit}, func() error { return stream.SendMsg(out) })
	if o, ok := out.(*outgoing); ok && err != nil {
		o.giveBack() // gRPC keeps nothing of what it has not taken
	}
	return err
}

// marshal encodes the message into memory that gives its room back when it is no longer used.
func (o *outgoing) marshal() (mem.BufferSlice, error) {
	options := proto.MarshalOptions{UseCachedSize: true} // outgoing has asked for the size
	if mem.IsBelowBufferPoolingThreshold(o.size) {
		data, err := options.Marshal(o.msg)
		o.giveBack()
		return mem.BufferSlice{mem.SliceBuffer(data)}, err
	}
	pool := mem.DefaultBufferPool()
	data := pool.Get(o.size)
	encoded, err := options.MarshalAppend((*data)[:0], o.msg)
	if err != nil {
		pool.Put(data)
		o.giveBack()
		return nil, err
	}
	*data = encoded
	// If the connection breaks for another reason, it is the collector that finds what gRPC has dropped.
	lost := runtime.AddCleanup(data, func(giveBack func()) { giveBack() }, o.giveBack)
	return mem.BufferSlice{mem.NewBuffer(data, &returning{pool: pool, giveBack: o.giveBack, lost: lost})}, nil
}

// returning is the pool of one buffer.
type returning struct {
	pool     mem.BufferPool
	giveBack func()
	lost     runtime.Cleanup
}

func (r *returning) Get(length int) *[]byte { return r.pool.Get(length) }

func (r *returning) Put(data *[]byte) {
	r.lost.Stop()
	r.giveBack()
	r.pool.Put(data)
}
