package server

import (
	"fmt"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// wantNodes is a well-formed request for a database on nodes of those names, with secrets wherever there is room.
func wantNodes(names ...string) *plannerv1.UpdateDatabaseRequest {
	req := &plannerv1.UpdateDatabaseRequest{}
	for _, name := range names {
		req.Nodes = append(req.Nodes, wantNode(name))
	}
	return req
}

func wantNode(name string) *plannerv1.NodeResources {
	return &plannerv1.NodeResources{
		NodeName:          name,
		DatabaseId:        "db-1",
		DatabaseName:      "app",
		InstanceResources: []*plannerv1.InstanceResources{wantInstance(name, "a")},
	}
}

func wantInstance(node, suffix string) *plannerv1.InstanceResources {
	dir := wireResource("dir", node+suffix)
	return &plannerv1.InstanceResources{
		Instance: &plannerv1.Instance{Spec: &plannerv1.InstanceSpec{
			InstanceId:   node + suffix,
			HostId:       "host-" + node + suffix,
			SettingsForm: &plannerv1.InstanceSpec_SettingsJson{SettingsJson: secretJSON()},
		}},
		InstanceDependencies: []*plannerv1.Resource{dir},
	}
}

// wantRestore is a request to restore that node and keep the others.
func wantRestore(target string, kept ...string) *plannerv1.RestoreDatabaseRequest {
	return &plannerv1.RestoreDatabaseRequest{
		Nodes: wantNodes(kept...).GetNodes(),
		Targets: []*plannerv1.NodeRestoreResources{{
			NodeName:        target,
			DatabaseId:      "db-1",
			DatabaseName:    "app",
			PrimaryInstance: wantInstance(target, "a"),
			RestoreInstance: wantInstance(target, "a"),
			RestoreConfig:   &plannerv1.RestoreConfig{RestoreOptions: map[string]string{"key": secret}},
		}},
	}
}

// wireState is a state of those resources.
func wireState(resources ...*plannerv1.Resource) *plannerv1.State {
	return &plannerv1.State{Resources: resources}
}

// wireResource is a resource, with a secret, that depends on others of the given printed identifiers.
func wireResource(typ, id string, dependencies ...*plannerv1.Identifier) *plannerv1.Resource {
	return &plannerv1.Resource{
		Identifier:     &plannerv1.Identifier{Type: typ, Id: id},
		Executor:       &plannerv1.Executor{Type: plannerv1.ExecutorType_EXECUTOR_TYPE_ANY},
		AttributesForm: &plannerv1.Resource_AttributesJson{AttributesJson: secretJSON()},
		Dependencies:   dependencies,
	}
}

func secretJSON() string { return fmt.Sprintf(`{"password":%q}`, secret) }

// makePlans makes plans with so many events in each of their phases.
func makePlans(plans ...[]int) []resource.Plan { return makeLargePlans(0, plans...) }

// makeLargePlans is makePlans with events of about that size.
func makeLargePlans(bytes int, plans ...[]int) []resource.Plan {
	var all []resource.Plan
	n := 0
	for _, phases := range plans {
		var plan resource.Plan
		for _, events := range phases {
			var phase resource.Phase
			for range events {
				n++
				phase.Events = append(phase.Events, makeEvent(fmt.Sprintf("r%05d", n), bytes))
			}
			plan.Phases = append(plan.Phases, phase)
		}
		all = append(all, plan)
	}
	return all
}

// makeEvent makes a create event with attributes of about that size.
func makeEvent(id string, bytes int) resource.Event {
	return resource.Event{
		Type:   resource.EventCreate,
		Reason: resource.ReasonDoesNotExist,
		Resource: &resource.Resource{
			Identifier: resource.Identifier{Type: "test", ID: id},
			Executor:   resource.Executor{Type: resource.ExecutorAny},
			Attributes: fmt.Appendf(nil, `{"x":"%0*d"}`, bytes, 0),
		},
	}
}
