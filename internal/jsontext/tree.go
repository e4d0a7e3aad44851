package jsontext

import (
	"bytes"

	"github.com/pgplanner/pgplanner/internal/interrupt"
)

// tree is a parsed JSON text, together with its canonical form once that was written. Every value knows its
// place in both, so that two values are the same if and only if their canonical bytes are.
//
// Nodes hold offsets instead of pointers: a tree is three slices without anything for the garbage
// collector to follow, however many values the text has.
type tree struct {
	text      []byte
	root      node
	nodes     []node // all others; the children of one node lie side by side
	unescaped []byte // the names that are escaped in the text
	canonical []byte // empty up to writeCanonical
	// canonicalString is the same as canonical, once it was asked for.
	canonicalString string
}

// node is one value of a tree.
type node struct {
	kind        byte     // its first byte, with '0' for all numbers
	plain       bool     // whether a scalar is certain to be in canonical form
	nameEscaped bool     // whether name lies in unescaped, else in text
	name        textSpan // of a member of an object
	raw         textSpan // in text
	canonical   textSpan // in canonical
	children    textSpan // in nodes: elements in their order, members in the order of their names
}

// textSpan is a range of offsets. MaxSize keeps all of them within 31 bits: the canonical form of a
// text is never more than six times as long.
type textSpan struct{ start, end int32 }

func span(start, end int) textSpan { return textSpan{int32(start), int32(end)} }

// parse parses any text that Check accepts within the largest limits, and the canonical forms of
// those. Other texts are a *Error.
func parse(stop *interrupt.Poller, text []byte) (*tree, error) {
	if len(text) > MaxSize {
		return nil, &Error{Problem: problemSize}
	}
	p := parser{
		scanner: scanner{text: text, depth: depthLimit, exponentDigits: exponentLimit, stop: stop},
		tree:    &tree{text: text, nodes: make([]node, 0, 8+len(text)/16)},
		pending: make([]node, 0, 16),
	}
	if !p.document() {
		return nil, p.err()
	}
	return p.tree, nil
}

func (t *tree) name(n *node) []byte {
	if n.nameEscaped {
		return t.unescaped[n.name.start:n.name.end]
	}
	return t.text[n.name.start:n.name.end]
}

func (t *tree) raw(n *node) []byte { return t.text[n.raw.start:n.raw.end:n.raw.end] }

func (t *tree) canon(n *node) []byte { return t.canonical[n.canonical.start:n.canonical.end] }

// canonString is canon as a string, which shares the memory of all others.
func (t *tree) canonString(n *node) string {
	if t.canonicalString == "" {
		t.canonicalString = string(t.canonical)
	}
	return t.canonicalString[n.canonical.start:n.canonical.end]
}

func (t *tree) children(n *node) []node { return t.nodes[n.children.start:n.children.end] }

// parser walks over a text and builds its tree.
type parser struct {
	scanner
	tree *tree
	// pending holds the children read so far of all containers that are open, outermost container first.
	pending []node
}

func (p *parser) document() bool {
	p.space()
	var ok bool
	p.tree.root, ok = p.value()
	return ok && p.end()
}

// value reads the value that starts at the current position.
func (p *parser) value() (node, bool) {
	n := node{kind: p.peek()}
	start := p.pos
	ok := false
	switch n.kind {
	case '{':
		ok = p.open() && p.object(&n)
	case '[':
		ok = p.open() && p.array(&n)
	default:
		if n.kind == '-' || isDigit(n.kind) {
			n.kind = '0'
		}
		n.plain, ok = p.scalar()
	}
	n.raw = span(start, p.pos)
	return n, ok
}

func (p *parser) array(n *node) bool {
	first := len(p.pending)
	for first := true; p.next(first, ']'); first = false {
		element, ok := p.value()
		if !ok {
			return false
		}
		p.pending = append(p.pending, element)
	}
	n.children = p.finish(first)
	return p.problem == ""
}

func (p *parser) object(n *node) bool {
	first := len(p.pending)
	for first := true; p.next(first, '}'); first = false {
		start := p.pos + 1
		raw, escaped, ok := p.name()
		if !ok {
			return false
		}
		name := span(start, start+len(raw))
		if escaped {
			start = len(p.tree.unescaped)
			p.tree.unescaped = appendUnescaped(p.stop, p.tree.unescaped, raw, false)
			name = span(start, len(p.tree.unescaped))
		}
		member, ok := p.value()
		if !ok {
			return false
		}
		member.name, member.nameEscaped = name, escaped
		p.pending = append(p.pending, member)
	}
	n.children = p.finish(first)
	return p.problem == "" && p.sortMembers(p.tree.children(n))
}

// finish moves the children of a container, which are pending from the first on, to their place in the tree.
func (p *parser) finish(first int) textSpan {
	start := len(p.tree.nodes)
	p.tree.nodes = append(p.tree.nodes, p.pending[first:]...)
	p.pending = p.pending[:first]
	return span(start, len(p.tree.nodes))
}

// sortMembers sorts the members of an object by name, and fails where two names are the same. Most objects are
// sorted already.
func (p *parser) sortMembers(members []node) bool {
	if p.ascendingUpTo(members) == len(members) {
		return true
	}
	interrupt.SortFunc(p.stop, members, func(a, b node) int { return bytes.Compare(p.tree.name(&a), p.tree.name(&b)) })
	if i := p.ascendingUpTo(members); i < len(members) && p.stop.Err() == nil {
		return p.fail(int(max(members[i-1].raw.start, members[i].raw.start)), problemDuplicate)
	}
	return p.stop.Err() == nil
}

// ascendingUpTo returns the index of the first member whose name is not behind the one before; if there is none,
// how many members there are.
func (p *parser) ascendingUpTo(members []node) int {
	for i := 1; i < len(members) && !p.stop.Stopped(); i++ {
		if bytes.Compare(p.tree.name(&members[i-1]), p.tree.name(&members[i])) >= 0 {
			return i
		}
	}
	return len(members)
}
