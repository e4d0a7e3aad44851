package verify_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit/databases"
	"github.com/pgplanner/pgplanner/internal/testkit/notation"
	"github.com/pgplanner/pgplanner/internal/verify"
)

// ofMistakes are the rules about wishes that cannot be meant, and about services.
var ofMistakes = []verify.Rule{
	verify.RuleEmptyBesideMembers, verify.RuleDataAbandoned, verify.RuleDatabaseChanged, verify.RuleMovedInPlace,
	verify.RuleServiceTooEarly,
}

// mistake is a wish that may be one.
type mistake struct {
	name string
	scar func(s *resource.State)
	wish func(all []*planner.NodeResources) wish
	// rules are those that plans violate which just make and delete what differs.
	rules string
}

// onHost puts what the instances need, the one at the position, on a host.
func onHost(all []*planner.NodeResources, position int, host string) []*planner.NodeResources {
	for _, n := range all {
		for _, i := range n.InstanceResources {
			i.InstanceDependencies[position].Executor = resource.Executor{Type: resource.ExecutorHost, ID: host}
		}
	}
	return all
}

// lastOf does something to the last node.
func lastOf(all []*planner.NodeResources, change func(n *planner.NodeResources)) []*planner.NodeResources {
	change(all[len(all)-1])
	return all
}

func mistakes() []mistake {
	type nodes = []*planner.NodeResources
	just := func(all nodes) wish { return wish{nodes: all} }
	renamed := func(all nodes) nodes {
		for _, n := range all {
			n.DatabaseName = "other"
		}
		return all
	}
	elsewhere := func(n *planner.NodeResources) {
		for _, i := range n.InstanceResources {
			i.Instance.Spec.HostID = "elsewhere"
		}
	}
	lostInstances := func(s *resource.State) {
		for _, r := range s.Resources() {
			if id := r.Identifier; id.Type == database.TypeInstance {
				lose(id)(s)
			}
		}
	}
	independent := &planner.ServiceResources{Resources: []*resource.Resource{databases.Own("host.service", "front", `{}`)}}
	return []mistake{
		{name: "one node more", rules: "empty_beside_members", wish: func(all nodes) wish { return wish{nodes: append(all, newNode("n9", 1))} }},
		{name: "one more from a backup", rules: "empty_beside_members", wish: func(all nodes) wish {
			return wish{nodes: lastOf(fromBackup(append(all, newNode("n9", 1))), func(n *planner.NodeResources) { n.AllowMissingRows = false })}
		}},
		{name: "other nodes", rules: "data_abandoned", wish: func(nodes) wish { return wish{nodes: []*planner.NodeResources{newNode("n8", 1), newNode("n9", 1)}} }},
		{name: "a restore without one", rules: "data_abandoned", wish: func(all nodes) wish {
			return wish{nodes: all[:0], restore: []*planner.NodeRestoreResources{restored(all[0].NodeName, len(all[0].InstanceResources))}}
		}},
		{name: "another database", rules: "database_changed", wish: func(all nodes) wish { return just(renamed(all)) }},
		{name: "the database of another id", rules: "database_changed", wish: func(all nodes) wish {
			return just(lastOf(all, func(n *planner.NodeResources) { n.DatabaseID = "other" }))
		}},
		{name: "another host", rules: "moved_in_place", wish: func(all nodes) wish { return just(lastOf(all, elsewhere)) }},
		{name: "another host for what instances need", rules: "moved_in_place", wish: func(all nodes) wish { return just(onHost(all, 1, "elsewhere")) }},
		{name: "a service", rules: "service_too_early", wish: func(all nodes) wish {
			return wish{nodes: append(all, newNode("n9", 1)), services: []*planner.ServiceResources{independent}}
		}, scar: func(s *resource.State) { replaceAll(s, resource.NewState()) }},

		// What follows is harmless, or forbidden for another reason.
		{name: "the same", wish: just},
		{name: "no nodes", wish: func(nodes) wish { return wish{} }},
		{name: "one node less", wish: func(all nodes) wish { return just(all[1:]) }},
		{name: "other nodes from a backup", wish: func(nodes) wish { return just(fromBackup([]*planner.NodeResources{newNode("n9", 1)})) }},
		{name: "one more from a backup, without what others wrote", wish: func(all nodes) wish {
			return just(fromBackup(append(all, newNode("n9", 1))))
		}},
		{name: "all nodes new", wish: just, scar: func(s *resource.State) { replaceAll(s, resource.NewState()) }},
		{name: "another host for lost instances", wish: func(all nodes) wish { return just(lastOf(all, elsewhere)) }, scar: lostInstances},
		{name: "the same beside a service", wish: func(all nodes) wish {
			return wish{nodes: all, services: []*planner.ServiceResources{independent}}
		}},
	}
}

// TestMistakesAreFound has plans for wishes that cannot be meant, which just make and delete what differs.
func TestMistakesAreFound(t *testing.T) {
	for n := 2; n <= 4; n++ {
		names := []string{"n1:2", "n2", "n3", "n4"}[:n]
		for _, c := range mistakes() {
			start := databases.End(onHost(nodes(names...), 1, "here"))
			if c.scar != nil {
				c.scar(start)
			}
			w := c.wish(onHost(nodes(names...), 1, "here"))
			expectOf(t, ofMistakes, strings.Join(names, " ")+", "+c.name, c.rules, start, w)
			if _, violations, err := w.judge(start); err == nil && len(violations) > 0 {
				t.Errorf("%v, %s: %v", names, c.name, violations)
			}
		}
	}
}

// expectOf judges plans that just make and delete what differs by some of the rules.
func expectOf(t *testing.T, rules []verify.Rule, what, want string, start *resource.State, w wish) {
	t.Helper()
	plans, err := resource.PlanAll(nil, start, resource.PlanOptions{}, w.end())
	if err != nil {
		t.Fatal(err)
	}
	options := w.options()
	options.Replan = nil
	violations := slices.DeleteFunc(judged(start, plans, w.end(), options), func(v verify.Violation) bool {
		return !slices.Contains(rules, v.Rule)
	})
	sorted := strings.Fields(want)
	slices.Sort(sorted)
	if found := names(violations); found != strings.Join(sorted, " ") {
		t.Errorf("%s: found %q, want %q: %v\n%s", what, found, want, violations, notation.Plans(plans))
	}
}
