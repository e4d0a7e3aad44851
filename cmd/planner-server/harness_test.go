package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit/calls"
	"github.com/pgplanner/pgplanner/internal/testkit/databases"
	"github.com/pgplanner/pgplanner/internal/testkit/messages"

	"github.com/pgplanner/pgplanner/internal/testkit"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
)

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// trusting trusts the certificate, and shows it too if there is a key.
func trusting(t *testing.T, certFile, keyFile string) credentials.TransportCredentials {
	t.Helper()
	text, err := os.ReadFile(certFile)
	if err != nil {
		t.Fatal(err)
	}
	config := &tls.Config{RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS13}
	config.RootCAs.AppendCertsFromPEM(text)
	if keyFile != "" {
		pair, err := tls.LoadX509KeyPair(certFile, keyFile)
		if err != nil {
			t.Fatal(err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return credentials.NewTLS(config)
}

// connect makes a client; nil credentials are none.
func connect(t *testing.T, target string, creds credentials.TransportCredentials) *grpc.ClientConn {
	t.Helper()
	if creds == nil {
		creds = insecure.NewCredentials()
	}
	conn, err := grpc.NewClient(target, grpc.WithTransportCredentials(creds))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// mesh asks for a new database of so many nodes.
func mesh(nodes int) *plannerv1.UpdateDatabaseRequest {
	all, err := messages.In(plannerv1.AttributesFormat_ATTRIBUTES_FORMAT_JSON).Nodes(
		databases.Nodes(nil, databases.Names("n", nodes, 1)...))
	if err != nil {
		panic(err)
	}
	return &plannerv1.UpdateDatabaseRequest{Nodes: all}
}

// plan makes a call and reads its whole answer.
func plan(ctx context.Context, conn grpc.ClientConnInterface, req *plannerv1.UpdateDatabaseRequest) error {
	ctx, cancel := context.WithTimeout(ctx, testkit.Hangs)
	defer cancel()
	answer, err := calls.Drain(plannerv1.NewPlannerServiceClient(conn).UpdateDatabase(ctx, req))
	if err == nil && !slices.ContainsFunc(answer, func(m *plannerv1.UpdateDatabaseResponse) bool { return m.GetSummary() != nil }) {
		err = errors.New("the answer is not complete")
	}
	return err
}

// get asks the admin listener.
func (p *process) get(path string) (code int, text string) {
	p.t.Helper()
	response, err := http.Get("http://" + p.admin + path)
	if err != nil {
		p.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return response.StatusCode, strings.TrimSpace(string(body))
}

// reflects asks the server for its services.
func reflects(t *testing.T, conn *grpc.ClientConn) error {
	t.Helper()
	stream, err := reflectionv1.NewServerReflectionClient(conn).ServerReflectionInfo(t.Context())
	if err != nil {
		return err
	}
	_ = stream.Send(&reflectionv1.ServerReflectionRequest{MessageRequest: &reflectionv1.ServerReflectionRequest_ListServices{}})
	_, err = stream.Recv()
	return err
}
