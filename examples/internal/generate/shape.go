package main

import (
	"maps"

	"google.golang.org/protobuf/types/known/structpb"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
)

const (
	databaseID   = "shop-7f3a"
	databaseName = "shop"
	port         = 5432
)

// node is the shape of one node of the example database: an instance on each host, the first of them the
// primary, all with the same parameters.
type node struct {
	name       string
	source     string
	hosts      []string
	parameters map[string]any
	recovery   plannerv1.NodeRecovery
}

func newNode(name string, hosts ...string) *node {
	return &node{name: name, hosts: hosts, parameters: map[string]any{
		"max_connections": 200, "shared_buffers": "4GB", "wal_level": "logical",
	}}
}

// set changes a parameter on all nodes.
func set(nodes []*node, parameter string, value any) {
	for _, n := range nodes {
		n.parameters = maps.Clone(n.parameters)
		n.parameters[parameter] = value
	}
}

// message is the node in a request.
func (n *node) message() *plannerv1.NodeResources {
	m := &plannerv1.NodeResources{
		NodeName:      n.name,
		SourceNode:    n.source,
		DatabaseId:    databaseID,
		DatabaseName:  databaseName,
		DatabaseOwner: "shop_owner",
		Recovery:      n.recovery,
	}
	for i := range n.hosts {
		m.InstanceResources = append(m.InstanceResources, n.instance(i))
	}
	return m
}

// restoreMessage is the node in a request that restores it. What performs the restore is a resource of the
// orchestrator, and settings that let the server start in recovery.
func (n *node) restoreMessage() *plannerv1.NodeRestoreResources {
	m := &plannerv1.NodeRestoreResources{
		NodeName:        n.name,
		PrimaryInstance: n.instance(0),
		RestoreInstance: n.instance(0),
		RestoreConfig: &plannerv1.RestoreConfig{
			SourceDatabaseId:   databaseID,
			SourceNodeName:     n.name,
			SourceDatabaseName: databaseName,
			Repository:         object(map[string]any{"type": "s3", "bucket": "shop-backups", "stanza": n.name}),
			RestoreOptions:     map[string]string{"type": "time", "target": "2025-03-01 12:00:00+00"},
		},
		DatabaseId:    databaseID,
		DatabaseName:  databaseName,
		DatabaseOwner: "shop_owner",
	}
	for i := 1; i < len(n.hosts); i++ {
		m.ReplicaInstances = append(m.ReplicaInstances, n.instance(i))
	}
	id := n.instanceID(0)
	m.RestoreInstance.GetInstance().GetSpec().GetSettings().
		Fields["recovery_target_time"] = structpb.NewStringValue("2025-03-01 12:00:00+00")
	m.RestoreInstance.InstanceDependencies = append(m.RestoreInstance.InstanceDependencies,
		onHost(n.hosts[0], "backup.restore", id, map[string]any{"stanza": n.name, "target": dataDirectory(id)},
			identifier("host.directory", id)))
	return m
}

// instanceID names an instance by its node and its place in it: a, b, ...
func (n *node) instanceID(i int) string {
	return databaseName + "-" + n.name + "-" + string(rune('a'+i))
}

func dataDirectory(instanceID string) string { return "/srv/postgres/" + instanceID }

// instance is an instance with what the orchestrator keeps around it: a directory and a configuration file
// for each instance; for each node a backup, and a name under which applications find it.
func (n *node) instance(i int) *plannerv1.InstanceResources {
	id, host := n.instanceID(i), n.hosts[i]
	m := &plannerv1.InstanceResources{
		Instance: &plannerv1.Instance{
			Spec: &plannerv1.InstanceSpec{
				InstanceId: id,
				HostId:     host,
				SettingsForm: &plannerv1.InstanceSpec_Settings{Settings: object(map[string]any{
					"postgres_version": "17.4", "port": port, "parameters": n.parameters,
				})},
			},
			InstanceHostname: host + ".example.com",
		},
		InstanceDependencies: []*plannerv1.Resource{
			onHost(host, "host.directory", id, map[string]any{"path": dataDirectory(id), "mode": "0700"}),
			onHost(host, "host.config_file", id,
				map[string]any{"path": dataDirectory(id) + "/postgresql.conf", "parameters": n.parameters},
				identifier("host.directory", id)),
		},
	}
	if i == 0 {
		m.DatabaseDependencies = []*plannerv1.Resource{{
			Identifier:      identifier("backup.stanza", n.name),
			Executor:        &plannerv1.Executor{Type: plannerv1.ExecutorType_EXECUTOR_TYPE_PRIMARY, Id: n.name},
			AttributesForm:  attributes(map[string]any{"bucket": "shop-backups", "retention_days": 14}),
			Dependencies:    []*plannerv1.Identifier{identifier("database.node", n.name)},
			ResourceVersion: "1",
		}}
		m.NodeDependents = []*plannerv1.Resource{{
			Identifier:      identifier("dns.record", n.name),
			Executor:        &plannerv1.Executor{Type: plannerv1.ExecutorType_EXECUTOR_TYPE_MANAGER},
			AttributesForm:  attributes(map[string]any{"name": n.name + ".shop.example.com", "ttl": 30}),
			Dependencies:    []*plannerv1.Identifier{identifier("database.node", n.name)},
			ResourceVersion: "1",
		}}
	}
	return m
}

func identifier(kind, id string) *plannerv1.Identifier {
	return &plannerv1.Identifier{Type: kind, Id: id}
}

// onHost is a resource on a host.
func onHost(
	host, kind, id string, values map[string]any, dependencies ...*plannerv1.Identifier,
) *plannerv1.Resource {
	return &plannerv1.Resource{
		Identifier:      identifier(kind, id),
		Executor:        &plannerv1.Executor{Type: plannerv1.ExecutorType_EXECUTOR_TYPE_HOST, Id: host},
		AttributesForm:  attributes(values),
		Dependencies:    dependencies,
		ResourceVersion: "1",
	}
}

func attributes(values map[string]any) *plannerv1.Resource_Attributes {
	return &plannerv1.Resource_Attributes{Attributes: object(values)}
}

// object makes a Struct. It panics on values that JSON does not have: there are none in this package.
func object(values map[string]any) *structpb.Struct {
	s, err := structpb.NewStruct(values)
	if err != nil {
		panic(err)
	}
	return s
}
