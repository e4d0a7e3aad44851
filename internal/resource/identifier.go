package resource

import (
	"cmp"
	"strings"
)

// Type names a kind of resource, such as "database.instance". It is never empty and holds no colon.
type Type string

// Identifier names one resource. It is unique in a state, comparable, and may be used as a map key.
type Identifier struct {
	Type Type
	ID   string
}

// separator stands between type and id in a printed identifier.
const separator = "::"

// String prints the identifier as "type::id".
func (i Identifier) String() string { return string(i.Type) + separator + i.ID }

// Compare orders identifiers as their printed forms are ordered, byte by byte, without printing them.
func (i Identifier) Compare(other Identifier) int {
	if i.Type == other.Type {
		return strings.Compare(i.ID, other.ID)
	}
	a, b := string(i.Type), string(other.Type)
	n := min(len(a), len(b))
	if c := strings.Compare(a[:n], b[:n]); c != 0 {
		return c
	}
	// One type is the beginning of the other: what follows it decides.
	return cmp.Compare(a[n:]+separator+i.ID, b[n:]+separator+other.ID)
}
