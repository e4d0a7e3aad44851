package database

import (
	"bytes"
	"slices"

	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/jsontext"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// listKey is the attribute in which a resource of a type lists what it depends on besides what it is about; "" if there is
// none.
func listKey(t resource.Type) string {
	switch t {
	case TypeInstance:
		return "dependencies"
	case TypePostgresDatabase, TypeSubscription, TypeSyncEvent:
		return "extra_dependencies"
	}
	return ""
}

// InRecordedOrder returns ids, which a resource is to list in its attributes, in the order in which its record lists them:
// their order means nothing, and another planner has another one. It returns ids themselves if the record does not list just
// these, each once, or if that cannot be read. The caller must change neither.
func InRecordedOrder(stop *interrupt.Poller, record *resource.Resource, ids []resource.Identifier) []resource.Identifier {
	key := listKey(record.Identifier.Type)
	if len(ids) < 2 || key == "" {
		return ids
	}
	var buffer [bufferSize]byte
	if same := newObject(buffer[:0]).identifiers(stop, key, ids); bytes.Contains(record.Attributes, same[1:]) {
		return ids // as in most records
	}
	value, err := attribute(stop, record, record.Identifier.Type, key)
	if err != nil {
		return ids
	}
	listed, ok := readIdentifiers(stop, value)
	if !ok || len(listed) != len(ids) || !slices.Equal(sorted(stop, listed), sorted(stop, ids)) {
		return ids
	}
	return listed
}

func sorted(stop *interrupt.Poller, ids []resource.Identifier) []resource.Identifier {
	ids = slices.Clone(ids)
	interrupt.SortFunc(stop, ids, resource.Identifier.Compare)
	return ids
}

// readIdentifiers reads what identifiers has written.
func readIdentifiers(stop *interrupt.Poller, list []byte) (ids []resource.Identifier, ok bool) {
	tokens := jsontext.NewTokenReader(list, jsontext.Limits{Stop: stop})
	if tokens.Peek() != '[' || !tokens.Open() {
		return nil, false
	}
	for !stop.Stopped() && tokens.Next(len(ids) == 0, ']') {
		id, ok := readIdentifier(stop, &tokens)
		if !ok {
			return nil, false
		}
		ids = append(ids, id)
	}
	return ids, !tokens.Failed()
}

// readIdentifier reads an object with an id and a type.
func readIdentifier(stop *interrupt.Poller, tokens *jsontext.TokenReader) (id resource.Identifier, ok bool) {
	if tokens.Peek() != '{' || !tokens.Open() {
		return id, false
	}
	for first := true; !stop.Stopped() && tokens.Next(first, '}'); first = false {
		name, ok := tokens.Name()
		if !ok || tokens.Peek() != '"' {
			return id, false
		}
		text, ok := tokens.Text()
		switch {
		case ok && string(name) == "id":
			id.ID = string(text)
		case ok && string(name) == "type":
			id.Type = resource.Type(text)
		default:
			return id, false
		}
	}
	return id, id.ID != "" && id.Type != "" && !tokens.Failed()
}
