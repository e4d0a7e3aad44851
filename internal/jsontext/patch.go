package jsontext

import (
	"bytes"
	"encoding/json"
	"math"

	"github.com/pgplanner/pgplanner/internal/interrupt"
)

// Operation is one operation of a JSON Patch (RFC 6902). Op is "add", "remove" or "replace" in patches that this
// package makes; Value is the JSON text of the value, nil for an operation that has none.
type Operation struct {
	Op    string
	Path  string
	From  string
	Value json.RawMessage
}

// Diff returns the JSON Patch (RFC 6902) that leads from one JSON object to another one, with operations add,
// remove and replace only. It is nil where both are the same JSON value: order of keys does not matter, order of
// elements does, numbers are compared by their exact decimal value. An empty text stands for {}.
//
// The places that ignore names, as JSON pointers, are skipped on both sides: no operation has a path to one of
// them, or to something below one. An operation that brings a whole object or array brings along what is
// to be skipped inside it. Applied to current, the patch gives wanted but for those places.
//
// Objects are compared member by member, in the order of their names. Of arrays as much as possible stays,
// so that an element removed from the head is one operation, in an array of any length; where more than 1,000 elements
// come, go or are replaced, all of the array is. Where an element or a whole array becomes
// another one, it is patched or replaced, whichever is shorter. Values are wanted's, digit for digit, and
// share its memory.
//
// Equal bytes are not parsed. Otherwise time and the size of the patch are in proportion to the texts, up
// to sorting: a patch that would be far larger than they are replaces members of the object as a
// whole. Texts that CheckObject does not accept are an *Error. If it is stopped, the error is
// interrupt.ErrInterrupted.
func Diff(stop *interrupt.Poller, current, wanted []byte, ignore []string) ([]Operation, error) {
	d, err := newDiffer(stop, current, wanted, ignore)
	if d == nil || err != nil {
		return nil, err
	}
	if d.same(&d.current.root, &d.wanted.root, d.ignored) {
		return nil, stop.Err()
	}
	if err := d.current.writeCanonical(stop); err != nil {
		return nil, err
	}
	if err := d.wanted.writeCanonical(stop); err != nil {
		return nil, err
	}
	operations := d.patch()
	if err := stop.Err(); err != nil {
		return nil, err
	}
	return operations, nil
}

// Same tells whether Diff finds no difference, without making a patch.
func Same(stop *interrupt.Poller, current, wanted []byte, ignore []string) (bool, error) {
	d, err := newDiffer(stop, current, wanted, ignore)
	if d == nil || err != nil {
		return err == nil, err
	}
	same := d.same(&d.current.root, &d.wanted.root, d.ignored)
	if err := stop.Err(); err != nil {
		return false, err
	}
	return same, nil
}

// differ makes one patch.
type differ struct {
	current, wanted *tree
	ignored         *pointerSet
	operations      []Operation
	path            []byte // to the values that are being compared
	size            int    // of all operations, those beyond the limit included
	limit           int    // of size: what goes beyond it is only counted
	cells           int    // how large tables of common subsequences may still be: see maxCells
	stop            *interrupt.Poller
}

// newDiffer parses the objects. It returns nil where there is no need to: nothing differs.
func newDiffer(stop *interrupt.Poller, current, wanted []byte, ignore []string) (*differ, error) {
	if bytes.Equal(current, wanted) {
		return nil, nil
	}
	d := &differ{ignored: newPointerSet(stop, ignore), stop: stop}
	var err error
	if d.current, err = parseObject(stop, current); err != nil {
		return nil, err
	}
	if d.wanted, err = parseObject(stop, wanted); err != nil {
		return nil, err
	}
	return d, nil
}

func parseObject(stop *interrupt.Poller, text []byte) (*tree, error) {
	if len(text) == 0 {
		text = []byte("{}")
	}
	parsed, err := parse(stop, text)
	if err != nil {
		return nil, err
	}
	if parsed.root.kind != '{' {
		return nil, &Error{Offset: int(parsed.root.raw.start), Problem: problemObject}
	}
	return parsed, nil
}

// patch makes the whole patch.
func (d *differ) patch() []Operation {
	length := len(d.current.canonical) + len(d.wanted.canonical)
	d.limit = 4096 + 16*length
	d.cells = min(maxCells, 16384+64*length)
	d.value(&d.current.root, &d.wanted.root, d.ignored)
	if d.size > d.limit {
		d.operations, d.size, d.limit = nil, 0, math.MaxInt
		d.members(&d.current.root, &d.wanted.root, d.ignored, d.replacement)
	}
	return d.operations
}

// value compares two values at the same place.
func (d *differ) value(current, wanted *node, ignored *pointerSet) {
	switch {
	case ignored.all() || d.equal(current, wanted):
	case current.kind != wanted.kind || current.kind != '{' && current.kind != '[':
		d.emit("replace", wanted)
	case current.kind == '{':
		d.members(current, wanted, ignored, d.value)
	case ignored != nil:
		d.elementsByIndex(current, wanted, ignored)
	default:
		d.elements(current, wanted)
	}
}

// replacement compares two values at the same place. Where they differ it replaces all of it.
func (d *differ) replacement(current, wanted *node, ignored *pointerSet) {
	if !d.same(current, wanted, ignored) {
		d.emit("replace", wanted)
	}
}

// members compares two objects, and the members that are in both of them by the given function.
func (d *differ) members(
	current, wanted *node, ignored *pointerSet, compare func(current, wanted *node, ignored *pointerSet),
) {
	for m := range d.pairs(current, wanted) {
		below := ignored.member(m.name)
		if below.all() {
			continue
		}
		length := len(d.path)
		d.path = appendPointerSegment(d.stop, d.path, m.name)
		switch {
		case m.wanted == nil:
			d.emit("remove", nil)
		case m.current == nil:
			d.emit("add", m.wanted)
		default:
			compare(m.current, m.wanted, below)
		}
		d.path = d.path[:length]
	}
}

// emit adds an operation at the current path.
func (d *differ) emit(op string, wanted *node) {
	d.size += d.cost(op, wanted)
	if d.size > d.limit {
		return
	}
	operation := Operation{Op: op, Path: string(d.path)}
	if wanted != nil {
		operation.Value = d.wanted.raw(wanted)
	}
	d.operations = append(d.operations, operation)
}

// cost is how many bytes an operation at the current path takes as JSON. It is that of the canonical
// value, so that white space does not decide what a patch looks like.
func (d *differ) cost(op string, wanted *node) int {
	size := len(`{"op":"","path":""}`) + len(op) + len(d.path)
	if wanted != nil {
		size += len(`,"value":`) + len(d.wanted.canon(wanted))
	}
	return size
}

// orReplace runs a comparison of the value at the current path, and replaces the value where that is
// shorter than the operations which the comparison has made.
func (d *differ) orReplace(wanted *node, compare func()) {
	operations, size, limit := d.operations, d.size, d.limit
	d.limit = min(limit, size+d.cost("replace", wanted))
	compare()
	longer := d.size > d.limit
	d.limit = limit
	if longer {
		d.operations, d.size = operations, size
		d.emit("replace", wanted)
	}
}
