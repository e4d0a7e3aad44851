package response

import (
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert"
	"github.com/pgplanner/pgplanner/internal/impact"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// Summary closes a stream of these plans: it counts what is in them, computes their digest, and says what they cost. Of lists it has
// as much as fits into a message. The error is interrupt.ErrInterrupted.
func (e *Encoder) Summary(plans []resource.Plan, cost *impact.Cost) (*plannerv1.PlanSummary, error) {
	digest, err := resource.Digest(e.stop, plans)
	if err != nil {
		return nil, err
	}
	summary := &plannerv1.PlanSummary{
		Plans: uint32(len(plans)), Digest: digest, Changes: uint32(cost.Changes), FollowOns: uint32(cost.FollowOns),
	}
	for _, plan := range interrupt.Each(e.stop, plans) {
		summary.Phases += uint32(len(plan.Phases))
		for _, phase := range interrupt.Each(e.stop, plan.Phases) {
			countEvents(e.stop, summary, phase.Events)
		}
	}
	e.addCost(summary, cost)
	if err := e.stop.Err(); err != nil {
		return nil, err
	}
	return summary, nil
}

func countEvents(stop *interrupt.Poller, summary *plannerv1.PlanSummary, events []resource.Event) {
	for i := range interrupt.Each(stop, events) {
		switch events[i].Type {
		case resource.EventRefresh:
			summary.Refreshes++
		case resource.EventCreate:
			summary.Creates++
		case resource.EventUpdate:
			summary.Updates++
		case resource.EventDelete:
			summary.Deletes++
		case resource.EventForget:
			summary.Forgets++
		}
	}
}

// lengths is what the lengths in front of a response, its summary and its impact take at most.
const lengths = 3 * (convert.TagSize + 5)

// addCost adds what the plans cost. If not all hazards and nodes fit, the hazards have at least half of the room that is left.
func (e *Encoder) addCost(summary *plannerv1.PlanSummary, cost *impact.Cost) {
	for _, c := range cost.Counts {
		summary.HazardCounts = append(summary.HazardCounts, &plannerv1.HazardCount{
			Kind: convert.HazardKinds.ToProto(c.Kind), Count: uint32(c.Count),
		})
	}
	if len(cost.Nodes) > 0 {
		summary.Impact = &plannerv1.Impact{
			PrimariesAtOnce: uint32(cost.PrimariesAtOnce), NodesLeftOut: uint32(len(cost.Nodes)),
		}
	}
	left := e.settings.MaxMessageBytes - proto.Size(summary) - lengths
	nodes := make([]*plannerv1.NodeImpact, len(cost.Nodes))
	sizeOfNodes := 0
	for i, n := range interrupt.Each(e.stop, cost.Nodes) {
		nodes[i] = &plannerv1.NodeImpact{NodeName: n.Name, PrimaryTouches: uint32(n.Primary), ReplicaTouches: uint32(n.Replicas)}
		sizeOfNodes += listed(nodes[i])
	}
	rest := left - max(left/2, left-sizeOfNodes)
	for _, h := range cost.Hazards { // 100 at most
		hazard := &plannerv1.Hazard{
			Kind: convert.HazardKinds.ToProto(h.Kind), NodeName: h.Node, Resource: identifierOf(h.Resource), Message: impact.Sentence(h),
		}
		if size := listed(hazard); size <= left-rest {
			summary.Hazards = append(summary.Hazards, hazard)
			left -= size
		}
	}
	for _, n := range interrupt.Each(e.stop, nodes) {
		if size := listed(n); size <= left {
			summary.Impact.Nodes = append(summary.Impact.Nodes, n)
			summary.Impact.NodesLeftOut--
			left -= size
		}
	}
}

// listed is what a message takes as an element of a list.
func listed(m proto.Message) int { return convert.TagSize + protowire.SizeBytes(proto.Size(m)) }

func identifierOf(id resource.Identifier) *plannerv1.Identifier {
	if id == (resource.Identifier{}) {
		return nil
	}
	return &plannerv1.Identifier{Type: string(id.Type), Id: id.ID}
}
