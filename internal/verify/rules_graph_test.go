package verify_test

import (
	"errors"

	"github.com/pgplanner/pgplanner/internal/testkit/databases"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/verify"
)

var graphCases = []wrong{
	{
		rule: verify.RuleMissingDependency, name: "a create dropped", story: adding,
		mutate: func(m *mutant) { m.drop("create database.dump_roles::n1", "delete database.dump_roles::n1") },
		says:   "missing_dependency plan 0 phase 0 event 0: database.roles_source::n4 is put without what it depends on: database.dump_roles::n1",
	},
	{
		rule: verify.RuleMissingDependency, name: "to be made again", story: creating,
		mutate: func(m *mutant) {
			m.drop("create host.network::shared")
			m.has(resource.Identifier{Type: "host.network", ID: "shared"}, func(r *resource.Resource) {
				r.NeedsRecreate = true
			})
			m.options = verify.Options{}
		},
		follows: verify.RuleEndFailed,
	},
	{
		rule: verify.RuleCreateExisting, name: "created once more", story: creating,
		mutate: func(m *mutant) {
			i, k, n := m.find("create monitor.instance::n1-a")
			m.plans = append(m.plans, resource.Plan{})
			m.insert(len(m.plans)-1, 0, m.plans[i].Phases[k].Events[n])
		},
	},
	{
		rule: verify.RuleCreateExisting, name: "of a member", story: story{start: nodes("n1", "n2"), wish: wish{nodes: changed(nodes("n1", "n2"))}},
		mutate: func(m *mutant) {
			m.edit("update database.instance::n2-a", func(e *resource.Event) {
				e.Type, e.Reason, e.Diff = resource.EventCreate, resource.ReasonDoesNotExist, nil
			})
		},
		says: "create_existing plan 1 phase 0 event 0: database.instance::n2-a is created while it is there",
	},
	{
		rule: verify.RuleAbsent, name: "deleted", story: removing,
		mutate: func(m *mutant) {
			last := len(m.plans[0].Phases)
			m.insert(0, last, resource.Event{Type: resource.EventDelete, Resource: databases.Own("x", "y", `{}`), Reason: resource.ReasonNotDesired})
		},
	},
	{
		rule: verify.RuleAbsent, name: "refreshed", story: removing,
		mutate: func(m *mutant) {
			r, _ := m.end.Get(resource.Identifier{Type: "host.network", ID: "shared"})
			m.start.Remove(r.Identifier)
			m.plans = []resource.Plan{{Phases: []resource.Phase{{Events: []resource.Event{{Type: resource.EventRefresh, Resource: r}}}}}}
			m.end = m.start.Clone()
			m.end.Add(r)
			m.options = verify.Options{}
		},
	},
	{
		rule: verify.RuleSamePhase, name: "creates", story: creating,
		mutate: func(m *mutant) { m.move("create database.instance::n1-a", "create host.container::n1-a") },
		says: "same_phase plan 0 phase 1 event 0: database.instance::n1-a has its event in the same phase as what it depends on: " +
			"host.container::n1-a",
	},
	{
		rule: verify.RuleSamePhase, name: "deletes", story: removing,
		mutate: func(m *mutant) { m.move("delete monitor.instance::n2-a", "delete database.instance::n2-a") },
	},
	{
		rule: verify.RuleSamePhase, name: "by way of what has no event", story: serving,
		mutate: func(m *mutant) {
			m.drop("update host.watch::front")
			m.insert(0, 0, resource.Event{
				Type: resource.EventUpdate, Resource: func() *resource.Resource {
					r, _ := m.end.Get(database.InstanceIdentifier("n1-a"))
					return r
				}(), Reason: resource.ReasonForceUpdate,
			})
			m.move("update database.instance::n1-a", "update host.service::front")
			// What is between them would have to follow: leave it out of what is wanted.
			for _, id := range []resource.Identifier{
				database.NodeIdentifier("n1"), database.MonitorInstanceIdentifier("n1-a"), {Type: "host.watch", ID: "front"},
			} {
				r, _ := m.start.Get(id)
				given := r.Clone()
				given.PendingDeletion = true
				m.start.Add(given)
			}
			m.options = verify.Options{}
			m.edit("update host.service::front", func(e *resource.Event) {
				e.Resource.Dependencies = []resource.Identifier{database.NodeIdentifier("n1")}
				m.end.Add(e.Resource)
			})
		},
		says: "same_phase plan 0 phase 0 event 1: host.service::front has its event in the same phase as what it depends on: database.instance::n1-a",
	},
	{
		rule: verify.RuleSamePhase, name: "on itself", story: creating,
		mutate: func(m *mutant) {
			m.edit("create host.network::shared", func(e *resource.Event) {
				e.Resource.Dependencies = []resource.Identifier{e.Resource.Identifier}
				m.end.Add(e.Resource)
			})
		},
	},
	{
		rule: verify.RuleDependencyOrder, name: "phases swapped", story: creating,
		mutate: func(m *mutant) {
			p := m.plans[0].Phases
			p[0], p[1] = p[1], p[0]
		},
	},
	{
		rule: verify.RuleDependencyOrder, name: "by type", story: story{
			start: nodes("n1"), with: []*planner.ServiceResources{service("front", `{}`)},
			wish: wish{nodes: nodes("n1"), services: []*planner.ServiceResources{service("front", `{}`)}, force: true},
		},
		mutate: func(m *mutant) {
			m.moveBefore("update host.service::front", "update database.postgres_database::n1:app")
		},
		says: "dependency_order plan 0 phase 4 event 0: host.service::front has its event before what it depends on: " +
			"database.postgres_database::n1:app",
	},
	{
		rule: verify.RuleDeleteBeforeCreate, name: "a delete moved to the front", story: replacing,
		mutate: func(m *mutant) {
			m.moveBefore("delete host.watch::old", "create host.service::new")
		},
	},
	{
		rule: verify.RuleDeleteBeforeDependent, name: "a dependent goes last", story: removing,
		mutate: func(m *mutant) {
			e := m.take("delete monitor.instance::n2-a")
			m.insert(0, len(m.plans[0].Phases), e)
		},
	},
	{
		rule: verify.RuleDeleteBeforeDependent, name: "put, and then left without",
		story: story{start: nodes("n1"), wish: wish{nodes: changed(nodes("n1"))}},
		mutate: func(m *mutant) {
			extra := databases.Own("host.extra", "x", `{}`)
			m.start.Add(extra)
			m.edit("update monitor.instance::n1-a", func(e *resource.Event) {
				e.Resource.Dependencies = append(e.Resource.Dependencies, extra.Identifier)
			})
			m.insert(0, len(m.plans[0].Phases), resource.Event{Type: resource.EventDelete, Resource: extra, Reason: resource.ReasonNotDesired})
		},
		says: "delete_before_dependent plan 0 phase 3 event 0: host.extra::x is deleted, and is depended on by monitor.instance::n1-a",
	},
	{
		rule: verify.RuleDeleteBeforeDependent, name: "by type", story: story{
			start: nodes("n1"), with: []*planner.ServiceResources{service("front", `{}`)}, wish: wish{nodes: []*planner.NodeResources{}},
		},
		mutate: func(m *mutant) {
			e, watch := m.take("delete host.service::front"), m.take("delete host.watch::front")
			m.insert(0, len(m.plans[0].Phases), watch)
			m.insert(0, len(m.plans[0].Phases), e)
		},
	},
	{
		rule: verify.RuleDeleteBeforeDependent, name: "a monitor survives the restore of its instance", story: restoring,
		mutate: func(m *mutant) { m.drop("delete monitor.instance::n2-b", "create monitor.instance::n2-b") },
	},
}

var endCases = []wrong{
	{
		rule: verify.RuleEndMissing, name: "a create dropped", story: creating,
		mutate: func(m *mutant) { m.drop("create monitor.instance::n1-a") },
		says:   "end_missing: monitor.instance::n1-a is wanted, and not there in the end",
	},
	{
		rule: verify.RuleEndDiffers, name: "an update dropped", story: serving,
		mutate: func(m *mutant) { m.plans = nil },
		says:   "end_differs: host.service::front has other attributes in the end than wanted",
	},
	{
		rule: verify.RuleEndDiffers, name: "pending deletion in an update", story: serving,
		mutate: func(m *mutant) {
			m.plans = nil
			m.has(resource.Identifier{Type: "host.service", ID: "front"}, func(r *resource.Resource) {
				r.PendingDeletion, r.Attributes = true, []byte(`{}`)
			})
		},
	},
	{
		rule: verify.RuleEndFailed, name: "an error stays", story: removing,
		mutate: func(m *mutant) {
			m.has(database.MonitorInstanceIdentifier("n1-a"), func(r *resource.Resource) { r.Error = "secret" })
		},
		says: "end_failed: monitor.instance::n1-a has failed before, and gets no other try",
	},
	{
		rule: verify.RuleEndFailed, name: "something is not made again", story: removing,
		mutate: func(m *mutant) {
			m.has(database.MonitorInstanceIdentifier("n1-a"), func(r *resource.Resource) { r.NeedsRecreate = true })
		},
	},
	{
		rule: verify.RuleDependentSkipped, name: "an update dropped", story: serving,
		mutate: func(m *mutant) { m.drop("update host.watch::front") },
		says:   "dependent_skipped: host.watch::front is not put after what it depends on: host.service::front",
	},
	{
		rule: verify.RuleDependentSkipped, name: "by type", story: changing,
		mutate: func(m *mutant) {
			front := databases.Own("host.front", "x", `{}`)
			front.TypeDependencies = []resource.Type{database.TypePostgresDatabase}
			m.start.Add(front)
			m.end.Add(front)
		},
	},
	{
		rule: verify.RuleLeftover, name: "a delete dropped", story: removing,
		mutate: func(m *mutant) { m.drop("delete monitor.instance::n2-a") },
		says:   "leftover: monitor.instance::n2-a is not wanted, and there in the end",
	},
	{
		rule: verify.RuleLeftover, name: "what no event touches", story: changing,
		mutate: func(m *mutant) { m.start.Add(databases.Own("x", "y", `{}`)) },
	},
	{
		rule: verify.RuleEndIncomplete, name: "a dependency is not wanted", story: changing,
		mutate: func(m *mutant) {
			r, _ := m.end.Get(database.MonitorInstanceIdentifier("n1-a"))
			r = r.Clone()
			r.Dependencies = append(r.Dependencies, resource.Identifier{Type: "x", ID: "y"})
			m.end.Add(r)
		},
		says: "end_incomplete: monitor.instance::n1-a is wanted without what it depends on: x::y",
	},
	{
		rule: verify.RuleSecondPlanning, name: "something is planned", story: changing,
		mutate: func(m *mutant) {
			m.options.Replan = func(*resource.State) ([]resource.Plan, error) { return m.plans[2:], nil }
		},
	},
	{
		rule: verify.RuleSecondPlanning, name: "it fails", story: changing,
		mutate: func(m *mutant) {
			m.options.Replan = func(*resource.State) ([]resource.Plan, error) { return nil, errors.New("secret") }
		},
		says: "second_planning: planning again from the end fails",
	},
}
