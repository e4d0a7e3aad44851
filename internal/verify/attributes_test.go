package verify

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/pgplanner/pgplanner/internal/resource"
)

func TestSameAttributes(t *testing.T) {
	tests := []struct {
		a, b   string
		ignore []string
		same   bool
	}{
		{a: ``, b: `{}`, same: true},
		{a: `{"a":1,"b":[1,2]}`, b: `{ "b" : [1, 2], "a" : 1 }`, same: true},
		{a: `{"a":[1,2]}`, b: `{"a":[2,1]}`},
		{a: `{"a":1}`, b: `{"a":1.0}`, same: true},
		{a: `{"a":1e2}`, b: `{"a":100}`, same: true},
		{a: `{"a":-0}`, b: `{"a":0.00e5}`, same: true},
		{a: `{"a":0.10}`, b: `{"a":1E-1}`, same: true},
		{a: `{"a":-1}`, b: `{"a":1}`},
		{a: `{"a":9007199254740993}`, b: `{"a":9007199254740992}`},
		{a: `{"a":1e999999999999}`, b: `{"a":1e999999999998}`},
		{a: `{"a":1e999999999999}`, b: `{"a":1e999999999999,"b":1}`, ignore: []string{"/b"}, same: true},
		{a: `{"a":"\u0041"}`, b: `{"a":"A"}`, same: true},
		{a: `{"a":"1"}`, b: `{"a":1}`},
		{a: `{"a":null}`, b: `{}`},
		{a: `{"a":null}`, b: `{}`, ignore: []string{"/a"}, same: true},
		{a: `{"a":{"b":1,"c":2}}`, b: `{"a":{"b":3,"c":2}}`, ignore: []string{"/a/b"}, same: true},
		{a: `{"a":{"b":1,"c":2}}`, b: `{"a":{"b":3,"c":4}}`, ignore: []string{"/a/b"}},
		{a: `{"a":[1,2,3]}`, b: `{"a":[1,9]}`, ignore: []string{"/a/1", "/a/2"}, same: true},
		{a: `{"a":[1,2,3]}`, b: `{"a":[1,9,4]}`, ignore: []string{"/a/1"}},
		{a: `{"a":[1]}`, b: `{"a":{"0":1}}`},
		{a: `{"a":[]}`, b: `{"a":[2]}`, ignore: []string{"/a/0"}, same: true},
		{a: `{"a/b":1}`, b: `{"a/b":2}`, ignore: []string{"/a~1b"}, same: true},
		{a: `{"a~b":1}`, b: `{"a~b":2}`, ignore: []string{"/a~0b"}, same: true},
		{a: `{"a~b":1}`, b: `{"a~b":2}`, ignore: []string{"/a~b", "a~b"}},
		{a: `{"":1}`, b: `{"":2}`, ignore: []string{"/"}, same: true},
		{a: `{"a":1}`, b: `{"a":2}`, ignore: []string{""}, same: true},
		{a: `{"a":1}`, b: `{`},
		{a: `[]`, b: `{}`},
		{a: `null`, b: `{}`},
		{a: `{"a":true}`, b: `{"a":false}`},
	}
	for _, test := range tests {
		a, b := record(test.a), record(test.b)
		b.DiffIgnore = test.ignore
		if got := sameAttributes(a, b); got != test.same {
			t.Errorf("%s and %s without %v: %v, want %v", test.a, test.b, test.ignore, got, test.same)
		}
		b.ResourceVersion = "2"
		if !sameAttributes(a, b) {
			t.Errorf("%s and %s of different versions differ", test.a, test.b)
		}
	}
}

func record(attributes string) *resource.Resource {
	return &resource.Resource{Attributes: []byte(attributes), ResourceVersion: "1"}
}

// TestSameAttributesAsTheEngine compares with the other implementation on drawn attributes that are mostly
// alike.
func TestSameAttributesAsTheEngine(t *testing.T) {
	same, different := 0, 0
	for range 10 {
		rapid.Check(t, func(t *rapid.T) {
			a, b := record(drawObject(t, 3)), record(drawObject(t, 3))
			b.DiffIgnore = rapid.SliceOfN(rapid.SampledFrom([]string{"/a", "/b/a", "/a/0", "/b/1/a", "/c", "~", "/a/a/a"}), 0, 2).Draw(t, "ignore")
			want, err := a.SameAttributes(b)
			if err != nil {
				t.Fatal(err)
			}
			if got := sameAttributes(a, b); got != want {
				t.Fatalf("%s and %s without %v: %v, the engine says %v", a.Attributes, b.Attributes, b.DiffIgnore, got, want)
			}
			if want {
				same++
			} else {
				different++
			}
		})
	}
	if !t.Failed() && (same == 0 || different == 0) {
		t.Errorf("%d were the same, %d different", same, different)
	}
}

func drawObject(t *rapid.T, depth int) string {
	text := "{"
	for i, name := range []string{"a", "b"} {
		if rapid.IntRange(0, 3).Draw(t, "has") > 0 {
			if i > 0 && len(text) > 1 {
				text += ","
			}
			text += fmt.Sprintf("%q:%s", name, drawValue(t, depth-1))
		}
	}
	return text + "}"
}

func drawValue(t *rapid.T, depth int) string {
	kind := rapid.IntRange(0, 9).Draw(t, "kind")
	switch {
	case depth > 0 && kind < 2:
		return drawObject(t, depth)
	case depth > 0 && kind == 2:
		return "[" + drawValue(t, depth-1) + "," + drawValue(t, depth-1) + "]"
	}
	return rapid.SampledFrom([]string{"1", "1.0", "10e-1", "2", `"x"`, `"\u0078"`, "null", "true"}).Draw(t, "scalar")
}
