package verify_test

import (
	"bytes"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/verify"
)

// continuing lets the named node go on without what it lacks.
func continuing(name string, all []*planner.NodeResources) []*planner.NodeResources {
	for _, n := range all {
		if n.NodeName == name {
			n.Recovery = planner.NodeRecoveryContinue
		}
	}
	return all
}

// fromBackup lets the last node come from a backup.
func fromBackup(all []*planner.NodeResources) []*planner.NodeResources {
	last := all[len(all)-1]
	last.RestoreConfig, last.AllowMissingRows = &database.RestoreConfig{SourceDatabaseName: "old"}, true
	return all
}

// hosted gives what the instances need a host.
func hosted(all []*planner.NodeResources) []*planner.NodeResources {
	for _, n := range all {
		for _, i := range n.InstanceResources {
			for _, r := range i.InstanceDependencies {
				r.Executor = resource.Executor{Type: resource.ExecutorHost, ID: i.Instance.Spec.HostID}
			}
		}
	}
	return all
}

// lose marks what is to be made again.
func lose(ids ...resource.Identifier) func(s *resource.State) {
	return func(s *resource.State) {
		for _, id := range ids {
			r, _ := s.Get(id)
			lost := *r
			lost.NeedsRecreate = true
			s.Add(&lost)
		}
	}
}

// foundOnce adds what found the position of a link at some time.
func foundOnce(s *resource.State, l database.Link) {
	s.Add(database.LagTracker{Origin: l.Provider, Receiver: l.Subscriber, DatabaseName: l.DatabaseName}.Resource())
	s.Add(database.ReplicationSlotAdvance{Link: l}.Resource())
	s.Add(database.ReplicationOriginAdvance{Link: l}.Resource())
}

var (
	slot12         = database.ReplicationSlotIdentifier(link("n1", "n2"))
	subscription12 = database.SubscriptionIdentifier(link("n1", "n2"))
	lag12          = database.LagTrackerIdentifier("n1", "n2", "app")
	advance12      = database.ReplicationSlotAdvanceIdentifier(link("n1", "n2"))
	origin12       = database.ReplicationOriginAdvanceIdentifier(link("n1", "n2"))
	database2      = database.PostgresDatabaseIdentifier("n2", "app")

	// lostSlot, lostDatabase and lostPosition have lost what comes from n1 to n2; foundBefore is lostPosition once more. In
	// lostBesideLeaving, n3 leaves.
	lostSlot = story{
		start: nodes("n1", "n2", "n3"), scar: lose(slot12), wish: wish{nodes: continuing("n2", nodes("n1", "n2", "n3"))},
	}
	lostDatabase = story{
		start: nodes("n1", "n2", "n3"), scar: lose(database2), wish: wish{nodes: continuing("n2", nodes("n1", "n2", "n3"))},
	}
	lostBesideLeaving = story{
		start: nodes("n1", "n2", "n3"), scar: lose(database2, database.ReplicationSlotIdentifier(link("n2", "n3"))),
		wish: wish{nodes: continuing("n2", nodes("n1", "n2"))},
	}
	lostPosition = story{
		start: nodes("n1", "n2", "n3"), scar: lose(subscription12), wish: wish{nodes: nodes("n1", "n2", "n3")},
	}
	foundBefore = story{start: nodes("n1", "n2", "n3"), wish: wish{nodes: nodes("n1", "n2", "n3")}, scar: func(s *resource.State) {
		lose(subscription12)(s)
		foundOnce(s, link("n1", "n2"))
	}}
	openingNew  = story{wish: wish{nodes: nodes("n1", "n2"), services: []*planner.ServiceResources{service("front", `{}`)}}}
	openingMore = story{
		start: nodes("n1", "n2"), with: []*planner.ServiceResources{service("front", `{}`)},
		wish: wish{nodes: nodes("n1", "n2", "n3"), services: []*planner.ServiceResources{service("front", `{"port":80}`)}},
	}
	openingBeside = story{start: nodes("n1", "n2"), wish: wish{
		nodes: nodes("n1", "n2", "n3"), services: []*planner.ServiceResources{service("front", `{}`)},
	}}
	unchanged    = story{start: hosted(nodes("n1", "n2")), wish: wish{nodes: hosted(nodes("n1", "n2"))}}
	backupAlone  = story{start: nodes("n1"), wish: wish{nodes: fromBackup(nodes("n2"))}}
	backupBeside = story{start: nodes("n1", "n2"), wish: wish{nodes: fromBackup(nodes("n1", "n2", "n3"))}}
)

// desired is what the judge is told of a node, counted from 0.
func (m *mutant) desired(i int) *verify.DesiredNode { return &m.options.Desired.Nodes[i] }

// toldOf changes what the judge is told of the node: nothing of that is known to others.
func toldOf(i int, change func(n *verify.DesiredNode)) func(m *mutant) {
	return func(m *mutant) { change(m.desired(i)) }
}

var memberCases = []wrong{
	{
		rule: verify.RuleMemberIncomplete, name: "a slot", story: lostSlot,
		mutate: toldOf(1, func(n *verify.DesiredNode) { n.Continues = false }),
		says: "member_incomplete: database.replication_slot::n1:n2:app is lost, and its subscriber stays without the rows that it " +
			"has not sent",
	},
	{
		rule: verify.RuleMemberIncomplete, name: "a database", story: lostDatabase,
		mutate: toldOf(1, func(n *verify.DesiredNode) { n.Continues = false }),
		says:   "member_incomplete: database.postgres_database::n2:app is lost, and its node stays without its rows",
	},
	{
		rule: verify.RuleLinkOverLoss, name: "the slot before the subscription is gone", story: lostSlot,
		mutate: func(m *mutant) {
			m.drop("delete "+subscription12.String(), "delete "+slot12.String())
			m.edit("create "+slot12.String(), func(e *resource.Event) { e.Reason = resource.ReasonNeedsRecreate })
			m.edit("create "+subscription12.String(), func(e *resource.Event) {
				e.Type, e.Reason, e.CausedBy = resource.EventUpdate, resource.ReasonDependencyUpdated, []resource.Identifier{slot12}
			})
		},
		says: "link_over_loss plan 0 phase 0 event 0: database.replication_slot::n1:n2:app is made again before what has lost it is " +
			"deleted: database.subscription::n1:n2:app, database.replication_slot::n1:n2:app",
	},
	{
		rule: verify.RuleLinkOverLoss, name: "the subscription alone is gone", story: lostSlot,
		mutate: func(m *mutant) {
			m.drop("delete " + slot12.String())
			m.edit("create "+slot12.String(), func(e *resource.Event) { e.Reason = resource.ReasonNeedsRecreate })
		},
	},
	{
		rule: verify.RuleLinkOverLoss, name: "what tells of a loss of a leaving node is gone", story: lostBesideLeaving,
		mutate: func(m *mutant) {
			m.move("delete database.subscription::n2:n3:app", "delete "+subscription12.String())
			m.move("delete database.replication_slot::n2:n3:app", "delete "+slot12.String())
		},
		says: "link_over_loss plan 2 phase 0 event 0: database.postgres_database::n2:app is created while nothing tells any more " +
			"what is missing in a node that leaves: database.replication_slot::n2:n3:app",
	},
	{
		rule: verify.RuleEmptyBesideMembers, name: "a backup", story: backupBeside,
		mutate: toldOf(2, func(n *verify.DesiredNode) { n.AllowMissingRows = false }),
		says: "empty_beside_members plan 1 phase 2 event 0: database.postgres_database::n3:app is created without the rows that there " +
			"are in database.node::n1",
	},
	{
		rule: verify.RuleEnabledTooEarly, name: "of a member, created to go on", story: lostPosition,
		mutate: func(m *mutant) {
			id := subscription12.String()
			m.edit("create "+id, func(e *resource.Event) { e.Resource, _ = m.end.Get(subscription12) })
			m.plans = m.plans[:1]
		},
		says: "enabled_too_early plan 0 phase 0 event 0: database.subscription::n1:n2:app is created to apply changes from a position " +
			"that nothing has told it",
	},
	{
		rule: verify.RuleEnabledTooEarly, name: "of a member, without looking what has arrived", story: lostPosition,
		mutate: func(m *mutant) {
			m.drop("create "+lag12.String(), "delete "+lag12.String())
			m.release("create "+advance12.String(), lag12)
		},
		says: "enabled_too_early plan 2 phase 0 event 0: database.subscription::n1:n2:app applies changes before is done: " + lag12.String(),
	},
	{
		rule: verify.RuleEnabledTooEarly, name: "of a member, without its origin", story: lostPosition,
		mutate: func(m *mutant) { m.drop("create "+origin12.String(), "delete "+origin12.String()) },
		says: "enabled_too_early plan 2 phase 0 event 0: database.subscription::n1:n2:app applies changes before is done: " +
			origin12.String(),
	},
	{
		rule: verify.RuleStaleRecord, name: "what was found before", story: foundBefore,
		mutate: func(m *mutant) {
			for _, id := range []resource.Identifier{origin12, advance12, lag12} {
				m.drop("delete "+id.String(), "create "+id.String())
			}
		},
		follows: verify.RuleEnabledTooEarly,
	},
	{
		rule: verify.RuleStaleRecord, name: "a link of a lost database", story: lostDatabase,
		mutate: func(m *mutant) {
			id := database.SubscriptionIdentifier(link("n3", "n2")).String()
			m.drop("delete "+id, "delete database.replication_slot::n3:n2:app", "create database.replication_slot::n3:n2:app")
			m.edit("create "+id, func(e *resource.Event) {
				e.Type, e.Reason = resource.EventUpdate, resource.ReasonDependencyUpdated
				e.CausedBy = []resource.Identifier{database2}
			})
		},
		says: "stale_record plan 2 phase 0 event 0: database.postgres_database::n2:app is created while there stands as done what was " +
			"lost with it: database.subscription::n3:n2:app",
	},
	{
		rule: verify.RuleDataAbandoned, name: "for a new node", story: backupAlone,
		mutate:  toldOf(0, func(n *verify.DesiredNode) { n.Database.HasRestoreConfig, n.Database.RenameFrom = false, "" }),
		follows: verify.RuleEndDiffers,
	},
	{
		rule: verify.RuleDataAbandoned, name: "of a node that stays", story: restoring,
		mutate: func(m *mutant) { // n1 is kept
			id := database.PostgresDatabaseIdentifier("n1", "app")
			recorded, _ := m.start.Get(id)
			m.put(0, len(m.plans[0].Phases)-1, resource.Event{
				Type: resource.EventDelete, Resource: recorded, Reason: resource.ReasonNotDesired,
			})
			again, _ := m.end.Get(id)
			plan, phase, _ := m.find("create database.postgres_database::n2:app")
			m.put(plan, phase, resource.Event{Type: resource.EventCreate, Resource: again, Reason: resource.ReasonDoesNotExist})
		},
	},
	{
		rule: verify.RuleDatabaseChanged, name: "of another database", story: changing,
		mutate:  toldOf(1, func(n *verify.DesiredNode) { n.Database.DatabaseID = "other" }),
		follows: verify.RuleEndDiffers,
	},
	{
		rule: verify.RuleMovedInPlace, name: "what an instance needs", story: unchanged,
		mutate: func(m *mutant) {
			m.has(resource.Identifier{Type: "host.directory", ID: "n2-a"}, func(r *resource.Resource) { r.Executor.ID = "old" })
		},
		says: "moved_in_place: host.directory::n2-a is wanted on another host than it is, where it is needed by database.instance::n2-a",
	},
	{
		rule: verify.RuleMovedInPlace, name: "an instance", story: unchanged,
		mutate: func(m *mutant) {
			m.has(database.InstanceIdentifier("n2-a"), func(r *resource.Resource) {
				r.Attributes = bytes.Replace(r.Attributes, []byte(`"node_name":"n2"`), []byte(`"node_name":"n3"`), 1)
			})
		},
		follows: verify.RuleEndDiffers,
	},
	{
		rule: verify.RuleMovedInPlace, name: "what nothing needs", story: serving,
		mutate: func(m *mutant) {
			m.has(resource.Identifier{Type: "host.service", ID: "front"}, func(r *resource.Resource) {
				r.Executor, r.Attributes = resource.Executor{Type: resource.ExecutorHost, ID: "old"}, []byte(`{}`)
			})
			m.edit("update host.service::front", func(e *resource.Event) {
				e.Resource.Executor = resource.Executor{Type: resource.ExecutorHost, ID: "new"}
			})
		},
		follows: verify.RuleEndDiffers,
	},
	{
		rule: verify.RuleServiceTooEarly, name: "before the links", story: openingNew,
		mutate: func(m *mutant) { m.move("create host.service::front", "create database.replication_slot::n1:n2:app") },
		says: "service_too_early plan 1 phase 3 event 2: host.service::front opens nodes before there is put " +
			"database.subscription::n2:n1:app",
	},
	{
		rule: verify.RuleServiceTooEarly, name: "with the links", story: openingNew,
		mutate: func(m *mutant) { m.move("create host.service::front", "create database.subscription::n1:n2:app") },
	},
	{
		rule: verify.RuleServiceTooEarly, name: "before a new node has joined", story: openingMore,
		mutate: func(m *mutant) { m.move("update host.service::front", "create database.sync_event::n1:n3:app") },
	},
	{
		rule: verify.RuleServiceTooEarly, name: "while a node is recorded as joining", story: openingMore,
		mutate: func(m *mutant) {
			m.moveBehind("update host.service::front", "update database.subscription::n1:n3:app")
		},
		says: "service_too_early plan 3 phase 2 event 0: host.service::front opens nodes while one is joining, as says " +
			"database.roles_source::n3",
	},
	{
		rule: verify.RuleServiceTooEarly, name: "a new one while a node is recorded as joining", story: openingBeside,
		mutate: func(m *mutant) {
			m.moveBehind("create host.service::front", "update database.subscription::n1:n3:app")
		},
		says: "service_too_early plan 3 phase 2 event 0: host.service::front opens nodes while one is joining, as says " +
			"database.roles_source::n3",
	},
}
