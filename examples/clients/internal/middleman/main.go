// Command middleman stands between clients and a planner, to test clients: it leaves out messages of the answers, or
// breaks answers off, as a server does that is killed.
//
// It prints its address once it listens, and runs until it is killed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/reflection"
	"google.golang.org/grpc/status"

	"github.com/pgplanner/pgplanner/client"
	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
)

func main() {
	planner := flag.String("planner", "127.0.0.1:7070", "`TARGET` of the planner")
	drop := flag.String("drop", "", "what to leave out of every answer: header, part (the first one) or summary")
	cut := flag.Int64("cut", 0, "break off the first `N` answers after their header")
	flag.Parse()
	if err := run(*planner, *drop, *cut); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(planner, drop string, cut int64) error {
	c, err := client.Dial(planner, insecure.NewCredentials())
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	server := grpc.NewServer(grpc.MaxRecvMsgSize(client.MaxMessageBytes))
	m := &middleman{planner: plannerv1.NewPlannerServiceClient(c.Conn()), drop: drop}
	m.cut.Store(cut)
	plannerv1.RegisterPlannerServiceServer(server, m)
	reflection.Register(server)
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	return server.Serve(listener)
}

// middleman passes calls on, and their answers back.
type middleman struct {
	plannerv1.UnimplementedPlannerServiceServer
	planner plannerv1.PlannerServiceClient
	drop    string
	cut     atomic.Int64 // how many answers are still to be broken off
}

// UpdateDatabase passes the call on, and the messages back that it should.
func (m *middleman) UpdateDatabase(
	req *plannerv1.UpdateDatabaseRequest, answer grpc.ServerStreamingServer[plannerv1.UpdateDatabaseResponse],
) error {
	stream, err := m.planner.UpdateDatabase(answer.Context(), req)
	if err != nil {
		return err
	}
	dropped, cut := false, m.cut.Add(-1) >= 0
	for {
		message, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case !dropped && kind(message) == m.drop:
			dropped = true
			continue
		}
		if err := answer.Send(message); err != nil {
			return err
		}
		if cut {
			return status.Error(codes.Unavailable, "broken off on purpose")
		}
	}
}

func kind(message *plannerv1.UpdateDatabaseResponse) string {
	switch message.GetPart().(type) {
	case *plannerv1.UpdateDatabaseResponse_Header:
		return "header"
	case *plannerv1.UpdateDatabaseResponse_PlanPart:
		return "part"
	case *plannerv1.UpdateDatabaseResponse_Summary:
		return "summary"
	}
	return ""
}
