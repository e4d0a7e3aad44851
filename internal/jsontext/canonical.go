package jsontext

import (
	"bytes"

	"github.com/pgplanner/pgplanner/internal/interrupt"
)

// Canonical returns the canonical form of a JSON text: two texts are the same value if and only if
// their canonical forms are the same bytes. The result is text itself where that is canonical already.
//
// The canonical form has no white space. Members are sorted by the UTF-8 bytes of their names. Strings are
// escaped as AppendString does it. Numbers keep their exact decimal value, whatever a double could
// hold: zero is 0; every other number is an integer that does not end in 0, times a power of ten. It is
// written out where it is an integer of at most 21 digits, and otherwise as that integer, the letter e and
// the exponent: 1.50 is 15e-1, 1e3 is 1000, 1e30 is 1e30.
//
// A text that Check would not accept at any depth is a *Error. If it is stopped, the error is
// interrupt.ErrInterrupted.
func Canonical(stop *interrupt.Poller, text []byte) ([]byte, error) {
	if isCanonical(stop, text) {
		return text, nil
	}
	return rewrite(stop, text)
}

// rewrite is Canonical without the shortcut for what is canonical already.
func rewrite(stop *interrupt.Poller, text []byte) ([]byte, error) {
	tree, err := parse(stop, text)
	if err != nil {
		return nil, err
	}
	if err := tree.writeCanonical(stop); err != nil {
		return nil, err
	}
	return tree.canonical, nil
}

// isCanonical tells whether text is JSON in canonical form: see Canonical. It reads the text once, at the cost of Check,
// and stops where it is not canonical. It is false if it was stopped.
func isCanonical(stop *interrupt.Poller, text []byte) bool {
	c := checker{
		scanner:   scanner{text: text, depth: depthLimit, exponentDigits: exponentLimit, stop: stop},
		canonical: true,
	}
	return c.document(false)
}

// isCanonicalScalar tells whether a checked scalar is in canonical form.
func isCanonicalScalar(stop *interrupt.Poller, scalar []byte) bool {
	var buffer [128]byte
	return bytes.Equal(appendCanonicalScalar(stop, buffer[:0], scalar), scalar)
}

// appendCanonicalScalar appends the canonical form of a checked scalar.
func appendCanonicalScalar(stop *interrupt.Poller, dst, scalar []byte) []byte {
	switch c := scalar[0]; {
	case c == '"':
		dst = appendUnescaped(stop, append(dst, '"'), scalar[1:len(scalar)-1], true)
		return append(dst, '"')
	case c == '-' || isDigit(c):
		return appendCanonicalNumber(stop, dst, scalar)
	}
	return append(dst, scalar...) // a word
}

// writeCanonical writes the canonical form of the whole tree. The error is that it was stopped.
func (t *tree) writeCanonical(stop *interrupt.Poller) error {
	t.canonical = make([]byte, 0, len(t.text))
	t.write(stop, &t.root)
	return stop.Err()
}

// write appends the canonical form of a node and everything below it.
func (t *tree) write(stop *interrupt.Poller, n *node) {
	start := len(t.canonical)
	switch n.kind {
	case '{', '[':
		t.writeChildren(stop, n)
	default:
		t.canonical = t.appendScalar(stop, t.canonical, n)
	}
	n.canonical = span(start, len(t.canonical))
}

func (t *tree) writeName(stop *interrupt.Poller, n *node) {
	if n.nameEscaped {
		t.canonical = AppendString(stop, t.canonical, string(t.name(n)))
	} else {
		t.canonical = append(t.canonical, '"')
		t.canonical = append(t.canonical, t.name(n)...)
		t.canonical = append(t.canonical, '"')
	}
	t.canonical = append(t.canonical, ':')
}

// appendScalar appends the canonical form of a node that is a scalar.
func (t *tree) appendScalar(stop *interrupt.Poller, dst []byte, n *node) []byte {
	if n.plain {
		return append(dst, t.raw(n)...)
	}
	return appendCanonicalScalar(stop, dst, t.raw(n))
}

func (t *tree) writeChildren(stop *interrupt.Poller, n *node) {
	t.canonical = append(t.canonical, n.kind)
	children := t.children(n)
	for i := range children {
		if stop.Stopped() {
			return
		}
		if i > 0 {
			t.canonical = append(t.canonical, ',')
		}
		child := &children[i]
		if n.kind == '{' {
			t.writeName(stop, child)
		}
		t.write(stop, child)
	}
	t.canonical = append(t.canonical, n.kind+2) // the brackets are two apart in ASCII
}
