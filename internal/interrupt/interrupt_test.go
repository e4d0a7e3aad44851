package interrupt

import (
	"errors"
	"testing"
)

func TestNilNeverStops(t *testing.T) {
	p := When(nil)
	if p != nil || p.Stopped() || p.Spend(1<<30) || p.Err() != nil {
		t.Error("without a channel, nothing stops")
	}
}

func TestStopsSoonAndForGood(t *testing.T) {
	done := make(chan struct{})
	p := When(done)
	for range 10 * Every {
		if p.Stopped() || p.Err() != nil {
			t.Fatal("stopped before it was told to")
		}
	}
	close(done)
	n := 1
	for !p.Stopped() {
		n++
	}
	if n > Every {
		t.Errorf("went on for %d units, at most %d are promised", n, Every)
	}
	if !p.Stopped() || !p.Spend(0) || !errors.Is(p.Err(), ErrInterrupted) {
		t.Error("once stopped, it should stay so")
	}
}

func TestManyUnitsAreLookedAtOnce(t *testing.T) {
	done := make(chan struct{})
	p := When(done)
	p.Stopped()
	close(done)
	if p.Spend(Every / 2) {
		t.Error("looked before it was time")
	}
	if !p.Spend(Every / 2) {
		t.Error("did not look when it was time")
	}
}

func TestWatchSeesEveryPoll(t *testing.T) {
	var seen []int
	p := Watched(nil, func(units int) { seen = append(seen, units) })
	p.Stopped()
	p.Spend(7)
	if len(seen) != 2 || seen[0] != 1 || seen[1] != 7 {
		t.Errorf("saw %v", seen)
	}
}
