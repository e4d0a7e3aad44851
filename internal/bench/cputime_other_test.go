//go:build !unix

package bench

import "time"

var began = time.Now()

// cpuTime is the time that has passed, where that of computing is not known.
func cpuTime() time.Duration { return time.Since(began) }
