package verify_test

import (
	"bytes"
	"slices"

	"github.com/pgplanner/pgplanner/internal/testkit/execution"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/jsontext"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/verify"
)

var (
	replicas   = story{start: nodes("n1:3", "n2"), wish: wish{nodes: changed(nodes("n1:3", "n2"))}}
	containers = story{start: nodes("n1:3", "n2"), wish: wish{nodes: otherImage(nodes("n1:3", "n2"))}}
	newReplica = story{start: nodes("n1", "n2"), wish: wish{nodes: changed(nodes("n1:2", "n2"))}}
)

var updateCases = []wrong{
	{
		rule: verify.RuleEarlyDelete, name: "a delete in the first plan", story: replacing,
		mutate: func(m *mutant) {
			e := m.take("delete host.watch::old")
			m.insert(0, len(m.plans[0].Phases), e)
		},
	},
	{
		rule: verify.RuleRolling, name: "two nodes in one plan", story: replicas,
		mutate: func(m *mutant) { m.move("update database.instance::n2-a", "update database.instance::n1-a") },
		says: "rolling plan 2 phase 0 event 1: database.instance::n2-a is put in the same plan as an instance of another node: " +
			"database.instance::n1-a",
	},
	{
		rule: verify.RulePrimaryBeforeReplica, name: "plans swapped", story: replicas,
		mutate: func(m *mutant) { m.plans[1], m.plans[2] = m.plans[2], m.plans[1] },
		says:   "primary_before_replica plan 1 phase 0 event 0: database.instance::n1-a is put before the update of its replica database.instance::n1-c",
	},
	{
		rule: verify.RulePrimaryBeforeReplica, name: "at the same time", story: replicas,
		mutate:  func(m *mutant) { m.move("update database.instance::n1-a", "update database.instance::n1-c") },
		follows: verify.RuleReason, // the node does not name what is moved before it
	},
	{
		rule: verify.RulePrimaryBeforeReplica, name: "because of its own container", story: containers,
		mutate: func(m *mutant) { m.plans[1], m.plans[2] = m.plans[2], m.plans[1] },
	},
	{
		rule: verify.RulePrimaryBeforeReplica, name: "with another primary", story: story{start: nodes("n1:3"), wish: wish{nodes: changed(nodes("n1:3"))}},
		mutate: func(m *mutant) {
			// Since then, n1-b has become the primary.
			r, _ := m.start.Get(database.NodeIdentifier("n1"))
			r = r.Clone()
			r.Attributes = bytes.Replace(r.Attributes, []byte(`"primary_instance_id":"n1-a"`), []byte(`"primary_instance_id":"n1-b"`), 1)
			m.start.Add(r)
		},
	},
	{
		rule: verify.RuleReplicaBeforePrimary, name: "in one plan", story: newReplica,
		mutate: func(m *mutant) {
			primary, monitor := m.take("update database.instance::n1-a"), m.take("update monitor.instance::n1-a")
			m.plans = m.plans[1:] // what else was in the plan of the primary is in that of the replica, too
			m.put(0, 0, primary)
			m.insert(0, 1, monitor)
			m.edit("update database.node::n1", func(e *resource.Event) {
				e.CausedBy = append([]resource.Identifier{primary.Resource.Identifier}, e.CausedBy...)
			})
		},
		says: "replica_before_primary plan 0 phase 3 event 0: database.instance::n1-b is created before the last change of its primary " +
			"database.instance::n1-a",
	},
	{
		rule: verify.RuleReplicaBeforePrimary, name: "of a new node, at the same time", story: story{wish: wish{nodes: nodes("n1:2")}},
		mutate: func(m *mutant) {
			for _, e := range []string{"host.directory", "host.container", "database.instance"} {
				m.move("create "+e+"::n1-b", "create "+e+"::n1-a")
			}
		},
		says: "replica_before_primary plan 0 phase 2 event 1: database.instance::n1-b is created before the last change of its primary " +
			"database.instance::n1-a",
	},
	{
		rule: verify.RuleEmptyMember, name: "the last instance", story: story{start: nodes("n1", "n2"), wish: wish{nodes: changed(nodes("n1", "n2"))}},
		mutate: func(m *mutant) {
			m.has(database.InstanceIdentifier("n2-a"), func(r *resource.Resource) { r.NeedsRecreate = true })
			m.edit("update database.instance::n2-a", func(e *resource.Event) {
				e.Type, e.Reason, e.Diff = resource.EventCreate, resource.ReasonDoesNotExist, nil
			})
		},
		says: "empty_member plan 1 phase 0 event 0: database.instance::n2-a is created for a member of which no instance is left",
	},
}

// enable gives the subscription the shape that it has in the end when it is first created.
func enable(m *mutant, l database.Link) {
	id := database.SubscriptionIdentifier(l)
	m.drop("update " + id.String())
	m.edit("create "+id.String(), func(e *resource.Event) { e.Resource, _ = m.end.Get(id) })
}

var (
	ahead24  = database.ReplicationSlotCreateIdentifier(link("n2", "n4"))
	marker21 = "create database.sync_event::n2:n1:app"
	copy14   = "create database.subscription::n1:n4:app"
)

var replicationCases = []wrong{
	{
		rule: verify.RuleSubscriptionWithoutSlot, name: "put with its slot", story: adding,
		mutate: func(m *mutant) {
			m.release("create database.subscription::n4:n2:app", database.ReplicationSlotIdentifier(link("n4", "n2")))
			m.move("create database.subscription::n4:n2:app", "create database.replication_slot::n4:n2:app")
		},
		says: "subscription_without_slot plan 3 phase 0 event 3: database.subscription::n4:n2:app is put without database.replication_slot::n4:n2:app",
	},
	{
		rule: verify.RuleSubscriptionWithoutSlot, name: "before its slot is made ahead", story: adding,
		mutate: func(m *mutant) {
			m.release("create database.subscription::n2:n4:app", ahead24)
			m.move("create database.subscription::n2:n4:app", "create "+slotCreate("n2", "n4"))
		},
	},
	{
		rule: verify.RuleSubscriptionWithoutSlot, name: "in the end", story: changing,
		mutate: func(m *mutant) {
			slot := database.ReplicationSlotIdentifier(link("n1", "n2"))
			r, _ := m.end.Get(database.SubscriptionIdentifier(link("n1", "n2")))
			r = r.Clone()
			r.Dependencies = slices.DeleteFunc(r.Dependencies, func(id resource.Identifier) bool { return id == slot })
			m.end.Add(r)
			m.end.Remove(slot)
			m.start.Remove(slot)
			m.plans = nil
			m.end = m.start.Clone()
			m.end.Add(r)
		},
		says: "subscription_without_slot: database.subscription::n1:n2:app is wanted without its slot",
	},
	{
		rule: verify.RuleSlotWithoutSubscription, name: "a slot left behind", story: removing,
		mutate: func(m *mutant) { m.drop("delete database.replication_slot::n1:n2:app") },
		says:   "slot_without_subscription: database.replication_slot::n1:n2:app is left without its subscription, which is not wanted",
	},
	{
		rule: verify.RuleSlotWithoutSubscription, name: "wanted", story: changing,
		mutate: func(m *mutant) {
			m.start.Remove(database.SubscriptionIdentifier(link("n1", "n2")))
			m.plans = nil
			m.end = m.start.Clone()
		},
	},
	{
		rule: verify.RuleRolesSourceMissing, name: "after the instance", story: adding,
		mutate: func(m *mutant) { m.moveBehind("create database.roles_source::n4", "create host.proxy::n4-a") },
		says: "roles_source_missing plan 1 phase 2 event 0: database.instance::n4-a is created for a node that will copy, without " +
			"database.roles_source::n4",
	},
	{
		rule: verify.RuleRolesSourceMissing, name: "names another node", story: adding,
		mutate: func(m *mutant) {
			m.edit("create database.roles_source::n4", func(e *resource.Event) {
				e.Resource = database.RolesSource{NodeName: "n4", SourceNodeName: "n1"}.Resource()
				e.Resource.Attributes = bytes.Replace(e.Resource.Attributes, []byte(`"n1"`), []byte(`"n9"`), 1)
			})
			m.only(3)
		},
	},
	{
		rule: verify.RuleRolesSourceDropped, name: "with the updates", story: adding,
		mutate: func(m *mutant) {
			m.move("delete database.roles_source::n4", "update database.subscription::n1:n4:app")
		},
		says: "roles_source_dropped plan 3 phase 1 event 0: database.roles_source::n4 is deleted before all else is done",
	},
	{
		rule: verify.RuleCopyIntoMember, name: "a node with a database", story: story{start: nodes("n1", "n2"), wish: wish{nodes: nodes("n1", "n2", "n3:2")}},
		mutate: func(m *mutant) {
			// Of n3, a replica is left, and its database is to be made again.
			for _, e := range []string{"host.directory::n3-b", "host.container::n3-b", "database.instance::n3-b"} {
				m.start.Add(m.take("create " + e).Resource)
			}
			m.has(database.PostgresDatabaseIdentifier("n3", "app"), func(r *resource.Resource) { r.NeedsRecreate = true })
		},
		says: "copy_into_member plan 3 phase 7 event 0: database.subscription::n1:n3:app copies into a node that holds data",
	},
	{
		rule: verify.RuleCopyTooEarly, name: "the marker with the slot", story: adding,
		mutate: func(m *mutant) {
			m.release(marker21, ahead24)
			m.move(marker21, "create "+slotCreate("n2", "n4"))
		},
		says: "copy_too_early plan 2 phase 7 event 0: database.subscription::n1:n4:app copies before is done: database.sync_event::n2:n1:app",
	},
	{
		rule: verify.RuleCopyTooEarly, name: "the marker of an earlier time", story: adding,
		mutate: func(m *mutant) {
			e := m.take(marker21)
			old := e.Resource.Clone()
			old.Dependencies = slices.DeleteFunc(old.Dependencies, func(id resource.Identifier) bool { return id == ahead24 })
			m.start.Add(old)
		},
		says: "copy_too_early plan 2 phase 7 event 0: database.subscription::n1:n4:app copies before is done: database.sync_event::n2:n1:app",
	},
	{
		rule: verify.RuleCopyTooEarly, name: "with the wait", story: adding,
		mutate: func(m *mutant) {
			wait := database.WaitForSyncEventIdentifier(link("n2", "n1"))
			m.release(copy14, wait)
			m.moveBehind("create "+wait.String(), copy14)
		},
		says: "copy_too_early plan 2 phase 7 event 0: database.subscription::n1:n4:app copies before is done: database.wait_for_sync_event::n2:n1:app",
	},
	{
		rule: verify.RuleCopyTooEarly, name: "with the catch-up", story: adding,
		mutate: func(m *mutant) {
			catchup := database.PeerCatchupIdentifier("n1", "n3", "app")
			m.release(copy14, catchup)
			m.move("create "+catchup.String(), copy14)
		},
		says: "copy_too_early plan 2 phase 7 event 1: database.subscription::n1:n4:app copies before is done: database.peer_catchup::n1:n3:app",
	},
	{
		rule: verify.RuleCopyTooEarly, name: "the catch-up left out", story: adding,
		mutate: func(m *mutant) {
			catchup := database.PeerCatchupIdentifier("n1", "n2", "app")
			m.release(copy14, catchup)
			m.drop("create "+catchup.String(), "delete "+catchup.String())
		},
	},
	{
		rule: verify.RuleEnabledTooEarly, name: "when it is created", story: adding,
		mutate:  func(m *mutant) { enable(m, link("n2", "n4")) },
		follows: verify.RuleJoiningIn, // the copy then meets it
	},
	{
		rule: verify.RuleEnabledTooEarly, name: "with the marker of the copy", story: adding,
		mutate: func(m *mutant) {
			m.split(2, 8)
			m.move("update database.subscription::n2:n4:app", "create database.sync_event::n1:n4:app")
		},
		says: "enabled_too_early plan 3 phase 0 event 0: database.subscription::n2:n4:app applies changes before is done: " +
			"database.sync_event::n1:n4:app",
	},
	{
		rule: verify.RuleEnabledTooEarly, name: "with the advance of the origin", story: adding,
		mutate: func(m *mutant) {
			m.split(2, 12)
			m.move("update database.subscription::n2:n4:app", "create database.replication_origin_advance::n2:n4:app")
		},
		says: "enabled_too_early plan 3 phase 0 event 2: database.subscription::n2:n4:app applies changes before is done: " +
			"database.replication_origin_advance::n2:n4:app",
	},
	{
		rule: verify.RuleEnabledTooEarly, name: "the origin without the slot", story: adding,
		mutate: func(m *mutant) {
			advance := database.ReplicationSlotAdvanceIdentifier(link("n2", "n4"))
			m.release("create database.replication_origin_advance::n2:n4:app", advance)
			m.move("create database.replication_origin_advance::n2:n4:app", "create "+advance.String())
			m.only(3, "update database.subscription::n2:n4:app")
		},
		says: "enabled_too_early plan 3 phase 0 event 0: database.subscription::n2:n4:app applies changes before is done: " +
			"database.replication_origin_advance::n2:n4:app",
	},
	{
		rule: verify.RuleEnabledTooEarly, name: "the copy goes on before it has arrived", story: story{start: nodes("n1"), wish: wish{nodes: nodes("n1", "n2")}},
		mutate: func(m *mutant) {
			m.drop("create database.wait_for_sync_event::n1:n2:app")
			m.only(3, "update database.subscription::n1:n2:app", "delete database.sync_event::n1:n2:app")
		},
		says: "enabled_too_early plan 3 phase 0 event 0: database.subscription::n1:n2:app applies changes before is done: " +
			"database.wait_for_sync_event::n1:n2:app",
	},
	{
		rule: verify.RuleEnabledTooEarly, name: "of no joining node", story: changing,
		mutate: func(m *mutant) {
			l := link("n1", "n2")
			m.start.Add(database.Subscription{Link: l, Disabled: true}.Resource())
			m.plans = m.plans[:1]
			m.plans[0].Phases = []resource.Phase{{Events: []resource.Event{{
				Type: resource.EventUpdate, Resource: database.Subscription{Link: l}.Resource(), Reason: resource.ReasonHasDiff,
				Diff: []jsontext.Operation{{Op: "replace", Path: "/disabled", Value: []byte("false")}},
			}}}}
			m.end = execution.After(m.start, m.plans...)
		},
	},
	{
		rule: verify.RuleJoiningIn, name: "before another peer is advanced", story: adding,
		mutate: func(m *mutant) {
			m.drop("create database.replication_origin_advance::n3:n4:app")
			m.only(3, "update database.subscription::n2:n4:app")
		},
		says: "joining_in plan 3 phase 0 event 0: database.subscription::n2:n4:app applies changes to a joining node, " +
			"for which is not done: database.replication_origin_advance::n3:n4:app",
	},
	{
		rule: verify.RuleJoiningIn, name: "never populated", story: story{start: nodes("n1"), wish: wish{nodes: nodes("n1", "n2")}},
		mutate: func(m *mutant) {
			for _, id := range []string{
				"database.dump_roles::n1", "database.roles_source::n2",
				"database.sync_event::n1:n2:app", "database.wait_for_sync_event::n1:n2:app",
			} {
				m.drop("create "+id, "delete "+id)
			}
			enable(m, link("n1", "n2"))
		},
		says: "joining_in plan 1 phase 4 event 0: database.subscription::n1:n2:app applies changes to a new node, which has not copied any rows",
	},
	{
		rule: verify.RuleJoiningOut, name: "before the copy", story: adding,
		mutate: func(m *mutant) {
			m.move("create database.replication_slot::n4:n1:app", "create database.replication_slot::n1:n4:app")
			m.moveBehind("create database.subscription::n4:n1:app", "create database.replication_slot::n1:n4:app")
		},
	},
	{
		rule: verify.RuleStaleRecord, name: "the database made again", story: adding,
		mutate: func(m *mutant) {
			m.plans[2].Phases = m.plans[2].Phases[:8] // up to the copy
			m.start = execution.After(m.start, m.plans[:3]...)
			postgres := database.PostgresDatabaseIdentifier("n4", "app")
			m.has(postgres, func(r *resource.Resource) { r.NeedsRecreate = true })
			again := resource.Event{Type: resource.EventCreate, Reason: resource.ReasonNeedsRecreate}
			again.Resource, _ = m.end.Get(postgres)
			var followers []resource.Event
			for _, provider := range []string{"n1", "n2", "n3"} {
				r, _ := m.start.Get(database.SubscriptionIdentifier(link(provider, "n4")))
				followers = append(followers, resource.Event{
					Type: resource.EventUpdate, Resource: r, Reason: resource.ReasonDependencyUpdated,
					CausedBy: []resource.Identifier{postgres},
				})
			}
			m.plans = []resource.Plan{{Phases: []resource.Phase{{Events: []resource.Event{again}}, {Events: followers}}}}
			m.end = execution.After(m.start, m.plans...)
		},
		says: "stale_record plan 0 phase 0 event 0: database.postgres_database::n4:app is created while there stands as done what was lost " +
			"with it: database.subscription::n1:n4:app, database.subscription::n2:n4:app, database.subscription::n3:n4:app",
	},
	{
		rule: verify.RuleUnreadable, name: "a flag that is no boolean", story: adding,
		mutate: func(m *mutant) {
			broken := func(r *resource.Resource) {
				r.Attributes = bytes.Replace(r.Attributes, []byte(`"disabled":false`), []byte(`"disabled":"true"`), 1)
			}
			m.edit("create database.subscription::n4:n1:app", func(e *resource.Event) {
				broken(e.Resource)
				m.end.Add(e.Resource)
			})
		},
		says: "unreadable plan 3 phase 1 event 3: database.subscription::n4:n1:app has attributes that do not tell whether it applies changes",
	},
}
