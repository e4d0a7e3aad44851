package verify_test

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit"
)

// TestTangledRecordsAreHarmless: whatever the caller's records say of what they depend on, also in a circle, the plans
// are right.
func TestTangledRecordsAreHarmless(t *testing.T) {
	seen := testkit.Classes{}
	all := append(stories(), asked()...)
	seen.Check(t, 5, func(t *rapid.T) {
		s := all[rapid.IntRange(0, len(all)-1).Draw(t, "story")]
		start := s.startState(t).Clone()
		records := start.Resources()
		if len(records) == 0 {
			return
		}
		record := func(name string) *resource.Resource {
			return records[rapid.IntRange(0, len(records)-1).Draw(t, name)]
		}
		for range rapid.IntRange(1, 4).Draw(t, "changes") {
			r := record("record").Clone()
			switch rapid.IntRange(0, 4).Draw(t, "change") {
			case 0:
				r.Dependencies = nil
			case 1:
				r.TypeDependencies = append(r.TypeDependencies, record("type").Identifier.Type)
			case 2:
				r.Dependencies = append(r.Dependencies, resource.Identifier{Type: "host.gone", ID: "x"})
			default:
				r.Dependencies = append(r.Dependencies, record("dependency").Identifier)
			}
			start.Add(r)
		}
		plans, violations, err := s.wish.judge(start)
		var cycle *resource.CycleError
		switch {
		case errors.As(err, &cycle):
			seen.Add("refused: the order in which links go contradicts a record")
			return
		case err != nil:
			seen.Add("refused")
			return
		}
		expectNone(t, plans, violations)
		seen.Add("planned")
		for _, plan := range plans {
			for _, phase := range plan.Phases {
				for _, e := range phase.Events {
					seen.Add(e.Reason.String())
				}
			}
		}
	}, "planned", "dependencies_changed", "not_desired")
}

// recording has a node of which the caller's records name other dependencies than are wanted.
func recording(t *testing.T) *mutant {
	t.Helper()
	start := story{start: nodes("n1")}.startState(t).Clone()
	for _, id := range []resource.Identifier{{Type: "host.container", ID: "n1-a"}, {Type: "host.backup", ID: "n1-a"}} {
		r, _ := start.Get(id)
		r = r.Clone()
		r.Dependencies = r.Dependencies[1:]
		start.Add(r)
	}
	return mutantOf(t, start, wish{nodes: nodes("n1")})
}

func TestChangedDependenciesAreJudged(t *testing.T) {
	container, backup := "update host.container::n1-a", "update host.backup::n1-a"
	for name, c := range map[string]struct {
		mutate func(m *mutant)
		want   string
	}{
		"as planned":   {func(*mutant) {}, ""},
		"not recorded": {func(m *mutant) { m.drop(backup) }, "end_differs"},
		"for nothing": {func(m *mutant) {
			m.has(resource.Identifier{Type: "host.backup", ID: "n1-a"}, func(*resource.Resource) {})
		}, "reason"},
		"beside a diff": {func(m *mutant) { m.edit(backup, func(e *resource.Event) { e.Resource.Attributes = []byte(`{"x":1}`) }) }, "diff end_differs"},
		"of a create":   {func(m *mutant) { m.edit(backup, func(e *resource.Event) { e.Type = resource.EventCreate }) }, "create_existing"},
		"with a cause": {func(m *mutant) {
			m.edit(backup, func(e *resource.Event) { e.CausedBy = []resource.Identifier{{Type: "host.directory", ID: "n1-a"}} })
		}, "reason"},
		"followed": {func(m *mutant) {
			instance, _ := m.end.Get(resource.Identifier{Type: "database.instance", ID: "n1-a"})
			i, k, _ := m.find(container)
			m.insert(i, k+1, resource.Event{
				Type: resource.EventUpdate, Resource: instance, Reason: resource.ReasonDependencyUpdated,
				CausedBy: []resource.Identifier{{Type: "host.container", ID: "n1-a"}},
			})
		}, "dependent_skipped reason"},
	} {
		m := recording(t)
		c.mutate(m)
		if found := names(m.judge()); found != c.want {
			t.Errorf("%s: %q, want %q", name, found, c.want)
		}
	}
}

// TestTangledRecordsTakeNoDataAlong: what is deleted to be made again takes along only what is wanted to depend on it, and
// not the server below whose record says so.
func TestTangledRecordsTakeNoDataAlong(t *testing.T) {
	tangles := 0
	for _, s := range append(stories(), asked()...) {
		if s.scar == nil {
			continue
		}
		whole := s.startState(t)
		for _, record := range whole.Resources() {
			if record.Identifier.Type != "host.directory" {
				continue
			}
			for _, link := range whole.Resources() {
				if link.Identifier.Type != database.TypeSubscription && link.Identifier.Type != database.TypeReplicationSlot {
					continue
				}
				start, tangled := whole.Clone(), record.Clone()
				tangled.Dependencies = append(tangled.Dependencies, link.Identifier)
				start.Add(tangled)
				plans, violations, err := s.wish.judge(start)
				var cycle *resource.CycleError
				if err != nil && !errors.As(err, &cycle) {
					t.Fatalf("%s depends on %s: %v", record.Identifier, link.Identifier, err)
				}
				expectNone(t, plans, violations)
				tangles++
			}
		}
	}
	if tangles < 50 {
		t.Errorf("only %d", tangles)
	}
}
