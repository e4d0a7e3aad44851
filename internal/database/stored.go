package database

import (
	"encoding/json"

	"github.com/pgplanner/pgplanner/internal/jsontext"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// textAttribute reads a string attribute of a stored resource, which must be of the type.
func textAttribute(r *resource.Resource, t resource.Type, key string) (string, error) {
	return attribute[string](r, t, key, ProblemNotAString)
}

// flagAttribute reads a boolean attribute of a stored resource, which must be of the type.
func flagAttribute(r *resource.Resource, t resource.Type, key string) (bool, error) {
	return attribute[bool](r, t, key, ProblemNotABoolean)
}

// attribute reads an attribute that is a T; if its value is null or of another kind, that is the problem.
func attribute[T any](
	r *resource.Resource, t resource.Type, key string, otherwise AttributeProblem,
) (T, error) {
	problem := func(p AttributeProblem) (T, error) {
		var zero T
		return zero, &AttributeError{Resource: r.Identifier, Key: key, Problem: p}
	}
	if r.Identifier.Type != t {
		return problem(ProblemWrongType)
	}
	if len(r.Attributes) == 0 {
		return problem(ProblemMissing)
	}
	members, err := jsontext.Members(r.Attributes)
	if err != nil {
		return problem(ProblemNotAnObject)
	}
	for _, m := range members {
		if m.Key != key {
			continue
		}
		var value *T
		if json.Unmarshal(m.Value, &value) != nil || value == nil {
			return problem(otherwise)
		}
		return *value, nil
	}
	return problem(ProblemMissing)
}
