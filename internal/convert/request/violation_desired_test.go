package request

import (
	"testing"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
)

func TestOneResourceIsDesiredAlikeEverywhere(t *testing.T) {
	cases := []struct {
		name, field string
		change      func(*plannerv1.Resource)
	}{
		{"executor", "executor", func(r *plannerv1.Resource) { r.Executor.Id = "host-2" }},
		{"attributes", "attributes_json", text(`{"password":"` + secret + `2"}`)},
		{"attributes unset", "attributes", func(r *plannerv1.Resource) { r.AttributesForm = nil }},
		{"attributes as another struct", "attributes", object(set("password", structpb.NewStringValue("x")))},
		{"attributes spelled otherwise", "", text(`{ "\u0070assword" : "` + secret + `" }`)},
		{"attributes as a struct", "", object(set("password", structpb.NewStringValue(secret)))},
		{"dependencies", "dependencies", func(r *plannerv1.Resource) { r.Dependencies[0].Id = "other" }},
		{"a dependency twice", "", func(r *plannerv1.Resource) { r.Dependencies = append(r.Dependencies, r.Dependencies[0]) }},
		{"type dependencies", "type_dependencies", func(r *plannerv1.Resource) { r.TypeDependencies = nil }},
		{"diff ignore", "diff_ignore", func(r *plannerv1.Resource) { r.DiffIgnore = append(r.DiffIgnore, "/x") }},
		{"version", "resource_version", func(r *plannerv1.Resource) { r.ResourceVersion = "2" }},
		{"needs recreate", "", func(r *plannerv1.Resource) { r.NeedsRecreate = true }},
		{"error", "", func(r *plannerv1.Resource) { r.Error = secret }},
		{"pending deletion", "", func(r *plannerv1.Resource) { r.PendingDeletion = true }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			in := updateFixture(t)
			other := proto.CloneOf(in.Nodes[0].InstanceResources[0].NodeDependents[0])
			c.change(other)
			in.Services[0].Resources[0] = other
			_, err := Converter{}.UpdateDatabase(in)
			field := c.field
			if field != "" {
				field = "services[0].resources[0]." + field
			}
			wantViolation(t, err, field, "proxy::i1 is wanted with a different value")
		})
	}
	t.Run("order of lists", func(t *testing.T) {
		in := updateFixture(t)
		r := in.Nodes[0].InstanceResources[0].NodeDependents[0]
		r.Dependencies = []*plannerv1.Identifier{{Type: "b", Id: "1"}, {Type: "a", Id: "2"}}
		other := proto.CloneOf(r)
		other.Dependencies[0], other.Dependencies[1] = other.Dependencies[1], other.Dependencies[0]
		in.Services[0].Resources[0] = other
		if _, err := (Converter{}).UpdateDatabase(in); err != nil {
			t.Errorf("refused: %v", err)
		}
	})
	t.Run("start may differ", func(t *testing.T) {
		in := updateFixture(t)
		other := proto.CloneOf(in.Nodes[0].InstanceResources[0].NodeDependents[0])
		text(`{}`)(other)
		in.Start.Resources = append(in.Start.Resources, other)
		if _, err := (Converter{}).UpdateDatabase(in); err != nil {
			t.Errorf("refused: %v", err)
		}
	})
}
