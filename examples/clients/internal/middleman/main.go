// Command middleman stands between clients and a planner, to test clients: it listens on whatever a client should be
// able to reach, and can leave out messages of the answers, as a stream that breaks off would.
//
// It prints its address once it listens, and runs until it is killed.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/reflection"

	"github.com/pgplanner/pgplanner/client"
	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
)

func main() {
	planner := flag.String("planner", "127.0.0.1:7070", "`TARGET` of the planner")
	listen := flag.String("listen", "127.0.0.1:0", "`ADDRESS` to listen on: HOST:PORT or unix:///PATH")
	drop := flag.String("drop", "", "what to leave out of every answer: header, part (the first one) or summary")
	cert := flag.String("tls-cert", "", "serve TLS with the certificate in this PEM `FILE`, and ask clients for one")
	key := flag.String("tls-key", "", "`FILE` with the key of --tls-cert")
	flag.Parse()
	if err := run(*planner, *listen, *drop, *cert, *key); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(planner, listen, drop, cert, key string) error {
	c, err := client.Dial(planner, insecure.NewCredentials())
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	options := []grpc.ServerOption{grpc.MaxRecvMsgSize(client.MaxMessageBytes)}
	if cert != "" {
		pair, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			return err
		}
		options = append(options, grpc.Creds(credentials.NewTLS(&tls.Config{
			MinVersion:   tls.VersionTLS12,
			Certificates: []tls.Certificate{pair},
			ClientAuth:   tls.RequireAnyClientCert, // enough to see that the client shows one
		})))
	}
	server := grpc.NewServer(options...)
	plannerv1.RegisterPlannerServiceServer(server, &middleman{
		planner: plannerv1.NewPlannerServiceClient(c.Conn()), drop: drop,
	})
	reflection.Register(server)
	network := "tcp"
	if path, ok := strings.CutPrefix(listen, "unix://"); ok {
		network, listen = "unix", path
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), network, listen)
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
}

// UpdateDatabase passes the call on, and all but the dropped message back.
func (m *middleman) UpdateDatabase(
	req *plannerv1.UpdateDatabaseRequest, answer grpc.ServerStreamingServer[plannerv1.UpdateDatabaseResponse],
) error {
	stream, err := m.planner.UpdateDatabase(answer.Context(), req)
	if err != nil {
		return err
	}
	dropped := false
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
