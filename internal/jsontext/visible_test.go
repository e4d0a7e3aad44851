package jsontext

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"

	"github.com/pgplanner/pgplanner/internal/testkit"
)

func TestCanonicalVisible(t *testing.T) {
	for _, test := range []struct {
		text   string
		ignore []string
		want   string
	}{
		{` { "b" : 1.0, "a" : 2 } `, nil, `{"a":2,"b":1}`},
		{`{"b":1,"a":2,"c":3}`, []string{"/a"}, `{"b":1,"c":3}`},
		{`{"b":1,"a":2,"c":3}`, []string{"/a", "/b", "/c", "/d"}, `{}`},
		{`{"a":{"b":1,"c":2},"d":[1.0]}`, []string{"/a/c"}, `{"a":{"b":1},"d":[1]}`},
		{`{"a":[1,2,3]}`, []string{"/a/1"}, `{"a":[1,null,3]}`},
		{`{"a":[1,2,3]}`, []string{"/a/1", "/a/2"}, `{"a":[1]}`},
		{`{"a":[1,2,3]}`, []string{"/a/0", "/a/1", "/a/2"}, `{"a":[]}`},
		{`{"a":[{"b":1}]}`, []string{"/a/0/b"}, `{"a":[{}]}`},
		{`{"a":1}`, []string{""}, `{}`},
		{`{"a":1}`, []string{"/a/b", "a"}, `{"a":1}`},
		{`{"a/b":1,"c~d":2}`, []string{"/a~1b", "/c~0d"}, `{}`},
	} {
		got, err := CanonicalVisible(nil, []byte(test.text), test.ignore)
		if err != nil || string(got) != test.want {
			t.Errorf("%s without %q: %s, %v, want %s", test.text, test.ignore, got, err, test.want)
		}
	}
	if got, err := CanonicalVisible(nil, []byte(`{"a":1,"a":2}`), []string{"/a"}); err == nil {
		t.Errorf("got %s", got)
	}
}

// TestVisibleIsWhatIsCompared: two texts are the same but for what is ignored exactly if what is visible of them is the same.
func TestVisibleIsWhatIsCompared(t *testing.T) {
	seen := testkit.Classes{}
	seen.Check(t, 1, func(t *rapid.T) {
		one := drawModelObject(t, 3)
		other := change(t, one)
		a, b := []byte(writeText(t, one)), []byte(writeText(t, other))
		paths := append(pathsOf(decode(t, a), ""), pathsOf(decode(t, b), "")...)
		ignore := rapid.SliceOfN(rapid.SampledFrom(append(paths, "/x")), 0, 6).Draw(t, "ignore")
		same, err := Same(nil, a, b, ignore)
		if err != nil {
			t.Fatal(err)
		}
		x, errX := CanonicalVisible(nil, a, ignore)
		y, errY := CanonicalVisible(nil, b, ignore)
		if errX != nil || errY != nil || bytes.Equal(x, y) != same {
			t.Fatalf("%s and %s without %q: %s and %s, but %v", a, b, ignore, x, y, same)
		}
		if !isCanonical(nil, x) {
			t.Fatalf("%s is not canonical", x)
		}
		seen.Count(somethingHidden, !bytes.Equal(x, mustCanonical(t, a)))
		seen.Count(onlyHiddenDiffers, same && !bytes.Equal(mustCanonical(t, a), mustCanonical(t, b)))
		seen.Count(moreDiffers, !same)
	}, somethingHidden, onlyHiddenDiffers, moreDiffers)
}

// The classes of TestVisibleIsWhatIsCompared.
const (
	somethingHidden   = "something is hidden"
	onlyHiddenDiffers = "only what is hidden differs"
	moreDiffers       = "more differs"
)

func mustCanonical(t *rapid.T, text []byte) []byte {
	canonical, err := Canonical(nil, text)
	if err != nil {
		t.Fatal(err)
	}
	return canonical
}
