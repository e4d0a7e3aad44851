package verify_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit/execution"
	"github.com/pgplanner/pgplanner/internal/verify"
)

// TestUnmarkedJoinsAreFound stops a join after each phase, and takes away the record that marks the node as joining. Plans
// that just make what is missing violate a rule as long as the node has not all its links, whoever of the others leaves. The
// planner refuses, or plans nothing that violates any.
func TestUnmarkedJoinsAreFound(t *testing.T) {
	found, harmless := 0, 0
	for n := 2; n <= 4; n++ {
		all := nodes([]string{"n1", "n2:2", "n3", "n4"}[:n]...)
		last := all[n-1].NodeName
		state := wish{nodes: all[:n-1]}.end()
		for i, plan := range (wish{nodes: all}).mustPlan(t, state) {
			for k, phase := range plan.Phases {
				state = execution.After(state, resource.Plan{Phases: []resource.Phase{phase}})
				start := state.Clone()
				start.Remove(database.RolesSourceIdentifier(last))
				if !start.Has(database.PostgresDatabaseIdentifier(last, "app")) {
					continue // it is new
				}
				rule := "member_incomplete"
				if hasLinksWith(start, last, all[:n-1]) {
					rule, harmless = "", harmless+1
				} else {
					found++
				}
				for _, w := range wishesWith(all) {
					where := fmt.Sprintf("%d nodes, plan %d, phase %d, %d stay", n, i+1, k+1, len(w.nodes))
					expectOf(t, []verify.Rule{verify.RuleMemberIncomplete}, where, rule, start, w)
					if plans, violations, err := w.judge(start); err == nil && (rule != "" || len(violations) > 0) {
						t.Errorf("%s: planned as %d plans, %v", where, len(plans), violations)
					}
				}
			}
		}
	}
	if found < 20 || harmless < 10 {
		t.Errorf("%d states are found, %d are harmless", found, harmless)
	}
}

// wishesWith are the wishes for all nodes, and for all but one of those before the last.
func wishesWith(all []*planner.NodeResources) []wish {
	wishes := []wish{{nodes: all}}
	for i := range all[:len(all)-1] {
		if len(all) > 2 {
			wishes = append(wishes, wish{nodes: slices.Delete(slices.Clone(all), i, i+1)})
		}
	}
	return wishes
}

// hasLinksWith tells whether a node has a link with each of the others that it has begun to apply changes through.
func hasLinksWith(s *resource.State, name string, others []*planner.NodeResources) bool {
	return !slices.ContainsFunc(others, func(other *planner.NodeResources) bool {
		record, ok := s.Get(database.SubscriptionIdentifier(link(other.NodeName, name)))
		if !ok {
			return true
		}
		flags, err := database.ReadSubscriptionFlags(nil, record)
		return err != nil || !flags.Settled()
	})
}
