package jsontext

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pgplanner/pgplanner/internal/testkit"
)

func TestCheckAccepts(t *testing.T) {
	for name, text := range map[string]string{
		"empty object":                       `{}`,
		"white space around everything":      " \t\r\n{ \"a\" : [ 1 , 2 ] } \n",
		"all literals":                       `{"a":[null,true,false]}`,
		"all forms of numbers":               `{"a":[0,-0,1,-10,1.5,0.00,1e5,1E+5,1.25e-05,123456789012345678901234567890]}`,
		"all escapes":                        `{"a":"\"\\\/\b\f\n\r\t\u00e9\uFFFF\ud83d\ude00"}`,
		"all lengths of UTF-8":               `{"aé€😀":"aé€😀"}`,
		"U+FFFD, which is not invalid UTF-8": "{\"a\":\"\ufffd\"}",
		"delete, which is not a control":     "{\"a\":\"\x7f\"}",
		"the same name in different objects": `{"a":{"a":1},"b":[{"a":1},{"a":1}]}`,
		"names in no order":                  `{"c":1,"a":2,"b":{"z":1,"y":2},"B":3,"":4}`,
		"an exponent of six digits":          `{"a":1e-0000999999}`,
	} {
		t.Run(name, func(t *testing.T) {
			if err := CheckObject([]byte(text), Limits{}); err != nil {
				t.Error(err)
			}
			if err := Check([]byte(text), Limits{}); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestCheckRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		text    string
		offset  int
		problem string
	}{
		"nothing":                           {``, 0, problemEnd},
		"only white space":                  {"  ", 2, problemEnd},
		"an object that does not end":       {`{"a":1`, 6, problemEnd},
		"a name that does not end":          {`{"a`, 3, problemEnd},
		"a string that does not end":        {`{"a":"b`, 7, problemEnd},
		"a backslash at the end":            {`{"a":"\`, 6, problemEnd},
		"a second value":                    {`{} {}`, 3, problemTrailing},
		"a NUL byte at the end":             {"{}\x00", 2, problemTrailing},
		"a byte order mark":                 {"\ufeff{}", 0, problemValue},
		"a comma at the end of an object":   {`{"a":1,}`, 7, problemName},
		"a comma at the end of an array":    {`{"a":[1,]}`, 8, problemValue},
		"a comma at the start":              {`{,"a":1}`, 1, problemName},
		"a missing comma":                   {`{"a":1 "b":2}`, 7, problemComma},
		"the wrong bracket":                 {`{"a":[1}}`, 7, problemComma},
		"a missing value":                   {`{"a":}`, 5, problemValue},
		"a missing colon":                   {`{"a" 1}`, 5, problemColon},
		"a name without quotes":             {`{a:1}`, 1, problemName},
		"a string in single quotes":         {`{"a":'b'}`, 5, problemValue},
		"a comment":                         {`{/**/}`, 1, problemName},
		"a literal in capitals":             {`{"a":True}`, 5, problemValue},
		"a cut literal":                     {`{"a":tru}`, 5, problemValue},
		"not a number":                      {`{"a":NaN}`, 5, problemValue},
		"a leading zero":                    {`{"a":01}`, 5, problemNumber},
		"a leading plus":                    {`{"a":+1}`, 5, problemValue},
		"a leading point":                   {`{"a":.5}`, 5, problemValue},
		"only a minus":                      {`{"a":-}`, 5, problemNumber},
		"no digit behind the point":         {`{"a":1.}`, 5, problemNumber},
		"no digit in the exponent":          {`{"a":1e+}`, 5, problemNumber},
		"a hexadecimal number":              {`{"a":0x1}`, 6, problemComma},
		"a control character":               {"{\"a\":\"b\n\"}", 7, problemControl},
		"an unknown escape":                 {`{"a":"\x41"}`, 6, problemEscape},
		"an escape of too few digits":       {`{"a":"\u12"}`, 6, problemEscape},
		"an escape with a letter":           {`{"a":"\u12g4"}`, 6, problemEscape},
		"half a pair, high":                 {`{"a":"\ud83d"}`, 6, problemSurrogate},
		"half a pair, high, before a char":  {`{"a":"\ud83dxxxxxx"}`, 6, problemSurrogate},
		"half a pair, low":                  {`{"a":"\ude00"}`, 6, problemSurrogate},
		"a pair in the wrong order":         {`{"a":"\ude00\ud83d"}`, 6, problemSurrogate},
		"half a pair in a name":             {`{"\ud83d":1}`, 2, problemSurrogate},
		"a lone continuation byte":          {"{\"a\":\"\x80\"}", 6, problemUTF8},
		"a cut sequence":                    {"{\"a\":\"\xe2\x82\"}", 6, problemUTF8},
		"an overlong sequence":              {"{\"a\":\"\xc0\xaf\"}", 6, problemUTF8},
		"a surrogate in UTF-8":              {"{\"a\":\"\xed\xa0\x80\"}", 6, problemUTF8},
		"invalid UTF-8 in a name":           {"{\"\xff\":1}", 2, problemUTF8},
		"the same name twice":               {`{"a":1,"a":1}`, 7, problemDuplicate},
		"the same name twice, not adjacent": {`{"b":1,"a":{"b":0},"b":1}`, 19, problemDuplicate},
		"the first of several repetitions":  {`{"b":1,"a":1,"b":1,"a":1,"b":1}`, 13, problemDuplicate},
		"the same name, once escaped":       {`{"a\/":1,"\u0061/":1}`, 9, problemDuplicate},
		"the same name in an inner object":  {`{"a":[0,{"x":1,"x":2}]}`, 15, problemDuplicate},
		"an exponent of seven digits":       {`{"a":1e1000000}`, 5, problemExponent},
		"an exponent of seven digits below": {`{"a":0.1E-1000000}`, 5, problemExponent},
	} {
		t.Run(name, func(t *testing.T) {
			for _, check := range []func([]byte, Limits) error{CheckObject, Check} {
				err := check([]byte(c.text), Limits{})
				var problem *Error
				if !errors.As(err, &problem) {
					t.Fatalf("got %v, want a Error", err)
				}
				// What is no object at all has that problem instead.
				if *problem != (Error{c.offset, c.problem}) && problem.Problem != problemObject {
					t.Errorf("got %v, want %v", problem, &Error{c.offset, c.problem})
				}
			}
		})
	}
}

func TestCheckRefusesEveryControlCharacter(t *testing.T) {
	for c := range byte(' ') {
		for _, padding := range []string{"", "enough to be read at once"} {
			text := []byte(`{"a":"` + padding + string(rune(c)) + padding + `"}`)
			if err := CheckObject(text, Limits{}); err == nil {
				t.Errorf("%q was accepted", text)
			}
		}
	}
}

func TestCheckObjectRefusesOtherValues(t *testing.T) {
	for _, text := range []string{`[]`, `"{}"`, ` 1`, `null`} {
		if err := Check([]byte(text), Limits{}); err != nil {
			t.Errorf("%s as a value: %v", text, err)
		}
		var problem *Error
		if err := CheckObject([]byte(text), Limits{}); !errors.As(err, &problem) || problem.Problem != problemObject {
			t.Errorf("%s as an object: %v", text, err)
		}
	}
}

func TestCheckLimitsDepth(t *testing.T) {
	nested := func(depth int) []byte {
		return []byte(strings.Repeat(`[`, depth-1) + `{"a":1}` + strings.Repeat(`]`, depth-1))
	}
	for _, c := range []struct{ limit, depth int }{{0, 100}, {-1, 100}, {1, 1}, {2, 2}, {500, 500}, {1 << 30, 10_000}} {
		limits := Limits{MaxDepth: c.limit}
		if err := Check(nested(c.depth), limits); err != nil {
			t.Errorf("limit %d, depth %d: %v", c.limit, c.depth, err)
		}
		var problem *Error
		err := Check(nested(c.depth+1), limits)
		if !errors.As(err, &problem) || *problem != (Error{c.depth, problemDepth}) {
			t.Errorf("limit %d, depth %d: %v", c.limit, c.depth+1, err)
		}
	}
	if err := Check([]byte(`[[[]],[[]],{"a":{}},[[]]]`), Limits{MaxDepth: 3}); err != nil {
		t.Errorf("many side by side: %v", err)
	}
	if err := Check([]byte(`1`), Limits{MaxDepth: 1}); err != nil {
		t.Errorf("no container: %v", err)
	}
}

func TestErrorsHoldNothingOfTheText(t *testing.T) {
	const secret = "hunter2"
	for _, text := range []string{
		`{"hunter2":1,"hunter2":2}`, `{"a":"hunter2\x"}`, `{"a":hunter2}`, `{hunter2}`, `{"a":"hunter2` + "\x01" + `"}`,
		`{"hunter2" 1}`, `{"a":"hunter2"`, `hunter2`, `{}hunter2`, `{"a":1 hunter2}`, `{"a":"hunter2\ud800"}`,
	} {
		err := CheckObject([]byte(text), Limits{})
		if err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestCheckTakesNoMemory(t *testing.T) {
	text := benchmarkTexts()["shuffled"]
	if n := testing.AllocsPerRun(100, func() { _ = CheckObject(text, Limits{}) }); n != 0 {
		t.Errorf("CheckObject allocated %v times", n)
	}
	text = benchmarkTexts()["canonical"]
	if n := testing.AllocsPerRun(100, func() { isCanonical(nil, text) }); n != 0 {
		t.Errorf("isCanonical allocated %v times", n)
	}
}

// Names that share a long beginning, in no order, are what comparing every pair would be slowest at: it
// would take a thousand times as long as reading the text.
func TestCheckIsFastOnHostileNames(t *testing.T) {
	const members = 50_000
	var names []string
	for _, n := range rand.New(rand.NewPCG(1, 2)).Perm(members) {
		names = append(names, fmt.Sprintf(`"a common beginning of all \u006eames %d":0`, n))
	}
	unique := []byte("{" + strings.Join(names, ",") + "}")
	twice := []byte("{" + strings.Join(append(names, names[members/2]), ",") + "}")

	start := testkit.ProcessorTime()
	if !json.Valid(unique) || !json.Valid(twice) {
		t.Fatal("not JSON")
	}
	reading := testkit.ProcessorTime() - start
	start = testkit.ProcessorTime()
	if err := CheckObject(unique, Limits{}); err != nil {
		t.Error(err)
	}
	var problem *Error
	if err := CheckObject(twice, Limits{}); !errors.As(err, &problem) || problem.Problem != problemDuplicate {
		t.Errorf("got %v, want a duplicate", err)
	}
	if took := testkit.ProcessorTime() - start; took > 100*reading {
		t.Errorf("took %v, and only reading %v", took, reading)
	}
}

// drawText draws a text that is JSON more often than not.
func drawText(t *rapid.T) []byte {
	w := textWriter{t: t, flawed: rapid.Bool().Draw(t, "flawed")}
	w.value(drawModelObject(t, 2))
	text := w.b.String()
	inserted := []string{
		"", `"a":1,`, `\u0041`, `\ud83d`, "\xff", "\ufffd", "[[[[", "]]]]", ",", ":", "\x00", " ", `\`, `"`, "-", "0", ".", "e1",
	}
	for range max(0, rapid.IntRange(-4, 2).Draw(t, "mutations")) {
		at := rapid.IntRange(0, len(text)).Draw(t, "at")
		until := min(len(text), at+rapid.SampledFrom([]int{0, 0, 1, 3}).Draw(t, "cut"))
		text = text[:at] + rapid.SampledFrom(inserted).Draw(t, "inserted") + text[until:]
	}
	return []byte(text)
}

func TestCheckAgreesWithReference(t *testing.T) {
	seen := testkit.Classes{}
	seen.Check(t, 1, func(t *rapid.T) {
		for range 50 {
			text := drawText(t)
			problem := referenceProblem(text, 2, MaxExponentDigits)
			seen.Add(problem)
			err := Check(text, Limits{MaxDepth: 2})
			if (err == nil) != (problem == "") {
				t.Fatalf("%q: got %v, the reference says %q", text, err, problem)
			}
		}
	}, "", "invalid", "utf8", "surrogate", "duplicate", "exponent", "depth")
}

func TestMembersAreInTheOrderOfTheText(t *testing.T) {
	members, err := Members(nil, []byte(" {\"b\": [1, 2] , \"\\u0061\":1.50,\"c\\n\":\"x\" } "))
	if err != nil {
		t.Fatal(err)
	}
	want := []Member{{"b", []byte(`[1, 2]`)}, {"a", []byte(`1.50`)}, {"c\n", []byte(`"x"`)}}
	if !slices.EqualFunc(members, want, func(a, b Member) bool { return a.Key == b.Key && string(a.Value) == string(b.Value) }) {
		t.Errorf("got %q, want %q", members, want)
	}
	if members, err := Members(nil, []byte(`{}`)); len(members) != 0 || err != nil {
		t.Errorf("empty object: %q, %v", members, err)
	}
	for _, text := range []string{``, `[]`, `{"a":1,"a":2}`, `{"a":tru}`} {
		var problem *Error
		if _, err := Members(nil, []byte(text)); !errors.As(err, &problem) {
			t.Errorf("%s: got %v, want a Error", text, err)
		}
	}
}

func TestAppendString(t *testing.T) {
	for s, want := range map[string]string{
		"":                         `""`,
		"plain":                    `"plain"`,
		"more than eight plain":    `"more than eight plain"`,
		"<a href='&'> / \x7f":      `"<a href='&'> / ` + "\x7f" + `"`,
		`"\`:                       `"\"\\"`,
		"\b\f\n\r\t":               `"\b\f\n\r\t"`,
		"\x00\x01\x0b\x1a\x1f":     `"\u0000\u0001\u000b\u001a\u001f"`,
		"aé€😀\u2028":               `"aé€😀` + "\u2028" + `"`,
		"in the middle \" of more": `"in the middle \" of more"`,
		"bad\xff\xc3and\xe2\x82":   "\"bad\ufffd\ufffdand\ufffd\ufffd\"",
	} {
		if got := string(AppendString(nil, []byte("x"), s)); got != "x"+want {
			t.Errorf("%q: got %s, want x%s", s, got, want)
		}
	}
}

func TestAppendStringIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := strings.ToValidUTF8(string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")), "")
		if rapid.Bool().Draw(t, "runes") {
			s = rapid.String().Draw(t, "string")
		}
		text := AppendString(nil, nil, s)
		var back string
		if err := json.Unmarshal(text, &back); err != nil || back != s {
			t.Fatalf("%q: wrote %s, read %q, %v", s, text, back, err)
		}
		if !isCanonical(nil, text) {
			t.Fatalf("%q: %s is not canonical", s, text)
		}
	})
}
