package client_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit"
	"github.com/pgplanner/pgplanner/internal/testkit/certificates"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
	"google.golang.org/grpc/status"

	"github.com/pgplanner/pgplanner/client"
	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/server"
)

// serve serves until the test ends.
func serve(t *testing.T, network, address string, s servable, stop func()) net.Addr {
	t.Helper()
	listener, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(listener) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return listener.Addr()
}

// dial makes a client, and makes sure that it reaches a planner.
func dial(t *testing.T, target string, creds credentials.TransportCredentials) {
	t.Helper()
	c, err := client.Dial(target, creds)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.UpdateDatabase(t.Context(), wish(2)); err != nil {
		t.Error(err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func TestDialTCP(t *testing.T) {
	s := server.New(server.Config{})
	address := serve(t, "tcp", "127.0.0.1:0", s, func() { stopReal(t, s) })
	dial(t, address.String(), insecure.NewCredentials())
	dial(t, "dns:///"+address.String(), insecure.NewCredentials())
}

func TestDialSocket(t *testing.T) {
	dir, err := os.MkdirTemp("", "planner") // t.TempDir may be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, "planner.sock")
	s := server.New(server.Config{})
	serve(t, "unix", path, s, func() { stopReal(t, s) })
	dial(t, "unix://"+path, nil)
	dial(t, "unix:"+path, nil)
}

func TestDialTLS(t *testing.T) {
	dir := t.TempDir()
	pair := certificate(t, dir)
	pool := x509.NewCertPool()
	pool.AddCert(pair.Leaf)
	s := fakeServer(&fakePlanner{answer: sends(messages(t, wish(2)), nil)},
		grpc.Creds(credentials.NewTLS(&tls.Config{
			Certificates: []tls.Certificate{pair},
			ClientAuth:   tls.RequireAndVerifyClientCert,
			ClientCAs:    pool,
		})))
	address := serve(t, "tcp", "127.0.0.1:0", s, s.Stop).String()
	cert, key := filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	creds, err := client.TLS(cert, cert, key)
	if err != nil {
		t.Fatal(err)
	}
	dial(t, address, creds)

	for name, files := range map[string][3]string{
		"no client certificate": {cert, "", ""},
		"unknown authority":     {"", cert, key},
	} {
		creds, err := client.TLS(files[0], files[1], files[2])
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		c, err := client.Dial(address, creds, grpc.WithDisableRetry())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := c.UpdateDatabase(t.Context(), wish(1)); status.Code(err) != codes.Unavailable {
			t.Errorf("%s: got %v", name, err)
		}
		c.Close()
	}
}

// TestRenewedCertificateIsShown replaces the files of a client while it is in use.
func TestRenewedCertificateIsShown(t *testing.T) {
	ours, theirs := t.TempDir(), t.TempDir()
	pair := certificate(t, theirs)
	seen := make(chan []byte, 2)
	s := fakeServer(&fakePlanner{answer: sends(messages(t, wish(2)), nil)},
		grpc.Creds(credentials.NewTLS(&tls.Config{
			Certificates: []tls.Certificate{pair},
			ClientAuth:   tls.RequireAnyClientCert,
			VerifyConnection: func(state tls.ConnectionState) error {
				seen <- state.PeerCertificates[0].Raw
				return nil
			},
		})))
	address := serve(t, "tcp", "127.0.0.1:0", s, s.Stop).String()
	old := certificate(t, ours)
	creds, err := client.TLS(filepath.Join(theirs, "tls.crt"), filepath.Join(ours, "tls.crt"), filepath.Join(ours, "tls.key"))
	if err != nil {
		t.Fatal(err)
	}
	dial(t, address, creds)
	renewed := certificate(t, ours)
	dial(t, address, creds)
	if !bytes.Equal(<-seen, old.Leaf.Raw) || !bytes.Equal(<-seen, renewed.Leaf.Raw) {
		t.Error("another certificate was shown")
	}
}

func TestTLSFiles(t *testing.T) {
	dir := t.TempDir()
	certificate(t, dir)
	cert, key := filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	for name, files := range map[string][3]string{
		"no such CA":                {filepath.Join(dir, "none"), "", ""},
		"CA that is none":           {key, "", ""},
		"certificate without a key": {cert, cert, ""},
		"key without a certificate": {cert, "", key},
		"key as a certificate":      {cert, key, key},
	} {
		if _, err := client.TLS(files[0], files[1], files[2]); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := client.TLS("", "", ""); err != nil {
		t.Error(err)
	}
}

// certificate writes a certificate that is its own authority to tls.crt and tls.key in the directory.
func certificate(t *testing.T, dir string) tls.Certificate {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(certificates.SelfSigned(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

func TestDialWantsCredentialsForTCP(t *testing.T) {
	for _, target := range []string{"127.0.0.1:7070", "dns:///planner:7070"} {
		if _, err := client.Dial(target, nil); err == nil || !strings.Contains(err.Error(), "credentials are required") {
			t.Errorf("%s: %v", target, err)
		}
	}
}

// TestCallsAreRetriedBeforeTheHeader has a server that is away at first, and a request larger than what gRPC by itself
// would keep for a retry.
func TestCallsAreRetriedBeforeTheHeader(t *testing.T) {
	good := messages(t, wish(1))
	planner, server := fake(t, func(call int, req *plannerv1.UpdateDatabaseRequest, stream stream) error {
		if call < 3 {
			return status.Error(codes.Unavailable, "not yet")
		}
		return sends(good, nil)(call, req, stream)
	})
	req := wish(1)
	req.Nodes[0].GetInstanceResources()[0].InstanceDependencies[0] = directory("n1", `{"x":"`+strings.Repeat("x", 1<<20)+`"}`)
	if _, err := planner.UpdateDatabase(t.Context(), req); err != nil {
		t.Error(err)
	}
	if got := server.count(); got != 3 {
		t.Errorf("%d calls, want 3", got)
	}
}

func TestWhatIsNotRetried(t *testing.T) {
	good := messages(t, wish(1))
	for name, c := range map[string]struct {
		answer answer
		code   codes.Code
		calls  int
	}{
		"unavailable for ever":  {sends(nil, status.Error(codes.Unavailable, "away")), codes.Unavailable, 5},
		"internal after header": {sends(good[:1], status.Error(codes.Internal, "bug")), codes.Internal, 1},
		"invalid":               {sends(nil, status.Error(codes.InvalidArgument, "no")), codes.InvalidArgument, 1},
		"too large":             {sends(nil, status.Error(codes.ResourceExhausted, "no")), codes.ResourceExhausted, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			planner, server := fake(t, c.answer)
			_, err := planner.UpdateDatabase(t.Context(), wish(1))
			if status.Code(err) != c.code || server.count() != c.calls {
				t.Errorf("%v after %d calls, want %v after %d", err, server.count(), c.code, c.calls)
			}
		})
	}
}

func TestCallsGoRoundAllServers(t *testing.T) {
	good := messages(t, wish(1))
	addresses := manual.NewBuilderWithScheme("replicas")
	var state resolver.State
	var servers []*fakePlanner
	for range 3 {
		f := &fakePlanner{answer: sends(good, nil)}
		s := fakeServer(f)
		address := serve(t, "tcp", "127.0.0.1:0", s, s.Stop)
		state.Endpoints = append(state.Endpoints, resolver.Endpoint{Addresses: []resolver.Address{{Addr: address.String()}}})
		servers = append(servers, f)
	}
	addresses.InitialState(state)
	c, err := client.Dial("replicas:///planner", insecure.NewCredentials(), grpc.WithResolvers(addresses))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	// Connections are made one by one, so that the first calls may all go to the first of them.
	testkit.Eventually(t, func() bool {
		if _, err := c.UpdateDatabase(t.Context(), wish(1)); err != nil {
			t.Fatal(err)
		}
		return servers[0].count() > 0 && servers[1].count() > 0 && servers[2].count() > 0
	})
}

// TestLargeMessages takes one that gRPC by itself would refuse.
func TestLargeMessages(t *testing.T) {
	req := wish(1)
	req.ResponseOptions = &plannerv1.ResponseOptions{MaxMessageBytes: 64 << 20}
	req.Nodes[0].GetInstanceResources()[0].InstanceDependencies[0] = directory("n1", `{"x":"`+strings.Repeat("x", 5<<20)+`"}`)
	if _, err := realServer(t).UpdateDatabase(t.Context(), req); err != nil {
		t.Error(err)
	}
}
