package request

import (
	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/planner"
)

// services converts a list of services, whose ids have to be distinct.
func (r *reader) services(parent *path, field string, in []*plannerv1.ServiceResources) []*planner.ServiceResources {
	seen := make(map[string]struct{}, len(in))
	return list(r, parent, field, in, func(p *path, from *plannerv1.ServiceResources) *planner.ServiceResources {
		id := from.GetServiceInstanceId()
		r.require(p, "service_instance_id", id != "")
		r.unique(seen, p, "service_instance_id", id)
		out := &planner.ServiceResources{
			ServiceInstanceID: id,
			Resources:         r.surrounding(p, "resources", from.GetResources(), always),
		}
		if monitor := from.GetMonitorResource(); monitor != nil {
			q := at(p, "monitor_resource")
			r.desired.list++
			r.countResources(1)
			out.MonitorResource = r.surroundingResource(&q, monitor, r.resources.One(), always)
		}
		return out
	})
}
