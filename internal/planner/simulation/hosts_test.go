package simulation

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit/databases"
)

// nodeSet is a set of nodes, as a value that can be compared.
type nodeSet [maxNodes]bool

// hosts are those of all instances that the nodes may have.
func (s nodeSet) hosts() []string {
	var hosts []string
	for node, in := range s {
		for i := range maxInstances {
			if in {
				hosts = append(hosts, databases.Instance(nodeName(node), instanceName(node, i)).Instance.Spec.HostID)
			}
		}
	}
	return hosts
}

// errOnLostHost says that an event was to be executed where nothing is any more.
var errOnLostHost = errors.New("its host is lost")

// isOnLost tells whether an event has to be executed on a lost host.
func (w *world) isOnLost(r *resource.Resource) bool {
	switch r.Executor.Type {
	case resource.ExecutorPrimary:
		return w.lost[nodeNumber(r.Executor.ID)]
	case resource.ExecutorHost:
		return slices.Contains(w.lost.hosts(), r.Executor.ID)
	case resource.ExecutorAny, resource.ExecutorManager:
	}
	return false
}

// loseHosts lets the hosts of a node be gone for good, with all that is on them, and names them as lost in all that is wanted
// from then on.
func (o *orchestrator) loseHosts(node int) {
	o.note("the hosts of %s are lost", nodeName(node))
	o.world.seen.count(hostLost)
	o.world.lost[node] = true
	o.world.open[node], o.world.serving[node] = false, false
	o.world.servers[node] = server{wal: o.world.servers[node].wal[:0]}
	for other := range o.world.servers {
		o.world.servers[other].subscriptions[node].reconnect()
	}
	o.dropped[node] = true
	o.over = o.over || !o.othersOpen(node)
	w := o.wish.without(node)
	w.lost[node] = true
	o.want(w)
}

// The hosts of a node are lost, in whatever situation and at each phase of it, and what follows is interrupted everywhere.
// Nothing is executed there, no slot is left for it, and the others go on with all rows but those that a hazard names.
func TestHostsLostEverywhere(t *testing.T) {
	t.Parallel()
	var seen classes
	seen.demand(t, hostLost, lostForgotten, copyRepeated, resumed)
	for _, c := range []struct {
		name    string
		members int
		want    func(*orchestrator)
		lost    []int
	}{
		{"of two", 2, nil, []int{1}},
		{"of three", 3, nil, []int{0}},
		{"two of three", 3, nil, []int{1, 2}},
		{"a peer of a joining node", 3, func(o *orchestrator) { o.want(wishFor(4)) }, []int{1}},
		{"the source of a joining node", 3, func(o *orchestrator) { o.want(wishFor(4)) }, []int{0}},
		{"a joining node", 2, func(o *orchestrator) { o.want(wishFor(3)) }, []int{2}},
		{"a peer of two joining nodes", 2, func(o *orchestrator) { o.want(wishFor(4)) }, []int{1}},
		{"beside a removal", 3, func(o *orchestrator) { o.retire(2) }, []int{1}},
		{"during its removal", 3, func(o *orchestrator) { o.retire(1) }, []int{1}},
		{"beside a change", 2, func(o *orchestrator) { o.want(o.wish.change(0, func(n *wanted) { n.version++ })) }, []int{1}},
		{"a peer of a joining node that is dropped", 3, func(o *orchestrator) { o.want(wishFor(4)) }, []int{-3, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSearch(&seen)
			strike := func(o *orchestrator) {
				again := o.wish
				for _, node := range c.lost {
					if node < 0 { // not wanted meanwhile, and wanted again afterwards
						o.retire(-node)
					} else {
						o.loseHosts(node)
					}
				}
				again.lost = o.wish.lost
				s.everywhere(o, everyEvent, func(o *orchestrator) {
					if c.lost[0] < 0 {
						o.want(again.without(c.lost[1]))
					}
					s.resume(o)
				})
			}
			s.founded(t, wishFor(c.members)).inAllWeathers(func(o *orchestrator) {
				if c.want == nil {
					strike(o)
					return
				}
				c.want(o)
				s.everywhere(o, unrecordedPhases, strike)
			})
			s.report(t)
		})
	}
}

// A member is lost, and the update of another one fails for good: all that is kept for the lost one goes all the same, and it
// is forgotten.
func TestLostHostsBesideAFailingUpdate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		tampers func([]plan) []plan
		wrong   string
	}{
		{name: "as planned"},
		{"slots last", leavingForLater(isSlotForLost), "n1 has a slot for n3 left"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSearch(&classes{})
			o := s.founded(t, wishFor(3))
			o.advisor.tampers = c.tampers
			o.loseHosts(2)
			o.want(o.wish.change(1, func(n *wanted) { n.version++ }))
			if err := o.runUntilUpdateFails(); err != nil {
				t.Fatal(err)
			}
			wrong := ""
			for node := range 2 {
				if o.world.servers[node].slots[2].exists {
					wrong = fmt.Sprintf("%s has a slot for n3 left", nodeName(node))
					break
				}
			}
			if wrong != c.wrong {
				t.Errorf("%q, want %q\n%v", wrong, c.wrong, o.story)
			}
			if o.has(database.InstanceIdentifier("n3-a")) {
				t.Error("the lost instance is still recorded")
			}
		})
	}
}

// runUntilUpdateFails executes plans up to the first update of an instance.
func (o *orchestrator) runUntilUpdateFails() error {
	a, err := o.ask()
	if err != nil {
		return err
	}
	for _, p := range a.plans {
		for _, ph := range p {
			if slices.ContainsFunc(ph, func(d deed) bool { return d.kind == database.TypeInstance && d.makes() }) {
				return nil
			}
			if err := o.runPhase(ph, nil); err != nil {
				return err
			}
		}
	}
	return errors.New("no instance is updated")
}

// isSlotForLost tells whether the deed deletes a slot for n3.
func isSlotForLost(d *deed) bool {
	return d.kind == database.TypeReplicationSlot && d.other == 2 && d.node != 2 && !d.makes()
}

// What tells of a joining node that a lost one was its peer goes after what the node has copied. If it goes first, and the
// plans stop there, the copy goes on without rows that its source has. And a slot that is not recorded is recorded before what
// else tells of it is forgotten.
func TestOrderOfForgettingIsNeeded(t *testing.T) {
	t.Parallel()
	// Nodes n1 to n3 are there, n4 joins from n1, and n2 is lost.
	ofLostPeer := func(d *deed) bool {
		return d.node == 1 && d.other == 3 && !d.makes() && (d.kind == database.TypeSubscription ||
			d.kind == database.TypeReplicationSlotCreate || d.kind == database.TypeReplicationSlot)
	}
	for _, c := range []struct {
		name    string
		tampers func([]plan) []plan
		// unrecorded says that the slots for n2 are not recorded.
		unrecorded bool
		wrong      string
	}{
		{name: "as planned"},
		{name: "what tells of the peer first", tampers: leavingFirst(ofLostPeer), wrong: "node n# has lost"},
		{name: "slots that are not recorded", unrecorded: true},
		{
			name: "slots that are not recorded, forgotten at once", unrecorded: true,
			tampers: leavingOut(func(d *deed) bool { return d.kind == database.TypeReplicationSlot && d.other == 1 }),
			wrong:   "node n# has a slot for n#: true",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSearch(&classes{})
			founded := s.founded(t, wishFor(3))
			founded.want(wishFor(4))
			founded.inAllWeathers(func(o *orchestrator) {
				s.everywhere(o, betweenPhases, func(o *orchestrator) {
					for range 2 * maxNodes {
						o.pass()
					}
					o.loseHosts(1)
					if c.unrecorded {
						o.misplaceSlotsFor(1)
					}
					s.advisor, o.advisor = newAdvisor(&classes{}), newAdvisor(&classes{})
					o.advisor.tampers = c.tampers
					s.everywhere(o, betweenPhases, func(o *orchestrator) {
						o.advisor = newAdvisor(&classes{})
						o.objected = nil
						s.resume(o)
					})
				})
			})
			s.expect(t, c.wrong)
		})
	}
}

// leavingFirst returns what puts events first of all, in a plan of their own.
func leavingFirst(is func(*deed) bool) func([]plan) []plan {
	return func(plans []plan) []plan {
		left, events := split(plans, is)
		if len(events) == 0 {
			return left
		}
		return append([]plan{{events}}, left...)
	}
}

// misplaceSlotsFor loses the records of the slots for a node.
func (o *orchestrator) misplaceSlotsFor(node int) {
	for _, r := range o.state.OfType(database.TypeReplicationSlot) {
		if d := thing(r); d.other == node {
			o.forget(r.Identifier, &d)
		}
	}
}
