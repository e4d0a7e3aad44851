package response

import (
	"bytes"
	"encoding/json"
	"math/big"
	"strconv"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert"
	"github.com/pgplanner/pgplanner/internal/jsontext"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// What the writer is compared with: messages that are filled field by field, and encoded by protobuf.

func referenceBytes(t interface{ Fatal(...any) }, m proto.Message) []byte {
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func referenceEvent(e *resource.Event, as convert.Form) *plannerv1.Event {
	m := &plannerv1.Event{Type: convert.EventTypes.ToProto(e.Type), Reason: convert.EventReasons.ToProto(e.Reason), CausedBy: referenceIdentifiers(e.CausedBy)}
	for _, t := range e.CausedByTypes {
		m.CausedByTypes = append(m.CausedByTypes, string(t))
	}
	m.Resource, as = referenceResource(e.Resource, as)
	for _, o := range e.Diff {
		operation := &plannerv1.PatchOperation{Op: o.Op, Path: o.Path, From: o.From}
		if len(o.Value) > 0 {
			if v, ok := referenceValue(o.Value); ok && as == convert.FormStruct {
				operation.ValueForm = &plannerv1.PatchOperation_Value{Value: v}
			} else {
				operation.ValueForm = &plannerv1.PatchOperation_ValueJson{ValueJson: string(o.Value)}
			}
		}
		m.Diff = append(m.Diff, operation)
	}
	return m
}

func referenceResource(r *resource.Resource, as convert.Form) (*plannerv1.Resource, convert.Form) {
	m := &plannerv1.Resource{
		Identifier:      &plannerv1.Identifier{Type: string(r.Identifier.Type), Id: r.Identifier.ID},
		Executor:        &plannerv1.Executor{Type: convert.ExecutorTypes.ToProto(r.Executor.Type), Id: r.Executor.ID},
		Dependencies:    referenceIdentifiers(r.Dependencies),
		DiffIgnore:      r.DiffIgnore,
		NeedsRecreate:   r.NeedsRecreate,
		PendingDeletion: r.PendingDeletion,
		Error:           r.Error,
		ResourceVersion: r.ResourceVersion,
	}
	for _, t := range r.TypeDependencies {
		m.TypeDependencies = append(m.TypeDependencies, string(t))
	}
	if len(r.Attributes) == 0 {
		return m, as
	}
	v, ok := referenceValue(r.Attributes)
	if _, object := v.GetKind().(*structpb.Value_StructValue); ok && object && as == convert.FormStruct {
		m.AttributesForm = &plannerv1.Resource_Attributes{Attributes: v.GetStructValue()}
		return m, convert.FormStruct
	}
	m.AttributesForm = &plannerv1.Resource_AttributesJson{AttributesJson: string(r.Attributes)}
	return m, convert.FormText
}

func referenceIdentifiers(ids []resource.Identifier) []*plannerv1.Identifier {
	var out []*plannerv1.Identifier
	for _, id := range ids {
		out = append(out, &plannerv1.Identifier{Type: string(id.Type), Id: id.ID})
	}
	return out
}

// referenceValue is what encoding/json makes of a text that can be trusted, unless a number of it is no double.
func referenceValue(text []byte) (*structpb.Value, bool) {
	if jsontext.Check(text, jsontext.Limits{MaxDepth: jsontext.DefaultDepth}) != nil {
		return nil, false
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var v any
	if decoder.Decode(&v) != nil {
		return nil, false
	}
	return referenceKind(v)
}

func referenceKind(v any) (*structpb.Value, bool) {
	switch v := v.(type) {
	case json.Number:
		return referenceNumber(string(v))
	case map[string]any:
		fields := map[string]*structpb.Value{}
		for name, member := range v {
			var ok bool
			if fields[name], ok = referenceKind(member); !ok {
				return nil, false
			}
		}
		return structpb.NewStructValue(&structpb.Struct{Fields: fields}), true
	case []any:
		list := &structpb.ListValue{}
		for _, element := range v {
			value, ok := referenceKind(element)
			if !ok {
				return nil, false
			}
			list.Values = append(list.Values, value)
		}
		return structpb.NewListValue(list), true
	}
	out, err := structpb.NewValue(v)
	return out, err == nil
}

// referenceNumber compares the shortest decimal that stands for the double with the number, as fractions.
func referenceNumber(number string) (*structpb.Value, bool) {
	f, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return nil, false
	}
	if f == 0 { // and the exponent may be too large for a fraction
		digits, _, _ := bytes.Cut(bytes.ToLower([]byte(number)), []byte("e"))
		return structpb.NewNumberValue(0), len(bytes.Trim(digits, "-0.")) == 0
	}
	want, _ := new(big.Rat).SetString(number)
	got, _ := new(big.Rat).SetString(strconv.FormatFloat(f, 'e', -1, 64))
	return structpb.NewNumberValue(f), got.Cmp(want) == 0
}
