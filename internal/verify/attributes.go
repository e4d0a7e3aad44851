package verify

import (
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// sameAttributes tells whether two records have the same attributes but for the places that wanted.DiffIgnore names,
// or different versions. What is no JSON object is the same as nothing but the same bytes. Anything, if it was stopped.
func sameAttributes(stop *interrupt.Poller, current, wanted *resource.Resource) bool {
	same, err := current.SameAttributes(stop, wanted)
	return err == nil && same
}
