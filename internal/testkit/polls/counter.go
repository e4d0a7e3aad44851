// Package polls is what tests need to show that a computation can be stopped anywhere: counts of its polls, and a look
// for them in its source.
package polls

import "github.com/pgplanner/pgplanner/internal/interrupt"

// Counter is a Poller that counts.
type Counter struct {
	*interrupt.Poller
	// Polls is how many there were so far, and Units what they counted.
	Polls, Units int
}

// Count returns a Counter that never stops.
func Count() *Counter { return StopAt(0) }

// StopAt returns a Counter that is told to stop at its poll of that number, from 1.
func StopAt(number int) *Counter {
	c, done := &Counter{}, make(chan struct{})
	c.Poller = interrupt.Watched(done, func(units int) {
		c.Units += units
		if c.Polls++; c.Polls == number {
			close(done)
		}
	})
	return c
}
