package verify_test

import (
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/verify"
)

// rejoining lets the named node rejoin.
func rejoining(name string, how planner.NodeRecovery, all []*planner.NodeResources) []*planner.NodeResources {
	for _, n := range all {
		if n.NodeName == name {
			n.Recovery = how
		}
	}
	return all
}

// beside is a service that runs beside the named node.
func beside(name string) []*planner.ServiceResources {
	s := service("front", `{}`)
	s.Resources[0].Dependencies = []resource.Identifier{database.PostgresDatabaseIdentifier(name, "app")}
	return []*planner.ServiceResources{s}
}

var (
	monitor2      = "monitor.instance::n2-a"
	drainMarker21 = database.SyncEventIdentifier(link("n2", "n1"))

	rejoins = story{
		start: nodes("n1", "n2", "n3"), scar: lose(slot12), with: beside("n2"),
		wish: wish{nodes: rejoining("n2", planner.NodeRecoveryRejoin, nodes("n1", "n2", "n3")), services: beside("n2")},
	}
	rejoinsUndrained = story{
		start: nodes("n1", "n2", "n3"), scar: lose(slot12),
		wish: wish{nodes: rejoining("n2", planner.NodeRecoveryRejoinUndrained, nodes("n1", "n2", "n3"))},
	}
	rejoinsEmptied = story{
		start: nodes("n1", "n2", "n3"), scar: lose(database2),
		wish: wish{nodes: rejoining("n2", planner.NodeRecoveryRejoinUndrained, nodes("n1", "n2", "n3"))},
	}
	joinsFromLossy = story{
		start: nodes("n1", "n2", "n3"), scar: lose(slot12), wish: wish{nodes: continuing("n2", nodes("n1", "n2", "n3", "n4<n2"))},
	}
)

// undrain leaves the drain of n2 to a node out.
func undrain(m *mutant, to string) {
	l := link("n2", to)
	for _, id := range []resource.Identifier{
		database.SyncEventIdentifier(l), database.WaitForSyncEventIdentifier(l), database.PeerCatchupIdentifier(to, "n2", "app"),
	} {
		m.drop("create "+id.String(), "delete "+id.String())
	}
}

var rejoinCases = []wrong{
	{
		rule: verify.RuleRejoinUnasked, name: "not asked to", story: rejoins,
		mutate: toldOf(1, func(n *verify.DesiredNode) { n.Rejoins = false }),
		says:   "rejoin_unasked plan 1 phase 1 event 0: database.roles_source::n2 lets a member join again that lacks nothing, or is not asked to",
	},
	{
		rule: verify.RuleRejoinUnasked, name: "lacks nothing", story: rejoins,
		mutate: func(m *mutant) {
			r, _ := m.start.Get(slot12)
			sound := *r
			sound.NeedsRecreate = false
			m.start.Add(&sound)
		},
	},
	{
		rule: verify.RuleRejoinUndrained, name: "no drain", story: rejoins,
		mutate: func(m *mutant) { undrain(m, "n1"); undrain(m, "n3") },
		says:   "rejoin_undrained plan 2 phase 0 event 0: monitor.instance::n2-a is deleted before is done: database.sync_event::n2:n1:app",
	},
	{
		rule: verify.RuleRejoinUndrained, name: "drained to one of two", story: rejoins,
		mutate: func(m *mutant) { undrain(m, "n3") },
	},
	{
		rule: verify.RuleRejoinUndrained, name: "the marker of an earlier drain", story: rejoins,
		mutate: func(m *mutant) {
			e := m.take("create " + drainMarker21.String())
			m.start.Add(e.Resource)
			m.end = m.end.Clone()
		},
	},
	{
		rule: verify.RuleRejoinUndrained, name: "nobody waits", story: rejoins,
		mutate: func(m *mutant) {
			id := database.WaitForSyncEventIdentifier(link("n2", "n3"))
			m.drop("create "+id.String(), "delete "+id.String())
		},
	},
	{
		rule: verify.RuleRejoinUndrained, name: "the links before the monitors", story: rejoins,
		mutate: func(m *mutant) {
			m.moveBehind("delete "+monitor2, "delete "+database.SubscriptionIdentifier(link("n2", "n1")).String())
		},
	},
	{
		rule: verify.RuleRejoinUndrained, name: "a service writes meanwhile", story: rejoins,
		mutate: func(m *mutant) {
			m.drop("delete host.service::front", "delete host.watch::front", "create host.service::front", "create host.watch::front")
		},
	},
	{
		rule: verify.RuleRejoinUndrained, name: "asked to be drained", story: rejoinsUndrained,
		mutate: toldOf(1, func(n *verify.DesiredNode) { n.Undrained = false }),
	},
	{
		rule: verify.RuleRejoinUndrained, name: "nothing there to be drained", story: rejoinsEmptied,
		mutate: toldOf(1, func(n *verify.DesiredNode) { n.Undrained = false }),
	},
	{
		rule: verify.RuleSourceIncomplete, follows: verify.RuleMemberIncomplete, name: "a source that does not go on", story: joinsFromLossy,
		mutate: toldOf(1, func(n *verify.DesiredNode) { n.Continues = false }),
	},
}
