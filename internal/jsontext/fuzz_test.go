package jsontext

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func FuzzCheckObject(f *testing.F) {
	for _, text := range []string{
		`{}`, `{"a":[1,-2.5e+10,true,null],"b":{"\u00e9":"\ud83d\ude00"}}`, `{"a":1,"\u0061":2}`, "{\"a\":\"\xff\"}", `{"a":"\ud800"}`,
	} {
		f.Add([]byte(text), 3)
	}
	f.Fuzz(func(t *testing.T, text []byte, depth int) {
		limits := Limits{MaxDepth: depth}
		problem := referenceProblem(text, limits.depth(), MaxExponentDigits)
		err := Check(text, limits)
		if (err == nil) != (problem == "") {
			t.Fatalf("got %v, the reference says %q", err, problem)
		}
		checkTokens(t, text, limits, problem)
		isObject := bytes.HasPrefix(bytes.TrimLeft(text, " \t\r\n"), []byte("{"))
		objectErr := CheckObject(text, limits)
		if (objectErr == nil) != (err == nil && isObject) {
			t.Fatalf("as an object: %v, as a value: %v", objectErr, err)
		}
		var at *Error
		if objectErr != nil && (!errors.As(objectErr, &at) || at.Problem == "" || at.Offset < 0 || at.Offset > len(text)) {
			t.Fatalf("malformed error %#v", objectErr)
		}
		if objectErr != nil {
			return
		}
		members, err := Members(nil, text)
		if err != nil {
			t.Fatal(err)
		}
		want := decode(t, text).(map[string]any)
		if len(members) != len(want) {
			t.Fatalf("%d members, want %d", len(members), len(want))
		}
		for _, m := range members {
			value, ok := want[m.Key]
			if !ok || !largeExponents(m.Value) && !sameDecoded(decode(t, m.Value), value) {
				t.Fatalf("member %q is %s, want %v", m.Key, m.Value, value)
			}
		}
	})
}

func FuzzCanonical(f *testing.F) {
	for _, text := range []string{
		`{}`, ` {"b": 1.50, "a": ["\u0041\/", -0.0, 1e21]} `, `{"a":15e-1}`, `[0.001E+2,123456789012345678901234]`, `{"\n":1,"!":2}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		problem := referenceProblem(text, depthLimit, exponentLimit)
		canonical, err := Canonical(nil, text)
		if (err == nil) != (problem == "") {
			t.Fatalf("got %v, the reference says %q", err, problem)
		}
		if err != nil {
			if isCanonical(nil, text) {
				t.Fatal("invalid, but canonical")
			}
			return
		}
		// The shortcut for what is canonical already is judged by the way without it.
		rewritten, err := rewrite(nil, text)
		if err != nil || !bytes.Equal(rewritten, canonical) {
			t.Fatalf("got %s, by parsing %s, %v", canonical, rewritten, err)
		}
		if isCanonical(nil, text) != bytes.Equal(text, canonical) {
			t.Fatalf("isCanonical says %v, the canonical form is %s", isCanonical(nil, text), canonical)
		}
		if largeExponents(text) {
			return
		}
		if again, err := Canonical(nil, canonical); err != nil || !bytes.Equal(again, canonical) {
			t.Fatalf("canonical %s becomes %s, %v", canonical, again, err)
		}
		if !sameDecoded(decode(t, text), decode(t, canonical)) {
			t.Fatalf("another value: %s", canonical)
		}
	})
}

func FuzzDiff(f *testing.F) {
	f.Add(`{"a":[1,2,3],"b":{"c":1}}`, `{"a":[2,3],"b":{"c":1.0,"d":null}}`, "/b/c")
	f.Add(`{"a":[{"b":1},{"b":2}]}`, `{"a":[{"b":2},{"b":3}]}`, "/a/0/b\n/a/1")
	f.Add(`{"a~":{"/":[]}}`, `{"a~":{"/":[[1,[2]]]}}`, "/a~0/~1/-")
	f.Fuzz(func(t *testing.T, current, wanted, ignore string) {
		for _, text := range []string{current, wanted} {
			if CheckObject([]byte(text), Limits{}) != nil || largeExponents([]byte(text)) {
				// Nothing is promised but that it does not panic.
				_, _ = Diff(nil, []byte(current), []byte(wanted), []string{ignore})
				return
			}
		}
		pointers := strings.Split(ignore, "\n")
		for _, p := range pointers {
			if p == "" || !ValidPointer(nil, p) {
				pointers = nil
			}
		}
		checkDiff(t, current, wanted, pointers, func([]Operation) {})
	})
}
