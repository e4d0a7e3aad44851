package database_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/resource"
)

func TestStoredNamesComeBack(t *testing.T) {
	for _, name := range []string{"", "n1", `"n"\`, "knöte<2>\t\u2028 🐘"} {
		node := database.Node{Name: "n1", InstanceIDs: []string{"x"}, PrimaryInstanceID: name}.Resource()
		if got, err := database.NodePrimaryInstanceID(nil, node); err != nil || got != name {
			t.Errorf("primary: got %q, %v, want %q", got, err, name)
		}
		source := database.RolesSource{NodeName: "n2", SourceNodeName: name}.Resource()
		if got, err := database.RolesSourceNode(nil, source); err != nil || got != name {
			t.Errorf("source: got %q, %v, want %q", got, err, name)
		}
	}
}

// TestStoredByOthers reads attributes as an orchestrator may have stored them.
func TestStoredByOthers(t *testing.T) {
	const secret = "hunter2"
	tests := map[string]struct {
		typ        resource.Type
		attributes string
		want       string
		problem    database.AttributeProblem // 0: no error
	}{
		"spaces, unknown keys, another order": {
			typ:        database.TypeNode,
			attributes: ` { "primary_instance_id" : "i\u0031" , "name" : null, "more": [ {"primary_instance_id":"x"} ] } `,
			want:       "i1",
		},
		"no attributes": {
			typ: database.TypeNode, problem: database.ProblemMissing,
		},
		"key missing": {
			typ: database.TypeNode, attributes: `{"password":"` + secret + `"}`, problem: database.ProblemMissing,
		},
		"key in other letters": {
			typ: database.TypeNode, attributes: `{"Primary_Instance_ID":"` + secret + `"}`, problem: database.ProblemMissing,
		},
		"null": {
			typ: database.TypeNode, attributes: `{"primary_instance_id":null}`, problem: database.ProblemNotAString,
		},
		"number": {
			typ: database.TypeNode, attributes: `{"primary_instance_id":7}`, problem: database.ProblemNotAString,
		},
		"object": {
			typ: database.TypeNode, attributes: `{"primary_instance_id":{"a":"` + secret + `"}}`,
			problem: database.ProblemNotAString,
		},
		"array as attributes": {
			typ: database.TypeNode, attributes: `["` + secret + `"]`, problem: database.ProblemNotAnObject,
		},
		"not JSON": {
			typ: database.TypeNode, attributes: `{"primary_instance_id":` + secret, problem: database.ProblemNotAnObject,
		},
		"another type": {
			typ: database.TypeInstance, attributes: `{"primary_instance_id":"` + secret + `"}`,
			problem: database.ProblemWrongType,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			stored := &resource.Resource{
				Identifier: resource.Identifier{Type: test.typ, ID: "n1"},
				Attributes: json.RawMessage(test.attributes),
			}
			got, err := database.NodePrimaryInstanceID(nil, stored)
			if test.problem == 0 {
				if err != nil || got != test.want {
					t.Errorf("got %q, %v, want %q", got, err, test.want)
				}
				return
			}
			var problem *database.AttributeError
			want := database.AttributeError{Resource: stored.Identifier, Key: "primary_instance_id", Problem: test.problem}
			if !errors.As(err, &problem) || *problem != want {
				t.Fatalf("got %q, %v, want %v", got, err, &want)
			}
			if strings.Contains(err.Error(), secret) || got != "" {
				t.Errorf("a value came with the error: %q, %v", got, err)
			}
		})
	}
}
