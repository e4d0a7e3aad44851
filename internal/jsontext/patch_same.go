package jsontext

import (
	"bytes"
	"iter"
)

// equal tells whether two values are the same, whatever is ignored. Their canonical forms have been written.
func (d *differ) equal(current, wanted *node) bool {
	return bytes.Equal(d.current.canon(current), d.wanted.canon(wanted))
}

// same tells whether two values are the same but for the ignored places. Anything, if it was stopped.
func (d *differ) same(current, wanted *node, ignored *pointerSet) bool {
	switch {
	case ignored.all():
		return true
	case current.kind != wanted.kind:
		return false
	case current.kind == '{':
		return d.sameMembers(current, wanted, ignored)
	case current.kind == '[':
		return d.sameElements(current, wanted, ignored)
	}
	return d.sameScalar(current, wanted)
}

func (d *differ) sameScalar(current, wanted *node) bool {
	if bytes.Equal(d.current.raw(current), d.wanted.raw(wanted)) {
		return true
	}
	if current.plain && wanted.plain {
		return false
	}
	var bufferA, bufferB [128]byte
	return bytes.Equal(d.current.appendScalar(d.stop, bufferA[:0], current), d.wanted.appendScalar(d.stop, bufferB[:0], wanted))
}

func (d *differ) sameMembers(current, wanted *node, ignored *pointerSet) bool {
	for m := range d.pairs(current, wanted) {
		below := ignored.member(m.name)
		if below.all() {
			continue
		}
		if m.current == nil || m.wanted == nil || !d.same(m.current, m.wanted, below) {
			return false
		}
	}
	return true
}

func (d *differ) sameElements(current, wanted *node, ignored *pointerSet) bool {
	have, want := d.current.children(current), d.wanted.children(wanted)
	for i := range max(len(have), len(want)) {
		if d.stop.Stopped() {
			return false
		}
		below := ignored.element(i)
		if below.all() {
			continue
		}
		if i >= len(have) || i >= len(want) || !d.same(&have[i], &want[i], below) {
			return false
		}
	}
	return true
}

// memberPair is what two objects have under one name: nil where an object has no such member.
type memberPair struct {
	name            []byte
	current, wanted *node
}

// pairs goes through the members of two objects, in the order of their names, until it is stopped.
func (d *differ) pairs(current, wanted *node) iter.Seq[memberPair] {
	have, want := d.current.children(current), d.wanted.children(wanted)
	return func(yield func(memberPair) bool) {
		for i, j := 0, 0; (i < len(have) || j < len(want)) && !d.stop.Stopped(); {
			var m memberPair
			order := 0
			switch {
			case i == len(have):
				order = 1
			case j == len(want):
				order = -1
			default:
				order = bytes.Compare(d.current.name(&have[i]), d.wanted.name(&want[j]))
			}
			if order <= 0 {
				m.name, m.current = d.current.name(&have[i]), &have[i]
				i++
			}
			if order >= 0 {
				m.name, m.wanted = d.wanted.name(&want[j]), &want[j]
				j++
			}
			if !yield(m) {
				return
			}
		}
	}
}
