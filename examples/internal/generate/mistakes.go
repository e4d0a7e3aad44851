package main

import plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"

// mistakes is a request of which nearly everything is wrong. The answer names all of it at once, each by the
// path of its field.
func mistakes() *plannerv1.UpdateDatabaseRequest {
	n1, n2, n3 := newNode("n1", "host-1", "host-2").message(), newNode("n2", "host-3").message(), newNode("n2", "host-4").message()

	// A colon separates names in ids, so that a node's name must not have one.
	n1.NodeName = "n:1"
	// The host of an instance is missing, and a resource depends on itself.
	replica := n1.InstanceResources[1]
	replica.Instance.Spec.HostId = ""
	replica.InstanceDependencies[1].Dependencies[0] = replica.InstanceDependencies[1].Identifier
	// This node has a source and a restore config, and something that runs on a host without saying on which.
	n2.SourceNode = "n3"
	n2.RestoreConfig = &plannerv1.RestoreConfig{SourceDatabaseName: databaseName}
	n2.InstanceResources[0].InstanceDependencies[0].Executor.Id = ""
	// This one has the name and the instance id of the one before, and attributes that are a list.
	n3.InstanceResources[0].InstanceDependencies = []*plannerv1.Resource{
		onHost("host-4", "host.directory", "shop-n3-a", nil),
	}
	n3.InstanceResources[0].InstanceDependencies[0].AttributesForm = &plannerv1.Resource_AttributesJson{AttributesJson: `["/srv/postgres", "0700"]`}

	directory := onHost("host-9", "host.directory", "twice", map[string]any{"path": "/srv"})
	return &plannerv1.UpdateDatabaseRequest{
		Start:           &plannerv1.State{Resources: []*plannerv1.Resource{directory, directory}},
		Nodes:           []*plannerv1.NodeResources{n1, n2, n3},
		ResponseOptions: &plannerv1.ResponseOptions{MaxMessageBytes: 17},
	}
}
