package verify_test

import (
	"fmt"
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit/databases"
	"github.com/pgplanner/pgplanner/internal/testkit/execution"

	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// benchNodes are n nodes of three instances each.
func benchNodes(n int) []*planner.NodeResources {
	return nodes(databases.Names("n", n, 3)...)
}

// BenchmarkPlans measures the judge beside the planner whose plans it judges.
func BenchmarkPlans(b *testing.B) {
	for _, n := range []int{3, 16, 64} {
		whole := execution.CopyState(execution.After(resource.NewState(), must(wish{nodes: benchNodes(n)}.plan(resource.NewState()))...))
		oneInstance := benchNodes(n)
		changed(oneInstance[:1])
		oneSetting := benchNodes(n)
		oneSetting[n/2].InstanceResources[1].Instance.Spec.Settings = []byte(`{"port":5433}`)
		for _, c := range []struct {
			name  string
			start *resource.State
			wish  wish
		}{
			{"create", resource.NewState(), wish{nodes: benchNodes(n)}},
			{"no-op", whole, wish{nodes: benchNodes(n)}},
			{"change-one-instance", whole, wish{nodes: oneSetting}},
			{"change-one-node", whole, wish{nodes: oneInstance}},
			{"change-all", whole, wish{nodes: changed(benchNodes(n))}},
			{"add-node", whole, wish{nodes: append(benchNodes(n), newNode("x", 3))}},
			{"remove-node", whole, wish{nodes: benchNodes(n)[1:]}},
			{"force", whole, wish{nodes: benchNodes(n), force: true}},
		} {
			b.Run(fmt.Sprintf("%s/%d/plan", c.name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					must(c.wish.plan(c.start))
				}
			})
			b.Run(fmt.Sprintf("%s/%d/judge", c.name, n), func(b *testing.B) {
				plans, end, options := must(c.wish.plan(c.start)), c.wish.end(), c.wish.options()
				options.Replan = nil
				b.ReportAllocs()
				for b.Loop() {
					if violations := judged(c.start, plans, end, options); len(violations) > 0 {
						b.Fatal(violations[0])
					}
				}
			})
		}
	}
}

func must(plans []resource.Plan, err error) []resource.Plan {
	if err != nil {
		panic(err)
	}
	return plans
}
