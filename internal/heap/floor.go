// Package heap lets the garbage collector wait until there is something to collect.
package heap

import (
	"math"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
)

// DefaultFloor is little beside what a server has to be given for its limits, and much beside what a small call takes.
const DefaultFloor = 64 << 20

// usual is the percentage by which the heap may grow before it is collected, as Go has it: GOGC.
const usual = 100

// Floor lets the heap of the process grow to about so many bytes before garbage is collected. Of a process that keeps
// little alive, Go lets it grow by a few megabytes only, and collects hundreds of times a second under load. A heap that
// is larger than half of the floor by what it keeps alive is collected as usual. A memory limit
// (debug.SetMemoryLimit) counts before the floor.
//
// It sets the percentage of GOGC after each collection, until stop is called, which sets it to the usual one.
func Floor(bytes int64) (stop func()) {
	f := &floor{bytes: bytes}
	f.adjust()
	f.watch()
	return f.stop
}

type floor struct {
	bytes   int64
	stopped atomic.Bool
	percent int // what is set
}

// watch adjusts the percentage after each collection: each finds a value that nothing holds.
func (f *floor) watch() {
	runtime.AddCleanup(&struct{ _ [16]byte }{}, func(f *floor) {
		if f.stopped.Load() {
			return
		}
		f.adjust()
		f.watch()
	}, f)
}

func (f *floor) stop() {
	f.stopped.Store(true)
	debug.SetGCPercent(usual)
}

// adjust sets the percentage with which the next collection begins at the floor, if it is more than the usual one.
func (f *floor) adjust() {
	samples := []metrics.Sample{
		{Name: "/gc/heap/live:bytes"}, {Name: "/gc/scan/stack:bytes"}, {Name: "/gc/scan/globals:bytes"},
	}
	metrics.Read(samples)
	live, roots := bytesOf(samples[0]), bytesOf(samples[1])+bytesOf(samples[2])
	percent := percentFor(f.bytes, live, roots)
	if percent == f.percent {
		return
	}
	f.percent = percent
	debug.SetGCPercent(percent)
}

// leastAlive is taken as alive at least. What is alive differs from one collection to the next, most where it is
// little, and the percentage is set a moment after the collection of which it is to multiply the result.
const leastAlive = 4 << 20

// percentFor is how much the heap may grow in percent. The next collection begins when it has what was alive, and the
// percentage of that and of the roots: see the documentation of runtime/debug.SetGCPercent.
func percentFor(floor, live, roots int64) int {
	if live >= floor {
		return usual
	}
	percent := float64(floor-live) * 100 / float64(max(live+roots, leastAlive))
	return int(min(max(percent, usual), math.MaxInt32))
}

func bytesOf(s metrics.Sample) int64 {
	if s.Value.Kind() != metrics.KindUint64 {
		return 0 // this Go does not know it
	}
	return int64(min(s.Value.Uint64(), math.MaxInt64))
}
