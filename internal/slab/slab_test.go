package slab_test

import (
	"bytes"
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

// Few allocations are made for many values.
func TestAllocations(t *testing.T) {
	if n := testing.AllocsPerRun(10, func() {
		var s slab.Slab[int]
		for range 100 * 1024 {
			*s.One() = 1
		}
	}); n > 110 {
		t.Errorf("made %v", n)
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

// Texts are nobody else's, whatever their sizes were expected to be, and few allocations are made for them.
func TestBytes(t *testing.T) {
	var s slab.Bytes
	var all [][]byte
	write := func(i int) {
		n := i * i % 700
		text := s.Begin(i % 300)
		if len(text) != 0 || cap(text) < i%300 {
			t.Fatalf("%d: began with %d bytes, and a capacity of %d", i, len(text), cap(text))
		}
		text = append(text, bytes.Repeat([]byte{byte(i)}, n)...)
		if i%5 == 0 {
			return // forgotten
		}
		text = s.End(text)
		_ = append(text, '!')
		all = append(all, text)
	}
	for i := range 3000 {
		write(i)
	}
	for i, text := range all {
		n := i + i/4 + 1 // every fifth was forgotten
		if len(text) != n*n%700 || bytes.Count(text, []byte{byte(n)}) != len(text) {
			t.Fatalf("%d: is %d bytes now: %x", n, len(text), text)
		}
	}
	if n := testing.AllocsPerRun(10, func() {
		var s slab.Bytes
		for range 10_000 {
			s.End(append(s.Begin(50), "about forty bytes, as most texts have...."...))
		}
	}); n > 30 {
		t.Errorf("made %v", n)
	}
}

// A string and its bytes are the same memory.
func TestShare(t *testing.T) {
	for _, s := range []string{"", "a", "longer"} {
		b := slab.BytesOf(s)
		if string(b) != s || cap(b) != len(s) || slab.StringOf(b) != s {
			t.Errorf("%q: got %q", s, b)
		}
	}
	if n := testing.AllocsPerRun(10, func() { _ = slab.StringOf(slab.BytesOf("some text that would be copied to the heap")) }); n != 0 {
		t.Errorf("made %v", n)
	}
}
