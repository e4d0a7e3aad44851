package jsontext

import (
	"bytes"
	"encoding/json"
	"testing"

	"pgregory.net/rapid"
)

// TestTokensAreThoseOfTheText reads a drawn text token by token, and compares with what encoding/json makes of it.
func TestTokensAreThoseOfTheText(t *testing.T) {
	escaped := 0
	rapid.Check(t, func(t *rapid.T) {
		text := []byte(writeText(t, drawModel(t, 4)))
		r := NewTokenReader(text)
		want := json.NewDecoder(bytes.NewReader(text))
		want.UseNumber()
		for {
			token, err := want.Token()
			if err != nil {
				break
			}
			switch kind := r.Peek(); token := token.(type) {
			case json.Delim:
				if r.Bracket(); rune(kind) != rune(token) {
					t.Fatalf("%s: got %q, want %v", text, kind, token)
				}
			case string:
				got := r.Text()
				if kind != '"' || got == nil || string(got) != token {
					t.Fatalf("%s: got %q, want %q", text, got, token)
				}
				if !bytes.Contains(text, got) {
					escaped++
				}
			case json.Number:
				if got := r.Scalar(); string(got) != token.String() || kind != got[0] {
					t.Fatalf("%s: got %q, want %s", text, got, token)
				}
			case bool:
				if got := r.Scalar(); string(got) != map[bool]string{true: "true", false: "false"}[token] {
					t.Fatalf("%s: got %q, want %t", text, got, token)
				}
			default:
				if got := r.Scalar(); string(got) != "null" {
					t.Fatalf("%s: got %q, want null", text, got)
				}
			}
		}
		if got := r.Peek(); got != 0 {
			t.Fatalf("%s goes on with %q", text, got)
		}
	})
	if !t.Failed() && escaped == 0 {
		t.Error("no string had escapes")
	}
}

func TestTokensOfATextThatWasNotChecked(t *testing.T) {
	for _, text := range []string{`"`, `"\x"`, "\"\xff\"", `tru`, `-`, `}`, ``, `1e99999999999999`} {
		func() {
			defer func() {
				if p := recover(); p != "jsontext: the text of a TokenReader was not checked" {
					t.Errorf("%q: panics with %v", text, p)
				}
			}()
			r := NewTokenReader([]byte(text))
			if r.Peek() == '"' {
				_ = r.Text()
			} else {
				_ = r.Scalar()
			}
		}()
	}
}
