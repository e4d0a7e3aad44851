package request

import (
	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// formTracker notes in which forms JSON came.
type formTracker struct {
	// structs and texts count the fields that have two forms, by the form that was used.
	structs, texts int
	// recorded came as Structs in a state that says what is; desiredStructs and desiredTexts say what should be.
	// Only resources are in these, and only valid ones.
	recorded, desiredStructs, desiredTexts []*resource.Resource
	// resourceTexts counts the resources that came as text.
	resourceTexts int
}

// note counts one resource that came in that form.
func (t *formTracker) note(r *resource.Resource, f convert.Form, desired bool) {
	switch {
	case f == convert.FormStruct && desired:
		t.desiredStructs = append(t.desiredStructs, r)
	case f == convert.FormStruct:
		t.recorded = append(t.recorded, r)
	case desired:
		t.desiredTexts = append(t.desiredTexts, r)
	}
	if f == convert.FormText {
		t.resourceTexts++
	}
}

// format resolves the form of what the planner makes.
func (t *formTracker) format(asked plannerv1.AttributesFormat) plannerv1.AttributesFormat {
	if asked != plannerv1.AttributesFormat_ATTRIBUTES_FORMAT_UNSPECIFIED {
		return asked
	}
	if t.texts > 0 && t.structs == 0 {
		return plannerv1.AttributesFormat_ATTRIBUTES_FORMAT_JSON
	}
	return plannerv1.AttributesFormat_ATTRIBUTES_FORMAT_STRUCT
}

// callers resolves the form of every resource of the caller. A resource in several places has the form in which it is
// desired, and text, which is exact, wins where that differs: the order of the request has no influence.
func (t *formTracker) callers(stop *interrupt.Poller, generic bool) convert.CallerForms {
	forms := convert.CallerForms{Generic: generic}
	switch structs := len(t.recorded) + len(t.desiredStructs); {
	case structs == 0:
		return forms
	case t.resourceTexts == 0:
		forms.Others = convert.FormStruct
		return forms
	default:
		forms.Structs = make(map[resource.Identifier]struct{}, structs)
	}
	for _, list := range [][]*resource.Resource{t.recorded, t.desiredStructs} {
		for _, r := range interrupt.Each(stop, list) {
			forms.Structs[r.Identifier] = struct{}{}
		}
	}
	for _, r := range interrupt.Each(stop, t.desiredTexts) {
		delete(forms.Structs, r.Identifier)
	}
	return forms
}
