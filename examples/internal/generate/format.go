package main

import (
	"bytes"
	"encoding/json"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// lineWidth is how long a line may be for an object or array to be kept on it.
const lineWidth = 116

// format writes a message as JSON with the field names of the .proto files. What fits on a line stands on
// one; everything else has a line for each member. The text of protojson itself will not do, as that varies
// its white space from build to build on purpose.
func format(m proto.Message) ([]byte, error) {
	text, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(m)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	root, err := readValue(decoder)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	root.write(&b, "", 0)
	b.WriteByte('\n')
	return b.Bytes(), nil
}

// value is a JSON value: a text of its own, or an object or array with its elements in order.
type value struct {
	text     string // of all others
	brackets string // "{}" or "[]"; empty for all others
	elements []element
}

// element is a member of an object, or an element of an array, whose key is empty.
type element struct {
	key   string
	value value
}

func readValue(decoder *json.Decoder) (value, error) {
	token, err := decoder.Token()
	if err != nil {
		return value{}, err
	}
	opening, ok := token.(json.Delim)
	if !ok {
		text, err := encode(token)
		return value{text: text}, err
	}
	v := value{brackets: "[]"}
	if opening == '{' {
		v.brackets = "{}"
	}
	for decoder.More() {
		var e element
		if v.brackets == "{}" {
			key, err := decoder.Token()
			if err != nil {
				return value{}, err
			}
			text, err := encode(key)
			if err != nil {
				return value{}, err
			}
			e.key = text + ": "
		}
		if e.value, err = readValue(decoder); err != nil {
			return value{}, err
		}
		v.elements = append(v.elements, e)
	}
	_, err = decoder.Token()
	return v, err
}

// encode is a JSON text without escapes that only HTML needs.
func encode(v any) (string, error) {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(v)
	return strings.TrimSuffix(b.String(), "\n"), err
}

// write writes the value. On its first line, used columns are taken already.
func (v value) write(b *bytes.Buffer, indent string, used int) {
	if line := v.line(); used+len(line) <= lineWidth {
		b.WriteString(line)
		return
	}
	b.WriteString(v.brackets[:1])
	for i, e := range v.elements {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n" + indent + "  " + e.key)
		e.value.write(b, indent+"  ", len(indent)+2+len(e.key)+len(","))
	}
	b.WriteString("\n" + indent + v.brackets[1:])
}

// line is the whole value on one line.
func (v value) line() string {
	if v.brackets == "" {
		return v.text
	}
	parts := make([]string, len(v.elements))
	for i, e := range v.elements {
		parts[i] = e.key + e.value.line()
	}
	return v.brackets[:1] + strings.Join(parts, ", ") + v.brackets[1:]
}
