package jsontext

import (
	"bytes"
	"fmt"

	"github.com/pgplanner/pgplanner/internal/interrupt"
)

// Limits bounds what Check and CheckObject accept. The zero value is the default.
type Limits struct {
	// MaxDepth is how deeply containers may be nested: 1 allows {} but not {"a":{}}. Zero means
	// DefaultDepth. More than 10000 is taken as 10000.
	MaxDepth int
	// Stop interrupts the check: its error is interrupt.ErrInterrupted then. Nil never does.
	Stop *interrupt.Poller
}

const (
	// DefaultDepth is the nesting depth that the zero Limits allow.
	DefaultDepth = 100
	// MaxExponentDigits is how many digits the exponent of a number may have, leading zeros not counted.
	// Exact comparison stays cheap within it.
	MaxExponentDigits = 6
	// MaxSize is how many bytes a JSON text may have.
	MaxSize = 1 << 28

	// depthLimit keeps recursion, which goes as deep as a text is nested, within a few megabytes of stack: at the
	// limit, 2 MB to check, 4 MB to parse, write or compare, and 8 MB to make a patch.
	depthLimit = 10_000
	// bytesPerUnit is how much of a text is read in one unit of a Poller.
	bytesPerUnit = 256
	// bytesPerPoll is how much of a string is read, at most, from one poll to the next.
	bytesPerPoll = 2 << 10
	// exponentLimit admits the exponents of canonical numbers, which grow by the number of their digits.
	exponentLimit = 10
)

// Error says where a text is not the JSON that was expected, and why. It never holds a part of the
// text: names and values may be secrets.
type Error struct {
	// Offset is the byte at which the problem was found.
	Offset int
	// Problem is one of a fixed set of phrases.
	Problem string
}

func (e *Error) Error() string {
	return fmt.Sprintf("invalid JSON at byte %d: %s", e.Offset, e.Problem)
}

// The problems of a Error.
const (
	problemEnd       = "the text ends too early"
	problemTrailing  = "the text goes on behind its value"
	problemValue     = "a value is expected"
	problemObject    = "an object is expected"
	problemName      = "a name in quotes is expected"
	problemColon     = "a colon is expected"
	problemComma     = "a comma or the end of the object or array is expected"
	problemDuplicate = "a name occurs twice in one object"
	problemDepth     = "objects and arrays are nested too deeply"
	problemSize      = "the text is too long"
	problemUTF8      = "a string is not valid UTF-8"
	problemControl   = "a string holds a control character that is not escaped"
	problemEscape    = "a string holds an invalid escape"
	problemSurrogate = "a string holds half of a surrogate pair"
	problemNumber    = "a number is malformed"
	problemExponent  = "the exponent of a number is too long"
	problemCanonical = "the text is not in canonical form"
	problemStopped   = "the reader was stopped"
)

// CheckObject checks that text is exactly one JSON object, perhaps with white space around it, and
// that every reader understands it alike: it is valid UTF-8 without halves of surrogate pairs, no object
// has two members of the same name (after unescaping), and nesting and exponents are within limits. It
// returns nil, a *Error, or interrupt.ErrInterrupted if it was stopped.
//
// It reads the text once. Memory is taken only for objects with many members or escaped names, and is in
// proportion to the text; time is at worst O(n log n), for objects whose names are in no order.
func CheckObject(text []byte, limits Limits) error {
	return check(text, limits, true)
}

// Check checks that text is exactly one JSON value of any kind, in the way of CheckObject.
func Check(text []byte, limits Limits) error {
	return check(text, limits, false)
}

// check checks a text that is an object, or any value.
func check(text []byte, limits Limits, object bool) error {
	c := checker{scanner: newScanner(text, limits)}
	if !c.document(object) {
		return c.err()
	}
	return nil
}

func newScanner(text []byte, limits Limits) scanner {
	return scanner{text: text, depth: limits.depth(), exponentDigits: MaxExponentDigits, stop: limits.Stop}
}

func (l Limits) depth() int {
	if l.MaxDepth <= 0 {
		return DefaultDepth
	}
	return min(l.MaxDepth, depthLimit)
}

// checker walks over a text and checks it.
type checker struct {
	scanner
	// canonical makes it a failure that a valid text is not in canonical form.
	canonical bool
	// outermost is what is wanted of the members of the outermost object. It is no function, which would take memory.
	outermost outermost
	// names of the members read so far of all objects that are open, outermost object first.
	names nameStack
	// unescaped is where those of the names lie that are escaped in the text.
	unescaped []byte
}

// document checks the whole text.
func (c *checker) document(object bool) bool {
	if len(c.text) > MaxSize {
		return c.fail(0, problemSize)
	}
	c.space()
	if object && c.peek() != '{' {
		return c.failExpecting(problemObject)
	}
	return c.value() && c.end() && !(c.canonical && c.spaced)
}

// value checks the value that starts at the current position.
func (c *checker) value() bool {
	if c.canonical && c.spaced {
		return c.fail(c.pos, problemCanonical)
	}
	switch c.peek() {
	case '{':
		return c.open() && c.object()
	case '[':
		return c.open() && c.array()
	}
	start := c.pos
	plain, ok := c.scalar()
	if ok && c.canonical && !plain && !isCanonicalScalar(c.stop, c.text[start:c.pos]) {
		return c.fail(start, problemCanonical)
	}
	return ok
}

func (c *checker) array() bool {
	for first := true; c.next(first, ']'); first = false {
		if !c.value() {
			return false
		}
	}
	return c.problem == ""
}

// object checks the members of an object. Names that come in ascending order need no further look: that
// is how canonical texts and those of many libraries are.
func (c *checker) object() bool {
	outer, outerUnescaped := c.names.count, len(c.unescaped)
	ascending := true
	var last placedName
	for first := true; c.next(first, '}'); first = false {
		name, ok := c.memberName()
		if !ok {
			return false
		}
		if !first && bytes.Compare(last.name, name.name) >= 0 {
			ascending = false
			if c.canonical {
				return c.fail(name.offset, problemCanonical)
			}
		}
		c.names.push(name)
		last = name
		start := c.pos
		if !c.value() {
			return false
		}
		if outer == 0 {
			c.outermost.note(name.name, c.text[start:c.pos:c.pos])
		}
	}
	if c.problem != "" {
		return false
	}
	if !ascending {
		offset, repeated := firstRepetition(c.stop, c.names.since(outer))
		if repeated || c.stop.Err() != nil {
			return c.fail(offset, problemDuplicate)
		}
	}
	c.names.count, c.unescaped = outer, c.unescaped[:outerUnescaped]
	return true
}

// memberName reads the name of a member, up to the beginning of its value.
func (c *checker) memberName() (placedName, bool) {
	offset := c.pos
	raw, escaped, ok := c.name()
	if !ok {
		return placedName{}, false
	}
	if !escaped {
		return placedName{raw, offset}, true
	}
	if c.canonical && !isCanonicalScalar(c.stop, c.text[offset:offset+len(raw)+2]) {
		return placedName{}, c.fail(offset, problemCanonical)
	}
	start := len(c.unescaped)
	c.unescaped = appendUnescaped(c.stop, c.unescaped, raw, false)
	return placedName{c.unescaped[start:], offset}, true
}
