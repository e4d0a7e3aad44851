package request

import (
	"cmp"
	"slices"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/jsontext"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/slab"
)

// scope says at which time a resource is desired. Within one time, it can be desired in one way only.
type scope uint8

const (
	always        scope = iota // around nodes and services that stay
	duringRestore              // around an instance while it is being restored
	afterRestore               // around the instances of a restored node
)

// meets tells whether there is a time at which both hold.
func (s scope) meets(other scope) bool { return s == other || s == always || other == always }

// desiredResources are all resources around the instances and services of a request, found by identifier.
type desiredResources struct {
	byID map[resource.Identifier]*desiredResource
	all  slab.Slab[desiredResource]
	list uint32 // the number of the list that is being read
}

type desiredResource struct {
	resource *resource.Resource
	list     uint32 // the last list that the resource was in
	scope    scope
	// otherTime is the same resource as it is desired at another time; nil if there is none.
	otherTime *desiredResource
}

// add notes a resource. If it is desired already, it returns what it was first desired as, and whether that stands
// in the same list; else nil.
func (d *desiredResources) add(r *resource.Resource, s scope) (earlier *resource.Resource, sameList bool) {
	var last *desiredResource
	for e := d.byID[r.Identifier]; e != nil; e = e.otherTime { // twice at most
		if e.scope.meets(s) {
			sameList = e.list == d.list
			e.list = d.list
			return e.resource, sameList
		}
		last = e
	}
	added := d.all.One()
	*added = desiredResource{resource: r, list: d.list, scope: s}
	if last != nil {
		last.otherTime = added
	} else {
		d.byID[r.Identifier] = added
	}
	return nil, false
}

// surrounding converts a list of resources around an instance or a service. Where the same one is desired in several
// places, they share it.
func (r *reader) surrounding(parent *path, field string, in []*plannerv1.Resource, s scope) []*resource.Resource {
	if len(in) == 0 || !r.countResources(len(in)) {
		return nil
	}
	out := make([]*resource.Resource, len(in))
	list := r.resources.Take(len(in))
	r.desired.list++
	for i, from := range interrupt.Each(r.Stop, in) {
		p := element(parent, field, i)
		out[i] = r.surroundingResource(&p, from, &list[i], s)
	}
	return out
}

func (r *reader) surroundingResource(p *path, in *plannerv1.Resource, out *resource.Resource, s scope) *resource.Resource {
	if !r.resource(p, in, out, surrounding) {
		return out
	}
	earlier, sameList := r.desired.add(out, s)
	switch {
	case earlier == nil:
		return out
	case sameList:
		r.add(p, "identifier", "%s is in this list more than once", shorten(out.Identifier.String()))
	default:
		if field := difference(r.Stop, earlier, out); field != "" {
			if _, text := in.GetAttributesForm().(*plannerv1.Resource_AttributesJson); text && field == "attributes" {
				field = "attributes_json"
			}
			r.add(p, field, "%s is wanted with a different value of it elsewhere in the request",
				shorten(out.Identifier.String()))
		}
	}
	return earlier
}

// difference names the first field in which two desired forms of a resource are not the same; empty if
// there is none. Lists whose order has no meaning are compared without it.
func difference(stop *interrupt.Poller, a, b *resource.Resource) string {
	switch {
	case a.Executor != b.Executor:
		return "executor"
	case !sameAttributes(stop, a.Attributes, b.Attributes):
		return "attributes"
	case !sameSet(stop, a.Dependencies, b.Dependencies, resource.Identifier.Compare):
		return "dependencies"
	case !sameSet(stop, a.TypeDependencies, b.TypeDependencies, cmp.Compare[resource.Type]):
		return "type_dependencies"
	case !sameSet(stop, a.DiffIgnore, b.DiffIgnore, cmp.Compare[string]):
		return "diff_ignore"
	case a.ResourceVersion != b.ResourceVersion:
		return "resource_version"
	}
	return ""
}

func sameAttributes(stop *interrupt.Poller, a, b []byte) bool {
	same, err := jsontext.Same(stop, a, b, nil)
	return same || err != nil // invalid attributes are a violation of their own
}

func sameSet[T comparable](stop *interrupt.Poller, a, b []T, compare func(T, T) int) bool {
	if stop.Spend(1+len(a)/elementsPerUnit) || slices.Equal(a, b) {
		return true
	}
	sorted := func(s []T) []T {
		s = slices.Clone(s)
		interrupt.SortFunc(stop, s, compare)
		return slices.Compact(s)
	}
	return slices.Equal(sorted(a), sorted(b))
}

// elementsPerUnit is how many elements of two equal lists are compared in about the time that a resource takes.
const elementsPerUnit = 16

// services converts a list of services, whose ids have to be distinct.
func (r *reader) services(parent *path, field string, in []*plannerv1.ServiceResources) []*planner.ServiceResources {
	seen := make(map[string]struct{}, len(in))
	return list(r, parent, field, in, func(p *path, from *plannerv1.ServiceResources) *planner.ServiceResources {
		id := from.GetServiceInstanceId()
		r.require(p, "service_instance_id", id != "")
		r.plain(p, "service_instance_id", id)
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
