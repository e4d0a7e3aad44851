package jsontext

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pgplanner/pgplanner/internal/testkit"
)

func TestCanonical(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"white space goes":                   {" { \"a\" :\n[ 1 ,\t2 ] , \"b\" : { } } ", `{"a":[1,2],"b":{}}`},
		"names are sorted by their bytes":    {`{"b":1,"a":2,"":3,"B":4,"é":5,"aa":6,"😀":7,"\ue000":8}`, `{"":3,"B":4,"a":2,"aa":6,"b":1,"é":5,"` + "\ue000" + `":8,"😀":7}`},
		"names are sorted unescaped":         {`{"\n":1,"\u0041":2,"!":3,"\\":4,"[":5}`, `{"\n":1,"!":3,"A":2,"[":5,"\\":4}`},
		"inner objects are sorted too":       {`[{"b":{"d":1,"c":2},"a":[]}]`, `[{"a":[],"b":{"c":2,"d":1}}]`},
		"elements keep their order":          {`[3,1,2,[]]`, `[3,1,2,[]]`},
		"escapes are as few as can be":       {`"\u0041\/\u00e9\u2028\ud83d\ude00\u007f"`, "\"A/é\u2028😀\x7f\""},
		"needed escapes are short":           {`"\u0022\u005c\u0008\u000c\u000a\u000D\u0009"`, `"\"\\\b\f\n\r\t"`},
		"other controls are in lower case":   {`"\u001F\u0000\u000B"`, `"\u001f\u0000\u000b"`},
		"literals stay":                      {`[true,false,null]`, `[true,false,null]`},
		"zero is zero":                       {`[0,-0,0.00,-0.0,0e5,0E-999999,-0e+1]`, `[0,0,0,0,0,0,0]`},
		"integers":                           {`[1,-1,10,1200,1.0,100e-2,-2.50e1,1e3]`, `[1,-1,10,1200,1,1,-25,1000]`},
		"fractions":                          {`[1.5,-0.001,0.10,12.340e1,1e-1,0.00120]`, `[15e-1,-1e-3,1e-1,1234e-1,1e-1,12e-4]`},
		"integers of up to 21 digits":        {`[1e20,123456789012345678901,1.2e20]`, `[100000000000000000000,123456789012345678901,120000000000000000000]`},
		"integers of more digits":            {`[1e21,1e30,1234567890123456789012,12345678901234567890120,-1000000000000000000000]`, `[1e21,1e30,1234567890123456789012e0,1234567890123456789012e1,-1e21]`},
		"digits that no double holds":        {`[9007199254740993,0.1000000000000000055511151231257827]`, `[9007199254740993,1000000000000000055511151231257827e-34]`},
		"exponents that no double holds":     {`[1e999999,12E-0999999,1.0e0000001]`, `[1e999999,12e-999999,10]`},
		"exponents that grow by the digits":  {`[0.01e-999999]`, `[1e-1000001]`},
		"exponents of canonical forms":       {`[1e-1000001]`, `[1e-1000001]`},
		"a point before and behind zeros":    {`[10.01,100.0,0.0100]`, `[1001e-2,100,1e-2]`},
		"scalars alone":                      {` "a" `, `"a"`},
		"names that are escaped canonically": {`{"\"":1,"\u0022x":2}`, `{"\"":1,"\"x":2}`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Canonical(nil, []byte(c.text))
			if err != nil || string(got) != c.want {
				t.Fatalf("got %s, %v, want %s", got, err, c.want)
			}
			if isCanonical(nil, []byte(c.text)) != (c.text == c.want) {
				t.Errorf("isCanonical is wrong about %s", c.text)
			}
			if !isCanonical(nil, got) {
				t.Errorf("%s is not canonical", got)
			}
			if again, err := Canonical(nil, got); err != nil || !bytes.Equal(again, got) {
				t.Errorf("canonical again: %s, %v", again, err)
			}
		})
	}
}

func TestCanonicalRefusesInvalidTexts(t *testing.T) {
	for _, text := range []string{
		``, `{`, `{"a":1,"a":2}`, `{"a":1,"\u0061":1}`, `["\ud800"]`, "\"\xff\"", `01`, `1 2`, `tru`, `1e12345678901`,
		strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001), strings.Repeat(`{"a":`, 1_000_000),
	} {
		var problem *Error
		if _, err := Canonical(nil, []byte(text)); !errors.As(err, &problem) {
			t.Errorf("%.20s: got %v, want a Error", text, err)
		}
		if isCanonical(nil, []byte(text)) {
			t.Errorf("%.20s is no JSON but said to be canonical", text)
		}
	}
}

func TestCanonicalLeavesItsInputAlone(t *testing.T) {
	text := []byte(`{"b":"\u0041","a":[1.0,{"d":1,"c":2}]}`)
	before := bytes.Clone(text)
	if _, err := Canonical(nil, text); err != nil || !bytes.Equal(text, before) {
		t.Errorf("text became %s, %v", text, err)
	}
}

func TestCanonicalIsTheSameForTheSameValueOnly(t *testing.T) {
	seen := testkit.Classes{}
	seen.Check(t, 1, func(t *rapid.T) {
		for range 10 {
			model := drawModelObject(t, 3)
			var other any = model
			if rapid.Bool().Draw(t, "changed") {
				other = change(t, model)
			}
			a, b := []byte(writeText(t, model)), []byte(writeText(t, other))
			canonicalA, errA := Canonical(nil, a)
			canonicalB, errB := Canonical(nil, b)
			if errA != nil || errB != nil {
				t.Fatalf("%s: %v, %s: %v", a, errA, b, errB)
			}
			same := sameDecoded(decode(t, a), decode(t, b))
			if bytes.Equal(canonicalA, canonicalB) != same {
				t.Fatalf("same value: %v\n%s -> %s\n%s -> %s", same, a, canonicalA, b, canonicalB)
			}
			if !sameDecoded(decode(t, a), decode(t, canonicalA)) {
				t.Fatalf("another value: %s -> %s", a, canonicalA)
			}
			if again, err := Canonical(nil, canonicalA); err != nil || !bytes.Equal(again, canonicalA) {
				t.Fatalf("%s -> %s, %v", canonicalA, again, err)
			}
			seen.Count("different", !same)
			seen.Count("same, written differently", same && !bytes.Equal(a, b))
		}
	}, "different", "same, written differently")
}

// Texts that are canonical but for a byte are what the fast reader could misjudge.
func TestIsCanonicalAgreesWithTheCanonicalForm(t *testing.T) {
	seen := testkit.Classes{}
	seen.Check(t, 1, func(t *rapid.T) {
		for range 20 {
			text, err := rewrite(nil, []byte(writeText(t, drawModelObject(t, 2))))
			if err != nil {
				t.Fatal(err)
			}
			if rapid.Bool().Draw(t, "inserted") {
				at := rapid.IntRange(0, len(text)).Draw(t, "at")
				text = slices.Insert(text, at, rapid.SampledFrom([]byte(" 0159-e.,:{}[]\"\\an/")).Draw(t, "byte"))
			}
			if len(text) > 2 && rapid.Bool().Draw(t, "deleted") {
				at := rapid.IntRange(0, len(text)-1).Draw(t, "at")
				text = slices.Delete(text, at, at+1)
			}
			rewritten, err := rewrite(nil, text)
			canonical := err == nil && bytes.Equal(rewritten, text)
			if isCanonical(nil, text) != canonical {
				t.Fatalf("canonical: %v, %v\n%s", canonical, err, text)
			}
			seen.Count("canonical", canonical)
			seen.Count("invalid", err != nil)
			seen.Count("valid, not canonical", err == nil && !canonical)
		}
	}, "canonical", "invalid", "valid, not canonical")
}

func TestCanonicalNumbersAreTheSameForTheSameValueOnly(t *testing.T) {
	seen := testkit.Classes{}
	digits := rapid.StringMatching(`[0-9]{1,4}0{0,22}`)
	seen.Check(t, 1, func(t *rapid.T) {
		for range 20 {
			draw := func() modelNumber {
				return modelNumber{rapid.Bool().Draw(t, "negative"), digits.Draw(t, "digits"), rapid.IntRange(-30, 30).Draw(t, "exponent")}
			}
			number := draw()
			other := number
			switch rapid.IntRange(0, 3).Draw(t, "other") {
			case 0:
				other = draw()
			case 1:
				other.exponent++
			}
			a, b := []byte(writeText(t, number)), []byte(writeText(t, other))
			canonicalA, errA := Canonical(nil, a)
			canonicalB, errB := Canonical(nil, b)
			if errA != nil || errB != nil {
				t.Fatalf("%s: %v, %s: %v", a, errA, b, errB)
			}
			same := sameDecoded(decode(t, a), decode(t, b))
			if bytes.Equal(canonicalA, canonicalB) != same || !sameDecoded(decode(t, a), decode(t, canonicalA)) {
				t.Fatalf("%s -> %s, %s -> %s", a, canonicalA, b, canonicalB)
			}
			seen.Count("same, written differently", same && !bytes.Equal(a, b))
			seen.Count("different", !same)
			seen.Count("with exponent", bytes.IndexByte(canonicalA, 'e') > 0)
			seen.Count("plain", bytes.IndexByte(canonicalA, 'e') < 0)
		}
	}, "same, written differently", "different", "with exponent", "plain")
}
