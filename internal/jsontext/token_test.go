package jsontext

import (
	"bytes"
	"encoding/json"
	"testing"

	"pgregory.net/rapid"

	"github.com/pgplanner/pgplanner/internal/testkit"
)

// readTokens reads the text as a TokenReader finds it, in the way of json.Decoder: false if it is wrong.
func readTokens(text []byte, limits Limits) ([]json.Token, bool) {
	r := NewTokenReader(text, limits)
	w := tokenWalk{TokenReader: &r}
	ok := w.value() && r.End()
	return w.tokens, ok
}

type tokenWalk struct {
	*TokenReader

	tokens []json.Token
}

func (w *tokenWalk) value() bool {
	switch c := w.Peek(); c {
	case '{', '[':
		return w.container(c)
	case '"':
		text, ok := w.Text()
		w.tokens = append(w.tokens, string(text))
		return ok && text != nil
	}
	scalar, ok := w.Scalar()
	var token json.Token = json.Number(scalar)
	switch string(scalar) {
	case "true", "false":
		token = string(scalar) == "true"
	case "null":
		token = nil
	}
	w.tokens = append(w.tokens, token)
	return ok
}

func (w *tokenWalk) container(bracket byte) bool {
	if !w.Open() {
		return false
	}
	w.tokens = append(w.tokens, json.Delim(bracket))
	for first := true; w.Next(first, bracket+2); first = false {
		if bracket == '{' {
			name, ok := w.Name()
			if !ok || name == nil {
				return false
			}
			w.tokens = append(w.tokens, string(name))
		}
		if !w.value() {
			return false
		}
	}
	w.tokens = append(w.tokens, json.Delim(bracket+2))
	return !w.Failed()
}

// TestTokensAreThoseOfTheText reads a drawn text token by token, and compares with what encoding/json makes of it.
func TestTokensAreThoseOfTheText(t *testing.T) {
	seen := testkit.Classes{}
	seen.Check(t, 1, func(t *rapid.T) {
		text := []byte(writeText(t, drawModel(t, 4)))
		got, ok := readTokens(text, Limits{})
		if !ok {
			t.Fatalf("%s: is refused", text)
		}
		want := json.NewDecoder(bytes.NewReader(text))
		want.UseNumber()
		for i := 0; ; i++ {
			token, err := want.Token()
			if err != nil {
				if i != len(got) {
					t.Fatalf("%s: got more than %d tokens: %v", text, i, got)
				}
				return
			}
			if i >= len(got) || got[i] != token {
				t.Fatalf("%s: got %v, want %v at %d", text, got, token, i)
			}
			s, isText := token.(string)
			seen.Count("escaped", isText && !bytes.Contains(text, []byte(s)))
		}
	}, "escaped")
}

// A TokenReader refuses what Check refuses, but for names that are there twice.
func TestTokensAreChecked(t *testing.T) {
	seen := testkit.Classes{}
	seen.Check(t, 1, func(t *rapid.T) {
		for range 50 {
			text := drawText(t)
			problem := referenceProblem(text, 2, MaxExponentDigits)
			seen.Add(problem)
			checkTokens(t, text, Limits{MaxDepth: 2}, problem)
		}
	}, "", "invalid", "utf8", "surrogate", "duplicate", "exponent", "depth")
	if _, ok := readTokens(bytes.Repeat([]byte("1"), MaxSize+1), Limits{}); ok {
		t.Error("a text that is too long is read")
	}
}

func checkTokens(t interface{ Fatalf(string, ...any) }, text []byte, limits Limits, problem string) {
	if problem == "duplicate" { // and there may be others
		return
	}
	if _, ok := readTokens(text, limits); ok != (problem == "") {
		t.Fatalf("%q: is read: %v, the reference says %q", text, ok, problem)
	}
}
