package verify

import (
	"bytes"
	"encoding/json"
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
	have, ok := members(current.Attributes)
	if !ok {
		return false
	}
	want, ok := members(wanted.Attributes)
	if !ok {
		return false
	}
	ignored := newIgnored(wanted.DiffIgnore)
	if ignored.all {
		return true
	}
	for name := range union(have, want) {
		below := ignored.below[name]
		if below != nil && below.all {
			continue
		}
		a, inA := have[name]
		b, inB := want[name]
		if inA != inB || !bytes.Equal(a, b) && !sameText(a, b, below) {
			return false
		}
	}
	return true
}

// members splits the text of an object; none at all is {}.
func members(text []byte) (map[string]json.RawMessage, bool) {
	if len(text) == 0 {
		return nil, true
	}
	var m map[string]json.RawMessage
	if json.Unmarshal(text, &m) != nil || m == nil {
		return nil, false
	}
	return m, true
}

// union is the names of both, in no order.
func union[V any](a, b map[string]V) map[string]struct{} {
	names := make(map[string]struct{}, max(len(a), len(b)))
	for name := range a {
		names[name] = struct{}{}
	}
	for name := range b {
		names[name] = struct{}{}
	}
	return names
}

// ignored are the places below a value that comparison skips.
type ignored struct {
	all   bool
	below map[string]*ignored
}

// newIgnored reads JSON pointers (RFC 6901). What is none names no place.
func newIgnored(pointers []string) *ignored {
	root := &ignored{}
	escapes := strings.NewReplacer("~0", "", "~1", "")
	for _, pointer := range pointers {
		if pointer != "" && pointer[0] != '/' || strings.Contains(escapes.Replace(pointer), "~") {
			continue
		}
		at := root
		for _, step := range strings.Split(pointer, "/")[1:] {
			step = strings.ReplaceAll(strings.ReplaceAll(step, "~1", "/"), "~0", "~")
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

// sameText tells whether two texts are the same JSON value but for what is ignored, which may be nil.
func sameText(a, b []byte, skip *ignored) bool {
	var have, want any
	for text, value := range map[*[]byte]*any{&a: &have, &b: &want} {
		d := json.NewDecoder(bytes.NewReader(*text))
		d.UseNumber()
		if d.Decode(value) != nil {
			return false
		}
	}
	return sameValue(have, want, skip)
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
	for name := range union(a, b) {
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
