package jsontext

import (
	"errors"
	"strings"
	"testing"
)

func TestSame(t *testing.T) {
	deep := func(value string) string {
		return strings.Repeat(`{"a":[`, depthLimit/2) + value + strings.Repeat(`]}`, depthLimit/2)
	}
	for _, test := range []struct {
		a, b   string
		ignore []string
		same   bool
	}{
		{a: ``, b: `{}`, same: true},
		{a: `{"a":1,"b":[1,2]}`, b: `{ "b" : [1, 2], "a" : 1 }`, same: true},
		{a: `{"a":[1,2]}`, b: `{"a":[2,1]}`},
		{a: `{"a":[1,2]}`, b: `{"a":[1,2,3]}`},
		{a: `{"a":1}`, b: `{"a":1.0}`, same: true},
		{a: `{"a":1e2}`, b: `{"a":100}`, same: true},
		{a: `{"a":-0}`, b: `{"a":0.00e5}`, same: true},
		{a: `{"a":0.10}`, b: `{"a":1E-1}`, same: true},
		{a: `{"a":-1}`, b: `{"a":1}`},
		{a: `{"a":9007199254740993}`, b: `{"a":9007199254740992}`},
		{a: `{"a":1e9999999999}`, b: `{"a":1e9999999998}`},
		{a: `{"a":1e9999999999}`, b: `{"a":10e9999999998}`, same: true},
		{a: `{"a":1e9999999999}`, b: `{"a":1e9999999999,"b":1}`, ignore: []string{"/b"}, same: true},
		{a: `{"a":0e9999999999}`, b: `{"a":-0.0}`, same: true},
		{a: `{"a":"\u0041"}`, b: `{"a":"A"}`, same: true},
		{a: `{"\u0061":"\u0041\ud83d\ude00"}`, b: `{"a":"A😀"}`, same: true},
		{a: `{"a":"\ufffd"}`, b: `{"a":"A"}`},
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
		{a: `{"a":true}`, b: `{"a":false}`},
		{a: deep("1"), b: deep(" 1.0 "), same: true},
		{a: deep("1"), b: deep("2")},
		{a: membersOf(5_000, `"\n"`), b: membersOf(5_000, `"\u000a"`), same: true},
	} {
		if got, err := Same(nil, []byte(test.a), []byte(test.b), test.ignore); got != test.same || err != nil {
			t.Errorf("%.80s and %.80s without %v: %v, %v, want %v", test.a, test.b, test.ignore, got, err, test.same)
		}
	}
}

// TestNoObject: what is no object is the same as nothing but its own bytes, and does no harm.
func TestNoObject(t *testing.T) {
	wrong := []string{
		` `, `[]`, `null`, `{`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{"a":1}}`, `{"a":'}`, "{\"a\":\"\n\"}", `{,}`, `{"a`, `{"a":"\`,
		`{"a":1,"b":[}`, `{"a":1,:2}`, `{"\x":1}`, `{"a":1]`, `{"a":{"b":1`, `{a:1}`, `{"a":1 "b":2}`, `}`, `"`, `{"a":"\"`,
		`{"a":1,"a":1}`, `{"a":1,"b":2,"\u0061":3}`, `{"x":{"a":1,"a":1}}`, "{\"a\":\"\xff\"}", "{\"\xc3\":1}", `{"a":"\ud800"}`, `{"\udc00":1}`,
		`{"a":1e99999999999}`, strings.Repeat(`{"a":`, depthLimit+1) + "1" + strings.Repeat("}", depthLimit+1), strings.Repeat(`{"a":[`, 100_000),
	}
	others := append([]string{``, `{}`, `{"a":1}`, ` {"a":1}`, `{"a":1,"b":[]}`, `{"a":{"b":1}}`, `{"x":1}`}, wrong...)
	for _, text := range wrong {
		for i := range min(len(text), 30) {
			others = append(others, text[:i])
		}
		var problem *Error
		if found, err := Lookup(nil, []byte(text), "a"); found != nil || !errors.As(err, &problem) {
			t.Errorf("%.80q is an object: %v", text, err)
		}
		for _, other := range others {
			if other == text {
				continue
			}
			for _, pair := range [][2]string{{text, other}, {other, text}} {
				if same, err := Same(nil, []byte(pair[0]), []byte(pair[1]), []string{"/a"}); same || !errors.As(err, &problem) {
					t.Errorf("%.80q and %.80q: %v, %v", pair[0], pair[1], same, err)
				}
			}
		}
		if same, err := Same(nil, []byte(text), []byte(text), nil); !same || err != nil {
			t.Errorf("%.80q and itself: %v, %v", text, same, err)
		}
	}
}
