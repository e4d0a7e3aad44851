package testkit

import (
	"testing"
	"time"
)

// Hangs is after how long something hangs, on however busy a machine.
const Hangs = time.Minute

// Eventually waits until the condition holds, and fails if it hangs.
func Eventually(t *testing.T, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(Hangs); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it did not happen within %v", Hangs)
		}
	}
}
