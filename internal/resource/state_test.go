package resource_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit"
)

func named(id string) *resource.Resource {
	t, name, _ := strings.Cut(id, "::")
	return &resource.Resource{Identifier: resource.Identifier{Type: resource.Type(t), ID: name}}
}

// names prints the identifiers of resources.
func names(rs []*resource.Resource) string {
	ids := make([]string, len(rs))
	for i, r := range rs {
		ids[i] = r.Identifier.String()
	}
	return strings.Join(ids, " ")
}

func TestStateHoldsOneResourceForEachIdentifier(t *testing.T) {
	first, second, other := named("a::1"), named("a::1"), named("a::2")
	s := resource.NewState(first, other, second)
	if got, ok := s.Get(first.Identifier); !ok || got != second || s.Len() != 2 {
		t.Errorf("of two with the same identifier the last one should stay: got %p, %v, %d", got, ok, s.Len())
	}
	s.Add(first)
	if got, _ := s.Get(first.Identifier); got != first || s.Len() != 2 {
		t.Error("Add should take the place of what is there")
	}
	s.Remove(first.Identifier)
	s.Remove(first.Identifier)
	if got, ok := s.Get(first.Identifier); ok || got != nil || s.Len() != 1 {
		t.Errorf("removed, but got %v, %v", got, ok)
	}
	if resource.NewStateSize(8).Len() != 0 || resource.NewState().Len() != 0 {
		t.Error("a new state should be empty")
	}
}

func TestStateListsResourcesInIdentifierOrder(t *testing.T) {
	s := resource.NewState(named("b::1"), named("a::2"), named("ab::0"), named("a::10"), named("a-b::0"), named("a::1"))
	if got := names(s.Resources()); got != "a-b::0 a::1 a::10 a::2 ab::0 b::1" {
		t.Errorf("got %s", got)
	}
	if got := names(s.OfType("a")); got != "a::1 a::10 a::2" {
		t.Errorf("of type a: got %s", got)
	}
	if got := s.OfType("c"); len(got) != 0 || s.HasType("c") || s.HasType("") || !s.HasType("ab") {
		t.Errorf("of type c: got %v", got)
	}
}

func TestMergeTakesWholeResourcesFromTheOther(t *testing.T) {
	mine, both, theirs, yours := named("a::mine"), named("a::both"), named("a::both"), named("a::yours")
	theirs.Error = "it failed"
	s, other := resource.NewState(mine, both), resource.NewState(theirs, yours)
	s.Merge(other)
	s.Merge(nil)
	if got := names(s.Resources()); got != "a::both a::mine a::yours" {
		t.Errorf("got %s", got)
	}
	if got, _ := s.Get(both.Identifier); got != theirs {
		t.Error("where both have one, that of the other should stay")
	}
	s.Remove(yours.Identifier)
	if got := names(other.Resources()); got != "a::both a::yours" {
		t.Errorf("the other was changed: %s", got)
	}
}

func TestCloneOfStateIsIndependent(t *testing.T) {
	s := resource.NewState(named("a::1"), named("a::2"))
	c := s.Clone()
	c.Remove(named("a::1").Identifier)
	c.Add(named("a::3"))
	s.Add(named("a::4"))
	if names(s.Resources()) != "a::1 a::2 a::4" || names(c.Resources()) != "a::2 a::3" {
		t.Errorf("got %s and %s", names(s.Resources()), names(c.Resources()))
	}
}

func TestApplyDoesWhatExecutingTheEventDoes(t *testing.T) {
	for _, c := range []struct {
		event resource.EventType
		id    string
		want  string
	}{
		{resource.EventCreate, "a::2", "a::1 a::2"},
		{resource.EventCreate, "a::1", "a::1"},
		{resource.EventUpdate, "a::1", "a::1"},
		{resource.EventUpdate, "a::2", "a::1 a::2"},
		{resource.EventRefresh, "a::1", "a::1"},
		{resource.EventDelete, "a::1", ""},
		{resource.EventDelete, "a::2", "a::1"},
		{0, "a::2", "a::1"},
	} {
		t.Run(fmt.Sprint(c.event, " ", c.id), func(t *testing.T) {
			s, r := resource.NewState(named("a::1")), named(c.id)
			s.Apply(resource.Event{Type: c.event, Resource: r})
			if got := names(s.Resources()); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if got, ok := s.Get(r.Identifier); ok && got != r {
				t.Error("the state should have the event's resource")
			}
		})
	}
}

func TestIdentifiersAreOrderedAsTheyArePrinted(t *testing.T) {
	kind := rapid.SampledFrom([]string{"a", "a!", "a-b", "ab", "a;", "b", "é"})
	id := rapid.StringMatching(`[a:!;é]{0,3}`)
	seen := testkit.Classes{}
	seen.Check(t, 1, func(t *rapid.T) {
		draw := func() resource.Identifier {
			return resource.Identifier{Type: resource.Type(kind.Draw(t, "type")), ID: id.Draw(t, "id")}
		}
		a, b := draw(), draw()
		if got, want := a.Compare(b), strings.Compare(a.String(), b.String()); got != want {
			t.Fatalf("%s and %s compare to %d, printed to %d", a, b, got, want)
		}
		if (a.Compare(b) == 0) != (a == b) {
			t.Fatalf("%s and %s", a, b)
		}
		seen.Count("equal types", a.Type == b.Type)
		seen.Count("a type begins as the other", a.Type != b.Type && strings.HasPrefix(string(a.Type), string(b.Type)))
		ids := []resource.Identifier{a, b, draw(), draw()}
		slices.SortFunc(ids, resource.Identifier.Compare)
		if !slices.IsSortedFunc(ids, func(a, b resource.Identifier) int { return strings.Compare(a.String(), b.String()) }) {
			t.Fatalf("sorted: %v", ids)
		}
	}, "equal types", "a type begins as the other")
}

func TestWantedHasNoMarks(t *testing.T) {
	unmarked := parseResource(t, `a::1 {"size":1} -> b::1 *c (version 2) (ignore /size)`)
	if unmarked.Wanted() != unmarked {
		t.Error("a resource without marks should be returned itself")
	}
	for _, mark := range []string{"(error)", "(recreate)", "(pending)", "(error) (recreate) (pending)"} {
		marked := parseResource(t, `a::1 {"size":1} -> b::1 *c (version 2) (ignore /size) `+mark)
		before := marked.Clone()
		if got := marked.Wanted(); got == marked || !sameResource(got, unmarked) {
			t.Errorf("%s: got %s", mark, printResource(got))
		}
		if !sameResource(marked, before) {
			t.Errorf("%s: the resource was changed", mark)
		}
	}
}

func TestCloneOfResourceSharesNoMemory(t *testing.T) {
	text := `a::1 {"size":1} -> b::1 *c (version 2) (ignore /size) (error) (recreate) (pending)`
	r := parseResource(t, text)
	c := r.Clone()
	if !sameResource(r, c) {
		t.Errorf("got %s", printResource(c))
	}
	c.Attributes[2], c.Dependencies[0].ID, c.TypeDependencies[0], c.DiffIgnore[0] = 'x', "x", "x", "/x"
	if !sameResource(r, parseResource(t, text)) {
		t.Errorf("it is now %s", printResource(r))
	}
}
