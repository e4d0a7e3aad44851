package request

import (
	"errors"
	"fmt"
	"testing"

	"google.golang.org/protobuf/types/known/structpb"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
)

// recordedState is a state of that many resources with those attributes.
func recordedState(n int, attributes string) *plannerv1.State {
	state := &plannerv1.State{}
	for i := range n {
		state.Resources = append(state.Resources, &plannerv1.Resource{
			Identifier:     &plannerv1.Identifier{Type: "t", Id: fmt.Sprint(i)},
			Executor:       &plannerv1.Executor{Type: plannerv1.ExecutorType_EXECUTOR_TYPE_ANY},
			AttributesForm: &plannerv1.Resource_AttributesJson{AttributesJson: attributes},
		})
	}
	return state
}

func TestResourcesAreCountedInAllPlaces(t *testing.T) {
	event := &plannerv1.Event{Type: plannerv1.EventType_EVENT_TYPE_CREATE, Resource: recordedState(1, "{}").Resources[0]}
	for name, convert := range map[string]func(Converter) error{
		"states": func(c Converter) error {
			_, err := c.PlanStates(&plannerv1.PlanStatesRequest{
				Start: recordedState(2, "{}"), States: []*plannerv1.State{recordedState(1, "{}")},
			})
			return err
		},
		"events": func(c Converter) error {
			_, err := c.ApplyEvents(&plannerv1.ApplyEventsRequest{State: recordedState(1, "{}"), Events: []*plannerv1.Event{event, event}})
			return err
		},
		"services": func(c Converter) error {
			list := recordedState(3, "{}").Resources
			_, err := c.UpdateDatabase(&plannerv1.UpdateDatabaseRequest{Services: []*plannerv1.ServiceResources{
				{ServiceInstanceId: "s", Resources: list[:2], MonitorResource: list[2]},
			}})
			return err
		},
	} {
		counted := 0
		c := Converter{Limits: Limits{MaxResources: 3}, Counted: func(resources, _ int) { counted = resources }}
		if err := convert(c); err != nil || counted != 3 {
			t.Errorf("%s: counted %d, got %v", name, counted, err)
		}
		c.Limits.MaxResources = 2
		checkTooMany(t, convert(c), TooManyError{What: Resources, Count: 3, Limit: 2})
	}
}

func checkTooMany(t *testing.T, err error, want TooManyError) {
	t.Helper()
	var got *TooManyError
	if !errors.As(err, &got) || *got != want {
		t.Errorf("got %v, want %v", err, &want)
	}
}

func TestNodesAreCounted(t *testing.T) {
	three := []*plannerv1.NodeResources{{}, {}, {}}
	within := Converter{Limits: Limits{MaxNodes: 3}}
	below := Converter{Limits: Limits{MaxNodes: 2}}
	for name, convert := range map[string]func(Converter) error{
		"kept": func(c Converter) error {
			_, err := c.UpdateDatabase(&plannerv1.UpdateDatabaseRequest{Nodes: three})
			return err
		},
		"kept and restored": func(c Converter) error {
			_, err := c.RestoreDatabase(&plannerv1.RestoreDatabaseRequest{
				Nodes: three[:1], Targets: []*plannerv1.NodeRestoreResources{{}, {}},
			})
			return err
		},
		"existing": func(c Converter) error {
			_, err := c.PopulateNodes(&plannerv1.PopulateNodesRequest{Existing: three[:1], New: three[:2]})
			return err
		},
		"existing names": func(c Converter) error {
			_, err := c.PopulateNode(&plannerv1.PopulateNodeRequest{ExistingNodeNames: []string{"a", "b", "c"}})
			return err
		},
	} {
		if tooMany := (*TooManyError)(nil); errors.As(convert(within), &tooMany) {
			t.Errorf("%s: within the limit got %v", name, tooMany)
		}
		t.Run(name, func(t *testing.T) { checkTooMany(t, convert(below), TooManyError{What: Nodes, Count: 3, Limit: 2}) })
	}
}

func TestJSONIsBoundedInLengthAndDepth(t *testing.T) {
	const attributes = `{"a":{"b":1}}`
	start := recordedState(1, attributes)
	nested, err := structpb.NewStruct(map[string]any{"a": map[string]any{"b": 1}})
	if err != nil {
		t.Fatal(err)
	}
	structs := recordedState(1, attributes)
	structs.Resources[0].AttributesForm = &plannerv1.Resource_Attributes{Attributes: nested}
	for form, state := range map[string]*plannerv1.State{"text": start, "struct": structs} {
		for _, test := range []struct {
			limits Limits
			fits   bool
		}{
			{Limits{MaxAttributeBytes: len(attributes)}, true},
			{Limits{MaxAttributeBytes: len(attributes) - 1}, false},
			{Limits{MaxJSONDepth: 2}, true},
			{Limits{MaxJSONDepth: 1}, false},
		} {
			_, err := Converter{Limits: test.limits}.PlanRefresh(&plannerv1.PlanRefreshRequest{State: state})
			if invalid := (*InvalidRequestError)(nil); errors.As(err, &invalid) == test.fits || (err == nil) != test.fits {
				t.Errorf("%s, %+v: got %v", form, test.limits, err)
			}
		}
	}
}
