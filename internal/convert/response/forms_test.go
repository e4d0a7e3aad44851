package response

import (
	"testing"

	"google.golang.org/protobuf/proto"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/jsontext"
	"github.com/pgplanner/pgplanner/internal/resource"
)

func TestOnlyTheResourceThatDoesNotFitBecomesText(t *testing.T) {
	exact, plain := opaque("dir", "a"), opaque("dir", "b")
	exact.Attributes = []byte(`{"bytes":9007199254740993,"rest":[{"x":null}]}`)
	encoder := encoderOf(nil, asStruct)
	diff := []jsontext.Operation{{Op: "replace", Path: "/bytes", Value: []byte("9007199254740993")}, {Op: "remove", Path: "/x"}}
	phase := planOf(encoder, resource.Plan{Phases: []resource.Phase{{}, {}, {}, {Events: []resource.Event{
		{Type: resource.EventUpdate, Resource: exact, Diff: diff},
		{Type: resource.EventUpdate, Resource: plain, Diff: []jsontext.Operation{{Op: "add", Path: "/x", Value: []byte("1")}}},
	}}}}).GetPhases()[3]
	if phase.Index != 3 {
		t.Errorf("the index is %d", phase.Index)
	}
	if text := phase.Events[0].Resource.GetAttributesJson(); text != string(exact.Attributes) {
		t.Errorf("the attributes are %s", text)
	}
	if text := phase.Events[0].Diff[0].GetValueJson(); text != "9007199254740993" {
		t.Errorf("the value is %s", text)
	}
	if phase.Events[0].Diff[1].ValueForm != nil {
		t.Error("an operation without a value got one")
	}
	if phase.Events[1].Resource.GetAttributes() == nil || phase.Events[1].Diff[0].GetValue() == nil {
		t.Error("the other resource became text too")
	}
}

func TestStatesGoOutInIdentifierOrderWithTheirVersion(t *testing.T) {
	state := resource.NewState(opaque("b", "1"), opaque("a", "2"), opaque("a", "10"))
	message := stateOf(encoderOf(nil, asJSON), state)
	want := []string{"a/10", "a/2", "b/1"}
	for i, r := range message.Resources {
		if id := r.Identifier.Type + "/" + r.Identifier.Id; id != want[i] {
			t.Errorf("%d is %s", i, id)
		}
	}
	if message.Version != "1" {
		t.Errorf("the version is %q", message.Version)
	}
	if empty := stateOf(encoderOf(nil, asJSON), resource.NewState()); !proto.Equal(empty, &plannerv1.State{Version: "1"}) {
		t.Errorf("the empty state is %v", empty)
	}
}
