package jsontext

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// A model is a JSON value as the tests see it: nil, bool, string, modelNumber, []any or map[string]any of
// models. The same model can be written as many different texts.

// modelNumber is digits times ten to the power of exponent. Digits may start and end with zeros.
type modelNumber struct {
	negative bool
	digits   string
	exponent int
}

// drawModel draws a small value with few distinct names and scalars, so that values often have much in
// common.
func drawModel(t *rapid.T, depth int) any {
	kind := rapid.IntRange(0, 9).Draw(t, "kind")
	switch {
	case kind >= 8 && depth > 0:
		return drawModelObject(t, depth-1)
	case kind >= 6 && depth > 0:
		elements := []any{}
		for range rapid.IntRange(0, 6).Draw(t, "elements") {
			elements = append(elements, drawModel(t, depth-1))
		}
		return elements
	case kind >= 4:
		return drawString(t)
	case kind >= 1:
		return modelNumber{
			negative: rapid.Bool().Draw(t, "negative"),
			digits:   rapid.SampledFrom([]string{"0", "1", "2", "10", "15", "1500", "9007199254740993", "123456789012345678901"}).Draw(t, "digits"),
			exponent: rapid.SampledFrom([]int{0, 0, 0, -1, -2, -25, 1, 3, 20, 21, 30}).Draw(t, "exponent"),
		}
	default:
		return rapid.SampledFrom([]any{nil, true, false}).Draw(t, "literal")
	}
}

func drawModelObject(t *rapid.T, depth int) map[string]any {
	object := map[string]any{}
	for range rapid.IntRange(0, 5).Draw(t, "members") {
		object[drawString(t)] = drawModel(t, depth)
	}
	return object
}

func drawString(t *rapid.T) string {
	return rapid.SampledFrom([]string{
		"", "a", "b", "c", "ab", "0", "1", "2", "-", "a/b", "m~n", "~1", `"`, `\`, "\n", "\b", "\x00", "\x1f", "\x7f",
		"é", "\u2028", "\ue000", "😀", "a somewhat longer text", "another text, \"quoted\" in its middle",
	}).Draw(t, "string")
}

// change returns the model with some of its values changed, added, removed or moved.
func change(t *rapid.T, model any) any {
	switch m := model.(type) {
	case map[string]any:
		changed := maps.Clone(m)
		for _, name := range slices.Sorted(maps.Keys(m)) {
			switch rapid.IntRange(0, 5).Draw(t, "change of member") {
			case 0:
				delete(changed, name)
			case 1:
				changed[drawString(t)] = drawModel(t, 2)
			case 2, 3:
				changed[name] = change(t, m[name])
			}
		}
		return changed
	case []any:
		changed := []any{}
		for _, element := range m {
			switch rapid.IntRange(0, 7).Draw(t, "change of element") {
			case 0:
			case 1:
				changed = append(changed, drawModel(t, 2), element)
			case 2:
				changed = append(changed, change(t, element))
			case 3:
				changed = append([]any{element}, changed...)
			default:
				changed = append(changed, element)
			}
		}
		return changed
	}
	return drawModel(t, 1)
}

// textWriter writes models as text, and varies all that does not change the value.
type textWriter struct {
	t *rapid.T
	b strings.Builder
	// flawed texts have, now and then, something that only a strict reader refuses.
	flawed bool
}

// flaw tells whether to write something that only a strict reader refuses.
func (w *textWriter) flaw() bool {
	return w.flawed && rapid.IntRange(0, 19).Draw(w.t, "flaw") == 7
}

// writeText returns one of the many texts of the model.
func writeText(t *rapid.T, model any) string {
	w := textWriter{t: t}
	w.value(model)
	return w.b.String()
}

func (w *textWriter) value(model any) {
	w.space()
	switch m := model.(type) {
	case nil:
		w.b.WriteString("null")
	case bool:
		fmt.Fprint(&w.b, m)
	case string:
		w.text(m)
	case modelNumber:
		w.number(m)
	case []any:
		w.b.WriteByte('[')
		for i, element := range m {
			w.comma(i)
			w.value(element)
		}
		w.space()
		w.b.WriteByte(']')
	case map[string]any:
		w.b.WriteByte('{')
		names := slices.Sorted(maps.Keys(m))
		if len(names) > 1 && rapid.Bool().Draw(w.t, "shuffled") {
			names = rapid.Permutation(names).Draw(w.t, "order")
		}
		for i, name := range names {
			w.comma(i)
			w.space()
			w.text(name)
			w.space()
			w.b.WriteByte(':')
			w.value(m[name])
			if w.flaw() {
				w.b.WriteByte(',')
				w.text(name)
				w.b.WriteString(":null")
			}
		}
		w.b.WriteByte('}')
	}
	w.space()
}

func (w *textWriter) comma(i int) {
	if i > 0 {
		w.b.WriteByte(',')
	}
}

func (w *textWriter) space() {
	w.b.WriteString(rapid.SampledFrom([]string{"", "", "", "", "", " ", "\n\t", "\r"}).Draw(w.t, "space"))
}

func (w *textWriter) text(s string) {
	if w.flaw() {
		flaws := []string{"\xff", "\xed\xa0\x80", "\xc0\x80", `\ud83d`, `\ude00`, `\ude00\ud83d`, `\ud83d\u0041`}
		w.b.WriteString(`"` + rapid.SampledFrom(flaws).Draw(w.t, "flaw of a string") + `"`)
		return
	}
	style := rapid.IntRange(0, 5).Draw(w.t, "escapes")
	if style > 1 {
		w.b.Write(AppendString(nil, nil, s))
		return
	}
	w.b.WriteByte('"')
	for _, r := range s {
		switch {
		case r > 0xffff:
			r -= 0x10000
			fmt.Fprintf(&w.b, `\u%04X\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		case r == '/' && style == 0:
			w.b.WriteString(`\/`)
		default:
			fmt.Fprintf(&w.b, `\u%04x`, r)
		}
	}
	w.b.WriteByte('"')
}

func (w *textWriter) number(n modelNumber) {
	if n.negative {
		w.b.WriteByte('-')
	}
	if w.flaw() {
		w.b.WriteString(rapid.SampledFrom([]string{"1e1000000", "0E-01234567"}).Draw(w.t, "flaw of a number"))
		return
	}
	digits, exponent := n.digits, n.exponent
	for range rapid.IntRange(0, 3).Draw(w.t, "zeros") {
		digits += "0"
		exponent--
	}
	point := len(digits)
	if rapid.Bool().Draw(w.t, "point") {
		point = rapid.IntRange(1, len(digits)).Draw(w.t, "place")
	}
	whole, fraction := digits[:point], digits[point:]
	exponent += len(fraction)
	for len(whole) > 1 && whole[0] == '0' {
		whole = whole[1:]
	}
	w.b.WriteString(whole)
	if fraction != "" {
		w.b.WriteString("." + fraction)
	}
	format := rapid.SampledFrom([]string{"e%d", "E%+d", "e%+05d"}).Draw(w.t, "format")
	if exponent != 0 || rapid.IntRange(0, 3).Draw(w.t, "exponent of zero") == 0 {
		fmt.Fprintf(&w.b, format, exponent)
	}
}
