package convert

import (
	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// Limits of ResponseOptions.max_message_bytes, and what 0 means.
const (
	minMessageBytes     = 4 << 10
	maxMessageBytes     = 64 << 20
	defaultMessageBytes = 1 << 20
)

// ResponseSettings say how the answer to a request is written down. They never change what is planned.
type ResponseSettings struct {
	// Format is the form of what the planner itself makes; never unspecified.
	Format plannerv1.AttributesFormat
	// MaxMessageBytes is the largest size of one response message; never 0.
	MaxMessageBytes int
	forms           callerForms
}

// callerForms says in which form a caller's resources go back: in the one that they came in.
type callerForms struct {
	// generic means that all resources are the caller's, those of the catalog's types too.
	generic bool
	// others is the form of the caller's resources that are not in structs.
	others form
	// structs are the resources that came as Structs, where the request has both forms; else nil.
	structs map[resource.Identifier]struct{}
}

// form is how a piece of JSON is carried.
type form uint8

const (
	formText form = iota
	formStruct
)

func formOf(f plannerv1.AttributesFormat) form {
	if f == plannerv1.AttributesFormat_ATTRIBUTES_FORMAT_STRUCT {
		return formStruct
	}
	return formText
}

// of is the form that the resource goes out in, if it can.
func (s *ResponseSettings) of(id resource.Identifier) form {
	if !s.forms.generic && database.IsCatalogType(id.Type) {
		return formOf(s.Format)
	}
	if _, ok := s.forms.structs[id]; ok {
		return formStruct
	}
	return s.forms.others
}

// formTracker notes in which forms JSON came.
type formTracker struct {
	// structs and texts count the fields that have two forms, by the form that was used.
	structs, texts int
	// recorded came as Structs in a state that says what is; wishStructs and wishTexts say what should be.
	// Only resources are in these, and only valid ones.
	recorded, wishStructs, wishTexts []*resource.Resource
	// resourceTexts counts the resources that came as text.
	resourceTexts int
}

// note counts one resource that came in that form.
func (t *formTracker) note(r *resource.Resource, f form, wish bool) {
	switch {
	case f == formStruct && wish:
		t.wishStructs = append(t.wishStructs, r)
	case f == formStruct:
		t.recorded = append(t.recorded, r)
	case wish:
		t.wishTexts = append(t.wishTexts, r)
	}
	if f == formText {
		t.resourceTexts++
	}
}

// format resolves the form of what the planner makes.
func (t *formTracker) format(asked plannerv1.AttributesFormat) plannerv1.AttributesFormat {
	switch asked {
	case plannerv1.AttributesFormat_ATTRIBUTES_FORMAT_STRUCT, plannerv1.AttributesFormat_ATTRIBUTES_FORMAT_JSON:
		return asked
	case plannerv1.AttributesFormat_ATTRIBUTES_FORMAT_UNSPECIFIED:
	}
	if t.texts > 0 && t.structs == 0 {
		return plannerv1.AttributesFormat_ATTRIBUTES_FORMAT_JSON
	}
	return plannerv1.AttributesFormat_ATTRIBUTES_FORMAT_STRUCT
}

// callers resolves the form of every resource of the caller. A resource in several places has the form of
// the wish, and text, which is exact, wins where wishes differ: the order of the request has no influence.
func (t *formTracker) callers(generic bool) callerForms {
	forms := callerForms{generic: generic}
	switch structs := len(t.recorded) + len(t.wishStructs); {
	case structs == 0:
		return forms
	case t.resourceTexts == 0:
		forms.others = formStruct
		return forms
	default:
		forms.structs = make(map[resource.Identifier]struct{}, structs)
	}
	for _, r := range t.recorded {
		forms.structs[r.Identifier] = struct{}{}
	}
	for _, r := range t.wishStructs {
		forms.structs[r.Identifier] = struct{}{}
	}
	for _, r := range t.wishTexts {
		delete(forms.structs, r.Identifier)
	}
	return forms
}
