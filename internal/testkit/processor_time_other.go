//go:build !unix

package testkit

import "time"

var began = time.Now()

// ProcessorTime is the time that has passed, where that of computing is not known.
func ProcessorTime() time.Duration { return time.Since(began) }
