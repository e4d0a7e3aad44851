package request

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"google.golang.org/protobuf/types/known/structpb"
)

// invalid is the error as what it has to be, after a look for the secret.
func invalid(t *testing.T, err error) *InvalidRequestError {
	t.Helper()
	var e *InvalidRequestError
	if !errors.As(err, &e) {
		t.Fatalf("the error is %v, not an *InvalidRequestError", err)
	}
	if text := fmt.Sprintf("%v %+v %#v", err, e, e.Violations); strings.Contains(text, secret) {
		t.Errorf("the error holds the secret: %s", text)
	}
	if e.Total < len(e.Violations) || len(e.Violations) == 0 {
		t.Errorf("%d violations of %d", len(e.Violations), e.Total)
	}
	return e
}

// wantViolation checks that the error is of that one violation, or for an empty field, that there is none.
func wantViolation(t *testing.T, err error, field, description string) {
	t.Helper()
	if field == "" {
		if err != nil {
			t.Errorf("refused: %v", err)
		}
		return
	}
	e := invalid(t, err)
	if len(e.Violations) != 1 || e.Violations[0].Field != field || !strings.Contains(e.Violations[0].Description, description) {
		t.Errorf("violations are\n%v\nnot\n%s: ...%s...", e.Violations, field, description)
	}
}

const (
	inStart  = "start.resources[1]"
	inNode   = "nodes[1].instance_resources[0]"
	inDeps   = "nodes[0].instance_resources[1].instance_dependencies[0]"
	inTarget = "targets[1]"
)

// set returns a struct with one field.
func set(key string, v *structpb.Value) *structpb.Struct {
	return &structpb.Struct{Fields: map[string]*structpb.Value{key: v}}
}

// deep returns a struct that is nested n levels deep.
func deep(n int) *structpb.Struct {
	s := &structpb.Struct{}
	for range n - 1 {
		s = set("x", structpb.NewStructValue(s))
	}
	return s
}

func TestAllViolationsAreCollectedInTheOrderOfTheRequest(t *testing.T) {
	in := updateFixture(t)
	in.Start.Version = "x"
	in.Start.Resources[0].Executor = nil
	in.Start.Resources[1].Identifier.Id = "a"
	in.Nodes[0].NodeName = ""
	in.Nodes[0].InstanceResources[0].Instance.Spec.HostId = ""
	in.Nodes[0].InstanceResources[1].NodeDependents[0].DiffIgnore = []string{"x"}
	in.Nodes[0].Scripts[0].Name = "x"
	in.Nodes[1].DatabaseName = ""
	in.Services[0].ServiceInstanceId = ""
	in.Options.NodeUpdateStrategy = 9
	in.ResponseOptions.MaxMessageBytes = 1
	_, err := Converter{}.UpdateDatabase(in)
	e := invalid(t, err)
	var got []string
	for _, v := range e.Violations {
		got = append(got, v.Field)
	}
	want := []string{
		"start.version",
		"start.resources[0].executor",
		"start.resources[1].identifier",
		"nodes[0].node_name",
		"nodes[0].instance_resources[0].instance.spec.host_id",
		"nodes[0].instance_resources[1].node_dependents[0].diff_ignore[0]",
		"nodes[0].scripts[0].name",
		"nodes[1].database_name",
		"services[0].service_instance_id",
		"options.node_update_strategy",
		"response_options.max_message_bytes",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("violations are\n%s\nnot\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if text := err.Error(); !strings.Contains(text, "start.version") || !strings.Contains(text, "and 8 more") {
		t.Errorf("the text is %q", text)
	}
}

func TestAHundredViolationsAreKept(t *testing.T) {
	in := &plannerv1.UpdateDatabaseRequest{Start: &plannerv1.State{}}
	for range 150 {
		in.Start.Resources = append(in.Start.Resources, &plannerv1.Resource{})
	}
	_, err := Converter{}.UpdateDatabase(in)
	e := invalid(t, err)
	if len(e.Violations) != 100 || e.Total != 300 {
		t.Errorf("%d violations of %d, not 100 of 300", len(e.Violations), e.Total)
	}
	if e.Violations[99].Field != "start.resources[49].executor" {
		t.Errorf("the last one is at %s", e.Violations[99].Field)
	}
}

func TestLongNamesAreCutInDescriptions(t *testing.T) {
	in := updateFixture(t)
	in.Nodes[0].Scripts[0].Name = strings.Repeat("ä", 1000)
	_, err := Converter{}.UpdateDatabase(in)
	e := invalid(t, err)
	if text := e.Violations[0].Description; len(text) > 300 || strings.Contains(text, "\ufffd") || strings.Contains(text, `\x`) {
		t.Errorf("the description is %q", text)
	}
}

func TestViolationsOfAnswers(t *testing.T) {
	cases := []struct {
		name, field, description string
		change                   func(*plannerv1.Event)
	}{
		{"nothing", "", "", func(*plannerv1.Event) {}},
		{"type", "type", "required", func(e *plannerv1.Event) { e.Type = 0 }},
		{"reason", "reason", "unknown value 99", func(e *plannerv1.Event) { e.Reason = 99 }},
		{"resource", "resource", "required", func(e *plannerv1.Event) { e.Resource = nil }},
		{"resource within", "resource.executor", "required", func(e *plannerv1.Event) { e.Resource.Executor = nil }},
		{"cause", "caused_by[0].id", "required", func(e *plannerv1.Event) { e.CausedBy = []*plannerv1.Identifier{{Type: "dir"}} }},
		{"type as cause", "caused_by_types[1]", "colon", func(e *plannerv1.Event) { e.CausedByTypes = []string{"dir", "d:r"} }},
		{"value", "diff[0].value", "not a number", func(e *plannerv1.Event) {
			e.Diff[0].ValueForm = &plannerv1.PatchOperation_Value{Value: structpb.NewNumberValue(math.NaN())}
		}},
		{"text of a value", "diff[0].value_json", "value is expected", func(e *plannerv1.Event) {
			e.Diff[0].ValueForm = &plannerv1.PatchOperation_ValueJson{ValueJson: secret}
		}},
		{"no value", "", "", func(e *plannerv1.Event) { e.Diff[0].ValueForm = nil }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			event := applyEventsFixture(t).Events[0]
			c.change(event)
			wantViolation(t, errorOf(eventOf(event)), c.field, c.description)
			field := c.field
			if field != "" {
				field = "plans[0].phases[1].events[0]." + field
			}
			plan := &plannerv1.Plan{Phases: []*plannerv1.Phase{{}, {Index: 1, Events: []*plannerv1.Event{event}}}}
			wantViolation(t, errorOf(PlansFromProto([]*plannerv1.Plan{plan})), field, c.description)
		})
	}
	plan := &plannerv1.Plan{Phases: []*plannerv1.Phase{{}, {Index: 2}}}
	wantViolation(t, errorOf(PlansFromProto([]*plannerv1.Plan{plan})), "plans[0].phases[1].index", "must be 1")
	wantViolation(t, errorOf(stateOf(&plannerv1.State{Version: "x"})), "version", "version")
}

func TestNilElementsAreViolationsAndNoPanic(t *testing.T) {
	in := &plannerv1.UpdateDatabaseRequest{
		Start:    &plannerv1.State{Resources: []*plannerv1.Resource{nil}},
		Nodes:    []*plannerv1.NodeResources{nil, {InstanceResources: []*plannerv1.InstanceResources{nil}, Scripts: []*plannerv1.Script{nil}}},
		Services: []*plannerv1.ServiceResources{nil, {Resources: []*plannerv1.Resource{nil}}},
	}
	_, err := Converter{}.UpdateDatabase(in)
	invalid(t, err)
	_, err = Converter{}.RestoreDatabase(&plannerv1.RestoreDatabaseRequest{Targets: []*plannerv1.NodeRestoreResources{nil}})
	invalid(t, err)
	_, err = Converter{}.PlanStates(&plannerv1.PlanStatesRequest{States: []*plannerv1.State{nil, {Resources: []*plannerv1.Resource{nil}}}})
	invalid(t, err)
	_, err = Converter{}.ApplyEvents(&plannerv1.ApplyEventsRequest{Events: []*plannerv1.Event{nil, {Diff: []*plannerv1.PatchOperation{nil}}}})
	invalid(t, err)
	_, err = Converter{}.PopulateNodes(&plannerv1.PopulateNodesRequest{Existing: []*plannerv1.NodeResources{nil}, New: []*plannerv1.NodeResources{nil}})
	invalid(t, err)
	_, err = PlansFromProto([]*plannerv1.Plan{nil, {Phases: []*plannerv1.Phase{nil, {Events: []*plannerv1.Event{nil}}}}})
	invalid(t, err)
	for _, err := range []error{
		errorOf(Converter{}.UpdateDatabase(nil)), errorOf(Converter{}.PlanStates(nil)), errorOf(Converter{}.ApplyEvents(nil)), errorOf(Converter{}.PlanRefresh(nil)),
		errorOf(Converter{}.EndState(nil)), errorOf(Converter{}.AddNodes(nil)), errorOf(Converter{}.PopulateNodes(nil)), errorOf(stateOf(nil)),
	} {
		if err != nil {
			t.Errorf("an empty request is refused: %v", err)
		}
	}
}
