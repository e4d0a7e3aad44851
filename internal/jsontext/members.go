package jsontext

import (
	"bytes"
	"math"

	"github.com/pgplanner/pgplanner/internal/interrupt"
)

// Member is one member of a JSON object. Value is its value as it stands in the text, whose memory it shares.
type Member struct {
	Key   string
	Value []byte
}

// Members returns the members of the JSON object that text is, in the order of the text, with
// unescaped keys. A text that CheckObject would not accept at any depth is a *Error. If it is stopped, the error is
// interrupt.ErrInterrupted.
func Members(stop *interrupt.Poller, text []byte) ([]Member, error) {
	c := checker{scanner: newScanner(text, Limits{MaxDepth: depthLimit, Stop: stop})}
	c.outermost = outermost{wanted: allMembers, members: make([]Member, 0, 4)}
	if !c.document(true) {
		return nil, c.err()
	}
	return c.outermost.members, nil
}

// Lookup returns the value that an object has under a name, as it stands in the text, whose memory it shares; nil if
// there is none. Its errors are those of Members.
func Lookup(stop *interrupt.Poller, text []byte, name string) ([]byte, error) {
	c := checker{scanner: newScanner(text, Limits{MaxDepth: depthLimit, Stop: stop})}
	c.outermost = outermost{wanted: oneMember, name: name}
	if !c.document(true) {
		return nil, c.err()
	}
	return c.outermost.value, nil
}

// outermost is what a checker notes of the members of the outermost object: nothing, all of them, or the value of one.
type outermost struct {
	wanted  wantedMembers
	members []Member
	name    string
	value   []byte
}

type wantedMembers uint8

const (
	noMembers wantedMembers = iota
	allMembers
	oneMember
)

// note notes a member: its name without escapes, and the value as it stands in the text.
func (o *outermost) note(name, value []byte) {
	switch o.wanted {
	case noMembers:
	case allMembers:
		o.members = append(o.members, Member{Key: string(name), Value: value})
	case oneMember:
		if string(name) == o.name {
			o.value = value
		}
	}
}

// placedName is the name of a member, unescaped, and where it stands in the text.
type placedName struct {
	name   []byte
	offset int
}

// nameStack holds names: those of the usual text in memory of its own, so that none is taken for them.
type nameStack struct {
	count int
	first [24]placedName
	more  []placedName // all of them, once there were more than those
}

func (s *nameStack) push(name placedName) {
	if s.more == nil && s.count < len(s.first) {
		s.first[s.count] = name
	} else {
		if s.more == nil {
			s.more = append(s.more, s.first[:]...)
		}
		s.more = append(s.more[:s.count], name)
	}
	s.count++
}

// since returns the names that were pushed when there were count of them.
func (s *nameStack) since(count int) []placedName {
	if s.more == nil {
		return s.first[count:s.count]
	}
	return s.more[count:s.count]
}

// firstRepetition returns the offset of the first name that repeats another one. It reorders the names:
// sorting keeps it at O(n log n) whatever they are, where a hash would depend on luck or a random seed.
func firstRepetition(stop *interrupt.Poller, names []placedName) (offset int, repeated bool) {
	interrupt.SortFunc(stop, names, func(a, b placedName) int { return bytes.Compare(a.name, b.name) })
	offset = math.MaxInt
	for i := 1; i < len(names) && !stop.Stopped(); i++ {
		if bytes.Equal(names[i-1].name, names[i].name) {
			offset = min(offset, max(names[i-1].offset, names[i].offset))
		}
	}
	return offset, offset != math.MaxInt
}
