package identity_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
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

// authority is a CA.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T, name string) *authority {
	t.Helper()
	a := &authority{t: t, key: newKey(t)}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	a.cert = sign(t, template, template, &a.key.PublicKey, a.key)
	return a
}

// pool trusts the CA.
func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// file holds the CA's certificate.
func (a *authority) file() string {
	path := filepath.Join(a.t.TempDir(), "ca.pem")
	replace(a.t, path, encode("CERTIFICATE", a.cert.Raw))
	return path
}

// client is a client's certificate with these names among its SANs, changed by the function, if any.
func (a *authority) client(dns, uri string, change func(*x509.Certificate)) *tls.Certificate {
	a.t.Helper()
	template := leaf(2, x509.ExtKeyUsageClientAuth)
	if dns != "" {
		template.DNSNames = []string{dns}
	}
	if uri != "" {
		parsed, err := url.Parse(uri)
		if err != nil {
			a.t.Fatal(err)
		}
		template.URIs = []*url.URL{parsed}
	}
	if change != nil {
		change(template)
	}
	key := newKey(a.t)
	cert := sign(a.t, template, a.cert, &key.PublicKey, a.key)
	return &tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key, Leaf: cert}
}

// server is a server's certificate for 127.0.0.1 and its key, PEM.
func (a *authority) server(serial int64) (certPEM, keyPEM []byte) {
	a.t.Helper()
	template := leaf(serial, x509.ExtKeyUsageServerAuth)
	template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	key := newKey(a.t)
	cert := sign(a.t, template, a.cert, &key.PublicKey, a.key)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	return encode("CERTIFICATE", cert.Raw), encode("PRIVATE KEY", der)
}

// files are a server certificate in files.
func (a *authority) files(serial int64) identity.TLSFiles {
	a.t.Helper()
	dir := a.t.TempDir()
	files := identity.TLSFiles{
		CertFile: filepath.Join(dir, "tls.crt"), KeyFile: filepath.Join(dir, "tls.key"), RefreshInterval: 20 * time.Millisecond,
	}
	certPEM, keyPEM := a.server(serial)
	replace(a.t, files.CertFile, certPEM)
	replace(a.t, files.KeyFile, keyPEM)
	return files
}

func leaf(serial int64, usage x509.ExtKeyUsage) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "common names are not looked at"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{usage},
	}
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func sign(t *testing.T, template, parent *x509.Certificate, public any, key *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func encode(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// replace puts a file in place at once, as cert-manager and Kubernetes do.
func replace(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path+".new", content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

// running is a server with its production interceptors, on a real listener.
type running struct {
	t       *testing.T
	address net.Addr
	log     *logBuffer
}

type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) Sync() error { return nil }

func (b *logBuffer) text() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
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
	log := &logBuffer{}
	srv := server.New(server.Config{
		Logger:      zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), log, zapcore.DebugLevel)),
		Credentials: creds, Identity: policy,
	})
	served := make(chan error, 1)
	go func() { served <- srv.Serve(listener) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), hangs)
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
	ctx, cancel := context.WithTimeout(ctx, hangs)
	defer cancel()
	stream, err := plannerv1.NewPlannerServiceClient(conn).UpdateDatabase(ctx, &plannerv1.UpdateDatabaseRequest{})
	for err == nil {
		_, err = stream.Recv()
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// unary makes a unary call.
func unary(ctx context.Context, conn *grpc.ClientConn) error {
	ctx, cancel := context.WithTimeout(ctx, hangs)
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
