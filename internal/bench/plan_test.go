package bench

import (
	"fmt"
	"testing"
	"time"

	"github.com/pgplanner/pgplanner/internal/testkit/execution"

	"github.com/pgplanner/pgplanner/internal/testkit"
)

// BenchmarkPlan measures planning alone: no request, no answer.
func BenchmarkPlan(b *testing.B) {
	for _, c := range cases {
		for _, n := range []int{2, 3, 4, 8, 16, 32, 64, 128, 256} {
			b.Run(fmt.Sprintf("case=%s/nodes=%d", c.name, n), func(b *testing.B) {
				q := c.ask(n)
				events := 0
				b.ReportAllocs()
				began := testkit.ProcessorTime()
				for b.Loop() {
					plans, err := q.plan()
					if err != nil {
						b.Fatal(err)
					}
					events = execution.Count(plans...)
				}
				reportCPU(b, testkit.ProcessorTime()-began)
				b.ReportMetric(float64(q.start.Len()), "resources")
				b.ReportMetric(float64(events), "events")
			})
		}
	}
}

// reportCPU reports the time of all processors together: on a machine that does other things too, it says
// more than the time that passes.
func reportCPU(b *testing.B, total time.Duration) {
	b.Helper()
	b.ReportMetric(float64(total.Nanoseconds())/float64(b.N), "cpu-ns/op")
}
