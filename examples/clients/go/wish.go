package main

import (
	"fmt"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
)

// wish is a request for a database on nodes n1, n2, and so on, each with one instance that needs a directory; or for none. That
// there is to be none has to be said: a list of nodes may also be empty by mistake.
func (f flags) wish() *plannerv1.UpdateDatabaseRequest {
	req := &plannerv1.UpdateDatabaseRequest{
		ResponseOptions: &plannerv1.ResponseOptions{
			AttributesFormat: plannerv1.AttributesFormat_ATTRIBUTES_FORMAT_JSON,
		},
	}
	if f.deleteDatabase {
		req.Options = &plannerv1.UpdateDatabaseOptions{DeleteDatabase: true}
		return req
	}
	for i := range f.nodes {
		req.Nodes = append(req.Nodes, node(i+1))
	}
	return req
}

func node(number int) *plannerv1.NodeResources {
	name, host := fmt.Sprintf("n%d", number), fmt.Sprintf("host-%d", number)
	instance := name + "-a"
	directory := &plannerv1.Resource{
		Identifier: &plannerv1.Identifier{Type: "orchestrator.directory", Id: instance},
		Executor:   &plannerv1.Executor{Type: plannerv1.ExecutorType_EXECUTOR_TYPE_HOST, Id: host},
		AttributesForm: &plannerv1.Resource_AttributesJson{
			AttributesJson: fmt.Sprintf(`{"path":"/var/lib/postgresql/%s","mode":"0700"}`, instance),
		},
	}
	return &plannerv1.NodeResources{
		NodeName:      name,
		DatabaseId:    "db-1",
		DatabaseName:  "app",
		DatabaseOwner: "app",
		InstanceResources: []*plannerv1.InstanceResources{{
			Instance: &plannerv1.Instance{
				Spec: &plannerv1.InstanceSpec{
					InstanceId:   instance,
					HostId:       host,
					SettingsForm: &plannerv1.InstanceSpec_SettingsJson{SettingsJson: `{"port":5432,"postgres_version":"17.6"}`},
				},
				InstanceHostname: host + ".example",
			},
			InstanceDependencies: []*plannerv1.Resource{directory},
		}},
	}
}
