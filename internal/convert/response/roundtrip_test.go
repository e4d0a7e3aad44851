package response

import (
	"bytes"
	"reflect"
	"slices"
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit"
	"github.com/pgplanner/pgplanner/internal/testkit/execution"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert/request"
	"github.com/pgplanner/pgplanner/internal/jsontext"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// canonical is the resource with its attributes in canonical form, and without a difference between empty
// and missing lists.
func canonical(t interface{ Fatal(...any) }, r *resource.Resource) resource.Resource {
	c := *r.Clone()
	if len(c.Attributes) > 0 {
		text, err := jsontext.Canonical(nil, c.Attributes)
		if err != nil {
			t.Fatal(err)
		}
		c.Attributes = text
	}
	if len(c.Dependencies) == 0 {
		c.Dependencies = nil
	}
	if len(c.TypeDependencies) == 0 {
		c.TypeDependencies = nil
	}
	if len(c.DiffIgnore) == 0 {
		c.DiffIgnore = nil
	}
	return c
}

func sameResource(t interface{ Fatal(...any) }, a, b *resource.Resource) bool {
	return reflect.DeepEqual(canonical(t, a), canonical(t, b))
}

// onTheWire sends a message through its encoding.
func onTheWire[M proto.Message](t interface{ Fatal(...any) }, m M) M {
	data, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	out := m.ProtoReflect().New().Interface().(M)
	if err := proto.Unmarshal(data, out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestStatesSurviveInBothForms(t *testing.T) {
	seen := testkit.Classes{}
	seen.Check(t, 1, func(t *rapid.T) {
		numbers := rapid.SampledFrom([]*rapid.Generator[string]{doubles, decimals}).Draw(t, "numbers")
		state := resource.NewState(resources(objects(numbers)).Draw(t, "resources")...)
		format := rapid.SampledFrom([]plannerv1.AttributesFormat{asStruct, asJSON}).Draw(t, "format")
		message := onTheWire(t, stateOf(encoderOf(nil, format), state))
		call, err := request.Converter{}.PlanRefresh(&plannerv1.PlanRefreshRequest{State: message})
		if err != nil {
			t.Fatal(err)
		}
		again := call.State
		if again.Len() != state.Len() {
			t.Fatalf("%d resources became %d", state.Len(), again.Len())
		}
		for i, want := range state.Resources() {
			got, ok := again.Get(want.Identifier)
			if !ok || !sameResource(t, got, want) {
				t.Fatalf("got\n%+v\nnot\n%+v", got, want)
			}
			switch form := message.Resources[i].AttributesForm.(type) {
			case *plannerv1.Resource_Attributes:
				seen.Add("a Struct")
				if format == asJSON {
					t.Fatal("a Struct where text was asked for")
				}
			case *plannerv1.Resource_AttributesJson:
				seen.Count("too exact for a Struct", format == asStruct)
				if form.AttributesJson != string(want.Attributes) {
					t.Fatal("text is not passed on as it is")
				}
			}
		}
		if second := stateOf(encoderOf(nil, format), again); format == asJSON && !proto.Equal(second, message) {
			t.Fatalf("got\n%v\nthe second time, not\n%v", second, message)
		}
	}, "a Struct", "too exact for a Struct")
}

func TestPlansSurviveInBothForms(t *testing.T) {
	seen := testkit.Classes{}
	seen.Check(t, 1, func(t *rapid.T) {
		numbers := rapid.SampledFrom([]*rapid.Generator[string]{doubles, decimals}).Draw(t, "numbers")
		var plans []resource.Plan
		for range rapid.IntRange(0, 2).Draw(t, "plans") {
			var plan resource.Plan
			for range rapid.IntRange(1, 2).Draw(t, "phases") {
				var phase resource.Phase
				for _, r := range resources(objects(numbers)).Draw(t, "resources") {
					event := resource.Event{
						Type:          resource.EventType(rapid.IntRange(1, 4).Draw(t, "type")),
						Resource:      r,
						Reason:        resource.EventReason(rapid.IntRange(0, 8).Draw(t, "reason")),
						CausedBy:      rapid.SliceOfN(identifiers, 0, 2).Draw(t, "caused by"),
						CausedByTypes: rapid.SliceOfN(typeNames, 0, 2).Draw(t, "caused by types"),
					}
					for range rapid.IntRange(0, 2).Draw(t, "operations") {
						seen.Add("an operation")
						event.Diff = append(event.Diff, jsontext.Operation{
							Op: texts.Draw(t, "op"), Path: texts.Draw(t, "path"), From: texts.Draw(t, "from"),
							Value: []byte(jsonOf(t, numbers, 2, false)),
						}, jsontext.Operation{Op: "remove", Path: "/x"})
					}
					phase.Events = append(phase.Events, event)
				}
				plan.Phases = append(plan.Phases, phase)
			}
			plans = append(plans, plan)
		}
		encoder := encoderOf(nil, rapid.SampledFrom([]plannerv1.AttributesFormat{asStruct, asJSON}).Draw(t, "format"))
		var messages []*plannerv1.Plan
		for _, p := range plans {
			messages = append(messages, onTheWire(t, planOf(encoder, p)))
		}
		again, err := request.PlansFromProto(messages)
		if err != nil {
			t.Fatal(err)
		}
		// The digest covers every field of a plan; that it does is tested in its package.
		if execution.Digest(again) != execution.Digest(plans) {
			t.Fatalf("got\n%+v\nnot\n%+v", again, plans)
		}
	}, "an operation")
}

// structForm is the resource as a Struct, or nil if that is not exact.
func structForm(r *plannerv1.Resource) *plannerv1.Resource {
	r = proto.CloneOf(r)
	if form, ok := r.AttributesForm.(*plannerv1.Resource_AttributesJson); ok {
		s := resourceMessage(&resource.Resource{Attributes: []byte(form.AttributesJson)}, asStruct).GetAttributes()
		if s == nil {
			return nil
		}
		r.AttributesForm = &plannerv1.Resource_Attributes{Attributes: s}
	}
	return r
}

func TestBothFormsAreTheSameToThePlanner(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := stateOf(encoderOf(nil, asJSON), resource.NewState(resources(objects(doubles)).Draw(t, "resources")...))
		object := &plannerv1.State{}
		for _, r := range text.Resources {
			inStruct := structForm(r)
			if inStruct == nil {
				t.Fatalf("a Struct cannot hold %s", r.GetAttributesJson())
			}
			object.Resources = append(object.Resources, inStruct)
		}
		a, err := request.Converter{}.PlanRefresh(&plannerv1.PlanRefreshRequest{State: text})
		if err != nil {
			t.Fatal(err)
		}
		b, err := request.Converter{}.PlanRefresh(&plannerv1.PlanRefreshRequest{State: onTheWire(t, object)})
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range a.State.Resources() {
			if got, ok := b.State.Get(want.Identifier); !ok || !sameResource(t, got, want) {
				t.Fatalf("got\n%+v\nnot\n%+v", got, want)
			}
		}
	})
}

func TestOrderOfResourcesHasNoInfluence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := &plannerv1.PlanStatesRequest{Start: &plannerv1.State{}, States: []*plannerv1.State{{}, {}}}
		for _, state := range append(in.States, in.Start) {
			for _, r := range resources(objects(doubles)).Draw(t, "resources") {
				m := resourceMessage(r, asJSON)
				if rapid.Bool().Draw(t, "as a Struct") {
					m = structForm(m)
				}
				state.Resources = append(state.Resources, m)
			}
		}
		shuffled := proto.CloneOf(in)
		for _, state := range append(shuffled.States, shuffled.Start) {
			state.Resources = rapid.Permutation(state.Resources).Draw(t, "order")
		}
		a, err := request.Converter{}.PlanStates(in)
		if err != nil {
			t.Fatal(err)
		}
		b, err := request.Converter{}.PlanStates(shuffled)
		if err != nil {
			t.Fatal(err)
		}
		first, second := NewEncoder(nil, a.Response), NewEncoder(nil, b.Response)
		states := append(slices.Clone(a.States), a.Start)
		for i, other := range append(slices.Clone(b.States), b.Start) {
			if got, want := stateOf(second, other), stateOf(first, states[i]); !proto.Equal(got, want) {
				t.Fatalf("got\n%v\nnot\n%v", got, want)
			}
		}
	})
}

func TestNumbersAreNeverRounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := []byte(jsonOf(t, rapid.OneOf(doubles, decimals), 3, false))
		v, ok := valueOf(text)
		if !ok {
			return
		}
		event := &plannerv1.Event{
			Type:     plannerv1.EventType_EVENT_TYPE_DELETE,
			Resource: resourceMessage(opaque("dir", "a"), asJSON),
			Diff:     []*plannerv1.PatchOperation{{ValueForm: &plannerv1.PatchOperation_Value{Value: v}}},
		}
		plans, err := request.PlansFromProto([]*plannerv1.Plan{{Phases: []*plannerv1.Phase{{Events: []*plannerv1.Event{event}}}}})
		if err != nil {
			t.Fatal(err)
		}
		again := plans[0].Phases[0].Events[0].Diff[0].Value
		want, err := jsontext.Canonical(nil, text)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := jsontext.Canonical(nil, again); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%s became %s (%v)", text, again, err)
		}
	})
	for number, fits := range map[string]bool{
		"9007199254740992": true, "9007199254740993": false, "9007199254740993.0": false, "-9007199254740993": false,
		"0.1": true, "0.10": true, "0.1000000000000000055": false, "1e400": false, "1e-400": false, "0e999": true, "-0": true,
		"1e21": true, "1000000000000000000000": true, "1152921504606846976": false, "5e-324": true, "3e-324": false,
	} {
		if _, ok := valueOf([]byte(number)); ok != fits {
			t.Errorf("a Struct can hold %s: %t", number, ok)
		}
	}
}
