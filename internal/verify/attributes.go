package verify

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/pgplanner/pgplanner/internal/resource"
)

// sameAttributes tells whether two records have the same attributes: the same JSON value, but for the
// places that wanted.DiffIgnore names, or different versions. Numbers are compared by their exact decimal
// value. Equal bytes are not parsed; what is no JSON object is the same only as equal bytes.
func sameAttributes(current, wanted *resource.Resource) bool {
	if current.ResourceVersion != wanted.ResourceVersion || bytes.Equal(current.Attributes, wanted.Attributes) {
		return true
	}
	have, want, ignored := object(current.Attributes), object(wanted.Attributes), newIgnored(wanted.DiffIgnore)
	// Whether all of it is JSON matters only if it seems to be the same.
	return (ignored.all || sameMembers(have, want, ignored, maxText)) && isObject(have) && isObject(want)
}

// maxText is how deeply objects are compared as texts, each of which is read once more for every object around
// it. What is nested more deeply is parsed.
const maxText = 4

// sameMembers tells whether two texts are objects with the same members but for what is ignored, which may
// be nil.
func sameMembers(a, b []byte, skip *ignored, depth int) bool {
	var roomA, roomB [16]member
	have, okA := members(roomA[:0], a)
	want, okB := members(roomB[:0], b)
	if !okA || !okB {
		return false
	}
	for p := range pairs(have, want) {
		if bytes.Equal(p.a, p.b) {
			continue
		}
		below := skip.at(string(p.name))
		if below != nil && below.all {
			continue
		}
		if p.a == nil || p.b == nil || !sameText(p.a, p.b, below, depth) {
			return false
		}
	}
	return true
}

// sameText tells whether the texts of two values, which differ, are the same value but for what is ignored,
// which may be nil.
func sameText(a, b []byte, skip *ignored, depth int) bool {
	kindA, kindB := kindOf(a), kindOf(b)
	switch {
	case kindA != kindB:
		return false
	case kindA == kindObject && depth > 0:
		return sameMembers(a, b, skip, depth-1)
	case kindA == kindNumber:
		return sameNumber(string(a), string(b))
	case kindA == kindString:
		return bytes.Equal(unquoted(a), unquoted(b))
	case kindA == kindWord:
		return false
	}
	var have, want any
	return decode(a, &have) && decode(b, &want) && sameValue(have, want, skip)
}

// decode parses a value, and leaves its numbers as they are written.
func decode(text []byte, value *any) bool {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return d.Decode(value) == nil
}

// ignored are the places below a value that comparison skips.
type ignored struct {
	all   bool
	below map[string]*ignored
}

// cutStep splits a pointer that is not empty behind its first step.
func cutStep(pointer string) (step, rest string) {
	step, rest = pointer[1:], ""
	if end := strings.IndexByte(step, '/'); end >= 0 {
		step, rest = step[:end], step[end:]
	}
	return strings.ReplaceAll(strings.ReplaceAll(step, "~1", "/"), "~0", "~"), rest
}

// newIgnored reads JSON pointers (RFC 6901). What is none names no place.
func newIgnored(pointers []string) *ignored {
	root := &ignored{}
	for _, pointer := range pointers {
		// Of ~, there is only ~0, which stands for ~, and ~1, which stands for /.
		escapes := strings.Count(pointer, "~0") + strings.Count(pointer, "~1")
		if pointer != "" && pointer[0] != '/' || escapes < strings.Count(pointer, "~") {
			continue
		}
		at := root
		for steps := pointer; steps != ""; {
			var step string
			step, steps = cutStep(steps)
			next := at.below[step]
			if next == nil {
				next = &ignored{}
				if at.below == nil {
					at.below = make(map[string]*ignored)
				}
				at.below[step] = next
			}
			at = next
		}
		at.all = true
	}
	return root
}

func sameValue(a, b any, skip *ignored) bool {
	if skip != nil && skip.all {
		return true
	}
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && sameObject(a, b, skip)
	case []any:
		b, ok := b.([]any)
		return ok && sameArray(a, b, skip)
	case json.Number:
		b, ok := b.(json.Number)
		return ok && sameNumber(string(a), string(b))
	}
	return a == b
}

func sameObject(a, b map[string]any, skip *ignored) bool {
	names := maps.Clone(a)
	maps.Copy(names, b)
	for name := range names {
		below := skip.at(name)
		if below != nil && below.all {
			continue
		}
		have, inA := a[name]
		want, inB := b[name]
		if inA != inB || !sameValue(have, want, below) {
			return false
		}
	}
	return true
}

func sameArray(a, b []any, skip *ignored) bool {
	if skip == nil {
		return slices.EqualFunc(a, b, func(a, b any) bool { return sameValue(a, b, nil) })
	}
	for i := range max(len(a), len(b)) {
		below := skip.at(strconv.Itoa(i))
		if below != nil && below.all {
			continue
		}
		if i >= len(a) || i >= len(b) || !sameValue(a[i], b[i], below) {
			return false
		}
	}
	return true
}

// at returns what is ignored below the member or element; nil for nothing. The receiver may be nil.
func (i *ignored) at(step string) *ignored {
	if i == nil {
		return nil
	}
	return i.below[step]
}

// sameNumber tells whether two JSON numbers have the same decimal value.
func sameNumber(a, b string) bool {
	return a == b || decimal(a) == decimal(b)
}

// number is a decimal: digits, without zeros at either end, times ten to the power.
type number struct {
	negative bool
	digits   string
	power    int64
	text     string // instead of all else where the power is too large to count
}

func decimal(text string) number {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(text), "e")
	power := int64(0)
	if exponent != "" {
		var err error
		if power, err = strconv.ParseInt(exponent, 10, 32); err != nil {
			return number{text: text}
		}
	}
	mantissa, negative := strings.CutPrefix(mantissa, "-")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	if digits == "" {
		return number{}
	}
	short := strings.TrimRight(digits, "0")
	return number{
		negative: negative,
		digits:   short,
		power:    power - int64(len(fraction)) + int64(len(digits)-len(short)),
	}
}
