package client

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
)

// MaxMessageBytes is the largest message that a connection of Dial takes, and the largest that the API lets a
// server send: see ResponseOptions.max_message_bytes. It is also how much of a request is kept for a retry.
const MaxMessageBytes = 64 << 20

// Dial returns a client of the planner at target, which is written as gRPC understands it: "host:port" and
// "dns:///host:port" for TCP, "unix:///run/planner/planner.sock" for a socket. It does not wait for a connection:
// the first call makes it.
//
// Creds say how to trust the server: TLS, or credentials/insecure for plain text over TCP. Nil means plain text, and
// is only taken for sockets.
//
// The connection uses ServiceConfig and takes messages of up to MaxMessageBytes. While calls wait on it and nothing has
// come for 20 s, it asks whether the server is still there, and fails with UNAVAILABLE if there is no answer for 5 s:
// without that, a machine that is cut off would be noticed many minutes later. Options come last and so win.
func Dial(target string, creds credentials.TransportCredentials, opts ...grpc.DialOption) (*Client, error) {
	if creds == nil {
		if !isSocket(target) {
			return nil, fmt.Errorf("dial %s: credentials are required: use TLS, or credentials/insecure", target)
		}
		creds = insecure.NewCredentials()
	}
	defaults := []grpc.DialOption{
		grpc.WithTransportCredentials(creds),
		grpc.WithDefaultServiceConfig(ServiceConfig),
		grpc.WithDefaultCallOptions(
			grpc.MaxCallRecvMsgSize(MaxMessageBytes),
			// A request that does not fit is not repeated, and with the default of 256 KiB many would not.
			grpc.MaxRetryRPCBufferSize(MaxMessageBytes),
		),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 20 * time.Second, Timeout: 5 * time.Second}),
	}
	conn, err := grpc.NewClient(target, append(defaults, opts...)...)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", target, err)
	}
	return &Client{conn: conn, close: conn.Close}, nil
}

func isSocket(target string) bool {
	return strings.HasPrefix(target, "unix:") || strings.HasPrefix(target, "unix-abstract:")
}

// TLS makes credentials from PEM files. The server's certificate must be signed by one in caFile, or, if that is
// empty, by one that the system trusts. With certFile and keyFile, which come together, the client shows a
// certificate of its own (mutual TLS), which is read again for every connection, so that it may be renewed; the CA
// certificates are read once.
func TLS(caFile, certFile, keyFile string) (credentials.TransportCredentials, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if caFile != "" {
		pem, err := os.ReadFile(caFile)
		if err != nil {
			return nil, fmt.Errorf("CA certificates: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("CA certificates: %s holds none in PEM form", caFile)
		}
	}
	if (certFile == "") != (keyFile == "") {
		return nil, errors.New("client certificate: certificate and key come together")
	}
	if certFile != "" {
		own := func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			pair, err := tls.LoadX509KeyPair(certFile, keyFile)
			if err != nil {
				return nil, fmt.Errorf("client certificate: %w", err)
			}
			return &pair, nil
		}
		if _, err := own(nil); err != nil {
			return nil, err
		}
		config.GetClientCertificate = own
	}
	return credentials.NewTLS(config), nil
}
