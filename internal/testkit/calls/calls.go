// Package calls is what tests need to call servers, and to see what servers log.
package calls

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"google.golang.org/grpc"
	"google.golang.org/grpc/mem"
)

// Drain reads a stream to its end. With an error it returns what came before it.
func Drain[R any](stream grpc.ServerStreamingClient[R], err error) ([]*R, error) {
	if err != nil {
		return nil, err
	}
	var all []*R
	for {
		m, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		all = append(all, m)
	}
}

// RawCodec sends requests of type []byte as they are, and throws answers away.
type RawCodec struct{}

// Name is that of protobuf's codec.
func (RawCodec) Name() string { return "proto" }

// Marshal fails if it is given no []byte.
func (RawCodec) Marshal(v any) (mem.BufferSlice, error) {
	data, ok := v.([]byte)
	if !ok {
		return nil, fmt.Errorf("%T are no bytes", v)
	}
	return mem.BufferSlice{mem.SliceBuffer(data)}, nil
}

// Unmarshal does nothing.
func (RawCodec) Unmarshal(mem.BufferSlice, any) error { return nil }

// Log keeps the log of a server, in lines of JSON. Its zero value is ready; several goroutines may use it.
type Log struct {
	mutex sync.Mutex
	lines bytes.Buffer
}

// Logger logs all, from debug on.
func (l *Log) Logger() *zap.Logger {
	return zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), l, zapcore.DebugLevel))
}

// Write adds to the log.
func (l *Log) Write(p []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.lines.Write(p)
}

// Sync does nothing.
func (l *Log) Sync() error { return nil }

// Text is the log so far.
func (l *Log) Text() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.lines.String()
}
