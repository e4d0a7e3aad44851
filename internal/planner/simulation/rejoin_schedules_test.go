package simulation

import (
	"bytes"
	"slices"
	"testing"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit/databases"
)

// These are schedules that have broken earlier rules for nodes that rejoin, by the numbers that they have there. Schedules 1, 2, 4,
// 6 and 17 are among those of TestRejoinInterruptedEverywhere.

// rejoining returns an orchestrator of three members that have lost slots, whose user lets those rejoin that lack rows.
func (s *search) rejoining(t *testing.T, members int, links ...string) *orchestrator {
	t.Helper()
	o := s.founded(t, wishFor(members))
	o.way = rejoin
	loss{things: slots(links...)}.strikes(o)
	return o
}

// While a member rejoins, at every phase, something else is lost: a slot out of it (schedule 3), a slot
// into it, the copy, a position, or a database.
func TestRejoinAndMoreIsLost(t *testing.T) {
	t.Parallel()
	var seen classes
	seen.demand(t, rejoined, refusedIncomplete, refusedUndrainable)
	for _, more := range []loss{
		{name: "slot out", things: slots("n2>n3")},
		{name: "slot to the source", things: slots("n2>n1")},
		{name: "slot in", things: slots("n3>n2")},
		{name: "slot from the source", things: slots("n1>n2")},
		{name: "copy", things: []resource.Identifier{things("subscription", "n1>n2")}},
		{name: "position in", things: []resource.Identifier{things("subscription", "n3>n2")}},
		{name: "position out", things: []resource.Identifier{things("subscription", "n2>n3")}},
		{name: "database", things: []resource.Identifier{things("database", "n2")}},
		{name: "slot of the source", things: slots("n3>n1")},
		{name: "database of the source", things: []resource.Identifier{things("database", "n1")}},
	} {
		t.Run(more.name, func(t *testing.T) {
			t.Parallel()
			s := newSearch(&seen)
			s.rejoining(t, 3, "n1>n2").inAllWeathers(func(o *orchestrator) {
				s.everywhere(o, unrecordedPhases, func(o *orchestrator) {
					more.strikes(o)
					s.resume(o)
				})
			})
			s.report(t)
		})
	}
}

// While a member rejoins, at every phase, the user wants something else, which stops, and then the first wish again. Schedule 7: the
// source is not wanted any more, or the member itself.
func TestRejoinAndOtherWishes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		other func(*orchestrator)
	}{
		{"another member leaves", func(o *orchestrator) { o.retire(2) }},
		{"the source leaves", func(o *orchestrator) { o.retire(0) }},
		{"it leaves itself", func(o *orchestrator) { o.retire(1) }},
		{"another node joins", func(o *orchestrator) { o.want(o.wish.with(newNode(3))) }},
		{"another source", func(o *orchestrator) { o.want(o.wish.change(1, func(n *wanted) { n.source = 2 })) }},
		{"the recovery is left out", func(o *orchestrator) { o.want(o.wish.change(1, func(n *wanted) { n.recovery = "" })) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSearch(&classes{})
			s.rejoining(t, 3, "n1>n2").inAllWeathers(func(o *orchestrator) {
				s.everywhere(o, unrecordedPhases, func(o *orchestrator) {
					wish := o.wish
					c.other(o)
					s.everywhere(o, betweenPhases, func(o *orchestrator) {
						o.want(wish)
						s.reachAgain(o, wishFor(3))
					})
				})
			})
			s.report(t)
		})
	}
}

// Schedule 5: of two members of which one lacks rows of the other one, only one is marked.
func TestSchedule5(t *testing.T) {
	t.Parallel()
	for _, first := range []int{1, 2} {
		s := newSearch(&classes{})
		s.rejoining(t, 3, "n1>n2", "n2>n3").inAllWeathers(func(o *orchestrator) {
			a, err := o.accepted()
			if err == nil {
				err = o.interruptedAfter(a.plans, func(d *deed) bool { return d.kind == database.TypeRolesSource && d.node == first })
			}
			if err != nil {
				s.note(o, err)
				return
			}
			o.want(o.wish.changeAll(func(n *wanted) { n.recovery = "" }))
			s.everywhere(o, unrecordedPhases, s.resume)
		})
		s.report(t)
	}
}

// Schedule 16: n4 joins with n2 as its peer, and stops. n2 rejoins, and stops, and is not wanted any more then.
func TestSchedule16(t *testing.T) {
	t.Parallel()
	s := newSearch(&classes{})
	o := s.founded(t, wishFor(3))
	o.way = rejoin
	o.want(wishFor(4))
	o.inAllWeathers(func(o *orchestrator) {
		a, err := o.ask()
		if err == nil {
			err = o.interruptedAfter(a.plans, func(d *deed) bool { return d.kind == database.TypeReplicationOriginAdvance })
		}
		if err != nil {
			s.note(o, err)
			return
		}
		loss{things: slots("n3>n2")}.strikes(o)
		s.everywhere(o, unrecordedPhases, func(o *orchestrator) {
			if o.wish.has(1) {
				o.retire(1)
			}
			s.everywhere(o, betweenPhases, s.resume)
		})
	})
	s.report(t)
}

// Schedules 18 and 19: two members rejoin, and lack rows of each other; then one of them is not wanted for a while, and then the other
// one. Neither may be taken for a node that has all its data.
func TestSchedules18And19(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name        string
		first, then int
	}{{"18", 1, 2}, {"19", 2, 1}, {"19, the source", 0, 2}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSearch(&classes{})
			s.rejoining(t, 3, "n2>n3", "n3>n2").inAllWeathers(func(o *orchestrator) {
				s.everywhere(o, unrecordedPhases, func(o *orchestrator) {
					again := o.wish.nodes[o.wish.find(c.first)]
					o.retire(c.first)
					s.everywhere(o, betweenPhases, func(o *orchestrator) {
						if !o.wish.has(c.first) {
							o.want(o.wish.with(again))
						}
						if o.wish.has(c.then) && o.othersOpen(c.then) {
							o.retire(c.then)
						}
						s.resume(o)
					})
				})
			})
			s.report(t)
		})
	}
}

// Two members rejoin one after the other, with a service beside each, from a state without monitors.
func TestRejoinWithServices(t *testing.T) {
	t.Parallel()
	for _, unwatched := range []bool{false, true} {
		s := newSearch(&classes{})
		o := s.founded(t, wishFor(3).changeAll(serve))
		o.way = rejoin
		if unwatched {
			for node := range 3 {
				o.misplace(database.MonitorInstanceIdentifier(instanceName(node, 0)))
			}
		}
		o.inAllWeathers(func(o *orchestrator) {
			loss{things: slots("n1>n2", "n1>n3")}.strikes(o)
			s.everywhere(o, everyEvent, s.resume)
		})
		s.report(t)
	}
}

// unwatched leaves out the monitors that come before nodes are marked as joining.
func unwatched(plans []plan) []plan {
	at := slices.IndexFunc(plans, func(p plan) bool {
		return p.has(func(d *deed) bool { return d.kind == database.TypeRolesSource && d.makes() })
	})
	if at < 0 {
		return plans
	}
	monitors := func(d *deed) bool { return d.kind == database.TypeMonitorInstance }
	return append(leavingOut(monitors)(plans[:at]), plans[at:]...)
}

// markedAsNew hides that a joining node was a member.
func markedAsNew(_ *resource.State, r *resource.Resource) *resource.Resource {
	c := *r
	if r.Identifier.Type == database.TypeRolesSource {
		c.Attributes = bytes.Replace(r.Attributes, []byte(`"rejoins":true,`), nil, 1)
	}
	return &c
}

// watchedAgain shows a monitor where there is none.
func watchedAgain(s *resource.State) *resource.State {
	seen := s.Clone()
	for _, r := range s.OfType(database.TypeInstance) {
		if id := database.MonitorInstanceIdentifier(r.Identifier.ID); !seen.Has(id) {
			seen.Add(database.MonitorInstance{InstanceID: r.Identifier.ID, DatabaseName: databases.Name}.Resource())
		}
	}
	return seen
}

// Each rule for nodes that rejoin is needed: without it, rows are lost or doubled, or nothing goes on.
func TestEachRuleOfRejoiningIsNeeded(t *testing.T) {
	t.Parallel()
	drain := func(d *deed) bool {
		return d.node == 1 && (d.kind == database.TypeSyncEvent || d.kind == database.TypeWaitForSyncEvent || d.kind == database.TypePeerCatchup)
	}
	lost, doubled, waits := "node n# has lost", "node n# has doubled", "create database.peer_catchup::n#:n#:app waits for ever"
	for _, c := range []struct {
		name    string
		links   []string
		start   func(*wanted)
		want    func(*orchestrator)
		tampers func([]plan) []plan
		blurs   func(*resource.State) *resource.State
		wrong   string
	}{
		{name: "all are kept", links: []string{"n1>n2"}, start: serve},
		{name: "M1: the node is drained", links: []string{"n1>n2"}, tampers: leavingOut(drain), wrong: lost},
		{
			name: "M1: the markers are written anew", links: []string{"n1>n2"}, wrong: lost,
			tampers: leavingOut(func(d *deed) bool { return drain(d) && d.kind != database.TypeSyncEvent }),
		},
		{
			name: "M2: the node is drained to all", links: []string{"n1>n2"}, wrong: lost,
			tampers: leavingOut(func(d *deed) bool { return drain(d) && d.other == 2 }),
		},
		{
			name: "N1: each node gets a monitor before it is marked", links: []string{"n1>n2"}, wrong: lost,
			tampers: unwatched,
			want:    func(o *orchestrator) { o.misplace(database.MonitorInstanceIdentifier(instanceName(1, 0))) },
		},
		{name: "M3: what has been a member is drained, also when resumed", links: []string{"n1>n2"}, blurs: blurred(markedAsNew), wrong: lost},
		{
			name: "M4: the slots out of the node go", links: []string{"n1>n2", "n1>n3"}, wrong: doubled,
			tampers: leavingOut(func(d *deed) bool { return d.kind == database.TypeReplicationSlot && d.node == 1 }),
		},
		{name: "R1: without a monitor, all is done again", links: []string{"n1>n2"}, blurs: watchedAgain, wrong: waits},
		{
			name: "services of the node stop", links: []string{"n1>n2"}, start: serve, wrong: lost,
			tampers: leavingOut(func(d *deed) bool { return d.kind == typeService }),
		},
		{
			name: "the source lacks nothing", links: []string{"n1>n2", "n1>n3"}, wrong: waits,
			want: func(o *orchestrator) { o.want(o.wish.change(1, func(n *wanted) { n.source = 2 })) },
			blurs: func(s *resource.State) *resource.State {
				return blurred(func(_ *resource.State, r *resource.Resource) *resource.Resource {
					c := *r
					c.NeedsRecreate = r.NeedsRecreate && r.Identifier != things("slot", "n1>n3")
					return &c
				})(s)
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSearch(&classes{})
			w := wishFor(3)
			if c.start != nil {
				w = w.changeAll(c.start)
			}
			o := s.founded(t, w)
			o.way = rejoin
			if c.want != nil {
				c.want(o)
			}
			o.inAllWeathers(func(o *orchestrator) {
				loss{things: slots(c.links...)}.strikes(o)
				o.advisor.tampers, o.advisor.blurs = c.tampers, c.blurs
				s.everywhere(o, unrecordedPhases, s.resume)
			})
			s.expect(t, c.wrong)
		})
	}
}
