// Package certificates makes certificates of servers and clients for tests. Servers are at 127.0.0.1.
package certificates

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Authority is a CA.
type Authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// NewAuthority makes a CA of that common name.
func NewAuthority(t *testing.T, name string) *Authority {
	t.Helper()
	template := valid(1, name, x509.KeyUsageCertSign)
	template.IsCA = true
	return selfSigned(t, template)
}

// SelfSigned writes a certificate that is its own CA, for servers and for clients, to the files tls.crt and tls.key of a
// directory.
func SelfSigned(t *testing.T, directory string) (certFile, keyFile string) {
	t.Helper()
	template := valid(1, "", x509.KeyUsageDigitalSignature|x509.KeyUsageCertSign)
	template.IsCA = true
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	template.IPAddresses, template.DNSNames = []net.IP{net.IPv4(127, 0, 0, 1)}, []string{"orchestrator"}
	a := selfSigned(t, template)
	return write(t, directory, PEM(a.cert), keyPEM(t, a.key))
}

// Pool trusts the CA.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// PEM is the CA's certificate.
func (a *Authority) PEM() []byte { return PEM(a.cert) }

// File holds the CA's certificate.
func (a *Authority) File() string {
	path := filepath.Join(a.t.TempDir(), "ca.pem")
	Replace(a.t, path, a.PEM())
	return path
}

// Client is a client's certificate with these names among its SANs, changed by the function, if any.
func (a *Authority) Client(dns, uri string, change func(*x509.Certificate)) *tls.Certificate {
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
	cert := sign(a.t, template, a.cert, key, a.key)
	return &tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key, Leaf: cert}
}

// Server is a server's certificate and its key, PEM.
func (a *Authority) Server(serial int64) (cert, key []byte) {
	a.t.Helper()
	template := leaf(serial, x509.ExtKeyUsageServerAuth)
	template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	private := newKey(a.t)
	return PEM(sign(a.t, template, a.cert, private, a.key)), keyPEM(a.t, private)
}

// ServerFiles are files of a server's certificate and of its key.
func (a *Authority) ServerFiles(serial int64) (certFile, keyFile string) {
	a.t.Helper()
	cert, key := a.Server(serial)
	return write(a.t, a.t.TempDir(), cert, key)
}

// PEM is a certificate as text.
func PEM(cert *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
}

// Replace puts a file in place at once, as cert-manager and Kubernetes do.
func Replace(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path+".new", content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, directory string, cert, key []byte) (certFile, keyFile string) {
	t.Helper()
	certFile, keyFile = filepath.Join(directory, "tls.crt"), filepath.Join(directory, "tls.key")
	Replace(t, certFile, cert)
	Replace(t, keyFile, key)
	return certFile, keyFile
}

// valid is a template of what is valid now.
func valid(serial int64, name string, usage x509.KeyUsage) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		BasicConstraintsValid: true, KeyUsage: usage,
	}
}

func leaf(serial int64, usage x509.ExtKeyUsage) *x509.Certificate {
	template := valid(serial, "common names are not looked at", x509.KeyUsageDigitalSignature)
	template.ExtKeyUsage = []x509.ExtKeyUsage{usage}
	return template
}

func selfSigned(t *testing.T, template *x509.Certificate) *Authority {
	t.Helper()
	key := newKey(t)
	return &Authority{t: t, cert: sign(t, template, template, key, key), key: key}
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// sign signs a certificate of a key with another key, that of its parent.
func sign(t *testing.T, template, parent *x509.Certificate, key, with *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, with)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func keyPEM(t *testing.T, key *ecdsa.PrivateKey) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}
