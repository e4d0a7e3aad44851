package heap

import (
	"runtime"
	"runtime/metrics"
	"testing"
	"time"
)

const mega = 1 << 20

// collections is how often garbage is collected while so many megabytes of it are made.
func collections(megabytes int) uint32 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range megabytes {
		garbage = make([]byte, mega)
		runtime.Gosched() // lets the floor be adjusted
	}
	runtime.ReadMemStats(&after)
	return after.NumGC - before.NumGC
}

var garbage, kept []byte

// A small heap is collected rarely with a floor, and as often as ever without.
func TestFloor(t *testing.T) {
	runtime.GC()
	without := collections(1024)
	stop := Floor(64 * mega)
	runtime.GC()
	with := collections(1024)
	stop()
	runtime.GC()
	again := collections(1024)
	t.Logf("%d collections without, %d with a floor, %d without", without, with, again)
	if with > 4*1024/64 || without < 2*with || again < 2*with {
		t.Errorf("%d collections without, %d with a floor, %d without", without, with, again)
	}
}

// A heap that keeps more alive than the floor is collected as usual.
func TestFloorOfALargeHeap(t *testing.T) {
	stop := Floor(16 * mega)
	defer stop()
	kept = make([]byte, 64*mega)
	defer func() { kept = nil }()
	for deadline := time.Now().Add(10 * time.Second); ; {
		runtime.GC()
		sample := []metrics.Sample{{Name: "/gc/gogc:percent"}}
		metrics.Read(sample)
		if sample[0].Value.Uint64() == usual {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the percentage is %d", sample[0].Value.Uint64())
		}
		time.Sleep(time.Millisecond) // cleanups run beside it
	}
}

func TestPercent(t *testing.T) {
	for _, test := range []struct {
		floor, live, roots int64
		percent            int
	}{
		{64 * mega, 0, 0, 1600}, // as if there were 4 megabytes
		{64 * mega, mega, mega, 1575},
		{64 * mega, 4 * mega, 0, 1500},
		{64 * mega, 4 * mega, 2 * mega, 1000},
		{64 * mega, 32 * mega, 0, 100},
		{64 * mega, 33 * mega, 0, 100},
		{64 * mega, 640 * mega, 0, 100},
		{0, 5 * mega, 0, 100},
		{1 << 62, 0, 0, 1<<31 - 1},
	} {
		if got := percentFor(test.floor, test.live, test.roots); got != test.percent {
			t.Errorf("%+v: got %d", test, got)
		}
	}
}
