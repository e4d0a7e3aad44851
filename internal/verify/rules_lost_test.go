package verify_test

import (
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/verify"
)

// joinsBeforeTheEnd is what there is once all plans but the last one have been executed by which n4 joins three others.
func joinsBeforeTheEnd(s *resource.State) {
	plans, err := planner.UpdateDatabase(planner.UpdateDatabaseOptions{}, s, nodes("n1", "n2", "n3", "n4"))
	if err != nil {
		panic(err)
	}
	for _, plan := range plans[:len(plans)-1] {
		for _, phase := range plan.Phases {
			for _, e := range phase.Events {
				s.Apply(e)
			}
		}
	}
}

var (
	// losing has lost the host of n3, and losingPeer that of a peer of n4, which joins.
	losing = story{
		start: nodes("n1", "n2", "n3"), wish: wish{nodes: changed(nodes("n1", "n2")), lost: []string{"host-n3-a"}},
	}
	losingPeer = story{
		start: nodes("n1", "n2", "n3"), scar: joinsBeforeTheEnd,
		wish: wish{nodes: nodes("n1", "n2", "n4"), lost: []string{"host-n3-a"}},
	}
	slot13 = database.ReplicationSlotIdentifier(link("n1", "n3"))
)

var lostCases = []wrong{
	{
		rule: verify.RuleLostHost, name: "deleted", story: losing,
		mutate: func(m *mutant) {
			m.edit("forget database.instance::n3-a", func(e *resource.Event) {
				e.Type, e.Reason = resource.EventDelete, resource.ReasonNotDesired
			})
		},
		says: "lost_host plan 4 phase 0 event 0: database.instance::n3-a would be executed on a lost host, for its delete",
	},
	{
		rule: verify.RuleLostHost, name: "forgotten where it is there", story: losing,
		mutate: func(m *mutant) {
			m.edit("delete database.subscription::n3:n1:app", func(e *resource.Event) {
				e.Type, e.Reason = resource.EventForget, resource.ReasonHostLost
			})
		},
		says: "lost_host plan 2 phase 0 event 0: database.subscription::n3:n1:app is forgotten, and is on no lost host",
	},
	{
		rule: verify.RuleLostHost, name: "nobody says that it is lost", story: losing,
		mutate: func(m *mutant) {
			desired := *m.options.Desired
			desired.LostHosts = nil
			m.options.Desired = &desired
		},
		follows: verify.RuleEarlyDelete,
	},
	{
		rule: verify.RuleLostSlot, name: "after all else", story: losing,
		mutate: func(m *mutant) { m.move("delete "+slot13.String(), "delete database.node::n3") },
	},
	{
		rule: verify.RuleLostSlot, name: "after what is forgotten", story: losing,
		mutate: func(m *mutant) { m.moveBehind("delete "+slot13.String(), "forget database.postgres_database::n3:app") },
	},
	{
		rule: verify.RuleLostPeer, name: "the peer first", story: losingPeer,
		mutate: func(m *mutant) {
			m.moveBefore("forget "+slotCreate("n3", "n4"), "delete database.subscription::n1:n4:app")
			m.moveBefore("delete database.subscription::n3:n4:app", "forget "+slotCreate("n3", "n4"))
		},
	},
}
