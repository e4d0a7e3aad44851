package bench

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/server"
)

// listen listens on the loopback interface.
func listen(tb testing.TB) net.Listener {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	return listener
}

// serve starts the planner with all that it has in production but the log.
func serve(tb testing.TB, config server.Config) (address string) {
	tb.Helper()
	listener := listen(tb)
	s := server.New(config)
	go func() { _ = s.Serve(listener) }()
	tb.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = s.Shutdown(ctx)
	})
	return listener.Addr().String()
}

func dial(tb testing.TB, address string) *grpc.ClientConn {
	tb.Helper()
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { conn.Close() })
	return conn
}

// caller returns a function that calls the planner with the question and reads its answer to the end.
func (q *question) caller(tb testing.TB, conn *grpc.ClientConn, f form) func(context.Context) error {
	tb.Helper()
	client := plannerv1.NewPlannerServiceClient(conn)
	if q.targets != nil {
		request := q.restore(tb, f)
		return func(ctx context.Context) error {
			stream, err := client.RestoreDatabase(ctx, request)
			return drain(stream, err)
		}
	}
	request := q.update(tb, f)
	return func(ctx context.Context) error {
		stream, err := client.UpdateDatabase(ctx, request)
		return drain(stream, err)
	}
}

// drain reads a stream to its end.
func drain[R any](stream grpc.ServerStreamingClient[R], err error) error {
	if err != nil {
		return err
	}
	for {
		if _, err := stream.Recv(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}
