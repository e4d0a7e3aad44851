package jsontext

import "github.com/pgplanner/pgplanner/internal/interrupt"

// CanonicalVisible returns the canonical form of a JSON text without the places that ignore names, as JSON pointers: two texts that
// Same finds no difference between give the same bytes. Members are left out, and so are elements at the end of an array; any other
// element becomes null. A text that is hidden as a whole becomes {}. Errors are those of Canonical.
func CanonicalVisible(stop *interrupt.Poller, text []byte, ignore []string) ([]byte, error) {
	hidden := newPointerSet(stop, ignore)
	if hidden == nil {
		return Canonical(stop, text)
	}
	tree, err := parse(stop, text)
	if err != nil {
		return nil, err
	}
	if hidden.all() {
		return []byte("{}"), nil
	}
	tree.canonical = make([]byte, 0, len(text))
	tree.writeVisible(stop, &tree.root, hidden)
	if err := stop.Err(); err != nil {
		return nil, err
	}
	return tree.canonical, nil
}

// writeVisible appends the canonical form of a node without what is hidden below it.
func (t *tree) writeVisible(stop *interrupt.Poller, n *node, hidden *pointerSet) {
	switch {
	case hidden == nil || n.kind != '{' && n.kind != '[':
		t.write(stop, n)
	case n.kind == '{':
		t.writeVisibleMembers(stop, n, hidden)
	default:
		t.writeVisibleElements(stop, n, hidden)
	}
}

func (t *tree) writeVisibleMembers(stop *interrupt.Poller, n *node, hidden *pointerSet) {
	t.canonical = append(t.canonical, '{')
	first := true
	for i := range interrupt.Each(stop, t.children(n)) {
		child := &t.children(n)[i]
		below := hidden.member(t.name(child))
		if below.all() {
			continue
		}
		if !first {
			t.canonical = append(t.canonical, ',')
		}
		first = false
		t.writeName(stop, child)
		t.writeVisible(stop, child, below)
	}
	t.canonical = append(t.canonical, '}')
}

func (t *tree) writeVisibleElements(stop *interrupt.Poller, n *node, hidden *pointerSet) {
	t.canonical = append(t.canonical, '[')
	end := len(t.canonical) // of the last element that is visible
	for i := range interrupt.Each(stop, t.children(n)) {
		if i > 0 {
			t.canonical = append(t.canonical, ',')
		}
		below := hidden.element(i)
		if below.all() {
			t.canonical = append(t.canonical, "null"...)
			continue
		}
		t.writeVisible(stop, &t.children(n)[i], below)
		end = len(t.canonical)
	}
	t.canonical = append(t.canonical[:end], ']')
}
