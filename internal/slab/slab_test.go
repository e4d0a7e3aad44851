package slab_test

import (
	"testing"

	"github.com/pgplanner/pgplanner/internal/slab"
)

// What is taken is zero, and nobody else's, however it is used.
func TestTake(t *testing.T) {
	var s slab.Slab[int]
	var all [][]int
	for i := range 3000 {
		taken := s.Take(i % 7)
		if len(taken) != i%7 || i%7 == 0 && taken != nil {
			t.Fatalf("%d: got %v", i, taken)
		}
		for k, v := range taken {
			if v != 0 {
				t.Fatalf("%d: got %v", i, taken)
			}
			taken[k] = i
		}
		_ = append(taken, -1)
		all = append(all, taken)
	}
	for i, taken := range all {
		for _, v := range taken {
			if v != i {
				t.Fatalf("%d: is %v now", i, taken)
			}
		}
	}
	if one := s.One(); *one != 0 {
		t.Error(*one)
	}
}

// Few allocations are made for many values, and one for what is reserved.
func TestAllocations(t *testing.T) {
	if n := testing.AllocsPerRun(10, func() {
		var s slab.Slab[int]
		for range 100 * 1024 {
			*s.One() = 1
		}
	}); n > 110 {
		t.Errorf("made %v", n)
	}
	if n := testing.AllocsPerRun(10, func() {
		var s slab.Slab[int]
		s.Reserve(5000)
		for range 5 {
			s.Take(1000)
		}
	}); n != 1 {
		t.Errorf("made %v for what was reserved", n)
	}
}

// After Reset, the same memory is handed out again, and is zero.
func TestReset(t *testing.T) {
	var s slab.Reusable[int]
	use := func(n int) {
		t.Helper()
		seen := map[*int]bool{}
		for range n {
			one := s.One()
			if *one != 0 || seen[one] {
				t.Fatalf("is %d, or was handed out before", *one)
			}
			seen[one] = true
			*one = 7
		}
	}
	use(5000)
	size := s.Len()
	for _, n := range []int{5000, 1, 0, 9, 5000} {
		s.Reset()
		use(n)
	}
	if s.Len() != size || size < 5000 {
		t.Errorf("has memory for %d values, had it for %d", s.Len(), size)
	}
}
