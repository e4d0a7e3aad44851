package request

import (
	"math"
	"strings"
	"testing"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
)

type resourceCase struct {
	name, field, description string
	change                   func(*plannerv1.Resource)
}

// resourceCases are what can be wrong with a resource wherever it is. Fields are relative to it.
var resourceCases = []resourceCase{
	{"identifier missing", "identifier", "required", func(r *plannerv1.Resource) { r.Identifier = nil }},
	{"type empty", "identifier.type", "required", func(r *plannerv1.Resource) { r.Identifier.Type = "" }},
	{"type with colon", "identifier.type", "colon", func(r *plannerv1.Resource) { r.Identifier.Type = "a:b" }},
	{"id empty", "identifier.id", "required", func(r *plannerv1.Resource) { r.Identifier.Id = "" }},
	{"id with colons", "", "", func(r *plannerv1.Resource) { r.Identifier.Id = "a:b::c" }},
	{"executor missing", "executor", "required", func(r *plannerv1.Resource) { r.Executor = nil }},
	{"executor type unspecified", "executor.type", "required", func(r *plannerv1.Resource) { r.Executor.Type = 0 }},
	{"executor type unknown", "executor.type", "unknown value 17", func(r *plannerv1.Resource) { r.Executor.Type = 17 }},
	{"host without id", "executor.id", "required", func(r *plannerv1.Resource) { r.Executor.Id = "" }},
	{"primary without id", "executor.id", "required", func(r *plannerv1.Resource) {
		r.Executor = &plannerv1.Executor{Type: plannerv1.ExecutorType_EXECUTOR_TYPE_PRIMARY}
	}},
	{"any with id", "executor.id", "must be empty", func(r *plannerv1.Resource) {
		r.Executor.Type = plannerv1.ExecutorType_EXECUTOR_TYPE_ANY
	}},
	{"manager with id", "executor.id", "must be empty", func(r *plannerv1.Resource) {
		r.Executor.Type = plannerv1.ExecutorType_EXECUTOR_TYPE_MANAGER
	}},
	{"attributes unset", "", "", func(r *plannerv1.Resource) { r.AttributesForm = nil }},
	{"attributes empty text", "attributes_json", "JSON object", text("")},
	{"attributes no object", "attributes_json", "object is expected", text(`["` + secret + `"]`)},
	{"attributes cut off", "attributes_json", "ends too early", text(`{"a":"` + secret)},
	{"attributes with rest", "attributes_json", "byte 2", text(`{}"` + secret + `"`)},
	{"attributes with a key twice", "attributes_json", "twice", text(`{"a":"` + secret + `","a":1}`)},
	{"attributes not UTF-8", "attributes_json", "UTF-8", text("{\"" + secret + "\":\"\xff\"}")},
	{
		"attributes too deep", "attributes_json", "too deeply",
		text(strings.Repeat(`{"a":`, 101) + `"` + secret + `"` + strings.Repeat("}", 101)),
	},
	{"attributes as deep as can be", "", "", text(strings.Repeat(`{"a":`, 100) + `"x"` + strings.Repeat("}", 100))},
	{"struct without a map", "", "", object(nil)},
	{"struct with NaN", "attributes", "not a number", object(set(secret, structpb.NewNumberValue(math.NaN())))},
	{"struct with infinity", "attributes", "infinite", object(set(secret, structpb.NewNumberValue(math.Inf(-1))))},
	{"struct with a value of no kind", "attributes", "no kind", object(set(secret, &structpb.Value{}))},
	{"struct with a nil value", "attributes", "no kind", object(set(secret, nil))},
	{
		"struct with an unknown null", "attributes", "NULL_VALUE",
		object(set(secret, &structpb.Value{Kind: &structpb.Value_NullValue{NullValue: 3}})),
	},
	{"struct with a value that is not UTF-8", "attributes", "UTF-8", object(set("x", structpb.NewStringValue("\xff"+secret)))},
	{"struct with a key that is not UTF-8", "attributes", "UTF-8", object(set("\xff"+secret, structpb.NewBoolValue(true)))},
	{"struct too deep", "attributes", "too deeply", object(deep(101))},
	{"struct as deep as can be", "", "", object(deep(100))},
	{"dependency on itself", "dependencies[1]", "itself", func(r *plannerv1.Resource) {
		r.Dependencies = append(r.Dependencies, proto.CloneOf(r.Identifier))
	}},
	{"dependency nil", "dependencies[0]", "required", func(r *plannerv1.Resource) { r.Dependencies[0] = nil }},
	{"dependency without type", "dependencies[0].type", "required", func(r *plannerv1.Resource) { r.Dependencies[0].Type = "" }},
	{"dependency with colon", "dependencies[0].type", "colon", func(r *plannerv1.Resource) { r.Dependencies[0].Type = ":" }},
	{"dependency without id", "dependencies[0].id", "required", func(r *plannerv1.Resource) { r.Dependencies[0].Id = "" }},
	{"type dependency on itself", "type_dependencies[1]", "own type", func(r *plannerv1.Resource) {
		r.TypeDependencies = append(r.TypeDependencies, r.Identifier.Type)
	}},
	{"type dependency empty", "type_dependencies[0]", "required", func(r *plannerv1.Resource) { r.TypeDependencies[0] = "" }},
	{"type dependency with colon", "type_dependencies[0]", "colon", func(r *plannerv1.Resource) { r.TypeDependencies[0] = "a:b" }},
	{"no pointer", "diff_ignore[1]", "JSON pointer", func(r *plannerv1.Resource) { r.DiffIgnore = []string{"", secret} }},
	{"no pointer either", "diff_ignore[0]", "JSON pointer", func(r *plannerv1.Resource) { r.DiffIgnore[0] = "/~" + secret }},
}

func text(t string) func(*plannerv1.Resource) {
	return func(r *plannerv1.Resource) { r.AttributesForm = &plannerv1.Resource_AttributesJson{AttributesJson: t} }
}

func object(s *structpb.Struct) func(*plannerv1.Resource) {
	return func(r *plannerv1.Resource) { r.AttributesForm = &plannerv1.Resource_Attributes{Attributes: s} }
}

func TestResourceViolationsAreFoundWhereverAResourceIs(t *testing.T) {
	places := []struct {
		path string
		run  func(t *testing.T, change func(*plannerv1.Resource)) error
	}{
		{inStart, func(t *testing.T, change func(*plannerv1.Resource)) error {
			in := updateFixture(t)
			change(in.Start.Resources[1])
			_, err := Converter{}.UpdateDatabase(in)
			return err
		}},
		{inDeps, func(t *testing.T, change func(*plannerv1.Resource)) error {
			in := updateFixture(t)
			change(in.Nodes[0].InstanceResources[1].InstanceDependencies[0])
			_, err := Converter{}.UpdateDatabase(in)
			return err
		}},
		{"services[0].resources[0]", func(t *testing.T, change func(*plannerv1.Resource)) error {
			in := updateFixture(t)
			change(in.Services[0].Resources[0])
			_, err := Converter{}.UpdateDatabase(in)
			return err
		}},
		{"services[0].monitor_resource", func(t *testing.T, change func(*plannerv1.Resource)) error {
			in := updateFixture(t)
			change(in.Services[0].MonitorResource)
			_, err := Converter{}.UpdateDatabase(in)
			return err
		}},
		{inTarget + ".restore_instance.node_dependents[0]", func(t *testing.T, change func(*plannerv1.Resource)) error {
			in := restoreFixture(t)
			change(in.Targets[1].RestoreInstance.NodeDependents[0])
			_, err := Converter{}.RestoreDatabase(in)
			return err
		}},
		{"states[1].resources[0]", func(t *testing.T, change func(*plannerv1.Resource)) error {
			in := planStatesFixture(t)
			change(in.States[1].Resources[0])
			_, err := Converter{}.PlanStates(in)
			return err
		}},
		{"events[0].resource", func(t *testing.T, change func(*plannerv1.Resource)) error {
			in := applyEventsFixture(t)
			change(in.Events[0].Resource)
			_, err := Converter{}.ApplyEvents(in)
			return err
		}},
	}
	for _, p := range places {
		for _, c := range resourceCases {
			t.Run(p.path+"/"+c.name, func(t *testing.T) {
				field := c.field
				if field != "" {
					field = p.path + "." + field
				}
				wantViolation(t, p.run(t, c.change), field, c.description)
			})
		}
	}
}
