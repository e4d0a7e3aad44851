package jsontext

// TokenReader reads the tokens of a text from left to right: brackets, names and other strings, numbers, and the
// words true, false and null. It is for texts that Check or CheckObject has accepted, or that Canonical has made;
// of another one it may give any tokens, or panic.
type TokenReader struct{ scanner scanner }

// NewTokenReader returns a reader of the text, which must not change as long as tokens of it are used.
func NewTokenReader(text []byte) TokenReader {
	return TokenReader{scanner{text: text, exponentDigits: exponentLimit}}
}

// Peek moves to the next token, past white space, commas and colons, and returns the byte that it starts with: 0
// at the end of the text.
func (r *TokenReader) Peek() byte {
	s := &r.scanner
	for s.pos < len(s.text) {
		switch c := s.text[s.pos]; c {
		case ' ', '\t', '\n', '\r', ',', ':':
			s.pos++
		default:
			return c
		}
	}
	return 0
}

// Bracket reads the bracket that Peek has found.
func (r *TokenReader) Bracket() { r.scanner.pos++ }

// Text reads the string that Peek has found, and returns what it stands for: never nil, and in the text's own
// memory unless it has escapes.
func (r *TokenReader) Text() []byte {
	raw, escaped, ok := r.scanner.str()
	r.check(ok)
	if escaped {
		return appendUnescaped(make([]byte, 0, len(raw)), raw)
	}
	return raw
}

// Scalar reads the number or word that Peek has found, and returns it as it is written.
func (r *TokenReader) Scalar() []byte {
	start := r.scanner.pos
	_, ok := r.scanner.scalar()
	r.check(ok)
	return r.scanner.text[start:r.scanner.pos]
}

func (r *TokenReader) check(ok bool) {
	if !ok {
		panic("jsontext: the text of a TokenReader was not checked") // and must not be shown
	}
}
