package simulation

import (
	"testing"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/testkit/databases"
)

// An engine that drops the slot together with its subscription does not do what plans ask of it: a node that has to copy
// again loses what the slots kept.
func TestEngineDropsSlots(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		between func(*orchestrator)
		// wrong is what goes wrong then; nothing if it is empty.
		wrong string
	}{
		{"nothing happens", func(*orchestrator) {}, ""},
		{"instance lost", losing(database.InstanceIdentifier("n4-a")), "node n# has lost"},
		{"database lost", losing(database.PostgresDatabaseIdentifier("n4", databases.Name)), "node n# has lost"},
		{"slot on a peer lost", losing(database.ReplicationSlotIdentifier(link(1, 3))), "node n# has lost"},
		{"subscription to a peer lost", losing(database.SubscriptionIdentifier(link(1, 3))), "node n# has lost"},
		{"copying subscription lost", losing(database.SubscriptionIdentifier(link(0, 3))), "node n# has lost"},
		{"peer not wanted", func(o *orchestrator) { o.retire(1) }, "node n# has lost"},
		{"node not wanted", func(o *orchestrator) { o.retire(3) }, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSearch(&classes{})
			o := s.founded(t, wishFor(3))
			o.world.dropsSlots = true
			o.want(wishFor(4))
			o.inAllWeathers(func(o *orchestrator) {
				s.everywhere(o, unrecordedPhases, func(o *orchestrator) {
					c.between(o)
					s.everywhere(o, unrecordedPhases, s.resume)
				})
			})
			s.expect(t, c.wrong)
		})
	}
}
