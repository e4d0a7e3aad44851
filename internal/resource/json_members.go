package resource

import (
	"bytes"
	"math"
	"slices"
)

// JSONMember is one member of a JSON object. Value is its value as it stands in the text. Both share the text's
// memory.
type JSONMember struct {
	Key   string
	Value []byte
}

// ObjectMembers returns the members of the JSON object that text is, in the order of the text, with
// unescaped keys. A text that CheckJSONObject would not accept at any depth is a *JSONError.
func ObjectMembers(text []byte) ([]JSONMember, error) {
	c := jsonChecker{
		jsonScanner: jsonScanner{text: text, depth: depthLimit, exponentDigits: MaxJSONExponentDigits},
		outermost:   make([]JSONMember, 0, 4),
	}
	if !c.document(true) {
		return nil, c.err()
	}
	return c.outermost, nil
}

// jsonName is the name of a member, unescaped, and where it stands in the text.
type jsonName struct {
	name   []byte
	offset int
}

// nameStack holds names. It has room for those of the usual text, so that memory is taken for others only.
type nameStack struct {
	count int
	room  [24]jsonName
	more  []jsonName // all of them, from when the room did not suffice
}

func (s *nameStack) push(name jsonName) {
	if s.more == nil && s.count < len(s.room) {
		s.room[s.count] = name
	} else {
		if s.more == nil {
			s.more = append(s.more, s.room[:]...)
		}
		s.more = append(s.more[:s.count], name)
	}
	s.count++
}

// since returns the names that were pushed when there were count of them.
func (s *nameStack) since(count int) []jsonName {
	if s.more == nil {
		return s.room[count:s.count]
	}
	return s.more[count:s.count]
}

// firstRepetition returns the offset of the first name that repeats another one. It reorders the names:
// sorting keeps it at O(n log n) whatever they are, where a hash would depend on luck or a random seed.
func firstRepetition(names []jsonName) (offset int, repeated bool) {
	slices.SortFunc(names, func(a, b jsonName) int { return bytes.Compare(a.name, b.name) })
	offset = math.MaxInt
	for i := 1; i < len(names); i++ {
		if bytes.Equal(names[i-1].name, names[i].name) {
			offset = min(offset, max(names[i-1].offset, names[i].offset))
		}
	}
	return offset, offset != math.MaxInt
}
