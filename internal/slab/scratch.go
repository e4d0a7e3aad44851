package slab

import "sync"

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
