package response

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit"

	"google.golang.org/protobuf/types/known/structpb"
	"pgregory.net/rapid"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert"
	"github.com/pgplanner/pgplanner/internal/jsontext"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// valueOf returns any JSON value as a Value, or false if that cannot hold it exactly.
func valueOf(text []byte) (*structpb.Value, bool) {
	var w writer
	if !w.exact(convert.TagOperationValue, text, false) {
		return nil, false
	}
	return messageOf(&plannerv1.PatchOperation{}, w.finish()).GetValue(), true
}

// events draws events of everything that an event may hold.
func events(numbers *rapid.Generator[string]) *rapid.Generator[resource.Event] {
	return rapid.Custom(func(t *rapid.T) resource.Event {
		event := resource.Event{
			Type:          resource.EventType(rapid.IntRange(0, 4).Draw(t, "type")),
			Resource:      resourceOf(t, identifiers.Draw(t, "identifier"), objects(numbers)),
			Reason:        resource.EventReason(rapid.IntRange(0, 8).Draw(t, "reason")),
			CausedBy:      rapid.SliceOfN(identifiers, 0, 2).Draw(t, "caused by"),
			CausedByTypes: rapid.SliceOfN(typeNames, 0, 2).Draw(t, "caused by types"),
		}
		for range rapid.IntRange(0, 3).Draw(t, "operations") {
			operation := jsontext.Operation{
				Op: texts.Draw(t, "op"), Path: texts.Draw(t, "path"), From: texts.Draw(t, "from"),
			}
			if rapid.Bool().Draw(t, "has value") {
				operation.Value = []byte(jsonOf(t, numbers, 3, false))
			}
			event.Diff = append(event.Diff, operation)
		}
		return event
	})
}

func TestEventsAreWrittenAsProtobufWritesThem(t *testing.T) {
	seen := testkit.Classes{}
	seen.Check(t, 1, func(t *rapid.T) {
		event := events(rapid.SampledFrom([]*rapid.Generator[string]{doubles, decimals}).Draw(t, "numbers")).Draw(t, "event")
		format := rapid.SampledFrom([]plannerv1.AttributesFormat{asStruct, asJSON}).Draw(t, "format")
		want := referenceEvent(&event, convert.FormOf(format))
		checkEvent(t, format, &event, want)
		switch want.GetResource().GetAttributesForm().(type) {
		case *plannerv1.Resource_Attributes:
			seen.Add("a Struct")
			var w writer
			_, isUnsorted := w.sorted(convert.TagResourceAttributes, event.Resource.Attributes, true)
			seen.Count("a Struct that is not sorted", isUnsorted)
		case *plannerv1.Resource_AttributesJson:
			seen.Add("a text")
		}
	}, "a Struct", "a Struct that is not sorted", "a text")
}

// checkEvent writes the event, in a phase, behind what is there already.
func checkEvent(t interface{ Fatal(...any) }, format plannerv1.AttributesFormat, event *resource.Event, want *plannerv1.Event) {
	before := []byte("before")
	got := encoderOf(nil, format).appendPhaseEvent(before[:6:6], event)
	phase := referenceBytes(t, &plannerv1.Phase{Events: []*plannerv1.Event{want}})
	if !bytes.Equal(got, append(before, phase...)) {
		t.Fatal(fmt.Sprintf("got\n%.2000x\nnot\n%.2000x", got[len(before):], phase))
	}
}

func TestStatesAreWrittenAsProtobufWritesThem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		state := resource.NewState(resources(objects(doubles)).Draw(t, "resources")...)
		format := rapid.SampledFrom([]plannerv1.AttributesFormat{asStruct, asJSON}).Draw(t, "format")
		want := &plannerv1.State{Version: convert.CatalogVersion}
		for _, r := range state.Resources() {
			m, _ := referenceResource(r, convert.FormOf(format))
			want.Resources = append(want.Resources, m)
		}
		index := rapid.SampledFrom([]int{0, 1, 1000}).Draw(t, "index")
		wire := referenceBytes(t, &plannerv1.AddNodeResponse{Index: uint32(index), State: want})
		if got, err := encoderOf(nil, format).StateMessage(index, state); err != nil || !bytes.Equal(got, wire) {
			t.Fatalf("got\n%.2000x\nnot\n%.2000x (%v)", got, wire, err)
		}
	})
}

func TestPartsAreWrittenAsProtobufWritesThem(t *testing.T) {
	event := &plannerv1.Event{Type: plannerv1.EventType_EVENT_TYPE_CREATE, Resource: &plannerv1.Resource{Error: strings.Repeat("x", 200)}}
	for _, index := range []int{0, 1, 127, 128, 1 << 20} {
		phase := &plannerv1.Phase{Index: uint32(index), Events: []*plannerv1.Event{event}}
		part := &plannerv1.PlanPart{PlanIndex: uint32(index), Phases: []*plannerv1.Phase{phase, phase}}
		want := referenceBytes(t, &plannerv1.UpdateDatabaseResponse{Part: &plannerv1.UpdateDatabaseResponse_PlanPart{PlanPart: part}})
		events := referenceBytes(t, &plannerv1.Phase{Events: []*plannerv1.Event{event}})
		got := appendIndexed(nil, convert.TagResponsePlanPart, convert.TagPartPlanIndex, index, 2*indexedSize(index, len(events)))
		for range 2 {
			got = append(appendIndexed(got, convert.TagPartPhases, convert.TagPhaseIndex, index, len(events)), events...)
		}
		if size := indexedSize(index, 2*indexedSize(index, len(events))); !bytes.Equal(got, want) || size != len(want) {
			t.Errorf("index %d: got\n%.2000x\nnot\n%.2000x\nand size %d, not %d", index, got, want, size, len(want))
		}
	}
}

// FuzzAppendEvent has any text as attributes and values. It is not trusted to be JSON.
func FuzzAppendEvent(f *testing.F) {
	f.Add([]byte(`{"b":{"c":[1,{"x":null}],"":"\u00e4"},"a":-0.0}`), "x", true)
	f.Add([]byte(` [true, false,1e400 , {}]`), "", true)
	f.Add([]byte(strings.Repeat(`{"a":[`, 40)+"1"+strings.Repeat("]}", 40)), "ä", true)
	f.Add([]byte(`{"long":"`+strings.Repeat("x", 16400)+`","nested":{"long":"`+strings.Repeat("y", 120)+`"}}`), "id", false)
	f.Fuzz(func(t *testing.T, text []byte, name string, object bool) {
		text, name = bytes.ToValidUTF8(text, []byte("?")), strings.ToValidUTF8(name, "?")
		id := resource.Identifier{Type: resource.Type(name), ID: name}
		event := &resource.Event{
			Type:          resource.EventUpdate,
			Resource:      &resource.Resource{Identifier: id, Attributes: text, Dependencies: []resource.Identifier{id, {}}, Error: name},
			Diff:          []jsontext.Operation{{Op: "add", Path: name, Value: text}, {}},
			CausedBy:      []resource.Identifier{{}, id},
			CausedByTypes: []resource.Type{"", id.Type},
		}
		format := asJSON
		if object {
			format = asStruct
		}
		checkEvent(t, format, event, referenceEvent(event, convert.FormOf(format)))
	})
}

// TestDeepJSON nests to the limit and beyond, with lengths of one to three bytes at all depths.
func TestDeepJSON(t *testing.T) {
	for _, size := range []int{0, 100, 10_000, 1_000_000} {
		for _, depth := range []int{jsontext.DefaultDepth / 2, jsontext.DefaultDepth/2 + 1} {
			text := strings.Repeat(`{"a":[`, depth) + `"` + strings.Repeat("x", size) + `"` + strings.Repeat("]}", depth)
			r := &resource.Resource{Attributes: []byte(text)}
			want, as := referenceResource(r, convert.FormStruct)
			if exact := 2*depth <= jsontext.DefaultDepth; exact != (as == convert.FormStruct) {
				t.Fatalf("depth %d: the reference is wrong", depth)
			}
			got, err := encoderOf(nil, asStruct).StateMessage(0, resource.NewState(r))
			wire := referenceBytes(t, &plannerv1.AddNodeResponse{
				State: &plannerv1.State{Version: convert.CatalogVersion, Resources: []*plannerv1.Resource{want}},
			})
			if err != nil || !bytes.Equal(got, wire) {
				t.Errorf("depth %d, %d bytes: it is written otherwise", depth, size)
			}
		}
	}
}

// TestWritingTakesNoMemory: but what it appends to.
func TestWritingTakesNoMemory(t *testing.T) {
	event := &resource.Event{
		Type: resource.EventUpdate, Resource: opaque("dir", "a"),
		Diff: []jsontext.Operation{{Op: "add", Path: "/ports", Value: []byte(`[1.5,"x",null]`)}},
	}
	for _, format := range []plannerv1.AttributesFormat{asStruct, asJSON} {
		encoder, b := encoderOf(nil, format), make([]byte, 0, 4096)
		if n := testing.AllocsPerRun(100, func() { encoder.appendPhaseEvent(b, event) }); n > 0 {
			t.Errorf("%v: %v allocations", format, n)
		}
	}
}
