package verify

import "github.com/pgplanner/pgplanner/internal/resource"

// sameAttributes tells whether two records have the same attributes but for the places that wanted.DiffIgnore names,
// or different versions. What is no JSON object is the same as nothing but the same bytes.
func sameAttributes(current, wanted *resource.Resource) bool {
	same, err := current.SameAttributes(nil, wanted)
	return err == nil && same
}
