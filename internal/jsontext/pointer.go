package jsontext

import (
	"strconv"
	"strings"

	"github.com/pgplanner/pgplanner/internal/interrupt"
)

// ValidPointer tells whether p is a JSON pointer (RFC 6901): empty, which means the whole text, or
// any number of segments that each start with a slash, with ~ only in ~0 (for ~) and ~1 (for /).
// It polls only if p is long; if it is stopped, the result means nothing.
func ValidPointer(stop *interrupt.Poller, p string) bool {
	if p != "" && p[0] != '/' || !ValidText(stop, p) {
		return false
	}
	for i := range len(p) {
		if pollsAt(stop, i) || p[i] == '~' && (i+1 == len(p) || p[i+1] != '0' && p[i+1] != '1') {
			return false
		}
	}
	return true
}

// appendPointerSegment appends the segment of a JSON pointer that leads to the member of that name.
func appendPointerSegment(stop *interrupt.Poller, pointer, name []byte) []byte {
	pointer = append(pointer, '/')
	for i, c := range name {
		if pollsAt(stop, i) {
			break
		}
		switch c {
		case '~':
			pointer = append(pointer, '~', '0')
		case '/':
			pointer = append(pointer, '~', '1')
		default:
			pointer = append(pointer, c)
		}
	}
	return pointer
}

// cutPointerSegment returns the name that the first segment of a pointer leads to, and the pointer from there.
func cutPointerSegment(stop *interrupt.Poller, pointer string) (name, rest string) {
	name, rest = pointer[1:], ""
	if i := strings.IndexByte(name, '/'); i >= 0 {
		name, rest = name[:i], name[i:]
	}
	if strings.IndexByte(name, '~') < 0 {
		return name, rest
	}
	plain := make([]byte, 0, len(name))
	for i := range len(name) {
		if pollsAt(stop, i) {
			break
		}
		switch {
		case name[i] == '~': // the byte behind it says what it stands for
		case i > 0 && name[i-1] == '~':
			plain = append(plain, "~/"[name[i]-'0'])
		default:
			plain = append(plain, name[i])
		}
	}
	return string(plain), rest
}

// pointerSet is a set of places in a JSON value: those that JSON pointers lead to, and all below them. The
// nil set is empty. Its segments are taken as they are asked for, so that long pointers cost nothing where
// the value is not as deep.
type pointerSet struct {
	stop     *interrupt.Poller
	whole    bool     // the value itself is in the set
	pointers []string // from the value to places below it
	below    map[string]*pointerSet
}

// newPointerSet returns the places that the pointers lead to. What is no JSON pointer leads nowhere.
func newPointerSet(stop *interrupt.Poller, pointers []string) *pointerSet {
	var p *pointerSet
	for _, pointer := range interrupt.Each(stop, pointers) {
		if ValidPointer(stop, pointer) {
			p = p.with(stop, pointer)
		}
	}
	return p
}

// with adds the place that the pointer leads to, and returns the set.
func (p *pointerSet) with(stop *interrupt.Poller, pointer string) *pointerSet {
	if p == nil {
		p = &pointerSet{stop: stop}
	}
	if pointer == "" {
		p.whole = true
	} else {
		p.pointers = append(p.pointers, pointer)
	}
	return p
}

// all tells whether the whole value is in the set.
func (p *pointerSet) all() bool { return p != nil && p.whole }

// member returns the places in the member of that name of an object.
func (p *pointerSet) member(name []byte) *pointerSet {
	if p == nil {
		return nil
	}
	if p.below == nil {
		p.below = make(map[string]*pointerSet)
		for _, pointer := range interrupt.Each(p.stop, p.pointers) {
			segment, rest := cutPointerSegment(p.stop, pointer)
			p.below[segment] = p.below[segment].with(p.stop, rest)
		}
	}
	return p.below[string(name)]
}

// element returns the places in the element of that index of an array.
func (p *pointerSet) element(index int) *pointerSet {
	if p == nil {
		return nil
	}
	var buffer [20]byte
	return p.member(strconv.AppendInt(buffer[:0], int64(index), 10))
}
