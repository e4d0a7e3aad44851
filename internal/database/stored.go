package database

import (
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/jsontext"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// textAttribute reads a string attribute of a stored resource, which must be of the type. The error is an
// *AttributeError; told to stop, it means nothing.
func textAttribute(stop *interrupt.Poller, r *resource.Resource, t resource.Type, key string) (string, error) {
	value, err := attribute(stop, r, t, key)
	if err != nil {
		return "", err
	}
	token := jsontext.NewTokenReader(value, jsontext.Limits{Stop: stop})
	if token.Peek() != '"' {
		return "", &AttributeError{Resource: r.Identifier, Key: key, Problem: ProblemNotAString}
	}
	text, _ := token.Text() // which is right: the value is one of JSON
	return string(text), nil
}

// flagAttribute does the same for a boolean attribute.
func flagAttribute(stop *interrupt.Poller, r *resource.Resource, t resource.Type, key string) (bool, error) {
	value, err := attribute(stop, r, t, key)
	if err != nil {
		return false, err
	}
	switch string(value) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, &AttributeError{Resource: r.Identifier, Key: key, Problem: ProblemNotABoolean}
}

// attribute returns the value of an attribute as it stands in the text. It is an *AttributeError that there is none.
func attribute(stop *interrupt.Poller, r *resource.Resource, t resource.Type, key string) ([]byte, error) {
	problem := func(p AttributeProblem) ([]byte, error) {
		return nil, &AttributeError{Resource: r.Identifier, Key: key, Problem: p}
	}
	if r.Identifier.Type != t {
		return problem(ProblemWrongType)
	}
	if len(r.Attributes) == 0 {
		return problem(ProblemMissing)
	}
	value, err := jsontext.Lookup(stop, r.Attributes, key)
	if err != nil {
		return problem(ProblemNotAnObject)
	}
	if value == nil {
		return problem(ProblemMissing)
	}
	return value, nil
}
