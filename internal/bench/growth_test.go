package bench

import (
	"flag"
	"math"
	"runtime"
	"testing"
	"time"

	"github.com/pgplanner/pgplanner/internal/testkit/execution"

	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/testkit"
)

var growth = flag.Bool("growth", false, "check how the cost of planning grows with the database")

// maxGrowth is by how much the cost of a resource may grow from the smallest to the largest database.
const maxGrowth = 2

// costs is what planning took, per resource of start and end and per event.
type costs struct{ size, nanoseconds, bytes float64 }

// TestGrowth plans each case for databases of 32 to 256 nodes, and fits how time and bytes allocated per
// resource and event grow. A plan that costs more than its start, its end and its events together has a
// factor far above 2: 8 if it goes through all nodes for each resource.
func TestGrowth(t *testing.T) {
	if !*growth {
		t.Skip("only with -growth")
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var all []costs
			for _, n := range []int{32, 64, 128, 256} {
				all = append(all, measure(t, c.ask(n)))
			}
			for _, x := range all {
				t.Logf("%7.0f resources and events: %5.0f ns and %4.0f bytes for each", x.size, x.nanoseconds, x.bytes)
			}
			for what, of := range map[string]func(costs) float64{
				"time":  func(x costs) float64 { return x.nanoseconds },
				"bytes": func(x costs) float64 { return x.bytes },
			} {
				factor := fit(all, of)
				t.Logf("%s: grows by a factor of %.2f", what, factor)
				if factor > maxGrowth {
					t.Errorf("%s: grows by a factor of %.2f, more than %d", what, factor, maxGrowth)
				}
			}
		})
	}
}

// batch is how many resources and events are planned at a time, by one large plan or many small ones: otherwise a
// small one would be over before the memory that it takes has to be collected.
const batch = 250_000

// measure plans batches several times. The least time counts, of all processors together: what else the machine
// does only adds to it.
func measure(t *testing.T, q *question) costs {
	t.Helper()
	nodes := q.nodes
	for _, target := range q.targets {
		nodes = append(nodes[:len(nodes):len(nodes)], target.ToNodeResources())
	}
	end, err := planner.EndState(nodes)
	if err != nil {
		t.Fatal(err)
	}
	size := float64(q.start.Len() + end.Len())
	plans, err := q.plan()
	if err != nil {
		t.Fatal(err)
	}
	size += float64(execution.Count(plans...))
	count := math.Ceil(batch / size)
	least := time.Duration(math.MaxInt64)
	var before, after runtime.MemStats
	for began, runs := time.Now(), 0; runs < 3 || runs < 50 && time.Since(began) < time.Second; runs++ {
		runtime.GC()
		runtime.ReadMemStats(&before)
		start := testkit.ProcessorTime()
		for range int(count) {
			if _, err := q.plan(); err != nil {
				t.Fatal(err)
			}
		}
		least = min(least, testkit.ProcessorTime()-start)
		runtime.ReadMemStats(&after)
	}
	return costs{
		size, float64(least.Nanoseconds()) / count / size, float64(after.TotalAlloc-before.TotalAlloc) / count / size,
	}
}

// fit fits a power of the size to the costs, by least squares of the logarithms, and returns by how much the
// power grows from the first to the last.
func fit(all []costs, of func(costs) float64) float64 {
	var x, y, xx, xy float64
	for _, c := range all {
		lx, ly := math.Log(c.size), math.Log(of(c))
		x, y, xx, xy = x+lx, y+ly, xx+lx*lx, xy+lx*ly
	}
	n := float64(len(all))
	slope := (n*xy - x*y) / (n*xx - x*x)
	return math.Pow(all[len(all)-1].size/all[0].size, slope)
}
