package request

import (
	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/planner"
)

// services converts a list of services, whose ids have to be distinct.
func (r *reader) services(parent *path, field string, in []*plannerv1.ServiceResources) []*planner.ServiceResources {
	if len(in) == 0 {
		return nil
	}
	out := make([]*planner.ServiceResources, len(in))
	seen := make(map[string]struct{}, len(in))
	for i, from := range interrupt.Each(r.Stop, in) {
		p := element(parent, field, i)
		id := from.GetServiceInstanceId()
		if id == "" {
			r.add(&p, "service_instance_id", "is required")
		}
		r.plain(&p, "service_instance_id", id)
		r.unique(seen, &p, "service_instance_id", id)
		out[i] = &planner.ServiceResources{
			ServiceInstanceID: id,
			Resources:         r.surrounding(&p, "resources", from.GetResources(), always),
		}
		if monitor := from.GetMonitorResource(); monitor != nil {
			q := at(&p, "monitor_resource")
			r.desired.list++
			r.countResources(1)
			out[i].MonitorResource = r.surroundingResource(&q, monitor, r.resources.One(), always)
		}
	}
	return out
}
