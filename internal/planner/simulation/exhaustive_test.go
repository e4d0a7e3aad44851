package simulation

import (
	"fmt"
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit/databases"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// One or two nodes join one to three others. The plans are interrupted at every phase, and every single
// event goes wrong in every way.
func TestJoinInterruptedEverywhere(t *testing.T) {
	t.Parallel()
	var seen classes
	seen.demand(t, waited, copyInterrupted, copyRepeated, keptBySlot, slotAdvanced, slotFellBack, originAhead,
		markerShared, resumed, completed)
	for existing := 1; existing <= 3; existing++ {
		for joining := 1; joining <= 2; joining++ {
			t.Run(fmt.Sprintf("%d+%d", existing, joining), func(t *testing.T) {
				t.Parallel()
				s := newSearch(&seen)
				start := s.founded(t, wishFor(existing))
				start.want(wishFor(existing + joining))
				start.inAllWeathers(func(o *orchestrator) { s.everywhere(o, everyEvent, s.resume) })
				s.report(t)
			})
		}
	}
}

// Other changes of a database, interrupted everywhere.
func TestChangeInterruptedEverywhere(t *testing.T) {
	t.Parallel()
	two := wishFor(3).changeAll(func(n *wanted) { n.instances = 2 })
	for _, c := range []struct {
		name       string
		start, end wish
		change     func(*orchestrator)
	}{
		{"created with one node", wish{}, wishFor(1), nil},
		{"created with three nodes", wish{}, wishFor(3), nil},
		{"created with replicas", wish{}, two, nil},
		{"updated", two, two.changeAll(func(n *wanted) { n.version++ }), nil},
		{"updated at once", two, two.changeAll(func(n *wanted) { n.version++ }).atOnce(), nil},
		{"replica added", wishFor(3), wishFor(3).change(1, func(n *wanted) { n.instances++ }), nil},
		{"replica removed", two, two.change(1, func(n *wanted) { n.instances-- }), nil},
		{"joined with replicas", two, two.with(wanted{node: 3, instances: 3, source: 1}), nil},
		{"member removed", wishFor(3), wish{}, func(o *orchestrator) { o.retire(1) }},
		{"member removed, other added", wishFor(3), wish{}, func(o *orchestrator) {
			o.retire(1)
			o.want(o.wish.with(newNode(3)))
		}},
		{"updated, node added", two, wishFor(4).changeAll(func(n *wanted) { n.version++ }), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSearch(&classes{})
			o := newOrchestrator(c.start, s.advisor)
			if len(c.start.nodes) > 0 {
				o = s.founded(t, c.start)
			}
			if c.change != nil {
				c.change(o)
			} else {
				o.want(c.end)
			}
			o.inAllWeathers(func(o *orchestrator) { s.everywhere(o, everyEvent, s.resume) })
			s.report(t)
		})
	}
}

// Nodes join, the plans are interrupted, something happens, and the plans that follow are interrupted, too.
func TestJoinInterruptedTwice(t *testing.T) {
	t.Parallel()
	var seen classes
	seen.demand(t, copyRepeated, lostBefore, joinerDropped, memberDropped, refusedJoining)
	for _, c := range []struct {
		name    string
		joining int
		between func(*orchestrator)
	}{
		{"nothing happens", 1, func(*orchestrator) {}},
		{"instance lost", 1, losing(database.InstanceIdentifier("n4-a"))},
		{"database lost", 1, losing(database.PostgresDatabaseIdentifier("n4", databases.Name))},
		{"slot on a peer lost", 1, losing(database.ReplicationSlotIdentifier(link(1, 3)))},
		{"made slot on a peer lost", 1, losing(database.ReplicationSlotCreateIdentifier(link(1, 3)))},
		{"slot on the source lost", 1, losing(database.ReplicationSlotIdentifier(link(0, 3)))},
		{"subscription to a peer lost", 1, losing(database.SubscriptionIdentifier(link(1, 3)))},
		{"copying subscription lost", 1, losing(database.SubscriptionIdentifier(link(0, 3)))},
		{"another node joins", 1, func(o *orchestrator) { o.want(wishFor(5)) }},
		{"another node joins from elsewhere", 1, func(o *orchestrator) {
			o.want(wishFor(5).change(4, func(n *wanted) { n.source = 1 }))
		}},
		{"peer not wanted", 1, func(o *orchestrator) { o.retire(1) }},
		{"source not wanted", 1, func(o *orchestrator) { o.retire(0) }},
		{"node not wanted", 1, func(o *orchestrator) { o.retire(3) }},
		{"one of two not wanted", 2, func(o *orchestrator) { o.retire(3) }},
		{"member changed", 1, func(o *orchestrator) {
			o.want(o.wish.change(1, func(n *wanted) { n.version++ }))
		}},
		{"node changed", 1, func(o *orchestrator) {
			o.want(o.wish.change(3, func(n *wanted) { n.version++; n.instances++ }))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSearch(&seen)
			start := s.founded(t, wishFor(3))
			start.want(wishFor(3 + c.joining))
			start.inAllWeathers(func(o *orchestrator) {
				s.everywhere(o, unrecordedPhases, func(o *orchestrator) {
					c.between(o)
					s.everywhere(o, unrecordedPhases, s.resume)
				})
			})
			s.report(t)
		})
	}
}

// A node is not wanted any more, a member or one that has stopped anywhere on its way, its removal is
// interrupted, and then it is wanted again.
func TestRemovalInterruptedAndTakenBack(t *testing.T) {
	t.Parallel()
	var seen classes
	seen.demand(t, memberDropped, joinerDropped, wantedAgain, refusedRemoved)
	for _, c := range []struct {
		name           string
		existing, node int
	}{
		{"member", 3, 1},
		{"joining the only node", 1, 1},
		{"joining two nodes", 2, 2},
		{"joining three nodes", 3, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSearch(&seen)
			start := s.founded(t, wishFor(c.existing))
			again := wishFor(max(c.existing, c.node+1))
			removed := func(o *orchestrator) {
				o.retire(c.node)
				s.everywhere(o, everyEvent, func(o *orchestrator) {
					seen.count(wantedAgain)
					o.want(again)
					s.resume(o)
				})
			}
			start.want(again)
			start.inAllWeathers(func(o *orchestrator) {
				if c.node < c.existing {
					removed(o)
				} else {
					s.everywhere(o, betweenPhases, removed)
				}
			})
			s.report(t)
		})
	}
}

func link(provider, subscriber int) database.Link {
	return database.Link{
		Provider: nodeName(provider), Subscriber: nodeName(subscriber), DatabaseName: databases.Name,
	}
}

// losing returns what takes a thing away, if it is recorded and may be lost.
func losing(id resource.Identifier) func(*orchestrator) {
	return func(o *orchestrator) {
		if r, ok := o.state.Get(id); ok {
			if d := thing(r); o.canLose(&d) {
				o.loseOne(r)
			}
		}
	}
}
