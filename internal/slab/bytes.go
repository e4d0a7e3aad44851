package slab

import (
	"sync"
	"unsafe"
)

// Bytes hands out memory for texts whose lengths are known only when they have been written. The texts keep each
// other alive, as the values of a Slab do. The zero value is ready for use, by one goroutine at a time.
type Bytes struct {
	free []byte // empty, with the capacity of what nobody has
	size int    // of the chunk that was allocated last
}

const (
	// leastBytes and mostBytes are how many bytes a chunk has, unless more are asked for.
	leastBytes = 1 << 10
	mostBytes  = 32 << 10
)

// Begin returns an empty slice with a capacity of n bytes at least, to which one text may be appended. A text that is
// not ended is forgotten by the next Begin.
func (s *Bytes) Begin(n int) []byte {
	if n > cap(s.free) {
		s.size = min(max(2*s.size, leastBytes), mostBytes)
		s.free = make([]byte, 0, max(n, s.size))
	}
	return s.free
}

// End returns the text, which has been appended to what Begin returned. Nobody else ever writes to its memory, and
// appending to it never touches others.
func (s *Bytes) End(text []byte) []byte {
	if n := len(text); n <= cap(s.free) { // else it has grown out of the free memory, which is still free
		s.free = s.free[n:n:cap(s.free)]
	}
	return text[:len(text):len(text)]
}

// Scratch is memory to write into what is copied afterwards, or only measured. It is used again by others.
type Scratch struct{ Bytes []byte }

// mostScratch is how many bytes a scratch may have grown to and be used again.
const mostScratch = 2 << 20

var scratches = sync.Pool{New: func() any { return &Scratch{} }}

// TakeScratch returns an empty scratch, which has to be given back.
func TakeScratch() *Scratch {
	s, _ := scratches.Get().(*Scratch)
	s.Bytes = s.Bytes[:0]
	return s
}

// GiveBack gives the scratch to whoever takes one next: its bytes must not be looked at any more.
func (s *Scratch) GiveBack() {
	if cap(s.Bytes) <= mostScratch {
		scratches.Put(s)
	}
}

// BytesOf is the string's own memory, without copying it. It is right for what is never written to, as attributes
// are; appending to it makes a copy, since it has no spare capacity. Requests bring megabytes of attributes, of which
// planning rarely needs any.
func BytesOf(s string) []byte {
	return unsafe.Slice(unsafe.StringData(s), len(s))
}

// StringOf is the reverse of BytesOf: the bytes must not be written to as long as the string is in use.
func StringOf(b []byte) string {
	return unsafe.String(unsafe.SliceData(b), len(b))
}
