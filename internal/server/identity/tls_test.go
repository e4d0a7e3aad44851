package identity_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pgplanner/pgplanner/internal/testkit"
	"github.com/pgplanner/pgplanner/internal/testkit/certificates"

	"google.golang.org/grpc/codes"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"

	"github.com/pgplanner/pgplanner/internal/server/identity"
)

const (
	allowedDNS = "orchestrator.example"
	allowedURI = "spiffe://example.org/orchestrator"
)

// mutual starts a server that asks for certificates of clients with one of the allowed names.
func mutual(t *testing.T) (r *running, servers, clients *certificates.Authority) {
	t.Helper()
	servers, clients = certificates.NewAuthority(t, "servers"), certificates.NewAuthority(t, "clients")
	files := serverFiles(servers, 1)
	files.ClientCAFile = clients.File()
	return serve(t, "127.0.0.1:0", files, identity.Policy{
		ClientCertificates: true, AllowedNames: []string{allowedDNS, allowedURI},
	}), servers, clients
}

func TestClientCertificates(t *testing.T) {
	r, servers, clients := mutual(t)
	strangers := certificates.NewAuthority(t, "strangers")
	expired := func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }
	early := func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Minute) }
	forServers := func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }
	common := func(c *x509.Certificate) { c.Subject.CommonName = allowedDNS }
	for name, test := range map[string]struct {
		cert  *tls.Certificate
		code  codes.Code
		words string
	}{
		"allowed DNS name":              {clients.Client(allowedDNS, "", nil), codes.OK, ""},
		"allowed URI":                   {clients.Client("", allowedURI, nil), codes.OK, ""},
		"allowed URI, other DNS name":   {clients.Client("other.example", allowedURI, nil), codes.OK, ""},
		"none":                          {nil, codes.Unauthenticated, "a client certificate is needed"},
		"other names":                   {clients.Client("other.example", "spiffe://example.org/other", nil), codes.PermissionDenied, "may not call"},
		"no name":                       {clients.Client("", "", nil), codes.PermissionDenied, "may not call"},
		"longer URI":                    {clients.Client("", allowedURI+"/x", nil), codes.PermissionDenied, "may not call"},
		"subdomain":                     {clients.Client("x."+allowedDNS, "", nil), codes.PermissionDenied, "may not call"},
		"allowed name as common name":   {clients.Client("", "", common), codes.PermissionDenied, "may not call"},
		"another CA":                    {strangers.Client(allowedDNS, allowedURI, nil), codes.Unavailable, "tls"},
		"the CA of server certificates": {servers.Client(allowedDNS, allowedURI, nil), codes.Unavailable, "tls"},
		"expired":                       {clients.Client(allowedDNS, allowedURI, expired), codes.Unavailable, "tls"},
		"not valid yet":                 {clients.Client(allowedDNS, allowedURI, early), codes.Unavailable, "tls"},
		"for servers":                   {clients.Client(allowedDNS, allowedURI, forServers), codes.Unavailable, "tls"},
	} {
		t.Run(name, func(t *testing.T) {
			config := &tls.Config{RootCAs: servers.Pool()}
			if test.cert != nil {
				// Unlike Certificates, this sends a certificate that is signed by a CA the server did not name.
				config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return test.cert, nil }
			}
			conn := r.dial(config)
			for kind, err := range map[string]error{"stream": call(t.Context(), conn), "unary": unary(t.Context(), conn)} {
				switch test.code {
				case codes.OK:
					if err != nil {
						t.Errorf("%s: %v", kind, err)
					}
				case codes.Unavailable: // turned away in the handshake
					if status.Code(err) != test.code {
						t.Errorf("%s: got %v, want %v", kind, err, test.code)
					}
				default:
					wantRefusal(t, err, test.code, test.words)
				}
			}
		})
	}
}

func TestHealthNeedsNoCertificateAndReflectionDoes(t *testing.T) {
	r, servers, clients := mutual(t)
	reflect := func(config *tls.Config) error {
		ctx, cancel := context.WithTimeout(t.Context(), testkit.Hangs)
		defer cancel()
		stream, err := reflectionv1.NewServerReflectionClient(r.dial(config)).ServerReflectionInfo(ctx)
		if err != nil {
			return err
		}
		_ = stream.Send(&reflectionv1.ServerReflectionRequest{
			MessageRequest: &reflectionv1.ServerReflectionRequest_ListServices{},
		})
		_, err = stream.Recv()
		return err
	}
	without := &tls.Config{RootCAs: servers.Pool()}
	if err := healthy(t.Context(), r.dial(without)); err != nil {
		t.Errorf("health without a certificate: %v", err)
	}
	if err := reflect(without); status.Code(err) != codes.Unauthenticated {
		t.Errorf("reflection without a certificate: %v", err)
	}
	with := &tls.Config{RootCAs: servers.Pool(), Certificates: []tls.Certificate{*clients.Client(allowedDNS, "", nil)}}
	if err := reflect(with); err != nil {
		t.Errorf("reflection with a certificate: %v", err)
	}
	wrong := &tls.Config{RootCAs: servers.Pool(), Certificates: []tls.Certificate{*clients.Client("other.example", "", nil)}}
	if err := reflect(wrong); status.Code(err) != codes.PermissionDenied {
		t.Errorf("reflection with another certificate: %v", err)
	}
}

func TestOldVersionsAndPlainTextAreRefused(t *testing.T) {
	r, servers, clients := mutual(t)
	certificates := []tls.Certificate{*clients.Client(allowedDNS, "", nil)}
	old := &tls.Config{RootCAs: servers.Pool(), Certificates: certificates, MaxVersion: tls.VersionTLS12} //nolint:gosec // on purpose
	if err := call(t.Context(), r.dial(old)); status.Code(err) != codes.Unavailable || !strings.Contains(err.Error(), "protocol version") {
		t.Errorf("TLS 1.2: %v", err)
	}
	if err := healthy(t.Context(), r.dial(nil)); status.Code(err) != codes.Unavailable {
		t.Errorf("plain text: %v", err)
	}
	if err := healthy(t.Context(), r.dial(&tls.Config{RootCAs: clients.Pool()})); status.Code(err) != codes.Unavailable {
		t.Errorf("the client does not trust the server: %v", err)
	}
}

// TestReload replaces the server's certificate again and again while calls go on, on connections that stay and
// on new ones.
func TestReload(t *testing.T) {
	r, files, servers, clients := reloadable(t)
	config := func() *tls.Config {
		return &tls.Config{RootCAs: servers.Pool(), Certificates: []tls.Certificate{*clients.Client(allowedDNS, "", nil)}}
	}
	ctx, stop := context.WithCancel(t.Context())
	var calls, connections atomic.Int64
	var workers sync.WaitGroup
	work := func(once func() error) {
		workers.Go(func() {
			for ctx.Err() == nil {
				if err := once(); err != nil {
					t.Errorf("a call failed: %v", err)
					return
				}
				calls.Add(1)
			}
		})
	}
	for range 3 {
		conn := r.dial(config())
		work(func() error { return call(t.Context(), conn) })
	}
	work(func() error {
		conn := r.dial(config())
		defer conn.Close()
		connections.Add(1)
		return call(t.Context(), conn)
	})
	for serial := int64(2); serial <= 6; serial++ {
		certPEM, keyPEM := servers.Server(serial)
		certificates.Replace(t, files.CertFile, certPEM)
		time.Sleep(30 * time.Millisecond) // certificate and key do not fit together for a while
		certificates.Replace(t, files.KeyFile, keyPEM)
		testkit.Eventually(t, func() bool { return r.serial(config()) == serial })
	}
	// What cannot be used is not used.
	certificates.Replace(t, files.CertFile, []byte("no certificate"))
	time.Sleep(60 * time.Millisecond)
	if err := os.Remove(files.KeyFile); err != nil {
		t.Fatal(err)
	}
	time.Sleep(60 * time.Millisecond)
	if got := r.serial(config()); got != 6 {
		t.Errorf("serial %d, want that of the last good certificate", got)
	}
	testkit.Eventually(t, func() bool { return calls.Load() >= 50 && connections.Load() >= 5 }) // fewer show nothing
	stop()
	workers.Wait()
	t.Logf("%d calls, %d connections", calls.Load(), connections.Load())
}

// TestClientCAIsReplaced shows that connections that are open stay, and that new ones are judged by the new CA.
func TestClientCAIsReplaced(t *testing.T) {
	r, files, servers, clients := reloadable(t)
	before := &tls.Config{RootCAs: servers.Pool(), Certificates: []tls.Certificate{*clients.Client(allowedDNS, "", nil)}}
	open := r.dial(before)
	if err := call(t.Context(), open); err != nil {
		t.Fatal(err)
	}
	next := certificates.NewAuthority(t, "next")
	certificates.Replace(t, files.ClientCAFile, next.PEM())
	after := &tls.Config{RootCAs: servers.Pool(), Certificates: []tls.Certificate{*next.Client(allowedDNS, "", nil)}}
	testkit.Eventually(t, func() bool { return call(t.Context(), r.dial(after)) == nil })
	if err := call(t.Context(), open); err != nil {
		t.Errorf("on a connection that was open: %v", err)
	}
	if err := call(t.Context(), r.dial(before)); err == nil {
		t.Error("a certificate of the CA before is still good")
	}
}

func reloadable(t *testing.T) (r *running, files identity.TLSFiles, servers, clients *certificates.Authority) {
	t.Helper()
	servers, clients = certificates.NewAuthority(t, "servers"), certificates.NewAuthority(t, "clients")
	files = serverFiles(servers, 1)
	files.ClientCAFile = clients.File()
	return serve(t, "127.0.0.1:0", files, identity.Policy{ClientCertificates: true}), files, servers, clients
}

// serial is that of the certificate which the server shows in a new handshake.
func (r *running) serial(config *tls.Config) int64 {
	config.NextProtos = []string{"h2"}
	conn, err := tls.Dial("tcp", r.address.String(), config)
	if err != nil {
		r.t.Errorf("handshake: %v", err)
		return 0
	}
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
}

func TestFilesThatCannotBeUsed(t *testing.T) {
	ca := certificates.NewAuthority(t, "ca")
	good, other := serverFiles(ca, 1), serverFiles(ca, 2)
	rubbish := filepath.Join(t.TempDir(), "rubbish.pem")
	certificates.Replace(t, rubbish, []byte("rubbish"))
	for name, test := range map[string]struct {
		change func(*identity.TLSFiles)
		want   string
	}{
		"no certificate":           {func(f *identity.TLSFiles) { f.CertFile = "/nowhere.pem" }, "/nowhere.pem"},
		"the key of another":       {func(f *identity.TLSFiles) { f.KeyFile = other.KeyFile }, "does not match"},
		"a key that is none":       {func(f *identity.TLSFiles) { f.KeyFile = rubbish }, "key"},
		"no client CA":             {func(f *identity.TLSFiles) { f.ClientCAFile = "/nowhere.pem" }, "/nowhere.pem"},
		"a client CA that is none": {func(f *identity.TLSFiles) { f.ClientCAFile = rubbish }, rubbish},
	} {
		t.Run(name, func(t *testing.T) {
			files := good
			test.change(&files)
			began := time.Now()
			_, _, err := identity.NewTLS(files)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			if took := time.Since(began); took > time.Second {
				t.Errorf("took %v to find out", took)
			}
		})
	}
}

// TestClientsCannotUseServerCredentials guards against mixing the two up.
func TestClientsCannotUseServerCredentials(t *testing.T) {
	creds := identity.NewCredentials(nil)
	if _, _, err := creds.Clone().ClientHandshake(t.Context(), "", nil); err == nil {
		t.Error("a client may use them")
	}
	if unauthenticated := (*identity.UnauthenticatedError)(nil); !errors.As(fmt.Errorf("x: %w",
		identity.Policy{ClientCertificates: true}.Authorize(t.Context())), &unauthenticated) {
		t.Error("a call without a peer is let in")
	}
}
