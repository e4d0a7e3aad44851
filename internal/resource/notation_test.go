package resource_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/pgplanner/pgplanner/internal/resource"
)

// parseState reads a state, one resource to a line, or several with | between them:
//
//	node::n1 {"port":1} -> host::h1 host::h2 *disk (error) (recreate) (pending) (version 2) (ignore /port) (at host h1)
//
// where -> leads to what the resource depends on, a type with a star. All but the identifier may be left out.
func parseState(t testing.TB, text string) *resource.State {
	t.Helper()
	s := resource.NewState()
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\n", "|"), "|") {
		if strings.TrimSpace(line) != "" {
			s.Add(parseResource(t, line))
		}
	}
	return s
}

func parseResource(t testing.TB, line string) *resource.Resource {
	t.Helper()
	line, marks, _ := strings.Cut(strings.TrimSpace(line), "(")
	line, dependencies, _ := strings.Cut(line, "->")
	id, attributes, _ := strings.Cut(strings.TrimSpace(line), " ")
	r := &resource.Resource{
		Identifier:      parseIdentifier(t, id),
		Executor:        resource.Executor{Type: resource.ExecutorAny},
		Attributes:      json.RawMessage(attributes),
		ResourceVersion: "1",
	}
	for _, d := range strings.Fields(dependencies) {
		if name, ok := strings.CutPrefix(d, "*"); ok {
			r.TypeDependencies = append(r.TypeDependencies, resource.Type(name))
		} else {
			r.Dependencies = append(r.Dependencies, parseIdentifier(t, d))
		}
	}
	for mark := range strings.SplitSeq(marks, "(") {
		word, value, _ := strings.Cut(strings.Trim(mark, ") "), " ")
		switch word {
		case "":
		case "error":
			r.Error = "it failed"
		case "recreate":
			r.NeedsRecreate = true
		case "pending":
			r.PendingDeletion = true
		case "at":
			kind, id, _ := strings.Cut(value, " ")
			for r.Executor = (resource.Executor{Type: 1, ID: id}); r.Executor.Type.String() != kind; {
				r.Executor.Type++
			}
		case "version":
			r.ResourceVersion = value
		case "ignore":
			r.DiffIgnore = append(r.DiffIgnore, value)
		default:
			t.Fatalf("%s: what is %q?", line, mark)
		}
	}
	return r
}

func parseIdentifier(t testing.TB, text string) resource.Identifier {
	t.Helper()
	name, id, ok := strings.Cut(text, "::")
	if !ok {
		t.Fatalf("%q is no identifier", text)
	}
	return resource.Identifier{Type: resource.Type(name), ID: id}
}

// parseIdentifiers reads identifiers with spaces between them.
func parseIdentifiers(t testing.TB, text string) []resource.Identifier {
	t.Helper()
	var ids []resource.Identifier
	for word := range strings.FieldsSeq(text) {
		ids = append(ids, parseIdentifier(t, word))
	}
	return ids
}

// parseGroups reads the steps of groups: "=" ends a group and "-" a diff, on lines of their own.
func parseGroups(t testing.TB, text string) [][]*resource.State {
	t.Helper()
	var groups [][]*resource.State
	for group := range strings.SplitSeq(unindent(text), "\n=\n") {
		var diffs []*resource.State
		for diff := range strings.SplitSeq(group, "\n-\n") {
			diffs = append(diffs, parseState(t, diff))
		}
		groups = append(groups, diffs)
	}
	return groups
}

// story prints plans: a plan is a paragraph, a phase a line. Causes stand in brackets, types with a star.
func story(plans []resource.Plan) string {
	var paragraphs []string
	for _, plan := range plans {
		var lines []string
		for _, phase := range plan.Phases {
			var events []string
			for _, e := range phase.Events {
				events = append(events, tell(e))
			}
			lines = append(lines, strings.Join(events, ", "))
		}
		paragraphs = append(paragraphs, strings.Join(lines, "\n"))
	}
	return strings.Join(paragraphs, "\n\n")
}

func tell(e resource.Event) string {
	text := fmt.Sprintf("%s %s", e.Type, e.Resource.Identifier)
	if e.Reason != 0 {
		text += " " + e.Reason.String()
	}
	var causes []string
	for _, id := range e.CausedBy {
		causes = append(causes, id.String())
	}
	for _, t := range e.CausedByTypes {
		causes = append(causes, "*"+string(t))
	}
	if causes != nil {
		text += fmt.Sprintf(" %v", causes)
	}
	for _, o := range e.Diff {
		text += strings.TrimRight(fmt.Sprintf(" <%s %s %s", o.Op, o.Path, o.Value), " ") + ">"
	}
	return text
}

// unindent takes white space from both ends of each line, and empty lines from both ends of a text.
func unindent(text string) string {
	var lines []string
	for line := range strings.Lines(strings.TrimSpace(text)) {
		lines = append(lines, strings.TrimSpace(line))
	}
	return strings.Join(lines, "\n")
}
