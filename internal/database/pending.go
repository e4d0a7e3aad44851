package database

import (
	"encoding/json"
	"errors"
)

// Stand-ins until package resource has them.

type jsonMember struct {
	Key   string
	Value []byte
}

func objectMembers(text []byte) ([]jsonMember, error) {
	var m map[string]json.RawMessage
	if err := json.Unmarshal(text, &m); err != nil || m == nil {
		return nil, errors.New("not an object")
	}
	var out []jsonMember
	for k, v := range m {
		out = append(out, jsonMember{k, v})
	}
	return out, nil
}

func appendJSONString(dst []byte, s string) []byte {
	text, _ := json.Marshal(s)
	return append(dst, text...)
}
