package database

import (
	"encoding/json"

	"github.com/pgplanner/pgplanner/internal/resource"
)

// textAttribute reads a string attribute of a stored resource, which must be of the type.
func textAttribute(r *resource.Resource, t resource.Type, key string) (string, error) {
	problem := func(p AttributeProblem) (string, error) {
		return "", &AttributeError{Resource: r.Identifier, Key: key, Problem: p}
	}
	if r.Identifier.Type != t {
		return problem(ProblemWrongType)
	}
	if len(r.Attributes) == 0 {
		return problem(ProblemMissing)
	}
	members, err := resource.ObjectMembers(r.Attributes)
	if err != nil {
		return problem(ProblemNotAnObject)
	}
	for _, m := range members {
		if m.Key != key {
			continue
		}
		var value string
		if m.Value[0] != '"' || json.Unmarshal(m.Value, &value) != nil {
			return problem(ProblemNotAString)
		}
		return value, nil
	}
	return problem(ProblemMissing)
}
