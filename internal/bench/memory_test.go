package bench

import (
	"context"
	"flag"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/pgplanner/pgplanner/internal/server"
)

var memory = flag.Bool("memory", false, "measure the peak resident size: each subtest in a process of its own")

// TestMemory reports the peak resident size of this process, so that only one of its subtests may run.
func TestMemory(t *testing.T) {
	if !*memory {
		t.Skip("only with -memory")
	}
	for _, c := range []string{"rolling-no-op", "create"} {
		t.Run("plan-256-nodes-"+c, func(t *testing.T) {
			q := ask(t, c, 256)
			runtime.GC()
			t.Logf("%d MB before planning", peak(t))
			if _, err := q.plan(); err != nil {
				t.Fatal(err)
			}
			t.Logf("%d MB after planning", peak(t))
		})
	}
	t.Run("serve-64-calls", func(t *testing.T) {
		address := serve(t, server.Config{})
		q := ask(t, "setting-everywhere", 16)
		t.Logf("%d MB before the calls", peak(t))
		var done sync.WaitGroup
		for range 64 {
			call := q.caller(t, dial(t, address), forms[0])
			done.Go(func() {
				for range 5 {
					if err := call(context.Background()); err != nil {
						t.Error(err)
					}
				}
			})
		}
		done.Wait()
		t.Logf("%d MB after them, callers included", peak(t))
	})
}

// peak is the largest resident size that the process has had, in MB.
func peak(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("needs the proc file system of Linux")
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kilobytes, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		t.Fatal(err)
	}
	return kilobytes >> 10
}
