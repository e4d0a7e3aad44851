package resource

import (
	"fmt"
	"strings"
)

// MissingDependencyError says that a resource depends on one that is not in the wanted state. Several of
// them come joined (see errors.Join), in identifier order, each once, but no more than 100.
type MissingDependencyError struct {
	Resource   Identifier
	Dependency Identifier
	// Field is the path of the dependency in the request; "" if whoever planned does not know it.
	Field string
	// More is how many there are, besides, that are not among those that come joined. The last of them has it.
	More int
}

func (e *MissingDependencyError) Error() string {
	if e.Field != "" {
		return fmt.Sprintf("%s: resource %s depends on %s, which is not in the state: want that, too, or leave the "+
			"dependency out", e.Field, e.Resource, e.Dependency)
	}
	return fmt.Sprintf("resource %s depends on %s, which is not in the state", e.Resource, e.Dependency)
}

// SelfDependencyError says that a resource depends on itself, by name or, where Type is set, by its type.
type SelfDependencyError struct {
	Resource Identifier
	Type     Type
}

func (e *SelfDependencyError) Error() string {
	if e.Type != "" {
		return fmt.Sprintf("resource %s depends on its own type %s", e.Resource, e.Type)
	}
	return fmt.Sprintf("resource %s depends on itself", e.Resource)
}

// smaller returns the one of two errors that names the smaller resource; each may be nil.
func (e *SelfDependencyError) smaller(other *SelfDependencyError) *SelfDependencyError {
	if e == nil || other != nil && other.Resource.Compare(e.Resource) < 0 {
		return other
	}
	return e
}

// CycleError names a cycle of dependencies, and of constraints, which count as such: every resource of Path depends on
// the one after it, and the last one on the first. The path starts at its smallest identifier.
type CycleError struct {
	Path []Identifier
}

func (e *CycleError) Error() string {
	var b strings.Builder
	b.WriteString("dependencies form a cycle: ")
	for _, id := range e.Path {
		b.WriteString(id.String())
		b.WriteString(" -> ")
	}
	b.WriteString(e.Path[0].String())
	return b.String()
}
