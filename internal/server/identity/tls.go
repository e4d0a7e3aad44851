package identity

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"time"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/tls/certprovider"
	"google.golang.org/grpc/credentials/tls/certprovider/pemfile"
)

// TLSFiles names the files of a server certificate. All of them may be replaced while the server runs:
// handshakes use the new ones within RefreshInterval, and connections that are open stay.
type TLSFiles struct {
	CertFile string // the certificate chain, PEM
	KeyFile  string // its private key, PEM
	// ClientCAFile holds the CAs that sign client certificates, PEM. Empty: clients need no certificate.
	ClientCAFile string
	// RefreshInterval is how often the files are looked at, and above 0.
	RefreshInterval time.Duration
}

// handshakeWait is how long a handshake waits for files that have never been readable.
const handshakeWait = 5 * time.Second

// NewTLS returns transport credentials with TLS 1.3 and the certificate of the files, which must be readable
// and fit together now; when they do not later, the last good ones are used. A client may come without a
// certificate, so that health checks need none, and is then turned away by Policy; one that it does bring
// must be good. Close ends the watching of the files.
func NewTLS(files TLSFiles) (_ credentials.TransportCredentials, closeFiles func(), _ error) {
	if _, err := tls.LoadX509KeyPair(files.CertFile, files.KeyFile); err != nil {
		return nil, nil, fmt.Errorf("server certificate: %w", err)
	}
	if err := checkCAs(files.ClientCAFile); err != nil {
		return nil, nil, fmt.Errorf("client CAs: %w", err)
	}
	provider, err := pemfile.NewProvider(pemfile.Options{
		CertFile: files.CertFile, KeyFile: files.KeyFile, RootFile: files.ClientCAFile,
		RefreshDuration: files.RefreshInterval,
	})
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), handshakeWait)
	defer cancel()
	if _, err := provider.KeyMaterial(ctx); err != nil {
		provider.Close()
		return nil, nil, fmt.Errorf("certificate files: %w", err)
	}
	config := &tls.Config{
		MinVersion: tls.VersionTLS13,
		NextProtos: []string{"h2"},
		GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			return handshakeConfig(hello.Context(), provider)
		},
	}
	return credentials.NewTLS(config), provider.Close, nil
}

// checkCAs says what is wrong with a file of CAs, which the provider would only log and wait for.
func checkCAs(path string) error {
	if path == "" {
		return nil
	}
	pem, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if !x509.NewCertPool().AppendCertsFromPEM(pem) {
		return fmt.Errorf("%s holds no certificate in PEM form", path)
	}
	return nil
}

// handshakeConfig is the configuration of one handshake, with the files as they are now. Sessions are not
// resumed, so that every connection is judged by the CAs of its time.
func handshakeConfig(ctx context.Context, provider certprovider.Provider) (*tls.Config, error) {
	ctx, cancel := context.WithTimeout(ctx, handshakeWait)
	defer cancel()
	material, err := provider.KeyMaterial(ctx)
	if err != nil {
		return nil, err
	}
	config := &tls.Config{
		MinVersion:             tls.VersionTLS13,
		NextProtos:             []string{"h2"},
		Certificates:           material.Certs,
		SessionTicketsDisabled: true,
	}
	if material.Roots != nil {
		config.ClientAuth = tls.VerifyClientCertIfGiven
		config.ClientCAs = material.Roots
	}
	return config, nil
}
