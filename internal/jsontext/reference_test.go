package jsontext

import (
	"bytes"
	"encoding/json"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// This file holds the slow and obvious side of the comparisons: what encoding/json, regexp and math/big
// make of a text.

var (
	stringLiteral  = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
	escapeSequence = regexp.MustCompile(`\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.`)
	loneSurrogate  = regexp.MustCompile(`^\\u[dD][89a-fA-F][0-9a-fA-F]{2}$`)
	exponentDigits = regexp.MustCompile(`[eE][+-]?0*([0-9]*)`)
)

// referenceProblem says why a text is refused: empty if it is not.
func referenceProblem(text []byte, depth, exponent int) string {
	if !json.Valid(text) {
		return "invalid"
	}
	if !utf8.Valid(text) {
		return "utf8"
	}
	for _, literal := range stringLiteral.FindAll(text, -1) {
		for _, escape := range escapeSequence.FindAll(literal, -1) {
			if loneSurrogate.Match(escape) {
				return "surrogate"
			}
		}
	}
	for _, digits := range exponentDigits.FindAllSubmatch(stringLiteral.ReplaceAll(text, nil), -1) {
		if len(digits[1]) > exponent {
			return "exponent"
		}
	}
	return referenceStructure(text, depth)
}

// referenceStructure looks for repeated names and for what is nested too deeply.
func referenceStructure(text []byte, depth int) string {
	type container struct {
		names map[string]bool // nil for an array
		value bool            // whether a value comes next in an object
	}
	var open []container
	for decoder := json.NewDecoder(bytes.NewReader(text)); ; {
		decoder.UseNumber()
		token, err := decoder.Token()
		if err != nil {
			return ""
		}
		if delim, ok := token.(json.Delim); ok && (delim == ']' || delim == '}') {
			open = open[:len(open)-1]
			continue
		}
		if top := len(open) - 1; top >= 0 && open[top].names != nil {
			if !open[top].value {
				name := token.(string)
				if open[top].names[name] {
					return "duplicate"
				}
				open[top].names[name] = true
			}
			if open[top].value = !open[top].value; open[top].value {
				continue
			}
		}
		if delim, ok := token.(json.Delim); ok {
			c := container{}
			if delim == '{' {
				c.names = map[string]bool{}
			}
			if open = append(open, c); len(open) > depth {
				return "depth"
			}
		}
	}
}

// decode reads a text with encoding/json. Numbers stay text.
func decode(t rapid.TB, text []byte) any {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return value
}

// sameDecoded compares decoded values, numbers as exact fractions.
func sameDecoded(a, b any) bool {
	switch a := a.(type) {
	case json.Number:
		b, ok := b.(json.Number)
		return ok && fraction(a).Cmp(fraction(b)) == 0
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !sameDecoded(a[i], b[i]) {
				return false
			}
		}
		return true
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for name, value := range a {
			if other, ok := b[name]; !ok || !sameDecoded(value, other) {
				return false
			}
		}
		return true
	}
	switch b.(type) {
	case []any, map[string]any:
		return false
	}
	return a == b
}

func fraction(n json.Number) *big.Rat {
	r, ok := new(big.Rat).SetString(string(n))
	if !ok {
		panic("not a number: " + n)
	}
	return r
}

// largeExponents tells whether a text has numbers that math/big should not be asked about.
func largeExponents(text []byte) bool {
	for _, digits := range exponentDigits.FindAllSubmatch(stringLiteral.ReplaceAll(text, nil), -1) {
		if len(digits[1]) > 3 {
			return true
		}
	}
	return false
}

// ignoredMark stands for an ignored element of an array.
type ignoredMark struct{}

// withoutIgnored returns the decoded value without the places that the pointers lead to: members are taken
// out, elements become marks, and marks at the end of an array are taken out.
func withoutIgnored(value any, pointers [][]string) any {
	below := func(step string) (rest [][]string, ignored bool) {
		for _, pointer := range pointers {
			if pointer[0] == step {
				rest = append(rest, pointer[1:])
				ignored = ignored || len(pointer) == 1
			}
		}
		return rest, ignored
	}
	switch v := value.(type) {
	case map[string]any:
		kept := map[string]any{}
		for name, member := range v {
			if rest, ignored := below(name); !ignored {
				kept[name] = withoutIgnored(member, rest)
			}
		}
		return kept
	case []any:
		kept := []any{}
		for i, element := range v {
			if rest, ignored := below(strconv.Itoa(i)); ignored {
				kept = append(kept, ignoredMark{})
			} else {
				kept = append(kept, withoutIgnored(element, rest))
			}
		}
		for len(kept) > 0 && kept[len(kept)-1] == any(ignoredMark{}) {
			kept = kept[:len(kept)-1]
		}
		return kept
	}
	return value
}

// splitPointers takes pointers other than the empty one apart.
func splitPointers(pointers []string) [][]string {
	var split [][]string
	for _, p := range pointers {
		if strings.HasPrefix(p, "/") {
			split = append(split, splitPointer(p))
		}
	}
	return split
}

func splitPointer(pointer string) []string {
	steps := strings.Split(pointer, "/")[1:]
	for i, step := range steps {
		steps[i] = strings.NewReplacer("~0", "~", "~1", "/").Replace(step)
	}
	return steps
}
