package identity_test

import (
	"context"
	"crypto/tls"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/pgplanner/pgplanner/internal/testkit"
	"github.com/pgplanner/pgplanner/internal/testkit/calls"
	"github.com/pgplanner/pgplanner/internal/testkit/certificates"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/server"
	"github.com/pgplanner/pgplanner/internal/server/identity"
	"github.com/pgplanner/pgplanner/internal/server/listen"
)

// serverFiles are a server's certificate of that serial number, in files.
func serverFiles(a *certificates.Authority, serial int64) identity.TLSFiles {
	certFile, keyFile := a.ServerFiles(serial)
	return identity.TLSFiles{CertFile: certFile, KeyFile: keyFile, RefreshInterval: 20 * time.Millisecond}
}

// running is a server with its production interceptors, on a real listener.
type running struct {
	t       *testing.T
	address net.Addr
	log     *calls.Log
}

// serve serves at the endpoint until the test ends; files without a CertFile mean no TLS.
func serve(t *testing.T, endpoint string, files identity.TLSFiles, policy identity.Policy) *running {
	t.Helper()
	var creds credentials.TransportCredentials
	if files.CertFile != "" {
		made, closeFiles, err := identity.NewTLS(files)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(closeFiles)
		creds = made
	}
	parsed, err := listen.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := parsed.Listen(0o600)
	if err != nil {
		t.Fatal(err)
	}
	log := &calls.Log{}
	srv := server.New(server.Config{
		Logger:      log.Logger(),
		Credentials: creds, Identity: policy,
	})
	served := make(chan error, 1)
	go func() { served <- srv.Serve(listener) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), testkit.Hangs)
		defer cancel()
		_ = srv.Shutdown(ctx)
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return &running{t: t, address: listener.Addr(), log: log}
}

// dial makes a client with these credentials, nil for none.
func (r *running) dial(config *tls.Config) *grpc.ClientConn {
	r.t.Helper()
	creds := insecure.NewCredentials()
	if config != nil {
		creds = credentials.NewTLS(config)
	}
	target := "passthrough:///" + r.address.String()
	if r.address.Network() == "unix" {
		target = "unix:" + r.address.String()
	}
	conn, err := grpc.NewClient(target, grpc.WithTransportCredentials(creds))
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// call asks for an empty plan, and reads the whole answer.
func call(ctx context.Context, conn *grpc.ClientConn) error {
	ctx, cancel := context.WithTimeout(ctx, testkit.Hangs)
	defer cancel()
	_, err := calls.Drain(plannerv1.NewPlannerServiceClient(conn).UpdateDatabase(ctx, &plannerv1.UpdateDatabaseRequest{}))
	return err
}

// unary makes a unary call.
func unary(ctx context.Context, conn *grpc.ClientConn) error {
	ctx, cancel := context.WithTimeout(ctx, testkit.Hangs)
	defer cancel()
	_, err := plannerv1.NewResourceServiceClient(conn).ApplyEvents(ctx, &plannerv1.ApplyEventsRequest{})
	return err
}

func healthy(ctx context.Context, conn *grpc.ClientConn) error {
	_, err := healthv1.NewHealthClient(conn).Check(ctx, &healthv1.HealthCheckRequest{})
	return err
}

// wantRefusal checks that an error has the code, its ErrorInfo the reason of the same name, and its text the words.
func wantRefusal(t *testing.T, err error, code codes.Code, words string) {
	t.Helper()
	st := status.Convert(err)
	if st.Code() != code || !strings.Contains(st.Message(), words) {
		t.Errorf("got %v, want %v with %q", err, code, words)
		return
	}
	want := map[codes.Code]string{codes.Unauthenticated: server.ReasonUnauthenticated, codes.PermissionDenied: server.ReasonPermissionDenied}[code]
	var got []string
	for _, detail := range st.Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			got = append(got, info.GetDomain()+" "+info.GetReason())
		}
	}
	if len(got) != 1 || got[0] != server.ErrorDomain+" "+want {
		t.Errorf("ErrorInfo is %v, want %s %s", got, server.ErrorDomain, want)
	}
}
