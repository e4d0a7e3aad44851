package verify_test

import (
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit"
	"github.com/pgplanner/pgplanner/internal/testkit/databases"
	"github.com/pgplanner/pgplanner/internal/testkit/notation"
	"github.com/pgplanner/pgplanner/internal/verify"
)

// harm does something to a record of the database.
func harm(t *rapid.T, s *resource.State) {
	var hurt []*resource.Resource
	for _, r := range s.Resources() {
		switch r.Identifier.Type {
		case database.TypeSubscription, database.TypeReplicationSlot, database.TypePostgresDatabase, database.TypeMonitorInstance,
			database.TypeInstance:
			hurt = append(hurt, r)
		}
	}
	r := rapid.SampledFrom(hurt).Draw(t, "record").Clone()
	l, isLink := database.LinkOf(r.Identifier)
	switch rapid.IntRange(0, 5).Draw(t, "harm") {
	case 0:
		s.Remove(r.Identifier)
		return
	case 1:
		neverMade(r)
	case 2:
		if isLink && r.Identifier.Type == database.TypeSubscription {
			r = database.Subscription{Link: l, Disabled: true}.Resource()
			r.NeedsRecreate = rapid.Bool().Draw(t, "marked")
		}
	case 3:
		if isLink {
			foundOnce(s, l)
		}
		r.NeedsRecreate = true
	default:
		r.NeedsRecreate = true
	}
	s.Add(r)
}

// TestDamageIsJudgedAsItIsPlanned: which members lack rows, the judge and the planner find out each by themselves. What one
// refuses, the other one names; what the planner plans, is right.
func TestDamageIsJudgedAsItIsPlanned(t *testing.T) {
	seen := testkit.Classes{}
	seen.Check(t, 5, func(t *rapid.T) {
		all := nodes([]string{"n1:2", "n2", "n3", "n4"}[:rapid.IntRange(2, 4).Draw(t, "nodes")]...)
		start := databases.End(all)
		for range rapid.IntRange(1, 5).Draw(t, "harms") {
			harm(t, start)
		}
		w := wish{nodes: slices.Clone(all)}
		switch rapid.IntRange(0, 3).Draw(t, "wish") {
		case 0:
			w.nodes = w.nodes[1:]
		case 1:
			w.nodes, w.restore = w.nodes[1:], []*planner.NodeRestoreResources{restored(all[0].NodeName, len(all[0].InstanceResources))}
		}
		options := w.options()
		violations := judged(start, nil, nil, options)
		found := slices.ContainsFunc(violations, func(v verify.Violation) bool { return v.Rule == verify.RuleMemberIncomplete })
		plans, violations, err := w.judge(start)
		var incomplete *planner.MemberIncompleteError
		switch {
		case errors.As(err, &incomplete):
			seen.Add("incomplete")
			if !found {
				t.Fatalf("%v, and that is not found", err)
			}
		case err != nil:
			seen.Add("refused")
			return
		default:
			seen.Add("planned")
			expectNone(t, plans, violations)
			if found {
				t.Fatalf("an incomplete member is found, and planned is\n%s", notation.Plans(plans))
			}
		}
		for i, n := range w.nodes {
			goesOn := *n
			goesOn.Recovery = planner.NodeRecoveryContinue
			w.nodes[i] = &goesOn
		}
		if plans, violations, err := w.judge(start); err == nil {
			expectNone(t, plans, violations)
		}
	}, "incomplete", "planned")
}
