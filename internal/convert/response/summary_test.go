package response

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert"
	"github.com/pgplanner/pgplanner/internal/impact"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// costly is what plans cost that touch so many nodes and have so many hazards, up to what is listed, with names of that length.
func costly(nodes, hazards, length int) *impact.Cost {
	cost := &impact.Cost{PrimariesAtOnce: nodes}
	name := func(i int) string { return fmt.Sprintf("n%0*d", length, i) }
	for i := range nodes {
		cost.Nodes = append(cost.Nodes, impact.Node{Name: name(i), Primary: 1_000_000, Replicas: 1_000_000})
	}
	for i := range min(hazards, impact.MaxHazards) {
		cost.Hazards = append(cost.Hazards, planner.Hazard{
			Kind: impact.DatabaseDeleted, Node: name(i), Resource: resource.Identifier{Type: "database.postgres_database", ID: name(i) + ":app"},
		})
	}
	for _, kind := range impact.Severities() {
		cost.Counts = append(cost.Counts, impact.Count{Kind: kind, Count: max(hazards, 1) << 20})
	}
	return cost
}

// TestSummariesFit: whatever plans cost, the summary is one message that is not larger than messages may be, has as much as fits, and
// says what it leaves out.
func TestSummariesFit(t *testing.T) {
	for _, limit := range []int{4 << 10, 5000, 16 << 10, 1 << 20} {
		for _, nodes := range []int{0, 1, 3, 256, 4096} {
			for _, hazards := range []int{0, 1, 20, 1000} {
				for _, length := range []int{3, 63, 3000, 10_000} {
					t.Run(fmt.Sprintf("%d bytes/%d nodes/%d hazards/%d", limit, nodes, hazards, length), func(t *testing.T) {
						cost := costly(nodes, hazards, length)
						settings := convert.ResponseSettings{MaxMessageBytes: limit}
						summary, err := NewEncoder(nil, settings).Summary(nil, cost)
						if err != nil {
							t.Fatal(err)
						}
						checkFits(t, summary, cost, limit)
					})
				}
			}
		}
	}
}

func checkFits(t *testing.T, summary *plannerv1.PlanSummary, cost *impact.Cost, limit int) {
	t.Helper()
	size := proto.Size(&plannerv1.UpdateDatabaseResponse{Part: &plannerv1.UpdateDatabaseResponse_Summary{Summary: summary}})
	if size > limit {
		t.Errorf("%d bytes", size)
	}
	listed := summary.GetImpact().GetNodes()
	if len(listed)+int(summary.GetImpact().GetNodesLeftOut()) != len(cost.Nodes) || len(summary.GetHazardCounts()) != len(cost.Counts) {
		t.Errorf("%d nodes are listed, %d left out; %d counts", len(listed), summary.GetImpact().GetNodesLeftOut(), len(summary.GetHazardCounts()))
	}
	for i, n := range listed {
		if n.GetNodeName() != cost.Nodes[i].Name {
			t.Errorf("node %d is %s", i, n.GetNodeName())
		}
	}
	for i, h := range summary.GetHazards() {
		if h.GetNodeName() != cost.Hazards[i].Node || !strings.HasPrefix(h.GetMessage(), "The database of node n") {
			t.Errorf("hazard %d is %v", i, h)
		}
	}
	// What is left would take one of either that is left out; 30 bytes are for lengths.
	left := limit - size - 30
	if i := len(listed); i < len(cost.Nodes) && left > len(cost.Nodes[i].Name)+20 {
		t.Errorf("%d bytes are left, but not all nodes are listed", left)
	}
	if i := len(summary.GetHazards()); i < len(cost.Hazards) && len(listed) == 0 && left > 3*len(cost.Hazards[i].Node)+200 {
		t.Errorf("%d bytes are left, but not all hazards are listed", left)
	}
	if len(cost.Nodes) == 256 && len(cost.Nodes[0].Name) < 64 && (len(listed) < 20 || len(cost.Hazards) > 0 && len(summary.GetHazards()) == 0) {
		t.Errorf("only %d nodes and %d hazards are listed", len(listed), len(summary.GetHazards()))
	}
}
