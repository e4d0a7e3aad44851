package server

import (
	"context"
	"testing"
	"time"

	"google.golang.org/grpc/connectivity"

	"github.com/pgplanner/pgplanner/internal/testkit"
)

// TestConnectionAge calls for longer than connections may last: they are replaced, and no call fails.
func TestConnectionAge(t *testing.T) {
	h := start(t, Config{MaxConnectionAge: 50 * time.Millisecond}, nil)
	renewed := 0
	for renewed < 3 {
		if _, err := h.update(wantNodes("n1")); err != nil {
			t.Fatal(err)
		}
		if h.conn.GetState() != connectivity.Ready {
			renewed++
			ctx, cancel := context.WithTimeout(t.Context(), testkit.Hangs)
			defer cancel()
			for state := h.conn.GetState(); state != connectivity.Ready; state = h.conn.GetState() {
				h.conn.Connect() // again: on a busy machine, one is made and gets old before it is seen to be ready
				if !h.conn.WaitForStateChange(ctx, state) {
					t.Fatal("no connection any more")
				}
			}
		}
	}
}
