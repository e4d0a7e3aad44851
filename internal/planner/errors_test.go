package planner_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// TestErrorsCarryTheirData shows that errors.As finds each error, and that its fields say what it is about.
func TestErrorsCarryTheirData(t *testing.T) {
	missing := func(r, d string) *resource.MissingDependencyError {
		return &resource.MissingDependencyError{Resource: parseIdentifier(t, r), Dependency: parseIdentifier(t, d)}
	}
	for name, want := range map[string]error{
		"errors_nodes/no instance":                &planner.NoInstancesError{Node: "n1"},
		"errors_nodes/source and restore config":  &planner.SourceAndRestoreError{Node: "n2"},
		"errors_nodes/twice":                      &planner.DuplicateNodeError{Node: "n1"},
		"errors_nodes/unknown strategy":           &planner.UnknownStrategyError{Strategy: "sideways"},
		"errors_nodes/settings are a list":        &database.InstanceFieldError{InstanceID: "n1-a", Field: "settings"},
		"errors_nodes/settings hide a field":      &database.InstanceFieldError{InstanceID: "n1-a", Field: "settings", Key: "host_id"},
		"errors_nodes/connection info is a list":  &database.InstanceFieldError{InstanceID: "n1-a", Field: "connection_info"},
		"errors_primary/left out":                 &planner.PrimaryNotFoundError{Node: "n1", PrimaryInstanceID: "n1-a"},
		"errors_primary/not known":                &planner.PrimaryNotFoundError{Node: "n2"},
		"errors_source/unknown":                   &planner.SourceNodeError{Node: "n4", Source: "n9", Problem: planner.SourceUnknown},
		"errors_source/new itself":                &planner.SourceNodeError{Node: "n4", Source: "n5", Problem: planner.SourceIsNew},
		"errors_source/the node":                  &planner.SourceNodeError{Node: "n4", Source: "n4", Problem: planner.SourceIsSelf},
		"errors_source/joining":                   &planner.SourceNodeError{Node: "n4", Source: "n3", Problem: planner.SourceIsJoining},
		"errors_source/empty beside a backup":     &planner.EmptyBesideRestoredError{Node: "n2", Restored: "n1"},
		"errors_joining/another source":           &planner.JoiningSourceError{Node: "n3", Source: "n2", Problem: planner.JoiningSourceChanged},
		"errors_joining/source removed":           &planner.JoiningSourceError{Node: "n3", Source: "n2", Problem: planner.JoiningSourceGone},
		"errors_lost_nodes/only instance":         &planner.NodeLostError{Node: "n2"},
		"errors_partly_removed/slots are gone":    &planner.NodePartlyRemovedError{Node: "n3"},
		"errors_restore/nothing to restore":       &planner.NoTargetsError{},
		"errors_restore/kept and restored":        &planner.DuplicateNodeError{Node: "n1"},
		"errors_restore/kept node is new":         &planner.KeptNodeError{Node: "n3", Problem: planner.KeptNodeNew},
		"errors_restore/kept node is joining":     &planner.KeptNodeError{Node: "n3", Problem: planner.KeptNodeJoining},
		"errors_graph/missing in an earlier step": missing("host.file::n1-a", "host.template::postgresql"),
		"errors_graph/itself":                     &resource.SelfDependencyError{Resource: parseIdentifier(t, "rest.container::rest")},
		"errors_graph/its own type":               &resource.SelfDependencyError{Resource: parseIdentifier(t, "rest.container::rest"), Type: "rest.container"},
		"errors_stored/primary":                   &database.AttributeError{Resource: parseIdentifier(t, "database.node::n1"), Key: "primary_instance_id", Problem: database.ProblemNotAString},
		"errors_stored/subscription":              &database.AttributeError{Resource: parseIdentifier(t, "database.subscription::n2:n3:app"), Key: "disabled", Problem: database.ProblemNotABoolean},
		"errors_graph/cycle": &resource.CycleError{Path: []resource.Identifier{
			parseIdentifier(t, "rest.a::1"), parseIdentifier(t, "rest.b::1"), parseIdentifier(t, "rest.c::1"),
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := findScenario(t, name)
			got := parseWish(t, s.wish).call(buildStart(t, s.start)).err
			target := reflect.New(reflect.TypeOf(want))
			if !errors.As(fmt.Errorf("wrapped: %w", got), target.Interface()) {
				t.Fatalf("got %T: %v", got, got)
			}
			if !reflect.DeepEqual(target.Elem().Interface(), want) {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

// TestEveryErrorHasAScenario reads which errors the package has, and which problems they name, and looks for
// each of them in the scenarios.
func TestEveryErrorHasAScenario(t *testing.T) {
	var shown strings.Builder
	files, err := filepath.Glob(filepath.Join(scenarioDir, "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		_, cases := readScenarios(t, file)
		for _, s := range cases {
			if s.kind == kindError {
				shown.WriteString(s.want)
			}
		}
	}
	types, problems := declaredErrors(t, "errors.go")
	lossTypes, lossProblems := declaredErrors(t, "errors_loss.go")
	types, problems = append(types, lossTypes...), append(problems, lossProblems...)
	for i := range types {
		types[i] = "planner." + types[i]
	}
	types = append(types, "resource.MissingDependencyError", "resource.SelfDependencyError", "resource.CycleError",
		"database.InstanceFieldError", "database.AttributeError")
	if len(types) < 15 || len(problems) < 8 {
		t.Fatalf("found only the errors %v and the problems %q", types, problems)
	}
	for _, name := range types {
		if !strings.Contains(shown.String(), name+":\n") {
			t.Errorf("no scenario shows a %s", name)
		}
	}
	for _, problem := range problems {
		if !strings.Contains(shown.String(), problem) {
			t.Errorf("no scenario shows the problem %q", problem)
		}
	}
	if strings.Contains(shown.String(), "secret") {
		t.Error("an error repeats a value")
	}
}

// declaredErrors returns the error types of a file of this package, and the texts of its constants.
func declaredErrors(t *testing.T, file string) (types, constants []string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.TypeSpec:
			if strings.HasSuffix(n.Name.Name, "Error") {
				types = append(types, n.Name.Name)
			}
		case *ast.ValueSpec:
			for _, value := range n.Values {
				if text, ok := value.(*ast.BasicLit); ok && text.Kind == token.STRING {
					unquoted, err := strconv.Unquote(text.Value)
					if err != nil {
						t.Fatal(err)
					}
					constants = append(constants, unquoted)
				}
			}
		}
		return true
	})
	return types, constants
}

// TestInterrupted stops planning before it begins.
func TestInterrupted(t *testing.T) {
	done := make(chan struct{})
	close(done)
	for _, name := range []string{"update_rolling", "restore_one_node"} {
		s := findScenario(t, name)
		start, w := buildStart(t, s.start), parseWish(t, s.wish)
		var err error
		if w.function == "UpdateDatabase" {
			_, err = planner.UpdateDatabaseTo(interrupt.When(done), w.options, start, w.nodes)
		} else {
			_, err = planner.RestoreDatabaseTo(interrupt.When(done), w.restoreOptions(), start, w.nodes, w.targets)
		}
		if !errors.Is(err, interrupt.ErrInterrupted) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
