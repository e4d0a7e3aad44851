package verify

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestMembers(t *testing.T) {
	tests := []struct{ text, want string }{
		{``, ``},
		{`{}`, ``},
		{" {\n} ", ``},
		{`{"a":1}`, `a=1;`},
		{"\t{ \"b\" : -1.5e3 ,\r\n\"a\" :true } ", `a=true;b=-1.5e3;`},
		{`{"a":"}\\","b":"\"{","c":[{"]":"["}],"d":{"e":{}}}`, `a="}\\";b="\"{";c=[{"]":"["}];d={"e":{}};`},
		{`{"\u0062":1,"a\n":2,"":3}`, "=3;a\n=2;b=1;"},
		{`{"a":1,"b":2,"a":3}`, `a=3;b=2;`},
	}
	for _, test := range tests {
		text := object([]byte(test.text))
		var b strings.Builder
		all, ok := members(nil, text)
		for _, m := range all {
			fmt.Fprintf(&b, "%s=%s;", m.name, m.value)
		}
		if b.String() != test.want || !ok || !isObject(text) {
			t.Errorf("%s: got %s, want %s", test.text, b.String(), test.want)
		}
	}
}

// TestNoObject: what is no object is the same as nothing but itself, and does no harm.
func TestNoObject(t *testing.T) {
	wrong := []string{
		` `, `[]`, `null`, `{`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{"a":1}}`, `{"a":'}`, "{\"a\":\"\n\"}", `{,}`, `{"a`, `{"a":"\`,
		`{"a":1,"b":[}`, `{"a":1,:2}`, `{"\x":1}`, `{"a":1]`, `{"a":{"b":1`, `{a:1}`, `{"a":1 "b":2}`, `}`, `"`, `{"a":"\"`,
	}
	others := append([]string{``, `{}`, `{"a":1}`, ` {"a":1}`, `{"a":1,"b":[]}`, `{"a":{"b":1}}`, `{"x":1}`}, wrong...)
	for _, text := range wrong {
		for i := range text {
			others = append(others, text[:i])
		}
		if isObject(object([]byte(text))) {
			t.Errorf("%s is an object", text)
		}
		for _, other := range others {
			if other != text && (sameAttributes(record(text), record(other)) || sameAttributes(record(other), record(text))) {
				t.Errorf("%s and %s are the same", text, other)
			}
		}
	}
}

// TestMembersOfAnyText compares with encoding/json, on texts that are JSON and others that nearly are.
func TestMembersOfAnyText(t *testing.T) {
	valid, invalid := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`(\{( ?"[ab\\]?" ?: ?(1|""|\[\]|\{"a":\{\}\}),?){0,3}\} ?|[ {}[\]",:\\a1]{0,12})`).Draw(t, "text")
		var want map[string]json.RawMessage
		isWanted := json.Unmarshal([]byte(text), &want) == nil && want != nil
		all, ok := members(nil, []byte(text))
		if isWanted = isWanted && text[0] == '{'; isWanted != isObject([]byte(text)) || isWanted && !ok {
			t.Fatalf("%q: %v, want %v", text, ok, isWanted)
		}
		if !isWanted {
			invalid++
			return
		}
		valid++
		if len(all) != len(want) {
			t.Fatalf("%q: got %q, want %q", text, all, want)
		}
		for _, m := range all {
			if string(want[string(m.name)]) != string(m.value) {
				t.Fatalf("%q: got %q, want %q", text, all, want)
			}
		}
	})
	if !t.Failed() && (valid == 0 || invalid == 0) {
		t.Errorf("%d were objects, %d not", valid, invalid)
	}
}

// TestSameAttributesWrittenOtherwise: in which order the members of objects stand, with how much space, and
// how names and strings are escaped, makes no difference at any depth; another number does.
func TestSameAttributesWrittenOtherwise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		depth := rapid.IntRange(1, 2*maxText).Draw(t, "depth")
		a, b, other := "7", "7", "8"
		for range depth {
			a, b, other = `{"a":"A","x":`+a+`}`, writtenOtherwise(t, b), writtenOtherwise(t, other)
		}
		if !sameAttributes(record(a), record(b)) || !sameAttributes(record(b), record(a)) {
			t.Fatalf("%s and %s differ", a, b)
		}
		if sameAttributes(record(a), record(other)) || sameAttributes(record(other), record(a)) {
			t.Fatalf("%s and %s are the same", a, other)
		}
	})
}

// writtenOtherwise is {"a":"A","x":value}.
func writtenOtherwise(t *rapid.T, value string) string {
	space := rapid.SampledFrom([]string{"", " ", "\n\t"}).Draw(t, "space")
	a := rapid.SampledFrom([]string{`"a"{}:"A"`, `"\u0061":{}"\u0041"`}).Draw(t, "a")
	x := rapid.SampledFrom([]string{`"x":{}`, `"\u0078"{}:`}).Draw(t, "x") + value
	members := []string{a, x}
	if rapid.Bool().Draw(t, "order") {
		members = []string{x, a}
	}
	return "{" + strings.ReplaceAll(strings.Join(members, "{},"), "{}", space) + "}"
}
