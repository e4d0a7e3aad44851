package bench

import (
	"context"
	"fmt"
	"testing"

	"github.com/pgplanner/pgplanner/internal/server"
	"github.com/pgplanner/pgplanner/internal/testkit"
)

// BenchmarkServe measures calls over gRPC on the loopback interface, one after the other. Time and memory are
// those of the server and of its caller, which encodes the request and decodes the answer. The plans are
// judged before they are sent, as they are by default.
func BenchmarkServe(b *testing.B) {
	conn := dial(b, serve(b, server.Config{}))
	for _, f := range forms {
		for _, c := range cases {
			for _, n := range []int{2, 3, 4, 8, 16, 32, 64} {
				b.Run(fmt.Sprintf("form=%s/case=%s/nodes=%d", f.name, c.name, n), func(b *testing.B) {
					call := c.ask(n).caller(b, conn, f)
					b.ReportAllocs()
					began := testkit.ProcessorTime()
					for b.Loop() {
						if err := call(context.Background()); err != nil {
							b.Fatal(err)
						}
					}
					reportCPU(b, testkit.ProcessorTime()-began)
				})
			}
		}
	}
}
