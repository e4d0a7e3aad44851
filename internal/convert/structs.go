package convert

import (
	"encoding/json"

	"google.golang.org/protobuf/types/known/structpb"
)

// StructText is what a Struct says, as JSON text in the one form that requests are converted to: without white space,
// members in the order of their keys, each key once, doubles as jsontext.AppendFloat writes them.
type StructText struct {
	// JSON is an object. It is immutable, and its memory is not used again.
	JSON json.RawMessage
	// Depth is how many objects and arrays are nested in it, the outermost one included.
	Depth int
}

// StructTexts are the texts of Structs that have been read without filling the Structs in: those are empty, and
// stand for their texts. A Struct that is not among them has its fields.
type StructTexts map[*structpb.Struct]StructText
