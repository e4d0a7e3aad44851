//go:build unix

package testkit

import (
	"syscall"
	"time"
)

// ProcessorTime is how long the process has computed so far. Unlike the time that has passed, it does not depend on
// what else the machine does.
func ProcessorTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
