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

// lastServices are the resources of the services, which open nodes to writers: they come after all databases and links
// of the end state. What a database or a link needs cannot.
func lastServices(
	stop *interrupt.Poller, end *resource.State, services []*ServiceResources,
) (last *resource.State, creates []resource.Constraint) {
	last = resource.NewState()
	addServices(stop, last, services)
	if last.Len() == 0 {
		return nil, nil
	}
	needed := neededByCatalog(stop, end, true)
	var after []resource.Identifier
	for r := range last.All(stop) {
		if !needed[r.Identifier] && !database.IsCatalogType(r.Identifier.Type) {
			after = append(after, r.Identifier)
		}
	}
	var before []resource.Identifier
	for r := range end.All(stop) {
		switch r.Identifier.Type {
		case database.TypePostgresDatabase, database.TypeReplicationSlot, database.TypeSubscription:
			before = append(before, r.Identifier)
		}
	}
	return last, []resource.Constraint{{Before: before, After: after}}
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
