package request

import (
	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// updateOptions converts all options but delete_database, which is no option of the planner.
func (r *reader) updateOptions(parent *path, field string, in *plannerv1.UpdateDatabaseOptions) planner.UpdateDatabaseOptions {
	p := at(parent, field)
	strategy, ok := convert.NodeUpdateStrategyFromProto(in.GetNodeUpdateStrategy())
	if !ok {
		r.add(&p, "node_update_strategy", "unknown value %d", in.GetNodeUpdateStrategy())
	}
	drain, ok := convert.DrainModeFromProto(in.GetDrain())
	if !ok {
		r.add(&p, "drain", "unknown value %d", in.GetDrain())
	}
	r.notAvailable(&p, "lost_hosts", in.GetLostHosts())
	r.notAvailable(&p, "hold_nodes", in.GetHoldNodes())
	return planner.UpdateDatabaseOptions{
		NodeUpdateStrategy: strategy,
		PlanOptions:        planOptionsFromProto(in.GetPlanOptions()),
		Drain:              drain,
	}
}

func (r *reader) restoreOptions(parent *path, field string, in *plannerv1.RestoreDatabaseOptions) planner.RestoreDatabaseOptions {
	p := at(parent, field)
	r.notAvailable(&p, "lost_hosts", in.GetLostHosts())
	r.notAvailable(&p, "hold_nodes", in.GetHoldNodes())
	return planner.RestoreDatabaseOptions{}
}

// notAvailable refuses a list that is on the wire already, and that nothing reads yet.
func (r *reader) notAvailable(p *path, field string, list []string) {
	if len(list) > 0 {
		r.add(p, field, "is not available yet: leave it empty")
	}
}

func planOptionsFromProto(in *plannerv1.PlanOptions) resource.PlanOptions {
	return resource.PlanOptions{ForceUpdate: in.GetForceUpdate()}
}

// digest is the digest of plans, which may be empty.
func (r *reader) digest(p *path, field, in string) string {
	if in != "" && !isDigest(in) {
		r.add(p, field, "must be empty or the digest of a PlanSummary: %d lower-case hexadecimal digits", digestDigits)
	}
	return in
}

// digestDigits is how many hexadecimal digits a digest has.
const digestDigits = 64

func isDigest(text string) bool {
	for i := range len(text) {
		if c := text[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return len(text) == digestDigits
}
