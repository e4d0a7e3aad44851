package examples_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pgplanner/pgplanner/internal/testkit"
)

// TestExamplesOverGRPC sends every example as the README says, to the real server with grpcurl, and wants
// the plans that the planner makes in process, down to their digest. It builds grpcurl, which takes a
// minute the first time.
func TestExamplesOverGRPC(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and starts the server, and builds grpcurl")
	}
	address := startServer(t)
	grpcurl := strings.TrimSpace(string(output(t, exec.Command("go", "tool", "-modfile=../tools/go.mod", "-n", "grpcurl"))))
	planview := build(t, "./internal/planview")
	for _, e := range examples {
		t.Run(e.file, func(t *testing.T) {
			want, err := plan(e.file, e.rpc)
			if err != nil {
				t.Fatal(err)
			}
			stream := output(t, call(t, grpcurl, address, e.rpc, e.file))
			if got := digest(t, stream); got != want.GetDigest() {
				t.Errorf("digest %s, want %s", got, want.GetDigest())
			}
			view := exec.Command(planview)
			view.Stdin = bytes.NewReader(stream)
			if text := string(output(t, view)); !strings.HasSuffix(text, "\ndigest "+want.GetDigest()+"\n") {
				t.Errorf("planview printed\n%s", text)
			}
		})
	}
	t.Run(mistakes, func(t *testing.T) {
		out, err := call(t, grpcurl, address, updateDatabase, mistakes).CombinedOutput()
		if err == nil || !bytes.Contains(out, []byte("Code: InvalidArgument")) {
			t.Fatalf("got %v\n%s", err, out)
		}
		for _, v := range violations {
			field, err := json.Marshal(v.Field)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Contains(out, field) {
				t.Errorf("%s is not named in\n%s", v.Field, out)
			}
		}
	})
}

// call is the command that the README gives for an example.
func call(t *testing.T, grpcurl, address, rpc, file string) *exec.Cmd {
	t.Helper()
	request, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { request.Close() })
	c := exec.Command(grpcurl, "-plaintext", "-d", "@", address, rpc)
	c.Stdin = request
	return c
}

// digest is that of the summary, with which a stream ends.
func digest(t *testing.T, stream []byte) string {
	t.Helper()
	var last struct{ Summary struct{ Digest string } }
	for decoder := json.NewDecoder(bytes.NewReader(stream)); decoder.More(); {
		if err := decoder.Decode(&last); err != nil {
			t.Fatal(err)
		}
	}
	return last.Summary.Digest
}

// startServer starts the server on a free port, and returns its address. It is stopped after the test, and
// has to stop cleanly.
func startServer(t *testing.T) string {
	t.Helper()
	server := exec.Command(build(t, "../cmd/planner-server"), "--listen", "127.0.0.1:0", "--admin-listen", "off", "--log-format", "json")
	log, err := server.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	addresses := make(chan string, 1)
	go func() {
		for lines := bufio.NewScanner(log); lines.Scan(); {
			var line struct{ Msg, Address string }
			if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "listening" {
				addresses <- line.Address
			}
		}
		close(addresses)
	}()
	t.Cleanup(func() {
		if err := server.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		for range addresses {
		}
		if err := server.Wait(); err != nil {
			t.Errorf("the server did not stop cleanly: %v", err)
		}
	})
	select {
	case address, ok := <-addresses:
		if !ok {
			t.Fatal("the server ended at once")
		}
		return address
	case <-time.After(testkit.Hangs):
		t.Fatal("the server does not say that it listens")
	}
	return ""
}

func build(t *testing.T, directory string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), filepath.Base(directory))
	output(t, exec.Command("go", "build", "-buildvcs=false", "-o", binary, directory))
	return binary
}

// output runs a command that has to succeed.
func output(t *testing.T, c *exec.Cmd) []byte {
	t.Helper()
	var problems bytes.Buffer
	c.Stderr = &problems
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", c.Args, err, problems.String())
	}
	return out
}
