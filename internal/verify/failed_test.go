package verify_test

import (
	"slices"
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit/execution"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/verify"
)

// A subscription to a joining node that has applied changes before, and failed, may be updated as long as the node
// does not copy again: that it has to find a position of its own once more takes nothing away.
func TestFailedSubscriptionsToAJoiningNode(t *testing.T) {
	out := database.SubscriptionIdentifier(link("n4", "n1"))
	for name, test := range map[string]struct {
		lacks   resource.Identifier
		objects bool
	}{
		"nothing":      {resource.Identifier{}, false},
		"the position": {database.ReplicationOriginAdvanceIdentifier(link("n2", "n4")), false},
		"the marker":   {database.WaitForSyncEventIdentifier(link("n1", "n4")), true},
		"the copy":     {database.SubscriptionIdentifier(link("n1", "n4")), true},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMutant(t, adding)
			m.start = execution.After(m.start, m.plans[:3]...) // populated, and not enabled yet
			m.start.Remove(test.lacks)
			slot, _ := m.end.Get(resource.Identifier{Type: database.TypeReplicationSlot, ID: out.ID})
			wanted, _ := m.end.Get(out)
			failed := wanted.Clone()
			failed.Error = "it failed"
			m.start.Add(slot)
			m.start.Add(failed)
			m.plans = []resource.Plan{{Phases: []resource.Phase{{Events: []resource.Event{
				{Type: resource.EventUpdate, Resource: wanted, Reason: resource.ReasonHasError},
			}}}}}
			found := m.judge()
			objects := slices.ContainsFunc(found, func(v verify.Violation) bool { return v.Rule == verify.RuleJoiningOut })
			if objects != test.objects {
				t.Errorf("got %v", found)
			}
		})
	}
}
