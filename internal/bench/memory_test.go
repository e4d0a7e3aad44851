package bench

import (
	"context"
	"flag"
	"os"
	"runtime"
	"sync"
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit"

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
			t.Logf("%d MB before planning", testkit.PeakMemory(t, os.Getpid())>>10)
			if _, err := q.plan(); err != nil {
				t.Fatal(err)
			}
			t.Logf("%d MB after planning", testkit.PeakMemory(t, os.Getpid())>>10)
		})
	}
	t.Run("serve-64-calls", func(t *testing.T) {
		address := serve(t, server.Config{})
		q := ask(t, "setting-everywhere", 16)
		t.Logf("%d MB before the calls", testkit.PeakMemory(t, os.Getpid())>>10)
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
		t.Logf("%d MB after them, callers included", testkit.PeakMemory(t, os.Getpid())>>10)
	})
}
