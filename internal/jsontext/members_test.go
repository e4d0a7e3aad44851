package jsontext

import (
	"bytes"
	"encoding/json"
	"testing"

	"pgregory.net/rapid"

	"github.com/pgplanner/pgplanner/internal/testkit"
)

func TestLookup(t *testing.T) {
	for _, test := range []struct{ text, name, want string }{
		{`{}`, "", ""},
		{" {\n} ", "a", ""},
		{`{"a":1}`, "a", "1"},
		{`{"a":1}`, "A", ""},
		{"\t{ \"b\" : -1.5e3 ,\r\n\"a\" :true } ", "b", "-1.5e3"},
		{"\t{ \"b\" : -1.5e3 ,\r\n\"a\" :true } ", "a", "true"},
		{`{"a":"}\\","b":"\"{","c":[{"]":"["}],"d":{"e":{}}}`, "a", `"}\\"`},
		{`{"a":"}\\","b":"\"{","c":[{"]":"["}],"d":{"e":{}}}`, "c", `[{"]":"["}]`},
		{`{"a":"}\\","b":"\"{","c":[{"]":"["}],"d":{"e":{}}}`, "e", ""},
		{`{"\u0062":1,"a\n":2,"":3}`, "b", "1"},
		{`{"\u0062":1,"a\n":2,"":3}`, "a\n", "2"},
		{`{"\u0062":1,"a\n":2,"":3}`, "", "3"},
	} {
		got, err := Lookup(nil, []byte(test.text), test.name)
		if string(got) != test.want || (got == nil) != (test.want == "") || err != nil {
			t.Errorf("%q of %s: got %s, %v, want %s", test.name, test.text, got, err, test.want)
		}
	}
}

// TestLookupInAnyText compares with encoding/json, on texts that are JSON and others that nearly are.
func TestLookupInAnyText(t *testing.T) {
	seen := testkit.Classes{}
	seen.Check(t, 1, func(t *rapid.T) {
		text := []byte(rapid.StringMatching(`(\{( ?"[ab\\]?" ?: ?(1|""|\[\]|\{"a":\{\}\}),?){0,3}\} ?|[ {}[\]",:\\a1]{0,12})`).Draw(t, "text"))
		name := rapid.SampledFrom([]string{"a", "b", ""}).Draw(t, "name")
		got, err := Lookup(nil, text, name)
		seen.Count("object", err == nil)
		seen.Count("no object", err != nil)
		seen.Count("found", got != nil)
		if isObject := referenceProblem(text, depthLimit, MaxExponentDigits) == "" && bytes.TrimLeft(text, " ")[0] == '{'; isObject != (err == nil) {
			t.Fatalf("%q is an object: %t, %v", text, isObject, err)
		}
		var want map[string]json.RawMessage
		if err == nil && json.Unmarshal(text, &want) != nil {
			t.Fatalf("%q: only jsontext reads it", text)
		}
		if string(got) != string(want[name]) {
			t.Fatalf("%q of %q: got %q, want %q", name, text, got, want[name])
		}
	}, "object", "no object", "found")
}
