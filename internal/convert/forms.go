package convert

import (
	"encoding/json"

	"google.golang.org/protobuf/types/known/structpb"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// ResponseSettings say how the answer to a request is written down. They never change what is planned.
type ResponseSettings struct {
	// Format is the form of what the planner itself makes; never unspecified.
	Format plannerv1.AttributesFormat
	// MaxMessageBytes is the largest size of one response message; never 0.
	MaxMessageBytes int
	// StartDigest means that the header says the digest of the state that the plans begin with.
	StartDigest bool
	// Callers is the form of what the caller has sent.
	Callers CallerForms
}

// CallerForms says in which form a caller's resources go back: in the one that they came in.
type CallerForms struct {
	// Generic means that all resources are the caller's, those of the catalog's types too.
	Generic bool
	// Others is the form of the caller's resources that are not in Structs.
	Others Form
	// Structs are the resources that came as Structs, where the request has both forms; else nil.
	Structs map[resource.Identifier]struct{}
}

// Form is how the wire carries a piece of JSON.
type Form uint8

// The forms: as JSON text, and as a google.protobuf.Struct or Value.
const (
	FormText Form = iota
	FormStruct
)

// FormOf is the form that the format stands for: text, unless it says Structs.
func FormOf(f plannerv1.AttributesFormat) Form {
	if f == plannerv1.AttributesFormat_ATTRIBUTES_FORMAT_STRUCT {
		return FormStruct
	}
	return FormText
}

// Form is the form that the resource goes out in, if it can.
func (s *ResponseSettings) Form(id resource.Identifier) Form {
	if !s.Callers.Generic && database.IsCatalogType(id.Type) {
		return FormOf(s.Format)
	}
	if _, ok := s.Callers.Structs[id]; ok {
		return FormStruct
	}
	return s.Callers.Others
}

// CatalogVersion is the version of the catalog that a state was written with.
const CatalogVersion = "1"

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
