package jsontext

import "bytes"

// Canonical returns the canonical form of a JSON text: two texts are the same value if and only if
// their canonical forms are the same bytes. The result is text itself where that is canonical already.
//
// The canonical form has no white space. Members are sorted by the UTF-8 bytes of their names. Strings are
// escaped as AppendString does it. Numbers keep their exact decimal value, whatever a double could
// hold: zero is 0; every other number is an integer that does not end in 0, times a power of ten. It is
// written out where it is an integer of at most 21 digits, and otherwise as that integer, the letter e and
// the exponent: 1.50 is 15e-1, 1e3 is 1000, 1e30 is 1e30.
//
// A text that Check would not accept at any depth is a *Error.
func Canonical(text []byte) ([]byte, error) {
	if IsCanonical(text) {
		return text, nil
	}
	tree, err := parse(text)
	if err != nil {
		return nil, err
	}
	return tree.canonical, nil
}

// IsCanonical tells whether text is JSON in canonical form: see Canonical. It reads the text once,
// at the cost of Check, and stops where it is not canonical.
func IsCanonical(text []byte) bool {
	c := checker{
		scanner:   scanner{text: text, depth: depthLimit, exponentDigits: exponentLimit},
		canonical: true,
	}
	return c.document(false)
}

// isCanonicalScalar tells whether a checked string or number is in canonical form.
func isCanonicalScalar(scalar []byte) bool {
	if scalar[0] == '"' {
		return isCanonicalString(scalar[1 : len(scalar)-1])
	}
	var room [64]byte
	return bytes.Equal(appendCanonicalNumber(room[:0], scalar), scalar)
}

// isCanonicalString tells whether the inside of a checked string has no escape but those that it needs.
func isCanonicalString(raw []byte) bool {
	for {
		i := bytes.IndexByte(raw, '\\')
		if i < 0 {
			return true
		}
		r, size := decodeEscape(raw[i:])
		var room [8]byte
		if !bytes.Equal(appendEscaped(room[:0], r), raw[i:i+size]) {
			return false
		}
		raw = raw[i+size:]
	}
}

// write appends the canonical form of a node and everything below it.
func (t *tree) write(n *node) {
	start := len(t.canonical)
	switch n.kind {
	case '{', '[':
		t.writeChildren(n)
	default:
		t.writeScalar(n)
	}
	n.canonical = span(start, len(t.canonical))
}

func (t *tree) writeName(n *node) {
	if n.nameEscaped {
		t.canonical = AppendString(t.canonical, string(t.name(n)))
	} else {
		t.canonical = append(t.canonical, '"')
		t.canonical = append(t.canonical, t.name(n)...)
		t.canonical = append(t.canonical, '"')
	}
	t.canonical = append(t.canonical, ':')
}

func (t *tree) writeScalar(n *node) {
	raw := t.raw(n)
	switch {
	case n.plain:
		t.canonical = append(t.canonical, raw...)
	case n.kind == '"':
		t.canonical = append(t.canonical, '"')
		t.canonical = appendMinimal(t.canonical, raw[1:len(raw)-1])
		t.canonical = append(t.canonical, '"')
	default:
		t.canonical = appendCanonicalNumber(t.canonical, raw)
	}
}

func (t *tree) writeChildren(n *node) {
	t.canonical = append(t.canonical, n.kind)
	children := t.children(n)
	for i := range children {
		if i > 0 {
			t.canonical = append(t.canonical, ',')
		}
		child := &children[i]
		if n.kind == '{' {
			t.writeName(child)
		}
		t.write(child)
	}
	t.canonical = append(t.canonical, n.kind+2) // the brackets are two apart in ASCII
}
