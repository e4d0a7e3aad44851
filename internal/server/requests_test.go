package server

import (
	"fmt"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
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
