// Package slab takes memory for many small values at a time. Besides package wire it is the only one that uses memory
// again, or that looks at memory as another type than it has.
//
//	slab       memory for many values of one type, handed out in the order of the calls
//	chunk      what a slab allocates at once
//	reusable   of a slab: whoever has its values gives all of them back at once, and it hands them out again
//	share      to look at the bytes of a string, or the reverse, without copying them
package slab

// Slab hands out memory for many small values from few large allocations, which grow with what is taken. The
// values that it handed out keep each other alive: right for what lives as long as a request. The zero value is
// ready for use, by one goroutine at a time.
type Slab[T any] struct {
	free []T
	size int // of the chunk that was allocated last
}

const (
	// least and most are how many values a chunk has, unless more are taken.
	least = 4
	most  = 1024
)

// Take returns n zero values, nil for none. Appending to them never touches others.
func (s *Slab[T]) Take(n int) []T {
	if n == 0 {
		return nil
	}
	if n > len(s.free) {
		size := max(n, min(2*s.size, most), least)
		s.free, s.size = make([]T, size), min(size, most)
	}
	taken := s.free[:n:n]
	s.free = s.free[n:]
	return taken
}

// One returns a zero value.
func (s *Slab[T]) One() *T { return &s.Take(1)[0] }

// Reusable hands out values one by one, like Slab, and all of them once more after Reset. The zero value is ready for
// use, by one goroutine at a time.
type Reusable[T any] struct {
	chunks [][]T
	next   int // the first chunk that nothing has been taken of
	free   []T
}

// One returns a zero value.
func (s *Reusable[T]) One() *T {
	if len(s.free) == 0 {
		s.free = s.chunk()
	}
	taken := &s.free[0]
	s.free = s.free[1:]
	return taken
}

// chunk returns values that nobody has.
func (s *Reusable[T]) chunk() []T {
	if s.next == len(s.chunks) {
		n := 2 * least
		if s.next > 0 {
			n = min(2*len(s.chunks[s.next-1]), most)
		}
		s.chunks = append(s.chunks, make([]T, n))
	}
	s.next++
	return s.chunks[s.next-1]
}

// Reset takes back all values that were handed out, and makes them zero: nobody may use them any more.
func (s *Reusable[T]) Reset() {
	for _, used := range s.chunks[:s.next] {
		clear(used)
	}
	s.next, s.free = 0, nil
}

// Len is how many values there is memory for.
func (s *Reusable[T]) Len() int {
	n := 0
	for _, c := range s.chunks {
		n += len(c)
	}
	return n
}
