package simulation

import (
	"bytes"
	"strings"
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit/databases"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// tampering takes something out of plans that they need.
type tampering struct {
	// ignores tells of a dependency that it does not count any more.
	ignores func(of, on resource.Identifier) bool
	// omits tells of an event that it is left out.
	omits func(d deed) bool
	// alters changes the resource of an event.
	alters func(r *resource.Resource) *resource.Resource
}

// runFreely executes a plan in any order that its dependencies allow, whatever its phases are: that shows
// what each dependency is good for.
func (o *orchestrator) runFreely(p plan, t tampering) error {
	var left []deed
	waiting := make(map[resource.Identifier]bool)
	for _, phase := range p {
		for _, d := range phase {
			if t.omits != nil && t.omits(d) {
				continue
			}
			if t.alters != nil {
				d.Event.Resource = t.alters(d.Resource)
				d = deedOf(d.Event)
			}
			left = append(left, d)
			waiting[d.Resource.Identifier] = true
		}
	}
	for len(left) > 0 {
		var ready []int
		for i := range left {
			if t.isReady(&left[i], waiting) {
				ready = append(ready, i)
			}
		}
		at := ready[o.tape.pick(len(ready))]
		o.pass()
		if err := o.persevere(&left[at], mishap{}); err != nil {
			return err
		}
		delete(waiting, left[at].Resource.Identifier)
		left = append(left[:at], left[at+1:]...)
	}
	return nil
}

// isReady tells whether all that the event depends on is done. What moves an origin does not depend on the subscription
// that has it, but comes phases later.
func (t tampering) isReady(d *deed, waiting map[resource.Identifier]bool) bool {
	if d.kind == database.TypeReplicationOriginAdvance && waiting[database.SubscriptionIdentifier(link(d.node, d.other))] {
		return false
	}
	for _, on := range d.Resource.Dependencies {
		if waiting[on] && (t.ignores == nil || !t.ignores(d.Resource.Identifier, on)) {
			return false
		}
	}
	return true
}

// without ignores that one resource depends on another.
func without(of, on resource.Identifier) tampering {
	return tampering{ignores: func(x, y resource.Identifier) bool { return x == of && y == on }}
}

// withoutType leaves out the events of a type.
func withoutType(t resource.Type) tampering {
	return tampering{omits: func(d deed) bool { return d.kind == t }}
}

// join lets nodes join three others, one plan after the other, each in any order that is left.
func (o *orchestrator) join(t tampering) error {
	a, err := o.ask()
	if err != nil {
		return err
	}
	last := len(a.plans) - 1
	for i, p := range a.plans[:last] {
		o.note("plan %d", i+1)
		if err := o.runFreely(p, t); err != nil {
			return err
		}
	}
	return o.finish(&answer{plans: a.plans[last:]})
}

// triedOften tries something in all weathers with many tapes, and returns what went wrong, by kind.
func triedOften(t *testing.T, start wish, try func(*orchestrator) error) map[string]*chronicle {
	t.Helper()
	s := newSearch(&classes{})
	o := s.founded(t, start)
	wrong := make(map[string]*chronicle)
	for seed := range uint64(100) {
		o.inAllWeathers(func(c *orchestrator) {
			c.tape = randomTape(seed)
			if err := try(c); err != nil {
				kind := kindOf(err)
				if wrong[kind] == nil {
					wrong[kind] = c.story
				}
			}
		})
	}
	return wrong
}

// With all dependencies in place, any order that they allow is good, whatever the phases are. Without a
// single one of them, rows are lost or doubled.
func TestEachDependencyIsNeeded(t *testing.T) {
	// Nodes n1 to n3 are there; n4 joins from n1, and so does n5 where it takes two.
	slot, slotToFifth := database.ReplicationSlotCreateIdentifier(link(1, 3)), database.ReplicationSlotCreateIdentifier(link(1, 4))
	marker, wait := database.SyncEventIdentifier(link(1, 0)), database.WaitForSyncEventIdentifier(link(1, 0))
	catchUp := database.PeerCatchupIdentifier("n1", "n2", databases.Name)
	copying, copied := database.SubscriptionIdentifier(link(0, 3)), database.WaitForSyncEventIdentifier(link(0, 3))
	tracker := database.LagTrackerIdentifier("n2", "n4", databases.Name)
	lost, doubled := "node n# has lost", "node n# has doubled"
	for _, c := range []struct {
		name     string
		joining  int
		tampered tampering
		// wrong is what goes wrong then; nothing if it is empty.
		wrong string
	}{
		{"nothing taken out", 1, tampering{}, ""},
		{"the marker comes after the slot", 1, tampering{ignores: func(of, on resource.Identifier) bool {
			return of == marker && on == slot
		}}, lost},
		{"the marker comes after the slots of all", 2, without(marker, slotToFifth), lost},
		{"the copy comes after the catch-up", 1, without(copying, catchUp), lost},
		{"the copy comes after wait and catch-up", 1, tampering{ignores: func(of, on resource.Identifier) bool {
			return of == copying && (on == catchUp || on == wait)
		}}, lost},
		// To have applied all up to a marker is more than to have received it: what the wait adds is that it
		// sees sooner when replication does not work.
		{"the copy comes after the wait", 1, without(copying, wait), ""},
		{"the tracker looks after the copy", 1, without(tracker, copied), doubled},
		{"the slot is advanced", 1, withoutType(database.TypeReplicationSlotAdvance), doubled},
		{"the origin is advanced", 1, withoutType(database.TypeReplicationOriginAdvance), doubled},
		{"the slot is made in advance", 1, withoutType(database.TypeReplicationSlotCreate), lost},
		{"the subscriptions to peers are disabled", 1, tampering{alters: enabled}, lost},
		{"the roles are loaded", 1, withoutType(database.TypeRolesSource), "node n# lacks the roles"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			wrong := triedOften(t, wishFor(3), func(o *orchestrator) error {
				o.want(wishFor(3 + c.joining))
				return o.join(c.tampered)
			})
			switch story := wrong[c.wrong]; {
			case c.wrong == "" && len(wrong) > 0:
				t.Errorf("went wrong: %v", wrong)
			case c.wrong != "" && story == nil:
				t.Errorf("never: %s; but %v", c.wrong, wrong)
			}
		})
	}
}

// enabled is the resource; a subscription that is disabled is enabled.
func enabled(r *resource.Resource) *resource.Resource {
	if r.Identifier.Type != database.TypeSubscription {
		return r
	}
	c := *r
	c.Attributes = bytes.Replace(r.Attributes, []byte(`"disabled":true`), []byte(`"disabled":false`), 1)
	return &c
}

// The roles source marks a node as joining. Without the record, other traces of the join tell that a node which stopped
// half-way is no member. Without these, too, it is taken for one, and replicates over missing rows.
func TestTheMarkIsNeeded(t *testing.T) {
	for _, c := range []struct {
		name    string
		forgets func(r *resource.Resource) bool
		wrong   string
	}{
		{name: "all is recorded", forgets: func(*resource.Resource) bool { return false }},
		{name: "no mark", forgets: isMark, wrong: "refused without a reason: node n#"},
		{name: "no mark and no traces", forgets: func(r *resource.Resource) bool { return isMark(r) || isTraceOfJoin(r) }, wrong: "node n# has lost"},
	} {
		t.Run(c.name, func(t *testing.T) {
			wrong := triedOften(t, wishFor(3), func(o *orchestrator) error {
				o.want(wishFor(4))
				a, err := o.ask()
				if err != nil {
					return err
				}
				if err := o.stopInPopulate(a.plans); err != nil {
					return err
				}
				for _, r := range o.state.Resources() {
					if d := thing(r); c.forgets(r) {
						o.forget(r.Identifier, &d)
					}
				}
				return o.reach()
			})
			for kind := range wrong {
				if c.wrong == "" || !strings.HasPrefix(kind, c.wrong) {
					t.Errorf("went wrong: %v", wrong)
				}
			}
			if c.wrong != "" && len(wrong) == 0 {
				t.Errorf("not found: %s", c.wrong)
			}
		})
	}
}

// isMark tells whether a record marks a node as joining.
func isMark(r *resource.Resource) bool { return r.Identifier.Type == database.TypeRolesSource }

// isTraceOfJoin tells whether a record is one that only a node which joins has.
func isTraceOfJoin(r *resource.Resource) bool {
	switch r.Identifier.Type {
	case database.TypeDumpRoles, database.TypeReplicationSlotCreate:
		return true
	case database.TypeSubscription:
		flags, err := database.ReadSubscriptionFlags(nil, r)
		return err == nil && !flags.Settled()
	}
	return false
}

// stopInPopulate executes plans until somewhere in the one that populates.
func (o *orchestrator) stopInPopulate(plans []plan) error {
	before, populate := plans[:len(plans)-2], plans[len(plans)-2]
	if err := o.run(before); err != nil {
		return err
	}
	return o.run([]plan{populate[:1+o.tape.pick(len(populate)-1)]})
}
