package request

import (
	"testing"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
)

func TestViolationsOfRestoreDatabase(t *testing.T) {
	cases := []struct {
		name, field, description string
		change                   func(*plannerv1.RestoreDatabaseRequest)
	}{
		{"nothing", "", "", func(*plannerv1.RestoreDatabaseRequest) {}},
		{"no nodes", "", "", func(in *plannerv1.RestoreDatabaseRequest) { in.Nodes = nil }},
		{"no targets", "targets", "at least one", func(in *plannerv1.RestoreDatabaseRequest) { in.Targets = nil }},
		{"target twice", "targets[1].node_name", "more than once", func(in *plannerv1.RestoreDatabaseRequest) { in.Targets[1].NodeName = "n2" }},
		{"target nil", "targets[1].node_name", "required", func(in *plannerv1.RestoreDatabaseRequest) {
			in.Targets[1].NodeName = ""
		}},
		{"kept and restored", "", "", func(in *plannerv1.RestoreDatabaseRequest) {
			in.Nodes[0].NodeName = "n2"
			in.Nodes[0].InstanceResources[0].Instance.Spec.InstanceId = "i2"
		}},
		{
			"instance kept and restored elsewhere", "targets[0].primary_instance.instance.spec.instance_id", "more than once",
			func(in *plannerv1.RestoreDatabaseRequest) {
				in.Nodes[0].InstanceResources[0].Instance.Spec.InstanceId = "i2"
			},
		},
		{"lost hosts", "", "", func(in *plannerv1.RestoreDatabaseRequest) {
			in.Options = &plannerv1.RestoreDatabaseOptions{LostHosts: []string{"unknown"}}
		}},
		{"replica on a lost host", inTarget + ".replica_instances[0].instance.spec.host_id", "lost_hosts", func(in *plannerv1.RestoreDatabaseRequest) {
			in.Options = &plannerv1.RestoreDatabaseOptions{LostHosts: []string{"dead"}}
			in.Targets[1].ReplicaInstances[0].Instance.Spec.HostId = "dead"
		}},
		{"held nodes", "options.hold_nodes", "not available yet", func(in *plannerv1.RestoreDatabaseRequest) {
			in.Options = &plannerv1.RestoreDatabaseOptions{HoldNodes: []string{"n1"}}
		}},
		{"digest", "expected_digest", "64", func(in *plannerv1.RestoreDatabaseRequest) { in.ExpectedDigest = "0" }},
		{"no primary", inTarget + ".primary_instance", "required", func(in *plannerv1.RestoreDatabaseRequest) { in.Targets[1].PrimaryInstance = nil }},
		{"no restore instance", inTarget + ".restore_instance", "required", func(in *plannerv1.RestoreDatabaseRequest) { in.Targets[1].RestoreInstance = nil }},
		{"another restore instance", inTarget + ".restore_instance.instance.spec.instance_id", "i4", func(in *plannerv1.RestoreDatabaseRequest) {
			in.Targets[1].RestoreInstance.Instance.Spec.InstanceId = "i5"
		}},
		{"restore instance without id", inTarget + ".restore_instance.instance.spec.instance_id", "required", func(in *plannerv1.RestoreDatabaseRequest) {
			in.Targets[1].RestoreInstance.Instance.Spec.InstanceId = ""
		}},
		{"restore instance on another host", inTarget + ".restore_instance.instance.spec.host_id", "primary instance", func(in *plannerv1.RestoreDatabaseRequest) {
			in.Targets[1].RestoreInstance.Instance.Spec.HostId = "elsewhere"
		}},
		{"restore instance of another node", inTarget + ".restore_instance.instance.spec.node_name", "n3", func(in *plannerv1.RestoreDatabaseRequest) {
			in.Targets[1].RestoreInstance.Instance.Spec.NodeName = "n2"
		}},
		{"replica twice", inTarget + ".replica_instances[0].instance.spec.instance_id", "more than once", func(in *plannerv1.RestoreDatabaseRequest) {
			in.Targets[1].ReplicaInstances[0].Instance.Spec.InstanceId = "i4"
		}},
		{"replica without host", inTarget + ".replica_instances[0].instance.spec.host_id", "required", func(in *plannerv1.RestoreDatabaseRequest) {
			in.Targets[1].ReplicaInstances[0].Instance.Spec.HostId = ""
		}},
		{"no restore config", inTarget + ".restore_config", "required", func(in *plannerv1.RestoreDatabaseRequest) { in.Targets[1].RestoreConfig = nil }},
		{"no database id", inTarget + ".database_id", "required", func(in *plannerv1.RestoreDatabaseRequest) { in.Targets[1].DatabaseId = "" }},
		{"another database", inTarget + ".database_name", "app", func(in *plannerv1.RestoreDatabaseRequest) { in.Targets[1].DatabaseName = "b" }},
		{"another database in the spec", inTarget + ".primary_instance.instance.spec.database_name", "app", func(in *plannerv1.RestoreDatabaseRequest) {
			in.Targets[1].DatabaseName = ""
			in.Targets[1].PrimaryInstance.Instance.Spec.DatabaseName = "b"
		}},
		{"reserved type", inTarget + ".restore_instance.instance_dependencies[0].identifier.type", "reserved", func(in *plannerv1.RestoreDatabaseRequest) {
			in.Targets[1].RestoreInstance.InstanceDependencies[0].Identifier.Type = "database.instance"
		}},
		{"replica against primary", inTarget + ".replica_instances[0].node_dependents[0].resource_version", "different", func(in *plannerv1.RestoreDatabaseRequest) {
			r := in.Targets[1].ReplicaInstances[0].NodeDependents[0]
			r.Identifier.Id, r.ResourceVersion = "i4", "7"
		}},
		{"restore against restore", inTarget + ".restore_instance.node_dependents[0].resource_version", "different", func(in *plannerv1.RestoreDatabaseRequest) {
			r := in.Targets[1].RestoreInstance.NodeDependents[0]
			r.Identifier.Id, r.ResourceVersion = "i2", "7"
		}},
		{"restore against what stays", inTarget + ".restore_instance.node_dependents[0].resource_version", "different", func(in *plannerv1.RestoreDatabaseRequest) {
			r := in.Targets[1].RestoreInstance.NodeDependents[0]
			r.Identifier.Id, r.ResourceVersion = "i1", "7"
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			in := restoreFixture(t)
			c.change(in)
			_, err := Converter{}.RestoreDatabase(in)
			wantViolation(t, err, c.field, c.description)
		})
	}
}
