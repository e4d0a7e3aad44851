// Package listen opens the places at which the server can be reached: TCP addresses and unix sockets.
//
//	endpoint   a place to listen at, as it is configured
//	listener   an endpoint that is open
//	local      of an endpoint: only this machine can reach it
//	stale      of a unix socket: no server listens on it any more, because the one that made it was killed
package listen

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
)

// Endpoint is one place to listen at.
type Endpoint struct {
	Network string // "tcp" or "unix"
	Address string // HOST:PORT, or the path of the socket
}

// Parse reads an endpoint from HOST:PORT, tcp://HOST:PORT, unix:///PATH or unix:PATH. An empty host stands
// for all interfaces, port 0 for any free one.
func Parse(text string) (Endpoint, error) {
	if path, ok := strings.CutPrefix(text, "unix:"); ok {
		path = strings.TrimPrefix(path, "//")
		if path == "" {
			return Endpoint{}, errors.New("a unix socket needs a path: unix:///run/planner.sock")
		}
		return Endpoint{Network: "unix", Address: path}, nil
	}
	address := strings.TrimPrefix(text, "tcp://")
	if strings.Contains(address, "://") {
		return Endpoint{}, fmt.Errorf("unknown scheme in %q: use tcp:// or unix://", text)
	}
	if _, _, err := net.SplitHostPort(address); err != nil {
		return Endpoint{}, fmt.Errorf("%q is no address: use HOST:PORT, tcp://HOST:PORT or unix:///PATH", text)
	}
	return Endpoint{Network: "tcp", Address: address}, CheckPort(address)
}

// CheckPort returns an error if HOST:PORT has a port that there cannot be: one has a number from 0 to 65535, or a name that
// the system knows.
func CheckPort(address string) error {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	if _, err := net.LookupPort("tcp", port); err != nil {
		return fmt.Errorf("%q has no usable port: use a number from 0 to 65535", address)
	}
	return nil
}

// String is the endpoint as Parse reads it.
func (e Endpoint) String() string { return e.Network + "://" + e.Address }

// Local tells whether only this machine can reach the endpoint: a unix socket or a loopback address. A host
// name other than localhost counts as not local, as it may come to mean any address.
func (e Endpoint) Local() bool {
	if e.Network == "unix" {
		return true
	}
	host, _, err := net.SplitHostPort(e.Address)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
