package jsontext

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"pgregory.net/rapid"
)

// applyPatch applies the operations add, remove and replace to a decoded value, as strictly as RFC 6902 has
// it. It is the obvious implementation, and does not change the value.
func applyPatch(t rapid.TB, value any, patch []Operation) any {
	t.Helper()
	for _, operation := range patch {
		var err error
		if value, err = applyAt(t, value, splitPointer(operation.Path), operation); err != nil {
			t.Fatalf("%s: %v", printPatch([]Operation{operation}), err)
		}
	}
	return value
}

func applyAt(t rapid.TB, value any, steps []string, operation Operation) (any, error) {
	if len(steps) == 0 {
		if operation.Op != "replace" {
			return nil, fmt.Errorf("%s of the whole", operation.Op)
		}
		return decode(t, operation.Value), nil
	}
	switch v := value.(type) {
	case map[string]any:
		return applyToObject(t, maps.Clone(v), steps, operation)
	case []any:
		return applyToArray(t, slices.Clone(v), steps, operation)
	}
	return nil, fmt.Errorf("no object or array at %s", steps[0])
}

func applyToObject(t rapid.TB, object map[string]any, steps []string, operation Operation) (any, error) {
	name := steps[0]
	member, exists := object[name]
	if exists == (operation.Op == "add" && len(steps) == 1) {
		return nil, fmt.Errorf("member %q exists: %v", name, exists) // stricter than the RFC about add
	}
	var err error
	switch {
	case len(steps) > 1:
		object[name], err = applyAt(t, member, steps[1:], operation)
	case operation.Op == "remove":
		delete(object, name)
	default:
		object[name] = decode(t, operation.Value)
	}
	return object, err
}

func applyToArray(t rapid.TB, array []any, steps []string, operation Operation) (any, error) {
	adds := operation.Op == "add" && len(steps) == 1
	index, err := strconv.Atoi(steps[0])
	if err != nil || index < 0 || index > len(array) || index == len(array) && !adds {
		return nil, fmt.Errorf("index %s of an array of %d", steps[0], len(array))
	}
	switch {
	case adds:
		array = slices.Insert(array, index, decode(t, operation.Value))
	case len(steps) > 1:
		array[index], err = applyAt(t, array[index], steps[1:], operation)
	case operation.Op == "remove":
		array = slices.Delete(array, index, index+1)
	default:
		array[index] = decode(t, operation.Value)
	}
	return array, err
}

// printPatch writes a patch as lines that people can read.
func printPatch(patch []Operation) string {
	var lines []string
	for _, operation := range patch {
		lines = append(lines, strings.TrimSpace(operation.Op+" "+operation.Path+" "+string(operation.Value)))
	}
	return strings.Join(lines, "\n")
}
