package verify

import (
	"slices"

	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/jsontext"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// sameAttributes tells whether two records have the same attributes but for the places that wanted.DiffIgnore names,
// or different versions. What is no JSON object is the same as nothing but the same bytes. Anything, if it was stopped.
func sameAttributes(stop *interrupt.Poller, current, wanted *resource.Resource) bool {
	same, err := current.SameAttributes(stop, wanted)
	return err == nil && same
}

// isSame tells whether two records are the same but for their marks, hidden values included. Lists of dependencies are
// sets. Anything, if it was stopped.
func isSame(stop *interrupt.Poller, a, b *resource.Resource) bool {
	if a == b || stop.Spend(1+(len(a.Dependencies)+len(a.TypeDependencies)+len(a.DiffIgnore))/16) {
		return true
	}
	if a.Executor != b.Executor || a.ResourceVersion != b.ResourceVersion || !sameSet(stop, a.Dependencies, b.Dependencies) ||
		!slices.Equal(a.TypeDependencies, b.TypeDependencies) || !slices.Equal(a.DiffIgnore, b.DiffIgnore) {
		return false
	}
	same, err := jsontext.Same(stop, a.Attributes, b.Attributes, nil)
	return err == nil && same
}
