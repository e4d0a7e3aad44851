// Package listen opens the places at which the server can be reached: TCP addresses and unix sockets.
//
//	endpoint   a place to listen at, as it is configured
//	listener   an endpoint that is open
//	local      of an endpoint: only this machine can reach it
//	stale      of a unix socket: no server listens on it any more, because the one that made it was killed
package listen

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
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

// Listen opens the endpoint. A unix socket gets the mode before anyone can connect to it, takes the place of
// one that no server listens on any more, and is removed when it is closed. One on which a server answers,
// or a file of another kind, is left alone and an error.
func (e Endpoint) Listen(mode fs.FileMode) (net.Listener, error) {
	if e.Network == "unix" {
		return listenUnix(e.Address, mode)
	}
	return net.Listen("tcp", e.Address)
}

// dialTimeout is how long a server on a socket has to accept; a busy one counts as alive.
const dialTimeout = time.Second

func listenUnix(path string, mode fs.FileMode) (net.Listener, error) {
	// Of several servers that start at once, one finds the stale socket, and the others the first one's.
	unlock, err := lockDirectory(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("listen on unix socket %s: %w", path, err)
	}
	defer unlock()
	if err := checkStale(path); err != nil {
		return nil, err
	}
	// The socket is made under another name and moved once it has its mode, so that nobody gets in before.
	directory, err := os.MkdirTemp(filepath.Dir(path), ".planner-")
	if err != nil {
		return nil, fmt.Errorf("listen on unix socket %s: %w", path, err)
	}
	defer func() { _ = os.RemoveAll(directory) }()
	name := filepath.Join(directory, "s")
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Net: "unix", Name: name})
	if err != nil {
		return nil, err
	}
	listener.SetUnlinkOnClose(false)
	if err := publish(name, path, mode); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	made, err := os.Lstat(path)
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	return &unixListener{UnixListener: listener, path: path, made: made}, nil
}

func publish(name, path string, mode fs.FileMode) error {
	if err := os.Chmod(name, mode); err != nil {
		return err
	}
	return os.Rename(name, path)
}

// checkStale returns an error unless the path is free or holds a socket that nobody listens on.
func checkStale(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode().Type() != fs.ModeSocket:
		return fmt.Errorf("%s exists and is not a socket: remove it or choose another path", path)
	}
	ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
	defer cancel()
	connection, err := new(net.Dialer).DialContext(ctx, "unix", path)
	if err == nil {
		_ = connection.Close()
	}
	if err == nil || !errors.Is(err, syscall.ECONNREFUSED) && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("another server listens on %s: stop it or choose another path", path)
	}
	return nil
}

// unixListener removes its socket when it is closed, unless another one has taken the place.
type unixListener struct {
	*net.UnixListener
	path string
	made fs.FileInfo
	once sync.Once
}

// Addr is the path that clients connect to.
func (l *unixListener) Addr() net.Addr { return &net.UnixAddr{Net: "unix", Name: l.path} }

func (l *unixListener) Close() error {
	l.once.Do(func() {
		if now, err := os.Lstat(l.path); err == nil && os.SameFile(now, l.made) {
			_ = os.Remove(l.path)
		}
	})
	return l.UnixListener.Close()
}
