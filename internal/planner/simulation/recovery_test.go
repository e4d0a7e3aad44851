package simulation

import (
	"fmt"
	"testing"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// Subscriptions of members are lost, with their slots there: they go on exactly where they were, wherever the plans that see
// to that are interrupted, and even if another one is lost then.
func TestPositionsInterruptedEverywhere(t *testing.T) {
	t.Parallel()
	subscription := func(provider, subscriber int) resource.Identifier {
		return database.SubscriptionIdentifier(link(provider, subscriber))
	}
	for _, members := range []int{2, 3} {
		last := members - 1
		for _, l := range []loss{
			{name: "one", things: []resource.Identifier{subscription(0, 1)}},
			{name: "both directions", things: []resource.Identifier{subscription(0, 1), subscription(1, 0)}},
			{name: "all into one", things: []resource.Identifier{subscription(0, last), subscription(1, last)}},
			{name: "all out of one", things: []resource.Identifier{subscription(last, 0), subscription(last, 1)}},
			{name: "record", records: []resource.Identifier{subscription(0, 1)}},
			{name: "one, and record of another", things: []resource.Identifier{subscription(0, 1)}, records: []resource.Identifier{subscription(1, 0)}},
		} {
			for _, again := range []struct {
				name string
				loss
			}{
				{"nothing more", loss{}},
				{"lost again", loss{things: []resource.Identifier{subscription(0, 1)}}},
				{"other one lost", loss{things: []resource.Identifier{subscription(1, 0)}}},
			} {
				t.Run(fmt.Sprintf("%d members, %s, %s", members, l.name, again.name), func(t *testing.T) {
					t.Parallel()
					s := newSearch(&classes{})
					s.founded(t, wishFor(members)).inAllWeathers(func(o *orchestrator) {
						l.strikes(o)
						s.everywhere(o, everyEvent, func(o *orchestrator) {
							again.strikes(o)
							s.resume(o)
						})
					})
					s.report(t)
				})
			}
		}
	}
}

// Members lack rows, and the user takes each of the ways out. Plans are interrupted everywhere, perhaps more is lost, and in
// the end nothing is missing but what the hazards name.
func TestWaysOutInterruptedEverywhere(t *testing.T) {
	t.Parallel()
	var seen classes
	seen.demand(t, refusedIncomplete, wentOn, wantedAgain)
	for _, l := range losses() {
		for _, way := range []way{goOn, addAgain} {
			for _, more := range afterwards() {
				t.Run(fmt.Sprintf("%s, %v, %s", l.name, way, more.name), func(t *testing.T) {
					t.Parallel()
					s := newSearch(&seen)
					o := s.founded(t, wishFor(3))
					o.way = way
					o.inAllWeathers(func(o *orchestrator) {
						l.strikes(o)
						s.everywhere(o, everyEvent, func(o *orchestrator) {
							more.strikes(o)
							s.reachAgain(o, wishFor(3))
						})
					})
					s.report(t)
				})
			}
		}
	}
}

// reachAgain asks until everything is as wished, and then adds the nodes that were removed on the way.
func (s *search) reachAgain(o *orchestrator, all wish) {
	s.note(o, o.reach())
	if len(o.wish.nodes) < len(all.nodes) && !o.over {
		o.world.seen.count(wantedAgain)
		o.want(all)
		s.resume(o)
	}
}
