package response

import (
	"cmp"

	"google.golang.org/protobuf/encoding/protowire"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// Header opens a stream of that many plans. Options are those of the rpc, as resolved: see ResolvedOptions
// and ResolvedPlanOptions; nil for an rpc that has none.
func (e *Encoder) Header(plans int, options *plannerv1.UpdateDatabaseOptions) *plannerv1.PlanHeader {
	return &plannerv1.PlanHeader{
		Options:          options,
		AttributesFormat: e.settings.Format,
		MaxMessageBytes:  uint32(e.settings.MaxMessageBytes),
		Plans:            uint32(plans),
	}
}

// indexedSize is the size of the part of a plan in its response, or of a phase in its part: it has an index, and so many
// bytes of phases or events.
func indexedSize(index, content int) int { return fieldSize(numberSize(uint64(index)) + content) }

// appendIndexed appends the beginning of a field that is such a message: what is left is its content.
func appendIndexed(b []byte, tag, indexTag byte, index, content int) []byte {
	w := writer{b: protowire.AppendVarint(append(b, tag), uint64(numberSize(uint64(index))+content))}
	w.number(indexTag, uint64(index))
	return w.b
}

// ResolvedOptions are all options of UpdateDatabase, with the defaults filled in.
func ResolvedOptions(o planner.UpdateDatabaseOptions) *plannerv1.UpdateDatabaseOptions {
	return &plannerv1.UpdateDatabaseOptions{
		NodeUpdateStrategy: convert.NodeUpdateStrategies.ToProto(cmp.Or(o.NodeUpdateStrategy, planner.NodeUpdateStrategyRolling)),
		PlanOptions:        planOptionsToProto(o.PlanOptions),
	}
}

// ResolvedPlanOptions are the options of an rpc that has those of planning only.
func ResolvedPlanOptions(o resource.PlanOptions) *plannerv1.UpdateDatabaseOptions {
	return &plannerv1.UpdateDatabaseOptions{PlanOptions: planOptionsToProto(o)}
}

func planOptionsToProto(o resource.PlanOptions) *plannerv1.PlanOptions {
	return &plannerv1.PlanOptions{ForceUpdate: o.ForceUpdate}
}

// Summary closes a stream of these plans: it counts what is in them, and computes their digest. It gives up
// with interrupt.ErrInterrupted once it is told to stop.
func Summary(stop *interrupt.Poller, plans []resource.Plan) (*plannerv1.PlanSummary, error) {
	digest, err := resource.Digest(stop, plans)
	if err != nil {
		return nil, err
	}
	summary := &plannerv1.PlanSummary{Plans: uint32(len(plans)), Digest: digest}
	for _, plan := range interrupt.Each(stop, plans) {
		summary.Phases += uint32(len(plan.Phases))
		for _, phase := range interrupt.Each(stop, plan.Phases) {
			countEvents(stop, summary, phase.Events)
		}
	}
	return summary, stop.Err()
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
		}
	}
}
