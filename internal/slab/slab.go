// Package slab takes memory for many small values at a time.
package slab

// Slab hands out memory for many small values from few large allocations, which grow with what is taken. The
// values that it handed out keep each other alive: right for what lives as long as a request. The zero value is
// ready for use, by one goroutine at a time.
type Slab[T any] struct {
	free []T
	last int
}

const (
	// least and most are how many values a slab allocates at once, unless more are taken or reserved.
	least = 4
	most  = 1024
)

// Reserve makes sure that the next n values come from one allocation.
func (s *Slab[T]) Reserve(n int) {
	if n > len(s.free) {
		s.free = make([]T, n)
		s.last = min(n, most)
	}
}

// Take returns n zero values, nil for none. Appending to them never touches others.
func (s *Slab[T]) Take(n int) []T {
	if n == 0 {
		return nil
	}
	if n > len(s.free) {
		s.Reserve(max(n, min(2*s.last, most), least))
	}
	taken := s.free[:n:n]
	s.free = s.free[n:]
	return taken
}

// One returns a zero value.
func (s *Slab[T]) One() *T { return &s.Take(1)[0] }
