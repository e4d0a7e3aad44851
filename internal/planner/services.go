package planner

import (
	"errors"
	"fmt"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// all are the resources of a service, its monitor last.
func (s *ServiceResources) all() []*resource.Resource {
	if s.MonitorResource == nil {
		return s.Resources
	}
	return append(s.Resources[:len(s.Resources):len(s.Resources)], s.MonitorResource)
}

// addServices adds what the services are to be.
func addServices(stop *interrupt.Poller, s *resource.State, services []*ServiceResources) {
	for _, service := range interrupt.Each(stop, services) {
		addDesired(stop, s, service.all())
	}
}

// services are the resources of the services in an end state.
type services struct {
	stop *interrupt.Poller
	end  *resource.State
	all  *resource.State
	// opening are those that open nodes to writers: all but what the database itself needs. In no order.
	opening []*resource.Resource
}

func servicesIn(stop *interrupt.Poller, end *resource.State, list []*ServiceResources) services {
	s := services{stop: stop, end: end, all: resource.NewState()}
	addServices(stop, s.all, list)
	if s.all.Len() == 0 {
		return s
	}
	needed := neededByCatalog(stop, end, true)
	for r := range s.all.All(stop) {
		if !needed[r.Identifier] && !database.IsCatalogType(r.Identifier.Type) {
			s.opening = append(s.opening, r)
		}
	}
	return s
}

// order lets what opens nodes come after all databases and links of the end state.
func (s services) order() []resource.Constraint {
	if len(s.opening) == 0 {
		return nil
	}
	var before []resource.Identifier
	for r := range s.end.All(s.stop) {
		switch r.Identifier.Type {
		case database.TypePostgresDatabase, database.TypeReplicationSlot, database.TypeSubscription:
			before = append(before, r.Identifier)
		}
	}
	return []resource.Constraint{{Before: before, After: appendIdentifiers(s.stop, nil, s.opening)}}
}

// afterJoins are what opens nodes, and what depends on that, where nodes join: it comes after all else, deletes included; nil
// if there is none. As long as a node is recorded as joining, what is written there may be lost: it copies again if it has
// lost a link, and is nobody's peer. So it is with services that are there, too: they may come to know the node.
func (m *membership) afterJoins(s services) *resource.State {
	joins := len(m.with(joining, populated)) > 0 || m.anySource(m.with(newcomer))
	if !joins || len(s.opening) == 0 {
		return nil
	}
	ids := appendIdentifiers(m.stop, nil, s.opening)
	after := resource.NewState()
	for _, id := range interrupt.Each(m.stop, append(ids, s.end.Dependents(m.stop, ids...)...)) {
		r, _ := s.end.Get(id)
		after.Add(r)
	}
	return after
}

// nameFields gives the missing dependencies of services the paths at which the request has them.
func nameFields(stop *interrupt.Poller, err error, services []*ServiceResources) {
	missing := make(map[[2]resource.Identifier]*resource.MissingDependencyError)
	noteMissing(err, missing)
	if len(missing) == 0 {
		return
	}
	for i, service := range interrupt.Each(stop, services) {
		for j, r := range interrupt.Each(stop, service.all()) {
			field := fmt.Sprintf("services[%d].resources[%d]", i, j)
			if j == len(service.Resources) {
				field = fmt.Sprintf("services[%d].monitor_resource", i)
			}
			for k, id := range interrupt.Each(stop, r.Dependencies) {
				if e := missing[[2]resource.Identifier{r.Identifier, id}]; e != nil {
					e.Field = fmt.Sprintf("%s.dependencies[%d]", field, k)
				}
			}
		}
	}
}

// noteMissing notes the missing dependencies that an error is about, of which there are not many.
func noteMissing(err error, missing map[[2]resource.Identifier]*resource.MissingDependencyError) {
	var one *resource.MissingDependencyError
	switch joined := err.(type) { //nolint:errorlint // walks the tree itself
	case interface{ Unwrap() []error }:
		for _, e := range joined.Unwrap() {
			noteMissing(e, missing)
		}
	default:
		if errors.As(err, &one) {
			missing[[2]resource.Identifier{one.Resource, one.Dependency}] = one
		}
	}
}
