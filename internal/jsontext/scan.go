package jsontext

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/pgplanner/pgplanner/internal/interrupt"
)

// scanner reads a JSON text (RFC 8259) from left to right, one token at a time. It is what everything
// that reads JSON here is built on: the walker that embeds it decides what to do with the tokens.
//
// Methods that can fail return false and leave the position and the problem behind. A scanner that has
// failed must not be used any further.
type scanner struct {
	text           []byte
	pos            int
	depth          int  // how many more containers may be opened
	exponentDigits int  // how many digits the exponent of a number may have, leading zeros not counted
	spaced         bool // whether white space was skipped
	problem        string
	stop           *interrupt.Poller
	polled         int // up to where stop knows of the text
}

// fail notes the problem, which must not quote the text.
func (s *scanner) fail(pos int, problem string) bool {
	s.pos, s.problem = pos, problem
	return false
}

// failExpecting fails at the current position, where something else was expected.
func (s *scanner) failExpecting(problem string) bool {
	if s.pos >= len(s.text) {
		return s.fail(len(s.text), problemEnd)
	}
	return s.fail(s.pos, problem)
}

// err is the problem as an error, or that the scanner was stopped.
func (s *scanner) err() error {
	if err := s.stop.Err(); err != nil {
		return err
	}
	return &Error{Offset: s.pos, Problem: s.problem}
}

// stopped polls, for what was read since it did so before.
func (s *scanner) stopped() bool {
	if s.stop == nil {
		return false
	}
	units := 1 + (s.pos-s.polled)/bytesPerUnit
	s.polled = s.pos
	return s.stop.Spend(units) && !s.fail(s.pos, problemStopped)
}

// peek returns the byte at the current position: 0, which starts no token, at the end.
func (s *scanner) peek() byte {
	if s.pos < len(s.text) {
		return s.text[s.pos]
	}
	return 0
}

// space skips white space.
func (s *scanner) space() {
	for s.pos < len(s.text) {
		switch s.text[s.pos] {
		case ' ', '\n', '\t', '\r':
			s.pos++
			s.spaced = true
			if s.pos-s.polled >= bytesPerUnit && s.stopped() {
				return
			}
		default:
			return
		}
	}
}

// end checks that nothing but white space is left.
func (s *scanner) end() bool {
	s.space()
	if s.stopped() {
		return false
	}
	return s.pos == len(s.text) || s.fail(s.pos, problemTrailing)
}

// open enters the object or array that starts at the current position.
func (s *scanner) open() bool {
	if s.depth == 0 {
		return s.fail(s.pos, problemDepth)
	}
	s.depth--
	s.pos++
	return true
}

// next moves to the next member or element of the container that ends with the given bracket, or leaves
// the container. It returns false at the container's end and on failure; see the problem for which.
func (s *scanner) next(first bool, end byte) bool {
	if s.stopped() {
		return false
	}
	s.space()
	c := s.peek()
	if c == end {
		s.pos++
		s.depth++
		return false
	}
	if first {
		return true
	}
	if c != ',' {
		return s.failExpecting(problemComma)
	}
	s.pos++
	s.space()
	return true
}

// name reads the name of a member, up to the beginning of its value. See str for the results.
func (s *scanner) name() (raw []byte, escaped, ok bool) {
	if s.peek() != '"' {
		return nil, false, s.failExpecting(problemName)
	}
	if raw, escaped, ok = s.str(); !ok {
		return nil, false, false
	}
	s.space()
	if s.peek() != ':' {
		return nil, false, s.failExpecting(problemColon)
	}
	s.pos++
	s.space()
	return raw, escaped, true
}

// str reads the string that starts at the current position. It returns what stands between the quotes,
// and whether that holds escapes.
func (s *scanner) str() (raw []byte, escaped, ok bool) {
	start := s.pos + 1
	for i := start; ; {
		i += plainPrefix(s.text[i:min(i+bytesPerPoll, len(s.text))])
		if i >= len(s.text) {
			return nil, false, s.fail(i, problemEnd)
		}
		switch c := s.text[i]; {
		case c == '"':
			s.pos = i + 1
			return s.text[start:i], escaped, true
		case c == '\\':
			size, problem := checkEscape(s.text[i:])
			if problem != "" {
				return nil, false, s.fail(i, problem)
			}
			escaped = true
			i += size
		case c < ' ':
			return nil, false, s.fail(i, problemControl)
		default:
			r, size := utf8.DecodeRune(s.text[i:])
			if r == utf8.RuneError && size == 1 {
				return nil, false, s.fail(i, problemUTF8)
			}
			i += size
		}
		if i-s.polled >= bytesPerUnit {
			if s.pos = i; s.stopped() {
				return nil, false, false
			}
		}
	}
}

// plainPrefix counts the bytes that a string may begin with without looking at any of them closer: ASCII
// without quotes, backslashes and control characters.
func plainPrefix[T []byte | string](text T) int {
	const (
		ones  = 0x0101010101010101
		highs = 0x80 * ones
	)
	i := 0
	for ; i+8 <= len(text); i += 8 {
		w := binary.LittleEndian.Uint64([]byte(text[i : i+8]))
		quote, backslash := w^'"'*ones, w^'\\'*ones
		// The lowest byte marked here is marked for a reason; those above it may be marked by a borrow.
		marked := ((w-' '*ones)&^w | (quote-ones)&^quote | (backslash-ones)&^backslash | w) & highs
		if marked != 0 {
			return i + bits.TrailingZeros64(marked)/8
		}
	}
	for i < len(text) && text[i] >= ' ' && text[i] < utf8.RuneSelf && text[i] != '"' && text[i] != '\\' {
		i++
	}
	return i
}

// checkEscape checks the escape that text starts with and returns its size in bytes, or what is wrong. A
// pair of surrogates is one escape.
func checkEscape(text []byte) (size int, problem string) {
	if len(text) < 2 {
		return 0, problemEnd
	}
	switch text[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2, ""
	case 'u':
		unit, ok := hexUnit(text)
		if !ok {
			return 0, problemEscape
		}
		if !utf16.IsSurrogate(unit) {
			return 6, ""
		}
		low, ok := hexUnit(text[6:])
		if !ok || utf16.DecodeRune(unit, low) == utf8.RuneError {
			return 0, problemSurrogate
		}
		return 12, ""
	}
	return 0, problemEscape
}

// hexUnit decodes the escape of the form \u0000 that text starts with.
func hexUnit(text []byte) (rune, bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	var unit rune
	for _, c := range text[2:6] {
		unit <<= 4
		switch {
		case isDigit(c):
			unit |= rune(c - '0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			unit |= rune(c|0x20-'a') + 10
		default:
			return 0, false
		}
	}
	return unit, true
}

// scalar reads the number, string or literal that starts at the current position. It is plain where it is
// in canonical form at first sight; where not, it may still be.
func (s *scanner) scalar() (plain, ok bool) {
	switch c := s.peek(); {
	case c == '"':
		_, escaped, ok := s.str()
		return !escaped, ok
	case c == '-' || isDigit(c):
		return s.number()
	case c == 't':
		return true, s.literal("true")
	case c == 'f':
		return true, s.literal("false")
	case c == 'n':
		return true, s.literal("null")
	}
	return false, s.failExpecting(problemValue)
}

// literal reads the given word.
func (s *scanner) literal(word string) bool {
	rest := s.text[s.pos:]
	if len(rest) < len(word) || string(rest[:len(word)]) != word {
		return s.fail(s.pos, problemValue)
	}
	s.pos += len(word)
	return true
}

// number reads the number that starts at the current position. It is plain without point and exponent.
func (s *scanner) number() (plain, ok bool) {
	i := s.pos
	if s.text[i] == '-' {
		i++
	}
	whole := countDigits(s.stop, s.text[i:])
	if whole == 0 || whole > 1 && s.text[i] == '0' {
		return false, s.fail(s.pos, problemNumber)
	}
	plain = isPlainInteger(s.text[s.pos : i+whole])
	i += whole
	if i < len(s.text) && s.text[i] == '.' {
		fraction := countDigits(s.stop, s.text[i+1:])
		if fraction == 0 {
			return false, s.fail(s.pos, problemNumber)
		}
		plain = false
		i += 1 + fraction
	}
	if i < len(s.text) && s.text[i]|0x20 == 'e' {
		plain = false
		size, problem := s.checkExponent(s.text[i:])
		if problem != "" {
			return false, s.fail(s.pos, problem)
		}
		i += size
	}
	s.pos, s.polled = i, i
	return plain, true
}

// checkExponent checks the exponent that text starts with and returns its size in bytes, or what is wrong.
func (s *scanner) checkExponent(text []byte) (size int, problem string) {
	first := 1
	if first < len(text) && (text[first] == '+' || text[first] == '-') {
		first++
	}
	digits := countDigits(s.stop, text[first:])
	if digits == 0 {
		return 0, problemNumber
	}
	size = first + digits
	for first < size && text[first] == '0' && !pollsAt(s.stop, first) {
		first++
	}
	if size-first > s.exponentDigits {
		return 0, problemExponent
	}
	return size, ""
}

func countDigits(stop *interrupt.Poller, text []byte) int {
	for i, c := range text {
		if !isDigit(c) || pollsAt(stop, i) {
			return i
		}
	}
	return len(text)
}

// pollsAt is for loops over the bytes of a text, which index counts: it polls at every unit of them, and tells whether to stop.
func pollsAt(stop *interrupt.Poller, index int) bool {
	return index%bytesPerUnit == bytesPerUnit-1 && stop.Stopped()
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
