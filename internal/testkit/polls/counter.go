// Package polls is what tests need to show that a computation can be stopped anywhere: counts of its polls, and a look
// for them in its source.
package polls

import (
	"errors"
	"slices"
	"testing"

	"github.com/pgplanner/pgplanner/internal/interrupt"
)

// Counter is a Poller that counts.
type Counter struct {
	*interrupt.Poller
	// Polls is how many there were so far, and Units what they counted.
	Polls, Units int
}

// Count returns a Counter that never stops.
func Count() *Counter { return stopAt(0) }

// stopAt returns a Counter that is told to stop at its poll of that number, from 1.
func stopAt(number int) *Counter {
	c, done := &Counter{}, make(chan struct{})
	c.Poller = interrupt.Watched(done, func(units int) {
		c.Units += units
		if c.Polls++; c.Polls == number {
			close(done)
		}
	})
	return c
}

// CheckStops stops a computation at the first poll, at the last one, and between them. Each time it has to end with
// interrupt.ErrInterrupted, and with no more than a few further polls.
func CheckStops(t *testing.T, few int, compute func(*interrupt.Poller) error) {
	t.Helper()
	all := Count()
	_ = compute(all.Poller)
	for _, at := range slices.Compact([]int{1, min(2, all.Polls), all.Polls / 4, all.Polls / 2, all.Polls * 3 / 4, all.Polls}) {
		c := stopAt(max(at, 1))
		if err := compute(c.Poller); !errors.Is(err, interrupt.ErrInterrupted) || c.Polls > at+few {
			t.Errorf("stopped at %d of %d polls: got %v, and %d polls", at, all.Polls, err, c.Polls)
		}
	}
}
