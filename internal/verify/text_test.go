package verify

import (
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
		text, ok := object([]byte(test.text))
		if !ok {
			t.Errorf("%s is no object", test.text)
			continue
		}
		var b strings.Builder
		for _, m := range members(nil, text) {
			fmt.Fprintf(&b, "%s=%s;", m.name, m.value)
		}
		if b.String() != test.want {
			t.Errorf("%s: got %s, want %s", test.text, b.String(), test.want)
		}
	}
	for _, text := range []string{` `, `[]`, `null`, `{`, `{"a"}`, `{"a":1,}`, `{"a":1}}`, `{"a":'}`, "{\"a\":\"\n\"}"} {
		if _, ok := object([]byte(text)); ok {
			t.Errorf("%s is an object", text)
		}
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
