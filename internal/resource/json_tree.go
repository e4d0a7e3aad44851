package resource

import (
	"bytes"
	"slices"
)

// jsonTree is a parsed JSON text together with its canonical form. Every value knows its place in both,
// so that two values are the same if and only if their canonical bytes are.
//
// Nodes hold offsets instead of pointers: a tree is three slices without anything for the garbage
// collector to follow, however many values the text has.
type jsonTree struct {
	text      []byte
	root      jsonNode
	nodes     []jsonNode // all others; the children of one node lie side by side
	unescaped []byte     // the names that are escaped in the text
	canonical []byte
	// canonicalString is the same as canonical, once it was asked for.
	canonicalString string
}

// jsonNode is one value of a tree.
type jsonNode struct {
	kind        byte     // its first byte, with '0' for all numbers
	plain       bool     // whether a scalar is certain to be in canonical form
	nameEscaped bool     // whether name lies in unescaped, else in text
	name        jsonSpan // of a member of an object
	raw         jsonSpan // in text
	canonical   jsonSpan // in canonical
	children    jsonSpan // in nodes: elements in their order, members in the order of their names
}

// jsonSpan is a range of offsets. MaxJSONSize keeps all of them within 31 bits: the canonical form of a
// text is never more than six times as long.
type jsonSpan struct{ start, end int32 }

func span(start, end int) jsonSpan { return jsonSpan{int32(start), int32(end)} }

// parseJSON parses any text that CheckJSON accepts within the largest limits, and the canonical forms of
// those. Other texts are a *JSONError.
func parseJSON(text []byte) (*jsonTree, error) {
	if len(text) > MaxJSONSize {
		return nil, &JSONError{Problem: problemSize}
	}
	p := jsonParser{
		jsonScanner: jsonScanner{text: text, depth: depthLimit, exponentDigits: exponentLimit},
		tree:        &jsonTree{text: text, nodes: make([]jsonNode, 0, 8+len(text)/16)},
		pending:     make([]jsonNode, 0, 16),
	}
	if !p.document() {
		return nil, p.err()
	}
	p.tree.canonical = make([]byte, 0, len(text))
	p.tree.write(&p.tree.root)
	return p.tree, nil
}

func (t *jsonTree) name(n *jsonNode) []byte {
	if n.nameEscaped {
		return t.unescaped[n.name.start:n.name.end]
	}
	return t.text[n.name.start:n.name.end]
}

func (t *jsonTree) raw(n *jsonNode) []byte { return t.text[n.raw.start:n.raw.end:n.raw.end] }

func (t *jsonTree) canon(n *jsonNode) []byte { return t.canonical[n.canonical.start:n.canonical.end] }

// canonString is canon as a string, which shares the memory of all others.
func (t *jsonTree) canonString(n *jsonNode) string {
	if t.canonicalString == "" {
		t.canonicalString = string(t.canonical)
	}
	return t.canonicalString[n.canonical.start:n.canonical.end]
}

func (t *jsonTree) children(n *jsonNode) []jsonNode { return t.nodes[n.children.start:n.children.end] }

// jsonParser walks over a text and builds its tree.
type jsonParser struct {
	jsonScanner
	tree *jsonTree
	// pending holds the children read so far of all containers that are open, outermost container first.
	pending []jsonNode
}

func (p *jsonParser) document() bool {
	p.space()
	var ok bool
	p.tree.root, ok = p.value()
	return ok && p.end()
}

// value reads the value that starts at the current position.
func (p *jsonParser) value() (jsonNode, bool) {
	n := jsonNode{kind: p.peek()}
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

func (p *jsonParser) array(n *jsonNode) bool {
	held := len(p.pending)
	for first := true; p.next(first, ']'); first = false {
		element, ok := p.value()
		if !ok {
			return false
		}
		p.pending = append(p.pending, element)
	}
	n.children = p.settle(held)
	return p.problem == ""
}

func (p *jsonParser) object(n *jsonNode) bool {
	held := len(p.pending)
	for first := true; p.next(first, '}'); first = false {
		start := p.pos + 1
		raw, escaped, ok := p.name()
		if !ok {
			return false
		}
		name := span(start, start+len(raw))
		if escaped {
			start = len(p.tree.unescaped)
			p.tree.unescaped = appendUnescaped(p.tree.unescaped, raw)
			name = span(start, len(p.tree.unescaped))
		}
		member, ok := p.value()
		if !ok {
			return false
		}
		member.name, member.nameEscaped = name, escaped
		p.pending = append(p.pending, member)
	}
	n.children = p.settle(held)
	return p.problem == "" && p.sortMembers(p.tree.children(n))
}

// settle moves the children of a container that has been read to their final place.
func (p *jsonParser) settle(held int) jsonSpan {
	start := len(p.tree.nodes)
	p.tree.nodes = append(p.tree.nodes, p.pending[held:]...)
	p.pending = p.pending[:held]
	return span(start, len(p.tree.nodes))
}

// sortMembers sorts the members of an object by name, and fails where two names are the same.
func (p *jsonParser) sortMembers(members []jsonNode) bool {
	t := p.tree
	slices.SortFunc(members, func(a, b jsonNode) int { return bytes.Compare(t.name(&a), t.name(&b)) })
	for i := 1; i < len(members); i++ {
		a, b := &members[i-1], &members[i]
		if bytes.Equal(t.name(a), t.name(b)) {
			return p.fail(int(max(a.raw.start, b.raw.start)), problemDuplicate)
		}
	}
	return true
}
