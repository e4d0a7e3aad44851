package simulation

import (
	"testing"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/testkit/databases"
)

// An engine that drops the slot together with its subscription does not do what plans ask of it. All the same, a node that
// has to copy again loses nothing: what made its slots is made again, too, before the markers. Without that, what the slots
// kept is lost.
func TestEngineDropsSlots(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		between func(*orchestrator)
		// needed tells that the slots have to be made again.
		needed bool
	}{
		{"nothing happens", func(*orchestrator) {}, false},
		{"instance lost", losing(database.InstanceIdentifier("n4-a")), true},
		{"database lost", losing(database.PostgresDatabaseIdentifier("n4", databases.Name)), true},
		{"slot on a peer lost", losing(database.ReplicationSlotIdentifier(link(1, 3))), true},
		{"subscription to a peer lost", losing(database.SubscriptionIdentifier(link(1, 3))), false},
		{"copying subscription lost", losing(database.SubscriptionIdentifier(link(0, 3))), true},
		{"peer not wanted", func(o *orchestrator) { o.retire(1) }, true},
		{"node not wanted", func(o *orchestrator) { o.retire(3) }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			search := func(tampers func([]plan) []plan) *search {
				s := newSearch(&classes{})
				o := s.founded(t, wishFor(3))
				o.world.dropsSlots = true
				o.want(wishFor(4))
				o.inAllWeathers(func(o *orchestrator) {
					s.everywhere(o, unrecordedPhases, func(o *orchestrator) {
						c.between(o)
						o.refresh()
						o.advisor = newAdvisor(s.advisor.seen)
						o.advisor.tampers = tampers
						s.resume(o)
					})
				})
				return s
			}
			search(nil).report(t)
			if c.needed {
				search(leavingForLater(func(d *deed) bool { return d.kind == database.TypeReplicationSlotCreate })).
					expect(t, "node n# has lost")
			}
		})
	}
}
