package server

import (
	"testing"
	"time"

	"google.golang.org/grpc/connectivity"
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
			h.conn.Connect()
			for state := h.conn.GetState(); state != connectivity.Ready; state = h.conn.GetState() {
				if !h.conn.WaitForStateChange(t.Context(), state) {
					t.Fatal("no connection any more")
				}
			}
		}
	}
}
