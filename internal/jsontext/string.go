package jsontext

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/pgplanner/pgplanner/internal/interrupt"
)

// AppendString appends s as a JSON string, in quotes, and returns the extended slice. Only what must
// be escaped is: quotes, backslashes and control characters, in their short form (\n) where there is one
// and else as \u00xx with lower-case digits. Bytes that are not UTF-8 become U+FFFD. It polls only if s is long; if it is
// stopped, something is missing.
func AppendString(stop *interrupt.Poller, dst []byte, s string) []byte {
	dst = append(dst, '"')
	for piece := range interrupt.Pieces(stop, s) {
		dst = appendCharacters(dst, piece)
	}
	return append(dst, '"')
}

// appendCharacters appends what stands between the quotes of a JSON string.
func appendCharacters(dst []byte, s string) []byte {
	for len(s) > 0 {
		plain := plainPrefix(s)
		dst = append(dst, s[:plain]...)
		s = s[plain:]
		if len(s) > 0 {
			r, size := utf8.DecodeRuneInString(s)
			dst = appendEscaped(dst, r)
			s = s[size:]
		}
	}
	return dst
}

// ValidText tells whether a text is valid UTF-8, as every string of JSON is. It polls only if the text is long; if it is stopped, the
// result means nothing.
func ValidText(stop *interrupt.Poller, text string) bool {
	if len(text) <= bytesPerPoll { // as most are: one piece
		return utf8.ValidString(text)
	}
	for piece := range interrupt.Pieces(stop, text) {
		if !utf8.ValidString(piece) {
			return false
		}
	}
	return true
}

// appendEscaped appends one character of a string with minimal escaping.
func appendEscaped(dst []byte, r rune) []byte {
	switch r {
	case '"', '\\':
		return append(dst, '\\', byte(r))
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	if r < ' ' {
		const digits = "0123456789abcdef"
		return append(dst, '\\', 'u', '0', '0', digits[r>>4], digits[r&0xf])
	}
	return utf8.AppendRune(dst, r)
}

// appendUnescaped appends the text that stands for raw, the inside of a checked string; if it is to be minimal, with the
// escapes that it cannot do without.
func appendUnescaped(stop *interrupt.Poller, dst, raw []byte, minimal bool) []byte {
	for polled := len(raw); len(raw) > 0; {
		if units := (polled - len(raw)) / bytesPerUnit; units > 0 {
			if stop.Spend(units) {
				break
			}
			polled = len(raw)
		}
		i := bytes.IndexByte(raw, '\\')
		if i < 0 {
			return append(dst, raw...)
		}
		r, size := decodeEscape(raw[i:])
		dst = append(dst, raw[:i]...)
		if minimal {
			dst = appendEscaped(dst, r)
		} else {
			dst = utf8.AppendRune(dst, r)
		}
		raw = raw[i+size:]
	}
	return dst
}

// decodeEscape returns the character that a checked escape stands for, and the size of the escape.
func decodeEscape(text []byte) (rune, int) {
	switch c := text[1]; c {
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		unit, _ := hexUnit(text)
		if !utf16.IsSurrogate(unit) {
			return unit, 6
		}
		low, _ := hexUnit(text[6:])
		return utf16.DecodeRune(unit, low), 12
	default:
		return rune(c), 2
	}
}
