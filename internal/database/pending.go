package database

import (
	"bytes"
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
	plain := true
	for i := range len(s) {
		if s[i] < 32 || s[i] >= 127 || s[i] == 34 || s[i] == 92 {
			plain = false
		}
	}
	if plain {
		dst = append(dst, 34)
		dst = append(dst, s...)
		return append(dst, 34)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s)
	return append(dst, bytes.TrimSpace(b.Bytes())...)
}
