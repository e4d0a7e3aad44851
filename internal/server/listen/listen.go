package listen

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

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
