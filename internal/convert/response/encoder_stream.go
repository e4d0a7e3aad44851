package response

import (
	"cmp"

	"google.golang.org/protobuf/encoding/protowire"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// Header opens a stream of that many plans. Options are those of the rpc, as resolved: see ResolvedOptions
// and ResolvedPlanOptions; nil for an rpc that has none. StartDigest is empty unless it was asked for.
func (e *Encoder) Header(plans int, options *plannerv1.UpdateDatabaseOptions, startDigest string) *plannerv1.PlanHeader {
	return &plannerv1.PlanHeader{
		Options:          options,
		AttributesFormat: e.settings.Format,
		MaxMessageBytes:  uint32(e.settings.MaxMessageBytes),
		Plans:            uint32(plans),
		StartDigest:      startDigest,
	}
}

// partSize is the size of a response that is a part of the plan of that index, with that many bytes of phases.
func partSize(plan, phases int) int { return fieldSize(numberSize(uint64(plan)) + phases) }

// appendPart appends the beginning of such a response: what is left is its phases.
func appendPart(b []byte, plan, phases int) []byte {
	size := numberSize(uint64(plan)) + phases
	w := writer{b: protowire.AppendVarint(append(b, convert.TagResponsePlanPart), uint64(size))}
	w.number(convert.TagPartPlanIndex, uint64(plan))
	return w.b
}

// phaseSize is what the phase of that index takes in its part, with that many bytes of events.
func phaseSize(phase, events int) int { return fieldSize(numberSize(uint64(phase)) + events) }

// appendPhase appends the beginning of such a phase: what is left is its events.
func appendPhase(b []byte, phase, events int) []byte {
	size := numberSize(uint64(phase)) + events
	w := writer{b: protowire.AppendVarint(append(b, convert.TagPartPhases), uint64(size))}
	w.number(convert.TagPhaseIndex, uint64(phase))
	return w.b
}

// ResolvedOptions are all options of UpdateDatabase, with the defaults filled in, but for delete_database, which is no option of
// the planner.
func ResolvedOptions(o planner.UpdateDatabaseOptions) *plannerv1.UpdateDatabaseOptions {
	return &plannerv1.UpdateDatabaseOptions{
		NodeUpdateStrategy: convert.NodeUpdateStrategies.ToProto(cmp.Or(o.NodeUpdateStrategy, planner.NodeUpdateStrategyRolling)),
		PlanOptions:        planOptionsToProto(o.PlanOptions),
		Drain:              convert.DrainModes.ToProto(o.Drain),
		LostHosts:          o.LostHosts,
		HoldNodes:          o.HoldNodes,
	}
}

// ResolvedRestoreOptions are the options of RestoreDatabase.
func ResolvedRestoreOptions(o planner.RestoreDatabaseOptions) *plannerv1.UpdateDatabaseOptions {
	return &plannerv1.UpdateDatabaseOptions{LostHosts: o.LostHosts, HoldNodes: o.HoldNodes}
}

// ResolvedPlanOptions are the options of an rpc that has those of planning only.
func ResolvedPlanOptions(o resource.PlanOptions) *plannerv1.UpdateDatabaseOptions {
	return &plannerv1.UpdateDatabaseOptions{PlanOptions: planOptionsToProto(o)}
}

func planOptionsToProto(o resource.PlanOptions) *plannerv1.PlanOptions {
	return &plannerv1.PlanOptions{ForceUpdate: o.ForceUpdate}
}
