package verify_test

import (
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/jsontext"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit/databases"
	"github.com/pgplanner/pgplanner/internal/verify"
)

var formCases = []wrong{
	{
		rule: verify.RuleInvalidEvent, name: "no resource", story: creating,
		mutate: func(m *mutant) {
			p := &m.plans[0].Phases[0]
			p.Events = append(p.Events, resource.Event{Type: resource.EventCreate})
		},
		says: "invalid_event plan 0 phase 0 event 3: the event has no type or no resource",
	},
	{
		rule: verify.RuleInvalidEvent, name: "no type", story: serving,
		mutate: func(m *mutant) {
			p := &m.plans[0].Phases[1]
			p.Events = append(p.Events, resource.Event{Resource: databases.Own("x", "y", `{}`)})
		},
	},
	{
		rule: verify.RuleEmpty, name: "empty phase", story: creating,
		mutate: func(m *mutant) { m.insert(1, 1) }, says: "empty plan 1 phase 1: the phase has no events",
	},
	{
		rule: verify.RuleEmpty, name: "empty plan", story: creating,
		mutate: func(m *mutant) { m.plans = append(m.plans, resource.Plan{}) }, says: "empty plan 3: the plan has no phases",
	},
	{
		rule: verify.RuleEventOrder, name: "two events swapped", story: creating,
		mutate: func(m *mutant) {
			events := m.plans[0].Phases[0].Events
			events[0], events[1] = events[1], events[0]
		},
		says: "event_order plan 0 phase 0 event 1: host.directory::n1-a stands behind host.directory::n2-a",
	},
	{
		rule: verify.RulePlannedTwice, name: "in two phases", story: serving,
		mutate: func(m *mutant) { m.insert(0, 2, m.plans[0].Phases[1].Events...) },
		says:   "planned_twice plan 0 phase 2 event 0: host.watch::front has two events in the plan",
	},
	{
		rule: verify.RulePlannedTwice, name: "in one phase", story: serving,
		mutate: func(m *mutant) { m.put(0, 1, m.plans[0].Phases[1].Events...) },
	},
	{
		rule: verify.RuleMarked, name: "planned with an error", story: adding,
		mutate: func(m *mutant) {
			m.edit("create database.dump_roles::n1", func(e *resource.Event) { e.Resource.Error = "secret" })
		},
		says: "marked plan 0 phase 0 event 0: database.dump_roles::n1 is put with an error, or as something to make again or to delete",
	},
	{
		rule: verify.RuleMarked, name: "planned as pending deletion", story: creating,
		mutate: func(m *mutant) {
			m.edit("create host.network::shared", func(e *resource.Event) { e.Resource.PendingDeletion = true })
		},
	},
	{
		rule: verify.RuleDiff, name: "a change without a diff", story: story{start: nodes("n1"), wish: wish{nodes: changed(nodes("n1")), force: true}},
		mutate: func(m *mutant) {
			m.plans = m.plans[1:] // so that the forced update of the last plan brings the change
			m.edit("update database.instance::n1-a", func(e *resource.Event) { e.Diff = nil })
		},
		says: "diff plan 0 phase 2 event 0: database.instance::n1-a changes, and has no diff",
	},
	{
		rule: verify.RuleDiff, name: "a diff without a change", story: serving,
		mutate: func(m *mutant) {
			m.edit("update host.watch::front", func(e *resource.Event) { e.Diff = []jsontext.Operation{{Op: "remove", Path: "/x"}} })
		},
	},
	{
		rule: verify.RuleDiff, name: "a diff of what is not there", story: creating,
		mutate: func(m *mutant) {
			m.edit("create host.network::shared", func(e *resource.Event) { e.Diff = []jsontext.Operation{{Op: "remove", Path: "/x"}} })
		},
	},
}

// typeCauseCases give events other types as causes.
var typeCauseCases = []wrong{
	{
		rule: verify.RuleReason, name: "a type is not named", story: following,
		mutate: causedByTypes(),
		says:   `reason plan 2 phase 0 event 0: host.service::front is updated because of a dependency, but none is named`,
	},
	{rule: verify.RuleReason, name: "a type twice", story: following, mutate: causedByTypes(database.TypePostgresDatabase, database.TypePostgresDatabase)},
	{rule: verify.RuleReason, name: "a type without event", story: following, mutate: causedByTypes(database.TypePostgresDatabase, "host.backup")},
	{rule: verify.RuleReason, name: "a type that it does not depend on", story: following, mutate: causedByTypes(database.TypeInstance, database.TypePostgresDatabase)},
	{
		rule: verify.RuleReason, name: "a resource in the place of its type", story: following,
		mutate: func(m *mutant) {
			m.edit("update host.service::front", func(e *resource.Event) {
				e.CausedBy = []resource.Identifier{database.PostgresDatabaseIdentifier("n1", "app")}
			})
		},
		says: `reason plan 2 phase 0 event 0: host.service::front names as cause what had no event since its own, or is no dependency of it: database.postgres_database::n1:app`,
	},
	{
		rule: verify.RuleReason, name: "a type for a diff", story: serving,
		mutate: func(m *mutant) {
			m.edit("update host.service::front", func(e *resource.Event) {
				e.CausedByTypes = []resource.Type{database.TypePostgresDatabase}
			})
		},
	},
}

func causedByTypes(types ...resource.Type) func(m *mutant) {
	return func(m *mutant) {
		m.edit("update host.service::front", func(e *resource.Event) { e.CausedByTypes = types })
	}
}

// reasonCases give events another reason or other causes.
func reasonCases() []wrong {
	give := func(event string, reason resource.EventReason, causes ...resource.Identifier) func(m *mutant) {
		return func(m *mutant) {
			m.edit(event, func(e *resource.Event) { e.Reason, e.CausedBy = reason, causes })
		}
	}
	network := resource.Identifier{Type: "host.network", ID: "shared"}
	front := resource.Identifier{Type: "host.service", ID: "front"}
	postgres := database.PostgresDatabaseIdentifier("n1", "app")
	unlike := func(event string, reason resource.EventReason, s story, name string, causes ...resource.Identifier) wrong {
		return wrong{rule: verify.RuleReason, name: name, story: s, mutate: give(event, reason, causes...)}
	}
	return []wrong{
		unlike("create host.network::shared", 0, creating, "none"),
		unlike("create host.network::shared", 99, creating, "unknown"),
		unlike("create host.network::shared", resource.ReasonHasDiff, creating, "a create for a diff"),
		unlike("create host.network::shared", resource.ReasonNeedsRecreate, creating, "made again without need"),
		unlike("update host.service::front", resource.ReasonHasError, serving, "an error that is not there"),
		unlike("update host.watch::front", resource.ReasonHasDiff, serving, "no diff"),
		unlike("update database.instance::n1-b", resource.ReasonForceUpdate, story{
			start: nodes("n1:2", "n2"), wish: wish{nodes: changed(nodes("n1:2", "n2")), concurrent: true},
		}, "forced before the last plan"),
		{
			rule: verify.RuleReason, name: "forced twice", story: story{start: nodes("n1:2"), wish: wish{nodes: nodes("n1:2"), force: true}},
			mutate: func(m *mutant) {
				i, k, n := m.find("update monitor.instance::n1-a")
				again := m.plans[i].Phases[k].Events[n]
				again.Reason, again.CausedBy = resource.ReasonForceUpdate, nil
				m.plans = append(m.plans, resource.Plan{})
				m.insert(len(m.plans)-1, 0, again)
			},
			says: `reason plan 3 phase 0 event 0: monitor.instance::n1-a has the reason "force_update" for its update, but it was updated for that before`,
		},
		unlike("update host.watch::front", resource.ReasonDependencyUpdated, serving, "no cause"),
		unlike("update host.watch::front", resource.ReasonDependencyUpdated, serving, "a cause without event", network),
		unlike("update host.watch::front", resource.ReasonDependencyUpdated, serving, "a cause that is no dependency", front, postgres),
		unlike("update host.service::front", resource.ReasonHasDiff, serving, "a cause for a diff", postgres),
		{
			rule: verify.RuleReason, name: "what it depends on decides first", story: moving,
			mutate: give("update database.instance::n1-a", resource.ReasonHasDiff),
		},
		{
			rule: verify.RuleReason, name: "an error decides first", story: serving,
			mutate: func(m *mutant) {
				m.has(front, func(r *resource.Resource) { r.Error, r.Attributes = "secret", []byte(`{}`) })
			},
			says: `reason plan 0 phase 0 event 0: host.service::front has the reason "has_diff" for its update, but it has failed before, which decides first`,
		},
		{
			rule: verify.RuleReason, name: "an update of what has to be made again", story: serving,
			mutate: func(m *mutant) {
				m.has(front, func(r *resource.Resource) { r.NeedsRecreate, r.Attributes = true, []byte(`{}`) })
			},
		},
		{
			rule: verify.RuleReason, name: "made again between states", story: creating,
			mutate: func(m *mutant) {
				m.has(network, func(r *resource.Resource) { r.NeedsRecreate = true })
				m.options = verify.Options{}
			},
		},
	}
}
