package jsontext

// TokenReader reads one text from left to right: brackets, names and other strings, numbers, and the words true, false
// and null. It checks the text on its way as Check does, but for names that an object has twice, which are for its user
// to look at. A method that finds the text wrong, or is stopped, returns false, and then the reader must not be used any
// further.
type TokenReader struct{ scanner scanner }

// NewTokenReader returns a reader of the text, which must not change as long as tokens of it are used. One that is
// longer than MaxSize is read as an empty one, which is no JSON.
func NewTokenReader(text []byte, limits Limits) TokenReader {
	if len(text) > MaxSize {
		text = nil
	}
	return TokenReader{newScanner(text, limits)}
}

// Peek moves to the next token, past white space, and returns the byte that it starts with: 0 at the end of the text.
func (r *TokenReader) Peek() byte {
	r.scanner.space()
	return r.scanner.peek()
}

// Open reads the bracket that Peek has found, which begins an object or array. It returns false if that is nested too
// deeply.
func (r *TokenReader) Open() bool { return r.scanner.open() }

// Next moves to the next member or element of the object or array that ends with the given bracket; first says that
// nothing has been read of it yet. It returns false if there is none: then the bracket has been read, unless Failed.
func (r *TokenReader) Next(first bool, bracket byte) bool { return r.scanner.next(first, bracket) }

// Failed tells whether something was wrong, or the reader was stopped.
func (r *TokenReader) Failed() bool { return r.scanner.problem != "" }

// Name reads the name of a member, and moves to its value. The name is as Text returns it.
func (r *TokenReader) Name() ([]byte, bool) {
	raw, escaped, ok := r.scanner.name()
	return r.unescaped(raw, escaped), ok
}

// Text reads the string that Peek has found, and returns what it stands for: never nil, and in the text's own
// memory unless it has escapes.
func (r *TokenReader) Text() ([]byte, bool) {
	raw, escaped, ok := r.scanner.str()
	return r.unescaped(raw, escaped), ok
}

func (r *TokenReader) unescaped(raw []byte, escaped bool) []byte {
	if escaped {
		return appendUnescaped(r.scanner.stop, make([]byte, 0, len(raw)), raw, false)
	}
	return raw
}

// Scalar reads a number or word, and returns it as it is written.
func (r *TokenReader) Scalar() ([]byte, bool) {
	start := r.scanner.pos
	_, ok := r.scanner.scalar()
	return r.scanner.text[start:r.scanner.pos], ok
}

// End tells whether the text ends here.
func (r *TokenReader) End() bool { return r.scanner.end() }
