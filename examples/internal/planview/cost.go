package main

import (
	"fmt"
	"strings"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
)

// writeCost writes what the plans cost: how many events there are to approve, which instances are touched, and what is destroyed or
// given up, the worst first.
func writeCost(b *strings.Builder, s *plannerv1.PlanSummary) {
	if s.GetChanges()+s.GetFollowOns() > 0 {
		fmt.Fprintf(b, "%s, %s\n", count(s.GetChanges(), "change"), count(s.GetFollowOns(), "follow-on"))
	}
	if impact := s.GetImpact(); impact != nil {
		fmt.Fprintf(b, "touches instances that run, at most %s at once\n", count(impact.GetPrimariesAtOnce(), "primary"))
		for _, node := range impact.GetNodes() {
			fmt.Fprintf(b, "    node %s: the primary %s, replicas %s\n", node.GetNodeName(),
				count(node.GetPrimaryTouches(), "time"), count(node.GetReplicaTouches(), "time"))
		}
		writeMore(b, impact.GetNodesLeftOut(), "node")
	}
	total := uint32(0)
	for _, c := range s.GetHazardCounts() {
		total += c.GetCount()
	}
	if total == 0 {
		return
	}
	fmt.Fprintf(b, "%s\n", count(total, "hazard"))
	for _, hazard := range s.GetHazards() {
		fmt.Fprintf(b, "    %s\n", hazard.GetMessage())
	}
	writeMore(b, total-uint32(len(s.GetHazards())), "hazard")
}

// writeMore says how many more there are than the lines above.
func writeMore(b *strings.Builder, n uint32, of string) {
	if n > 0 {
		fmt.Fprintf(b, "    and %s that the summary has no room for\n", count(n, of))
	}
}
