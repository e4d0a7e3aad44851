package listen

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]Endpoint{
		"127.0.0.1:7070":       {"tcp", "127.0.0.1:7070"},
		"tcp://127.0.0.1:7070": {"tcp", "127.0.0.1:7070"},
		":0":                   {"tcp", ":0"},
		"[::1]:7070":           {"tcp", "[::1]:7070"},
		"unix:///run/p.sock":   {"unix", "/run/p.sock"},
		"unix:p.sock":          {"unix", "p.sock"},
	} {
		got, err := Parse(text)
		if err != nil || got != want {
			t.Errorf("Parse(%q) = %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "unix:", "unix://", "http://x:1", "localhost", "/run/p.sock"} {
		if got, err := Parse(text); err == nil {
			t.Errorf("Parse(%q) = %v, want an error", text, got)
		}
	}
}

func TestLocal(t *testing.T) {
	for text, want := range map[string]bool{
		"127.0.0.1:1": true, "127.8.9.1:1": true, "[::1]:1": true, "localhost:1": true, "unix:x": true,
		":1": false, "0.0.0.0:1": false, "[::]:1": false, "10.0.0.1:1": false, "planner:1": false,
	} {
		e, err := Parse(text)
		if err != nil || e.Local() != want {
			t.Errorf("%q: local is %v (%v), want %v", text, e.Local(), err, want)
		}
	}
}

func listenAt(t *testing.T, path string) net.Listener {
	t.Helper()
	l, err := Endpoint{"unix", path}.Listen(0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func TestSocketHasItsModeAndGoesWithItsServer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.sock")
	l := listenAt(t, path)
	info, err := os.Lstat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("socket is %v, %v", info, err)
	}
	if l.Addr().String() != path {
		t.Errorf("address is %v", l.Addr())
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
		t.Errorf("listening left %v behind", left)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("the socket is still there: %v", err)
	}
}

// leaveStale leaves a socket behind as a killed server does.
func leaveStale(t *testing.T, path string) {
	t.Helper()
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Net: "unix", Name: path})
	if err != nil {
		t.Fatal(err)
	}
	dead.SetUnlinkOnClose(false)
	_ = dead.Close()
}

func TestStaleSocketIsReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.sock")
	leaveStale(t, path)
	l := listenAt(t, path)
	connection, err := net.Dial("unix", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_ = connection.Close()
}

// TestOneOfManyReplacesAStaleSocket starts many servers at once.
func TestOneOfManyReplacesAStaleSocket(t *testing.T) {
	directory := t.TempDir()
	for round := range 20 {
		path := filepath.Join(directory, fmt.Sprint(round))
		leaveStale(t, path)
		var group sync.WaitGroup
		listeners := make(chan net.Listener, 8)
		begin := make(chan struct{})
		for range cap(listeners) {
			group.Go(func() {
				<-begin
				if l, err := (Endpoint{"unix", path}).Listen(0o600); err == nil {
					listeners <- l
				}
			})
		}
		close(begin)
		group.Wait()
		if n := len(listeners); n != 1 {
			t.Errorf("%d servers have taken the socket, want 1", n)
		}
		close(listeners)
		for l := range listeners {
			_ = l.Close()
		}
	}
}

func TestLiveSocketAndOtherFilesAreKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.sock")
	listenAt(t, path)
	if _, err := (Endpoint{"unix", path}).Listen(0o600); err == nil {
		t.Error("took the socket of a live server")
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := (Endpoint{"unix", file}).Listen(0o600); err == nil {
		t.Error("took the place of a file")
	}
	if kept, _ := os.ReadFile(file); string(kept) != "precious" {
		t.Error("the file is gone")
	}
}

func TestClosingLeavesAnotherServersSocketAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.sock")
	first := listenAt(t, path)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	listenAt(t, path)
	if err := first.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("the second server's socket is gone: %v", err)
	}
}
