package planner_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit/execution"

	"github.com/pgplanner/pgplanner/internal/resource"
)

// buildStart makes a state from the lines of a start section:
//
//	from: SCENARIO                     the state after executing all plans of that scenario
//	from: SCENARIO until PLAN.PHASE    ... of its first plans, up to that phase and with it
//	mark IDENTIFIER error              the last create or update of the resource failed
//	mark IDENTIFIER needs_recreate     creating it failed, or it is gone
//	mark IDENTIFIER pending_deletion
//	remove IDENTIFIER                  its record is not there
//	change IDENTIFIER KEY=JSON ...     its attributes are different from what the planner wrote
//	version IDENTIFIER TEXT            its resource_version is
//	free IDENTIFIER [IDENTIFIER ...]   its record does not say that it depends on these, or on anything
//	add RESOURCE                       see parseResource
//
// Without any line it is empty. Nothing in it is shared with the state of another call.
func buildStart(t testing.TB, text string) *resource.State {
	t.Helper()
	state := resource.NewState()
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		verb, words := words[0], words[1:]
		switch verb {
		case "from:":
			state = leftBy(t, words)
		case "add":
			state.Add(parseResource(t, words, resource.Executor{Type: resource.ExecutorAny}))
		case "remove":
			edited(t, state, words[0])
			state.Remove(parseIdentifier(t, words[0]))
		case "mark":
			mark(t, edited(t, state, words[0]), words[1])
		case "change":
			change(t, edited(t, state, words[0]), words[1:])
		case "free":
			free(t, edited(t, state, words[0]), words[1:])
		case "version":
			edited(t, state, words[0]).ResourceVersion = words[1]
		default:
			t.Fatalf("start: what is %q?", line)
		}
	}
	return state
}

// leftBy is the state that executing a scenario leaves behind: "SCENARIO" or "SCENARIO until PLAN.PHASE".
func leftBy(t testing.TB, words []string) *resource.State {
	t.Helper()
	s := findScenario(t, words[0])
	state, w := buildStart(t, s.start), parseWish(t, s.wish)
	got := w.call(state)
	if got.err != nil {
		t.Fatalf("planning %s: %v", s.name, got.err)
	}
	lastPlan, lastPhase := len(got.plans), 0
	if len(words) == 3 && words[1] == "until" {
		plan, phase, _ := strings.Cut(words[2], ".")
		lastPlan, lastPhase = number(t, plan)-1, number(t, phase)
		if lastPlan >= len(got.plans) || lastPhase > len(got.plans[lastPlan].Phases) {
			t.Fatalf("%s has no phase %s", s.name, words[2])
		}
	}
	executed := got.plans[:lastPlan]
	if lastPhase > 0 {
		executed = append(slices.Clip(executed), resource.Plan{Phases: got.plans[lastPlan].Phases[:lastPhase]})
	}
	return execution.CopyState(execution.After(state, executed...))
}

// edited gives the state a copy of the resource that may be changed, and returns that.
func edited(t testing.TB, state *resource.State, name string) *resource.Resource {
	t.Helper()
	r, ok := state.Get(parseIdentifier(t, name))
	if !ok {
		t.Fatalf("start: there is no %s to edit", name)
	}
	r = r.Clone()
	state.Add(r)
	return r
}

func mark(t testing.TB, r *resource.Resource, as string) {
	t.Helper()
	switch as {
	case "error":
		r.Error = "it did not work"
	case "needs_recreate":
		r.NeedsRecreate = true
	case "pending_deletion":
		r.PendingDeletion = true
	default:
		t.Fatalf("start: what is the mark %q?", as)
	}
}

func free(t testing.TB, r *resource.Resource, from []string) {
	t.Helper()
	if len(from) == 0 {
		r.Dependencies = nil
	}
	for _, name := range from {
		at := slices.Index(r.Dependencies, parseIdentifier(t, name))
		if at < 0 {
			t.Fatalf("start: %s does not depend on %s", r.Identifier, name)
		}
		r.Dependencies = slices.Delete(r.Dependencies, at, at+1)
	}
}

func change(t testing.TB, r *resource.Resource, pairs []string) {
	t.Helper()
	attributes := map[string]json.RawMessage{}
	if err := json.Unmarshal(r.Attributes, &attributes); err != nil {
		t.Fatal(err)
	}
	for _, pair := range pairs {
		key, value, ok := strings.Cut(pair, "=")
		if !ok {
			t.Fatalf("start: what is %q?", pair)
		}
		attributes[key] = jsonValue(value)
	}
	text, err := json.Marshal(attributes)
	if err != nil {
		t.Fatal(err)
	}
	r.Attributes = text
}

// parseResource makes a resource: its identifier, and then in any order
//
//	KEY=JSON                an attribute; what is no JSON is a string
//	on HOST                 its executor; also: on primary NODE, anywhere, managed
//	after IDENTIFIER        a dependency
//	after all TYPE          a type dependency
//	ignoring POINTER        a diff_ignore
//	version TEXT            its resource_version
func parseResource(t testing.TB, words []string, executor resource.Executor) *resource.Resource {
	t.Helper()
	r := &resource.Resource{Identifier: parseIdentifier(t, words[0]), Executor: executor}
	var attributes []string
	next := func() string {
		if words = words[1:]; len(words) == 0 {
			t.Fatalf("resource %s: something is missing at the end", r.Identifier)
		}
		return words[0]
	}
	for words = words[1:]; len(words) > 0; words = words[1:] {
		switch word := words[0]; word {
		case "on":
			if host := next(); host != "primary" {
				r.Executor = resource.Executor{Type: resource.ExecutorHost, ID: host}
			} else {
				r.Executor = resource.Executor{Type: resource.ExecutorPrimary, ID: next()}
			}
		case "anywhere":
			r.Executor = resource.Executor{Type: resource.ExecutorAny}
		case "managed":
			r.Executor = resource.Executor{Type: resource.ExecutorManager}
		case "after":
			if on := next(); on != "all" {
				r.Dependencies = append(r.Dependencies, parseIdentifier(t, on))
			} else {
				r.TypeDependencies = append(r.TypeDependencies, resource.Type(next()))
			}
		case "ignoring":
			r.DiffIgnore = append(r.DiffIgnore, next())
		case "version":
			r.ResourceVersion = next()
		default:
			attributes = append(attributes, word)
		}
	}
	r.Attributes = jsonObject(t, attributes)
	return r
}

// jsonObject makes an object from words of the form KEY=JSON, in that order.
func jsonObject(t testing.TB, pairs []string) json.RawMessage {
	t.Helper()
	members := make([]string, len(pairs))
	for i, pair := range pairs {
		key, value, ok := strings.Cut(pair, "=")
		if !ok {
			t.Fatalf("what is %q? an attribute has the form KEY=JSON", pair)
		}
		members[i] = fmt.Sprintf("%q:%s", key, jsonValue(value))
	}
	return json.RawMessage("{" + strings.Join(members, ",") + "}")
}

// jsonValue is the text itself if it is JSON, else a JSON string of it.
func jsonValue(text string) json.RawMessage {
	if json.Valid([]byte(text)) {
		return json.RawMessage(text)
	}
	return json.RawMessage(strconv.Quote(text))
}

func parseIdentifier(t testing.TB, text string) resource.Identifier {
	t.Helper()
	kind, id, ok := strings.Cut(text, "::")
	if !ok {
		t.Fatalf("what is %q? an identifier has the form TYPE::ID", text)
	}
	return resource.Identifier{Type: resource.Type(kind), ID: id}
}

func number(t testing.TB, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("what is %q? plans and phases are counted from 1", text)
	}
	return n
}

// copyState returns a state with resources of its own, in another order.
func copyState(s *resource.State) *resource.State {
	all := execution.CopyState(s).Resources()
	slices.Reverse(all)
	return resource.NewState(all...)
}
