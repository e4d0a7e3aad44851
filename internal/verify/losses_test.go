package verify_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit/databases"
	"github.com/pgplanner/pgplanner/internal/testkit/notation"
	"github.com/pgplanner/pgplanner/internal/verify"
)

// scar is something that members have lost.
type scar struct {
	name string
	// leave does it to a link, or to the subscriber or the provider of that.
	leave func(s *resource.State, l database.Link, all []*planner.NodeResources)
	// rules are those that plans violate which just make all that is missing, of an update and of a restore of another node.
	rules, restoring string
	// leaves tells that the provider is not wanted any more.
	leaves bool
}

// edit changes a copy of a record.
func edit(s *resource.State, id resource.Identifier, change func(r *resource.Resource)) {
	r, ok := s.Get(id)
	if !ok {
		panic(fmt.Sprint("there is no ", id))
	}
	r = r.Clone()
	change(r)
	s.Add(r)
}

// neverMade marks what failed at its first creation.
func neverMade(r *resource.Resource) { r.NeedsRecreate, r.Error = true, "it failed" }

// waiting puts a subscription that waits for its position.
func waiting(s *resource.State, l database.Link) {
	s.Add(database.Subscription{Link: l, Disabled: true}.Resource())
}

// unlink removes all links from and to a node.
func unlink(s *resource.State, node string) {
	for _, r := range s.Resources() {
		if l, ok := database.LinkOf(r.Identifier); ok && (l.Provider == node || l.Subscriber == node) {
			s.Remove(r.Identifier)
		}
	}
}

// unwatch removes the monitors of a node.
func unwatch(s *resource.State, node string, all []*planner.NodeResources) {
	for _, n := range all {
		for _, i := range n.InstanceResources {
			if n.NodeName == node {
				s.Remove(database.MonitorInstanceIdentifier(i.Instance.Spec.InstanceID))
			}
		}
	}
}

func scars() []scar {
	type nodes = []*planner.NodeResources
	slot, subscription := database.ReplicationSlotIdentifier, database.SubscriptionIdentifier
	lost := func(of func(database.Link) resource.Identifier) func(*resource.State, database.Link, nodes) {
		return func(s *resource.State, l database.Link, _ nodes) { lose(of(l))(s) }
	}
	missing := func(of func(database.Link) resource.Identifier) func(*resource.State, database.Link, nodes) {
		return func(s *resource.State, l database.Link, _ nodes) { s.Remove(of(l)) }
	}
	databaseOf := func(l database.Link) resource.Identifier {
		return database.PostgresDatabaseIdentifier(l.Subscriber, l.DatabaseName)
	}
	failed := func(trace func(s *resource.State, l database.Link)) func(*resource.State, database.Link, nodes) {
		return func(s *resource.State, l database.Link, _ nodes) {
			lose(slot(l))(s)
			edit(s, subscription(l), neverMade)
			trace(s, l)
		}
	}
	const loss, early = "link_over_loss member_incomplete", "enabled_too_early"
	return []scar{
		{name: "slot", leave: lost(slot), rules: loss, restoring: loss},
		{name: "slot and subscription", rules: loss, restoring: loss, leave: func(s *resource.State, l database.Link, _ nodes) {
			lose(slot(l), subscription(l))(s)
		}},
		{name: "slot of a link that waits", rules: early + " " + loss, restoring: early + " " + loss, leave: func(s *resource.State, l database.Link, _ nodes) {
			lose(slot(l))(s)
			waiting(s, l)
		}},
		{name: "slot, and the subscription that failed once had a position", rules: loss, restoring: loss, leave: failed(foundOnce)},
		{
			name: "slot, and the subscription that failed once had a slot made ahead", rules: loss, restoring: loss,
			leave: failed(func(s *resource.State, l database.Link) { s.Add(database.ReplicationSlotCreate{Link: l}.Resource()) }),
		},
		{name: "database", leave: lost(databaseOf), rules: "member_incomplete stale_record", restoring: "member_incomplete"},
		{name: "record of the database", leave: missing(databaseOf), rules: "member_incomplete stale_record", restoring: "member_incomplete"},
		{name: "subscription", leave: lost(subscription), rules: early, restoring: early},
		{name: "record of the subscription", leave: missing(subscription), rules: early, restoring: early},
		{name: "subscription without a record of its slot", rules: early, restoring: early, leave: func(s *resource.State, l database.Link, _ nodes) {
			s.Remove(slot(l))
			lose(subscription(l))(s)
		}},
		{name: "position", rules: early, restoring: early, leave: func(s *resource.State, l database.Link, _ nodes) { waiting(s, l) }},
		{name: "subscription whose position was found", rules: early, restoring: early, leave: func(s *resource.State, l database.Link, _ nodes) {
			waiting(s, l)
			lose(subscription(l))(s)
			foundOnce(s, l)
		}},
		{name: "slot to a node that stays, of one that leaves", leaves: true, leave: lost(slot), rules: "member_incomplete"},

		// What follows is harmless.
		{name: "nothing, the position is found", leave: func(s *resource.State, l database.Link, _ nodes) {
			waiting(s, l)
			foundOnce(s, l)
		}},
		{name: "slot of a link that was never finished", leave: func(s *resource.State, l database.Link, _ nodes) {
			lose(slot(l))(s)
			s.Remove(subscription(l))
		}},
		{name: "slot, and the subscription was never made", leave: failed(func(*resource.State, database.Link) {})},
		{name: "slots, and no subscription was made", leave: func(s *resource.State, l database.Link, all nodes) {
			for _, n := range all {
				if other := n.NodeName; other != l.Subscriber {
					lose(slot(link(other, l.Subscriber)), subscription(link(other, l.Subscriber)), subscription(link(l.Subscriber, other)))(s)
				}
			}
		}, rules: early, restoring: early}, // the other way, the slots are there
		{name: "record of the slot", leave: missing(slot)},
		{name: "database that was never made", leave: func(s *resource.State, l database.Link, _ nodes) {
			unlink(s, l.Subscriber)
			edit(s, databaseOf(l), neverMade)
		}},
		{
			name: "database that was never made, but a slot for it",
			leave: func(s *resource.State, l database.Link, _ nodes) {
				unlink(s, l.Subscriber)
				edit(s, databaseOf(l), neverMade)
				s.Add(database.ReplicationSlot{Link: l}.Resource())
			},
		},
		{
			name: "database of the provider", rules: "member_incomplete stale_record", restoring: "member_incomplete",
			leave: func(s *resource.State, l database.Link, _ nodes) {
				lose(database.PostgresDatabaseIdentifier(l.Provider, l.DatabaseName))(s)
			},
		},
		{name: "slot of a node that has been let go", leaves: true, leave: func(s *resource.State, l database.Link, all nodes) {
			lose(slot(l))(s)
			unwatch(s, l.Provider, all)
		}},
		{name: "slot of a node that leaves without its data", leaves: true, leave: func(s *resource.State, l database.Link, _ nodes) {
			lose(slot(l), database.PostgresDatabaseIdentifier(l.Provider, l.DatabaseName))(s)
		}},
	}
}

// ofLosses are the rules about what members have lost.
var ofLosses = []verify.Rule{
	verify.RuleMemberIncomplete, verify.RuleEmptyBesideMembers, verify.RuleLinkOverLoss, verify.RuleEnabledTooEarly, verify.RuleStaleRecord,
}

// TestLossesAreFound has two to four members lose something, on each link. Plans that just make what is missing, as any
// graph of resources is mended, violate the rules about losses, if there is anything to lose by that, and else none of
// these. Those of the planner, which is asked to go on without the rows, or refuses to, are right.
func TestLossesAreFound(t *testing.T) {
	planned := 0
	for n := 2; n <= 4; n++ {
		names := []string{"n1", "n2:2", "n3", "n4"}[:n]
		all := nodes(names...)
		for _, c := range scars() {
			for i, provider := range all {
				for k, subscriber := range all {
					if i == k {
						continue
					}
					l := link(provider.NodeName, subscriber.NodeName)
					start := databases.End(all)
					c.leave(start, l, all)
					where := fmt.Sprintf("%d nodes, %v lost by %v", n, c.name, l)
					w := wish{nodes: slices.Clone(all)}
					if c.leaves {
						w.nodes = slices.Delete(w.nodes, i, i+1)
					}
					expectOf(t, ofLosses, where, c.rules, start, w)
					for _, target := range all {
						if target != provider && target != subscriber && !c.leaves {
							kept := slices.DeleteFunc(slices.Clone(all), func(n *planner.NodeResources) bool { return n == target })
							expectOf(t, ofLosses, where+", beside a restore", c.restoring, start, wish{
								nodes: kept, restore: []*planner.NodeRestoreResources{restored(target.NodeName, len(target.InstanceResources))},
							})
						}
					}
					for at := range w.nodes {
						n := *w.nodes[at]
						n.Recovery = planner.NodeRecoveryContinue
						w.nodes[at] = &n
					}
					plans, violations, err := w.judge(start)
					if err != nil {
						t.Errorf("%s: %v", where, err)
					}
					if len(violations) > 0 {
						t.Errorf("%s: %v\n%s", where, violations, notation.Plans(plans))
					}
					planned += len(plans)
				}
			}
		}
	}
	if planned == 0 {
		t.Error("nothing was planned")
	}
}
