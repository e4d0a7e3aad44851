package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pgplanner/pgplanner/internal/testkit"

	"google.golang.org/grpc"
)

var collection = flag.Bool("collection", false, "measure how settings of the garbage collector change throughput and memory")

// TestCollection has 64 callers call servers that differ in how they collect garbage, in turns, and reports throughput
// and the peak resident size of each. The servers are processes of their own, with the memory limit that the unit file
// gives them.
func TestCollection(t *testing.T) {
	if !*collection {
		t.Skip("only with -collection")
	}
	binary := filepath.Join(t.TempDir(), "planner-server")
	if out, err := exec.Command("go", "build", "-o", binary, "../../cmd/planner-server").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	settings := []string{fmt.Sprintf("GOGC=%d", shippedGOGC), "GOGC=100", "GOGC=200", "GOGC=300", "GOGC=800"}
	for _, load := range []struct {
		what    string
		nodes   int
		callers int
	}{
		{"one-instance", 3, 64}, {"one-instance", 3, 1}, {"setting-everywhere", 16, 64}, {"setting-everywhere", 64, 8},
	} {
		q := ask(t, load.what, load.nodes)
		servers := make([]*startedServer, len(settings))
		for i, setting := range settings {
			servers[i] = startServer(t, binary, setting)
		}
		took := make([][][]time.Duration, len(settings)) // of each setting, in each round
		computed := make([][]time.Duration, len(settings))
		for range rounds {
			for i, s := range servers {
				call := service{settings[i], s.address, func(conn *grpc.ClientConn) func(context.Context) error { return q.caller(t, conn, forms[0]) }}
				before := s.computed(t)
				calls := drive(t, call, load.callers)
				took[i] = append(took[i], calls)
				computed[i] = append(computed[i], (s.computed(t)-before)/time.Duration(len(calls)))
			}
		}
		for i, s := range servers {
			var rates, costs []string
			for round, calls := range took[i] {
				rates = append(rates, fmt.Sprintf("%.2f", float64(len(calls))/float64(len(took[0][round]))))
				costs = append(costs, fmt.Sprintf("%.2f", float64(computed[i][round])/float64(computed[0][round])))
			}
			all := slices.Sorted(slices.Values(slices.Concat(took[i]...)))
			t.Logf("%-18s %2d nodes, %2d callers, %-8s: %6.0f plans/s, %v of the first's, p99 %6.1f ms; %v of the processors for each, %v of the first's; peak %4d MB",
				load.what, load.nodes, load.callers, settings[i], float64(len(all))/(rounds*loadTime.Seconds()), rates,
				float64(all[len(all)*99/100])/1e6, slices.Min(computed[i]), costs, testkit.PeakMemory(t, s.pid)>>10)
		}
	}
}

// startedServer is a server in a process of its own.
type startedServer struct {
	address string
	pid     int
}

// startServer starts one with a variable of the environment.
func startServer(t *testing.T, binary, setting string) *startedServer {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, "--listen", "127.0.0.1:0", "--admin-listen", "off")
	cmd.Env = append(os.Environ(), "GOMEMLIMIT=2700MiB", setting)
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		var line struct{ Msg, Address string }
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "listening" {
			go func() {
				for lines.Scan() { // nobody reads the rest
				}
			}()
			return &startedServer{line.Address, cmd.Process.Pid}
		}
	}
	t.Fatal("the server does not listen")
	return nil
}

// computed is how long the server has computed so far, with the calls that connect: to 10 ms.
func (s *startedServer) computed(t *testing.T) time.Duration {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.pid))
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(text)
	ticks := 0
	for _, field := range fields[11:13] {
		n, err := strconv.Atoi(field)
		if err != nil {
			t.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}
