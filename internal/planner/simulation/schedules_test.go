package simulation

import (
	"errors"
	"fmt"
	"testing"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit/databases"
)

// These are schedules that have broken earlier rules for members, by the numbers that they have there.

// Schedule 15: [n1, n2, n3] becomes [n1, n2, n4], stops anywhere, and n3 is wanted again. As long as nobody writes on n4
// before the plans are through, nothing is lost: what n4 has, n3 had. If a service writes there as soon as n4 replicates to
// the others, a new link to n3 begins too late, and if n4 copies again for the sake of n3, its own rows are lost. So n3 is
// refused from where n4 provides to others.
func TestSchedule15(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		joining func(*wanted)
		tampers func([]plan) []plan
		// wrong is what goes wrong then; nothing if it is empty.
		wrong string
	}{
		{"no service", func(*wanted) {}, nil, ""},
		{"service", serve, nil, ""},
		{"service before links", serve, servicesFirst, "node n# has lost"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSearch(&classes{})
			s.advisor.tampers = c.tampers
			o := s.founded(t, wishFor(3))
			o.retire(2)
			o.want(o.wish.with(newNode(3)).change(3, c.joining))
			o.inAllWeathers(func(o *orchestrator) {
				s.everywhere(o, everyEvent, func(o *orchestrator) {
					o.want(o.wish.with(newNode(2)))
					s.resume(o)
				})
			})
			s.expect(t, c.wrong)
		})
	}
}

// Schedule 12: the database of a member is lost, and its slots with it. That does not damage the others: they can be
// sources, and nobody could bring the rows.
func TestSchedule12(t *testing.T) {
	t.Parallel()
	s := newSearch(&classes{})
	s.founded(t, wishFor(3)).inAllWeathers(func(o *orchestrator) {
		loss{things: []resource.Identifier{database.PostgresDatabaseIdentifier("n2", databases.Name)}}.strikes(o)
		_, err := o.ask()
		var refusal *planner.MemberIncompleteError
		if !errors.As(err, &refusal) || len(refusal.Members) != 1 || refusal.Members[0].Node != "n2" {
			t.Errorf("got %v", err)
		}
		o.retire(1)
		if s.note(o, o.reach()); len(o.wish.nodes) != 2 {
			t.Errorf("%v is left", o.wish)
		}
		o.want(o.wish.with(newNode(1)))
		s.resume(o)
	})
	s.report(t)
}

// interruptedAfter executes plans until an event of that type is recorded, and lets nothing more of its phase happen.
func (o *orchestrator) interruptedAfter(plans []plan, is func(*deed) bool) error {
	for _, p := range plans {
		for _, ph := range p {
			mishaps := mishapsLike(len(ph), notBegun)
			found := false
			for i := range ph {
				if is(&ph[i]) {
					mishaps[i], found = mishap{}, true
				}
			}
			if !found {
				mishaps = nil
			}
			if err := o.runPhase(ph, mishaps); err != nil || found {
				return err
			}
		}
	}
	return nil
}

// Schedule 13: a lost subscription is made again, and told to wait until its position is found. That is recorded, and then
// the orchestrator dies: nothing says any more that it was lost, but that it waits. Neither may it be taken for a node
// whose removal has begun, nor may what is recorded of an earlier position do for this one.
func TestSchedule13(t *testing.T) {
	t.Parallel()
	const lost = 1 // n2, of the link to n1 or n4
	positions := func(d *deed) bool {
		switch d.kind {
		case database.TypeLagTracker, database.TypeReplicationSlotAdvance, database.TypeReplicationOriginAdvance:
			return true
		}
		return false
	}
	for _, c := range []struct {
		name    string
		leaves  bool // the traces of n4's join
		tampers func([]plan) []plan
		wrong   string
	}{
		{"nothing left", false, nil, ""},
		{"nothing left, just enabled", false, leavingOut(positions), "node n# has doubled"},
		{"traces of a join left", true, nil, ""},
		{"traces of a join left, and not made again", true, leavingForLater(positions), "node n# has doubled"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSearch(&classes{})
			o := s.founded(t, wishFor(3))
			subscriber := 0
			if c.leaves {
				subscriber = 3
			}
			for seed := range uint64(20) {
				o.inAllWeathers(func(o *orchestrator) {
					o.tape = randomTape(seed)
					if c.leaves {
						s.joinLeavingTraces(t, o)
					}
					loss{things: []resource.Identifier{database.SubscriptionIdentifier(link(lost, subscriber))}}.strikes(o)
					a, err := o.ask()
					if err == nil {
						err = o.interruptedAfter(a.plans, func(d *deed) bool { return d.kind == database.TypeSubscription && d.makes() })
					}
					if err != nil {
						s.note(o, err)
						return
					}
					o.advisor = newAdvisor(o.advisor.seen)
					o.advisor.tampers = c.tampers
					s.resume(o)
				})
			}
			s.expect(t, c.wrong)
		})
	}
}

// joinLeavingTraces lets n4 join, and stops when it is a member, and all else is recorded that its populate has left.
func (s *search) joinLeavingTraces(t *testing.T, o *orchestrator) {
	o.want(wishFor(4))
	a, err := o.ask()
	if err == nil {
		err = o.interruptedAfter(a.plans, func(d *deed) bool { return d.kind == database.TypeRolesSource && !d.makes() })
	}
	if err != nil {
		t.Fatalf("%v\n%v", err, o.story)
	}
	o.world.open[3] = true
}

// Schedule 14: a member goes on without what a lost slot kept. If the record of the slot were made good before the
// subscription is gone, a crash would leave a link that looks sound and brings nothing.
func TestSchedule14(t *testing.T) {
	t.Parallel()
	links := func(d *deed) bool {
		return !d.makes() && (d.kind == database.TypeReplicationSlot || d.kind == database.TypeSubscription)
	}
	for _, c := range []struct {
		name    string
		tampers func([]plan) []plan
		wrong   string
	}{
		{"record of the slot deleted first", nil, ""},
		{"record of the slot made good", leavingOut(links), "node n# has a slot for n#: false"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSearch(&classes{})
			o := s.founded(t, wishFor(3))
			o.way = goOn
			o.inAllWeathers(func(o *orchestrator) {
				loss{things: []resource.Identifier{database.ReplicationSlotIdentifier(link(0, 1))}}.strikes(o)
				o.advisor.tampers = c.tampers
				a, err := o.accepted()
				if err == nil {
					err = o.interruptedAfter(a.plans, func(d *deed) bool { return d.kind == database.TypeReplicationSlot && d.makes() })
				}
				if err != nil {
					s.note(o, err)
					return
				}
				o.advisor.tampers = nil
				s.resume(o)
			})
			s.expect(t, c.wrong)
		})
	}
}

// Schedule 21: in a first creation, the subscription from n1 to n2 fails, while the one back is sound. Its slot is not there
// either, which a refresh finds: nothing has ever come through it, so that it is made, and not refused.
func TestSchedule21FirstCreation(t *testing.T) {
	t.Parallel()
	var seen classes
	s := newSearch(&seen)
	o := newOrchestrator(wishFor(3), s.advisor)
	o.inAllWeathers(func(o *orchestrator) {
		a, err := o.ask()
		if err == nil {
			err = o.failAt(a.plans, database.SubscriptionIdentifier(link(0, 1)))
		}
		if err != nil {
			s.note(o, err)
			return
		}
		o.refresh()
		s.resume(o)
	})
	s.report(t)
	if n := seen[refusedIncomplete].Load(); n > 0 {
		t.Errorf("refused %d times", n)
	}
}

// Schedule 21, the other way: a position was found again, and enabling the subscription has failed. Then it is lost, and
// its slot, too. That looks like a first creation but for what finds positions.
func TestSchedule21Position(t *testing.T) {
	t.Parallel()
	var seen classes
	seen.demand(t, refusedIncomplete)
	s := newSearch(&seen)
	subscription, slot := database.SubscriptionIdentifier(link(0, 1)), database.ReplicationSlotIdentifier(link(0, 1))
	s.founded(t, wishFor(3)).inAllWeathers(func(o *orchestrator) {
		loss{things: []resource.Identifier{subscription}}.strikes(o)
		a, err := o.ask()
		if err == nil {
			err = o.interruptedAfter(a.plans, func(d *deed) bool { return d.kind == database.TypeReplicationOriginAdvance })
		}
		if err == nil {
			a, err = o.ask()
		}
		if err == nil {
			err = o.failAt(a.plans, subscription)
		}
		if err != nil {
			s.note(o, err)
			return
		}
		o.world.lose(&deed{kind: database.TypeReplicationSlotCreate, node: 0, other: 1})
		r, _ := o.state.Get(slot)
		d := thing(r)
		o.markLost(r, &d)
		s.resume(o)
	})
	s.report(t)
}

// failAt executes plans up to the making of a thing, which fails, so that it has to be made again.
func (o *orchestrator) failAt(plans []plan, id resource.Identifier) error {
	for _, p := range plans {
		for _, ph := range p {
			mishaps, found := make([]mishap, len(ph)), false
			for i := range ph {
				if ph[i].Resource.Identifier == id && ph[i].makes() {
					mishaps[i], found = mishap{none, asRecreate}, true
				}
			}
			if err := o.runPhase(ph, mishaps); err != nil || found {
				return err
			}
		}
	}
	return fmt.Errorf("%v is never made", id)
}

// Schedule 22: states of before monitors were recorded. A member is removed, or replaced, which stops anywhere, and it is
// wanted again.
func TestSchedule22(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		want func(*orchestrator)
	}{
		{"removed", func(o *orchestrator) { o.retire(2) }},
		{"replaced", func(o *orchestrator) {
			o.retire(2)
			o.want(o.wish.with(newNode(3)))
		}},
		{"node joins", func(o *orchestrator) { o.want(wishFor(4)) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSearch(&classes{})
			o := s.founded(t, wishFor(3))
			for node := range 3 {
				o.misplace(database.MonitorInstanceIdentifier(instanceName(node, 0)))
			}
			c.want(o)
			o.inAllWeathers(func(o *orchestrator) {
				s.everywhere(o, everyEvent, func(o *orchestrator) {
					if !o.wish.has(2) {
						o.want(o.wish.with(newNode(2)))
					}
					s.resume(o)
				})
			})
			s.report(t)
		})
	}
}

// All links of a mesh are lost. Nothing tells that from a first creation of which nothing could be made, so that it is
// planned; but what members may lack is said.
func TestAllLinksLost(t *testing.T) {
	t.Parallel()
	for _, members := range []int{2, 3} {
		var seen classes
		seen.demand(t, wentOn)
		s := newSearch(&seen)
		s.founded(t, wishFor(members)).inAllWeathers(func(o *orchestrator) {
			var all loss
			for provider := range members {
				for subscriber := range members {
					if provider != subscriber {
						all.things = append(all.things, database.ReplicationSlotIdentifier(link(provider, subscriber)),
							database.SubscriptionIdentifier(link(provider, subscriber)))
					}
				}
			}
			all.strikes(o)
			s.everywhere(o, unrecordedPhases, s.resume)
		})
		s.report(t)
	}
}
