package request

import (
	"cmp"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert"
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// updateOptions converts all options but delete_database, which is no option of the planner.
func (r *reader) updateOptions(parent *path, field string, in *plannerv1.UpdateDatabaseOptions) planner.UpdateDatabaseOptions {
	p := at(parent, field)
	strategy := enum(r, &p, "node_update_strategy", convert.NodeUpdateStrategies, in.GetNodeUpdateStrategy())
	drain := enum(r, &p, "drain", convert.DrainModes, in.GetDrain())
	r.notAvailable(&p, "hold_nodes", in.GetHoldNodes())
	return planner.UpdateDatabaseOptions{
		NodeUpdateStrategy: cmp.Or(strategy, planner.NodeUpdateStrategyRolling),
		PlanOptions:        planOptionsFromProto(in.GetPlanOptions()),
		Drain:              drain,
		LostHosts:          in.GetLostHosts(),
	}
}

// noNodes checks that a request without nodes means it, where that deletes something: a forgotten list looks like an empty one.
func (r *reader) noNodes(p *path, in *plannerv1.UpdateDatabaseRequest, start *resource.State) {
	if len(in.GetNodes()) == 0 && !in.GetOptions().GetDeleteDatabase() && r.hasDatabase(start) {
		r.add(p, "nodes", "is empty, and start has a database: name the nodes that are to stay, or set options.delete_database to "+
			"delete the database with all of its rows")
	}
}

// deleteDatabase tells whether the request confirms that it means to have no nodes.
func (r *reader) deleteDatabase(p *path, in *plannerv1.UpdateDatabaseRequest) bool {
	confirmed := in.GetOptions().GetDeleteDatabase()
	if confirmed && len(in.GetNodes()) > 0 {
		q := at(p, "options")
		r.add(&q, "delete_database", "must not be set beside nodes: leave it out to keep them, or leave out all nodes to delete "+
			"the database")
	}
	return confirmed
}

// hasDatabase tells whether the state has a node or a database.
func (r *reader) hasDatabase(s *resource.State) bool {
	for one := range s.All(r.Stop) {
		if t := one.Identifier.Type; t == database.TypeNode || t == database.TypePostgresDatabase {
			return true
		}
	}
	return false
}

func (r *reader) restoreOptions(parent *path, field string, in *plannerv1.RestoreDatabaseOptions) planner.RestoreDatabaseOptions {
	p := at(parent, field)
	r.notAvailable(&p, "hold_nodes", in.GetHoldNodes())
	return planner.RestoreDatabaseOptions{LostHosts: in.GetLostHosts()}
}

// lostHosts are the hosts that the options of a request name as lost.
func (r *reader) lostHosts(p *path, hosts []string) map[string]bool {
	lost := make(map[string]bool, len(hosts))
	options := at(p, "options")
	for i, id := range interrupt.Each(r.Stop, hosts) {
		q := element(&options, "lost_hosts", i)
		r.require(&q, "", id != "")
		r.plain(&q, "", id)
		lost[id] = true
	}
	return lost
}

// notLost notes a violation if something is wanted on a lost host.
func (r *reader) notLost(p *path, field, host string) {
	if r.lost[host] {
		r.add(p, field, "must not be one of options.lost_hosts: leave out what is wanted on %q, or want it on another host",
			shorten(host))
	}
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
