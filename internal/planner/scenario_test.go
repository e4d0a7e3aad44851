package planner_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit"

	"github.com/pgplanner/pgplanner/internal/testkit/execution"
	"github.com/pgplanner/pgplanner/internal/testkit/notation"

	"golang.org/x/tools/txtar"

	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
)

const scenarioDir = "testdata/scenarios"

// scenario is one case of a file in testdata/scenarios. Such a file begins with its story: what happens, and
// which rule of planning it shows. Then come sections: start (what is), wish (what should be), and what the
// planner makes of it: plans, states, or an error. Each section may carry the name of a case behind its
// own; a case without a start or a wish of its own has that of the file. See scenario_start_test.go and
// scenario_wish_test.go for how start and wish are written.
type scenario struct {
	name        string // of the file, and after a slash that of the case, if it has one
	start, wish string
	kind        string // plans, states or error
	want        string
	section     int // which section of the file has the expectation
}

// The kinds of expectation.
const (
	kindPlans  = "plans"
	kindStates = "states"
	kindError  = "error"
)

// TestScenarios plans each scenario, compares the outcome with the expectation, and checks what has to
// hold for every one of them.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(scenarioDir, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios in %s: %v", scenarioDir, err)
	}
	for _, file := range files {
		archive, cases := readScenarios(t, file)
		for _, s := range cases {
			t.Run(s.name, func(t *testing.T) {
				got := s.run(t)
				if got == s.want {
					return
				}
				archive.Files[s.section].Data = []byte(got)
				if !testkit.Rewrite(t, file, string(txtar.Format(archive))) {
					t.Errorf("not as expected; if it is right, run the test with -rewrite\n%s", diffLines(s.want, got))
				}
			})
		}
	}
}

// readScenarios reads the cases of a file.
func readScenarios(t testing.TB, file string) (*txtar.Archive, []scenario) {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	base := strings.TrimSuffix(filepath.Base(file), ".txtar")
	if len(strings.TrimSpace(string(archive.Comment))) < 40 {
		t.Errorf("%s does not tell its story", base)
	}
	given := map[string]string{}
	var cases []scenario
	for i, section := range archive.Files {
		kind, name, _ := strings.Cut(section.Name, " ")
		switch kind {
		case "start", "wish":
			if _, twice := given[section.Name]; twice {
				t.Fatalf("%s has two sections %s", base, section.Name)
			}
			given[section.Name] = string(section.Data)
		case kindPlans, kindStates, kindError:
			s := scenario{name: base, kind: kind, want: string(section.Data), section: i}
			s.start, s.wish = given["start"], given["wish"]
			if name != "" {
				s.name = base + "/" + name
				s.start = own(given, "start "+name, s.start)
				s.wish = own(given, "wish "+name, s.wish)
			}
			cases = append(cases, s)
		default:
			t.Fatalf("%s: unknown section %q", base, section.Name)
		}
	}
	return archive, cases
}

func own(given map[string]string, name, otherwise string) string {
	if text, ok := given[name]; ok {
		return text
	}
	return otherwise
}

// findScenario reads the scenario of that name.
func findScenario(t testing.TB, name string) scenario {
	t.Helper()
	base, _, _ := strings.Cut(name, "/")
	_, cases := readScenarios(t, filepath.Join(scenarioDir, base+".txtar"))
	i := slices.IndexFunc(cases, func(s scenario) bool { return s.name == name })
	if i < 0 {
		t.Fatalf("there is no scenario %s", name)
	}
	return cases[i]
}

// outcome is what the planner makes of a scenario.
type outcome struct {
	plans  []resource.Plan
	states []*resource.State
	err    error
}

// run calls the planner, checks what has to hold for every scenario, and returns the outcome as text.
func (s scenario) run(t *testing.T) string {
	start, w := buildStart(t, s.start), parseWish(t, s.wish)
	got := w.call(start)
	s.checkInputUnchanged(t, start, w)
	if got.err != nil {
		if s.kind != kindError {
			t.Fatalf("unexpected error: %v", got.err)
		}
		return printError(got.err)
	}
	switch s.kind {
	case kindError:
		t.Fatalf("no error, but\n%s", notation.Plans(got.plans)+notation.States(got.states))
	case kindStates:
		s.checkOrder(t, notation.States(got.states))
		return notation.States(got.states)
	}
	s.checkOrder(t, notation.Plans(got.plans)+execution.Digest(got.plans))
	s.checkExecution(t, got.plans)
	return notation.Plans(got.plans)
}

// call calls the function that the wish names.
func (w *wish) call(start *resource.State) outcome {
	one := func(s *resource.State, err error) outcome {
		if s == nil {
			return outcome{err: err}
		}
		return outcome{states: []*resource.State{s}, err: err}
	}
	many := func(s []*resource.State, err error) outcome { return outcome{states: s, err: err} }
	plans := func(p []resource.Plan, err error) outcome { return outcome{plans: p, err: err} }
	names := make([]string, len(w.existing))
	for i, n := range w.existing {
		names[i] = n.NodeName
	}
	switch w.function {
	case "UpdateDatabase":
		return plans(planner.UpdateDatabase(w.options, start, w.nodes))
	case "RestoreDatabase":
		outcome, err := planner.RestoreDatabaseTo(nil, w.restoreOptions(), start, w.nodes, w.targets)
		return plans(outcome.Plans, err)
	case "AddNode":
		return many(planner.AddNode(w.nodes[0]))
	case "AddNodes":
		return many(planner.AddNodes(w.nodes))
	case "UpdateNode":
		return many(planner.UpdateNode(w.nodes[0]))
	case "RollingUpdateNodes":
		return many(planner.RollingUpdateNodes(w.nodes))
	case "ConcurrentUpdateNodes":
		return many(planner.ConcurrentUpdateNodes(w.nodes))
	case "PopulateNode":
		return one(planner.PopulateNode(w.nodes[0], names))
	case "PopulateNodes":
		return one(planner.PopulateNodes(w.existing, w.nodes))
	case "EndState":
		return one(planner.EndState(w.nodes))
	case "RestoreNode":
		return many(planner.RestoreNode(w.targets[0]))
	}
	return outcome{err: fmt.Errorf("the wish calls %s, which there is not", w.function)}
}

// TestEveryFunctionHasAScenario keeps the scenarios complete.
func TestEveryFunctionHasAScenario(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(scenarioDir, "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	called := map[string]int{}
	for _, file := range files {
		_, cases := readScenarios(t, file)
		for _, s := range cases {
			if s.kind != kindError {
				called[parseWish(t, s.wish).function]++
			}
		}
	}
	for _, function := range []string{
		"AddNode", "AddNodes", "UpdateNode", "RollingUpdateNodes", "ConcurrentUpdateNodes", "PopulateNode",
		"PopulateNodes", "EndState", "RestoreNode", "UpdateDatabase", "RestoreDatabase",
	} {
		if called[function] == 0 {
			t.Errorf("no scenario calls %s", function)
		}
	}
}
