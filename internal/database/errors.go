package database

import (
	"fmt"

	"github.com/pgplanner/pgplanner/internal/resource"
)

// AttributeError says that a stored resource does not hold an attribute that its type should have.
// It names the attribute and never holds any attribute's value: values may be secrets.
type AttributeError struct {
	Resource resource.Identifier
	Key      string
	Problem  AttributeProblem
}

func (e *AttributeError) Error() string {
	return fmt.Sprintf("resource %s: attribute %q: %s", e.Resource, e.Key, e.Problem)
}

// AttributeProblem is what is wrong with an attribute.
type AttributeProblem uint8

// The attribute problems. The zero value is invalid.
const (
	ProblemWrongType   AttributeProblem = iota + 1 // the resource is of another type, which lacks the attribute
	ProblemNotAnObject                             // the attributes as a whole are no JSON object
	ProblemMissing                                 // the key is not there
	ProblemNotAString                              // the value is something other than a string
	ProblemNotABoolean                             // the value is something other than true or false
)

// String describes the problem.
func (p AttributeProblem) String() string {
	switch p {
	case ProblemWrongType:
		return "resources of this type do not have it"
	case ProblemNotAnObject:
		return "the attributes are not a JSON object"
	case ProblemMissing:
		return "it is missing"
	case ProblemNotAString:
		return "it is not a string"
	case ProblemNotABoolean:
		return "it is not true or false"
	}
	return "invalid"
}

// InstanceFieldError says that a JSON field of an instance cannot be used. It never holds any value.
type InstanceFieldError struct {
	InstanceID string
	// Field is "settings" or "connection_info".
	Field string
	// Key is the key in settings that the spec needs for a member of its own. Empty means that the field is
	// not a JSON object.
	Key string
}

func (e *InstanceFieldError) Error() string {
	if e.Key != "" {
		return fmt.Sprintf("instance %q: %s must not hold the key %q", e.InstanceID, e.Field, e.Key)
	}
	return fmt.Sprintf("instance %q: %s is not a JSON object", e.InstanceID, e.Field)
}
