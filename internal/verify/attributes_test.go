package verify

import (
	"testing"

	"github.com/pgplanner/pgplanner/internal/resource"
)

func TestSameAttributes(t *testing.T) {
	record := func(attributes, version string, ignore ...string) *resource.Resource {
		return &resource.Resource{Attributes: []byte(attributes), ResourceVersion: version, DiffIgnore: ignore}
	}
	for _, test := range []struct {
		name          string
		current, next *resource.Resource
		same          bool
	}{
		{"written otherwise", record(`{"a":1,"b":2}`, "1"), record(`{ "b":2.0, "a":1 }`, "1"), true},
		{"other", record(`{"a":1}`, "1"), record(`{"a":2}`, "1"), false},
		{"ignored by the next", record(`{"a":1}`, "1"), record(`{"a":2}`, "1", "/a"), true},
		{"ignored by the current", record(`{"a":1}`, "1", "/a"), record(`{"a":2}`, "1"), false},
		{"another version", record(`{"a":1}`, "1"), record(`{"a":2}`, "2"), true},
		{"no JSON", record(`{`, "1"), record(`{"a":2}`, "1", "/a"), false},
		{"no JSON next", record(`{"a":2}`, "1"), record(`[]`, "1", ""), false},
		{"the same bytes, no JSON", record(`{`, "1"), record(`{`, "1"), true},
		{"no attributes", record(``, "1"), record(`{}`, "1"), true},
	} {
		if got := sameAttributes(nil, test.current, test.next); got != test.same {
			t.Errorf("%s: %v, want %v", test.name, got, test.same)
		}
	}
}

func TestIsSet(t *testing.T) {
	set := []string{`{"x":true}`, ` { "y" : null, "\u0078" : true } `}
	not := []string{`{"x":false}`, `{"x":"true"}`, `{}`, ``, `{"x":true`, `[true]`, `{"y":{"x":true}}`, `{"x":null}`, `{"X":true}`}
	for i, attributes := range append(set, not...) {
		if got := isSet(nil, &resource.Resource{Attributes: []byte(attributes)}, "x"); got != (i < len(set)) {
			t.Errorf("%s: %v", attributes, got)
		}
	}
}
