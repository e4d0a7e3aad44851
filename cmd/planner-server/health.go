package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
)

// probeTimeout bounds a health probe, as container runtimes do.
const probeTimeout = 5 * time.Second

// probe asks the server that has this configuration whether it serves. It connects to the first listener.
// It sends nothing but the question, and does not check the server's certificate, which names other hosts
// than the one that a probe connects to. No proxy of the environment comes in between.
func probe(cfg config) error {
	endpoint := cfg.listen[0]
	target := "unix:" + endpoint.Address
	creds := insecure.NewCredentials()
	if endpoint.Network == "tcp" {
		host, port, err := net.SplitHostPort(endpoint.Address)
		if err != nil {
			return err
		}
		if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
			host = "localhost"
		}
		target = "dns:///" + net.JoinHostPort(host, port)
		if cfg.tls.CertFile != "" {
			creds = credentials.NewTLS(&tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS13}) //nolint:gosec // see above
		}
	}
	conn, err := grpc.NewClient(target, grpc.WithTransportCredentials(creds), grpc.WithNoProxy())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	ctx, cancel := context.WithTimeout(context.Background(), probeTimeout)
	defer cancel()
	answer, err := healthv1.NewHealthClient(conn).Check(ctx, &healthv1.HealthCheckRequest{})
	if err != nil {
		return err
	}
	if answer.GetStatus() != healthv1.HealthCheckResponse_SERVING {
		return fmt.Errorf("the server is %s", answer.GetStatus())
	}
	return nil
}
