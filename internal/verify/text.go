package verify

import (
	"bytes"
	"encoding/json"
	"iter"
	"slices"
)

// The functions here read objects without checking that they are JSON. Of a text that is not, they may return
// anything, but they do not panic. So first it is found out what there is, and then, if it matters, whether that
// is true: isObject.

// object returns the text of an object without the space before it; none at all is {}.
func object(text []byte) []byte {
	if len(text) == 0 {
		return []byte("{}")
	}
	return skipSpace(text)
}

// isObject tells whether a text without space before it is a JSON object.
func isObject(text []byte) bool {
	return len(text) > 0 && kindOf(text) == kindObject && json.Valid(text)
}

// kind is what a JSON value is.
type kind uint8

const (
	kindWord kind = iota // null, true, false
	kindObject
	kindArray
	kindString
	kindNumber
)

// kindOf reads the kind of a value from its first byte.
func kindOf(text []byte) kind {
	switch text[0] {
	case '{':
		return kindObject
	case '[':
		return kindArray
	case '"':
		return kindString
	case 'n', 't', 'f':
		return kindWord
	}
	return kindNumber
}

// member is a member of an object: its name without quotes and escapes, its value as it stands in the text.
type member struct{ name, value []byte }

// members appends to an empty list the members of an object, in the order of their names; of several with the
// same name the last one. It tells whether the text seems to be an object.
func members(list []member, text []byte) ([]member, bool) {
	byName := func(a, b member) int { return bytes.Compare(a.name, b.name) }
	inOrder := true
	if len(text) == 0 || kindOf(text) != kindObject {
		return nil, false
	}
	for text = skipSpace(text[1:]); len(text) > 0 && text[0] != '}'; text = skipSpace(text) {
		if text[0] == ',' {
			text = skipSpace(text[1:])
		}
		name := text[:valueEnd(text)]
		text = skipSpace(text[len(name):])
		if len(name) == 0 || kindOf(name) != kindString || len(text) == 0 || text[0] != ':' {
			return nil, false
		}
		text = skipSpace(text[1:])
		m := member{name: unquoted(name), value: text[:valueEnd(text)]}
		if len(m.value) == 0 {
			return nil, false
		}
		text = text[len(m.value):]
		inOrder = inOrder && (len(list) == 0 || byName(list[len(list)-1], m) < 0)
		list = append(list, m)
	}
	if inOrder {
		return list, true
	}
	slices.Reverse(list) // of equals, the first one stays
	slices.SortStableFunc(list, byName)
	return slices.CompactFunc(list, func(a, b member) bool { return byName(a, b) == 0 }), true
}

// pair is what two objects have under a name; nil: it has no such member.
type pair struct{ name, a, b []byte }

// pairs goes through the members of two objects, which are in the order of their names.
func pairs(a, b []member) iter.Seq[pair] {
	return func(yield func(pair) bool) {
		for len(a) > 0 || len(b) > 0 {
			order := len(b) - len(a) // if there is only one left
			if len(a) > 0 && len(b) > 0 {
				order = bytes.Compare(a[0].name, b[0].name)
			}
			var p pair
			if order <= 0 {
				p.name, p.a, a = a[0].name, a[0].value, a[1:]
			}
			if order >= 0 {
				p.name, p.b, b = b[0].name, b[0].value, b[1:]
			}
			if !yield(p) {
				return
			}
		}
	}
}

// valueEnd returns where the value at the beginning of the text ends; 0 if there is none, or no end.
func valueEnd(text []byte) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			for i++; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
			if depth == 0 && i < len(text) {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']', ',', ' ', '\t', '\n', '\r':
			if depth == 0 { // a number or a word ends before it
				return i
			}
			if text[i] == '}' || text[i] == ']' {
				depth--
				if depth == 0 {
					return i + 1
				}
			}
		}
	}
	return 0
}

// skipSpace returns the text from its first byte that is no space.
func skipSpace(text []byte) []byte {
	if len(text) > 0 && text[0] > ' ' {
		return text
	}
	return bytes.TrimLeft(text, " \t\n\r")
}

// unquoted returns what a string stands for.
func unquoted(text []byte) []byte {
	if bytes.IndexByte(text, '\\') < 0 {
		return text[1 : len(text)-1]
	}
	var s string
	if json.Unmarshal(text, &s) != nil {
		return text
	}
	return []byte(s)
}
