package verify_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/verify"
)

// wrong is one thing done to the plans of a story that violates exactly one rule.
type wrong struct {
	rule   verify.Rule
	name   string
	story  story
	mutate func(m *mutant)
	// says, if it is not empty, is the only violation.
	says string
	// follows is another rule that is bound to be violated, too; 0: none.
	follows verify.Rule
}

// rules are the names of the rules that are violated.
func (w wrong) rules() string {
	if w.follows == 0 {
		return w.rule.String()
	}
	return w.rule.String() + " " + w.follows.String()
}

var (
	creating  = story{wish: wish{nodes: nodes("n1:2", "n2")}}
	changing  = story{start: nodes("n1:2", "n2"), wish: wish{nodes: changed(nodes("n1:2", "n2"))}}
	adding    = story{start: nodes("n1", "n2", "n3"), wish: wish{nodes: nodes("n1", "n2", "n3", "n4")}}
	removing  = story{start: nodes("n1", "n2:2"), wish: wish{nodes: nodes("n1")}}
	replacing = story{
		start: nodes("n1", "n2"), with: []*planner.ServiceResources{service("old", `{}`)},
		wish: wish{nodes: changed(nodes("n1:2", "n2")), services: []*planner.ServiceResources{service("new", `{}`)}},
	}
	moving  = story{start: nodes("n1"), wish: wish{nodes: otherImage(changed(nodes("n1")))}}
	serving = story{
		start: nodes("n1"), with: []*planner.ServiceResources{service("front", `{}`)},
		wish: wish{nodes: nodes("n1"), services: []*planner.ServiceResources{service("front", `{"port":80}`)}},
	}
	restoring = story{
		start: nodes("n1", "n2:2"),
		wish:  wish{nodes: nodes("n1"), restore: []*planner.NodeRestoreResources{restored("n2", 2)}},
	}
)

func link(provider, subscriber string) database.Link {
	return database.Link{Provider: provider, Subscriber: subscriber, DatabaseName: "app"}
}

// slotCreate is the id of what makes the slot of a link ahead.
func slotCreate(provider, subscriber string) string {
	return database.ReplicationSlotCreateIdentifier(link(provider, subscriber)).String()
}

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
			p.Events = append(p.Events, resource.Event{Resource: own("x", "y", `{}`)})
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
			m.edit("update host.watch::front", func(e *resource.Event) { e.Diff = []resource.Operation{{Op: "remove", Path: "/x"}} })
		},
	},
	{
		rule: verify.RuleDiff, name: "a diff of what is not there", story: creating,
		mutate: func(m *mutant) {
			m.edit("create host.network::shared", func(e *resource.Event) { e.Diff = []resource.Operation{{Op: "remove", Path: "/x"}} })
		},
	},
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
		unlike("update database.instance::n1-b", resource.ReasonForceUpdate, changing, "forced before the last plan"),
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
				r.NeedsRecreate, r.PendingDeletion = true, true
			})
			m.options = verify.Options{}
		},
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
			m.insert(0, last, resource.Event{Type: resource.EventDelete, Resource: own("x", "y", `{}`), Reason: resource.ReasonNotDesired})
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
			})
		},
		says: "same_phase plan 0 phase 0 event 1: host.service::front has its event in the same phase as what it depends on: database.instance::n1-a",
	},
	{
		rule: verify.RuleSamePhase, name: "on itself", story: creating,
		mutate: func(m *mutant) {
			m.edit("create host.network::shared", func(e *resource.Event) { e.Resource.Dependencies = []resource.Identifier{e.Resource.Identifier} })
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
		rule: verify.RuleDeleteBeforeDependent, name: "put, and then left without", story: serving,
		mutate: func(m *mutant) {
			extra := own("host.extra", "x", `{}`)
			m.start.Add(extra)
			m.edit("update host.service::front", func(e *resource.Event) {
				e.Resource.Dependencies = append(e.Resource.Dependencies, extra.Identifier)
			})
			m.insert(0, 2, resource.Event{Type: resource.EventDelete, Resource: extra, Reason: resource.ReasonNotDesired})
		},
		says: "delete_before_dependent plan 0 phase 2 event 0: host.extra::x is deleted, and is depended on by host.service::front",
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
			front := own("host.front", "x", `{}`)
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
		mutate: func(m *mutant) { m.start.Add(own("x", "y", `{}`)) },
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

// TestEveryRuleIsFoundAlone makes the plans of the planner wrong in one way, and expects to hear of that.
func TestEveryRuleIsFoundAlone(t *testing.T) {
	found := make(map[verify.Rule]int)
	for _, cases := range [][]wrong{formCases, reasonCases(), graphCases, endCases, updateCases, replicationCases} {
		for _, c := range cases {
			t.Run(c.rule.String()+"/"+c.name, func(t *testing.T) {
				m := newMutant(t, c.story)
				c.mutate(m)
				violations := m.judge()
				if names(violations) != c.rules() || c.says != "" && (len(violations) != 1 || violations[0].String() != c.says) {
					for _, v := range violations {
						t.Errorf("%v", v)
					}
					t.Fatalf("want %s %s for\n%s", c.rules(), c.says, show(m.plans))
				}
				for _, v := range violations {
					if bytes.Contains([]byte(v.Message), []byte("secret")) {
						t.Errorf("the message tells a secret: %s", v.Message)
					}
				}
				found[c.rule]++
			})
		}
	}
	for _, rule := range verify.Rules() {
		if found[rule] == 0 && !t.Failed() {
			t.Errorf("no case violates %v", rule)
		}
	}
}
