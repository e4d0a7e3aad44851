package request

import (
	"math"
	"strings"
	"testing"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
)

func TestViolationsOfUpdateDatabase(t *testing.T) {
	surrounding := func(in *plannerv1.UpdateDatabaseRequest) *plannerv1.Resource {
		return in.Nodes[0].InstanceResources[1].InstanceDependencies[0]
	}
	spec := func(in *plannerv1.UpdateDatabaseRequest) *plannerv1.InstanceSpec {
		return in.Nodes[1].InstanceResources[0].Instance.Spec
	}
	digest := strings.Repeat("0123456789abcdef", 4)
	cases := []struct {
		name, field, description string
		change                   func(*plannerv1.UpdateDatabaseRequest)
	}{
		{"nothing", "", "", func(*plannerv1.UpdateDatabaseRequest) {}},
		{"no start", "", "", func(in *plannerv1.UpdateDatabaseRequest) { in.Start = nil }},
		{"no nodes", "", "", func(in *plannerv1.UpdateDatabaseRequest) { in.Nodes = nil }},
		{"no nodes, a node", "nodes", "name the nodes that are to stay, or set options.delete_database", func(in *plannerv1.UpdateDatabaseRequest) {
			in.Nodes, in.Start.Resources[1].Identifier.Type = nil, "database.node"
		}},
		{"no nodes, a database", "nodes", "options.delete_database", func(in *plannerv1.UpdateDatabaseRequest) {
			in.Nodes, in.Start.Resources[1].Identifier.Type = nil, "database.postgres_database"
		}},
		{"no nodes, confirmed", "", "", func(in *plannerv1.UpdateDatabaseRequest) {
			in.Nodes, in.Start.Resources[1].Identifier.Type, in.Options.DeleteDatabase = nil, "database.node", true
		}},
		{"no nodes, nothing left, confirmed", "", "", func(in *plannerv1.UpdateDatabaseRequest) {
			in.Nodes, in.Start, in.Options.DeleteDatabase = nil, nil, true
		}},
		{"nodes, confirmed", "options.delete_database", "leave it out to keep them, or leave out all nodes", func(in *plannerv1.UpdateDatabaseRequest) {
			in.Options.DeleteDatabase = true
		}},
		{"version", "start.version", "version", func(in *plannerv1.UpdateDatabaseRequest) { in.Start.Version = "0" }},
		{"version no number", "start.version", "version", func(in *plannerv1.UpdateDatabaseRequest) { in.Start.Version = "2x" }},
		{"version with a zero", "start.version", "version", func(in *plannerv1.UpdateDatabaseRequest) { in.Start.Version = "02" }},
		{"version empty", "", "", func(in *plannerv1.UpdateDatabaseRequest) { in.Start.Version = "" }},
		{"duplicate in start", "start.resources[1].identifier", "dir::a", func(in *plannerv1.UpdateDatabaseRequest) {
			in.Start.Resources[1] = in.Start.Resources[0]
		}},
		{"nil in start", inStart + ".identifier", "required", func(in *plannerv1.UpdateDatabaseRequest) {
			in.Start.Resources[1] = &plannerv1.Resource{Executor: in.Start.Resources[0].Executor}
		}},
		{"node name missing", "nodes[1].node_name", "required", func(in *plannerv1.UpdateDatabaseRequest) { in.Nodes[1].NodeName = "" }},
		{"node name twice", "nodes[1].node_name", "more than once", func(in *plannerv1.UpdateDatabaseRequest) { in.Nodes[1].NodeName = "n1" }},
		{"node name with colon", "nodes[1].node_name", "colon", func(in *plannerv1.UpdateDatabaseRequest) { in.Nodes[1].NodeName = "n:2" }},
		{"node name sub", "nodes[1].node_name", `"sub"`, func(in *plannerv1.UpdateDatabaseRequest) { in.Nodes[1].NodeName = "sub" }},
		{"node name with sub", "nodes[1].node_name", `"sub"`, func(in *plannerv1.UpdateDatabaseRequest) { in.Nodes[1].NodeName = "a_sub_b" }},
		{"node name like sub", "", "", func(in *plannerv1.UpdateDatabaseRequest) { in.Nodes[1].NodeName = "subs_sub1-sub" }},
		{"source with colon", "nodes[1].source_node", "colon", func(in *plannerv1.UpdateDatabaseRequest) { in.Nodes[1].SourceNode = ":" }},
		{"source and restore", "nodes[1].source_node", "restore_config", func(in *plannerv1.UpdateDatabaseRequest) {
			in.Nodes[1].SourceNode, in.Nodes[1].RestoreConfig = "n1", &plannerv1.RestoreConfig{}
		}},
		{"unknown primary", "nodes[0].primary_instance_id", "not among", func(in *plannerv1.UpdateDatabaseRequest) {
			in.Nodes[0].PrimaryInstanceId = "i3"
		}},
		{"known primary", "", "", func(in *plannerv1.UpdateDatabaseRequest) { in.Nodes[0].PrimaryInstanceId = "i2" }},
		{"no instances", "nodes[0].instance_resources", "at least one", func(in *plannerv1.UpdateDatabaseRequest) {
			in.Nodes[0].InstanceResources = nil
		}},
		{"instance missing", inNode + ".instance", "required", func(in *plannerv1.UpdateDatabaseRequest) {
			in.Nodes[1].InstanceResources[0].Instance = nil
		}},
		{"spec missing", inNode + ".instance.spec", "required", func(in *plannerv1.UpdateDatabaseRequest) {
			in.Nodes[1].InstanceResources[0].Instance.Spec = nil
		}},
		{"instance nil", inNode + ".instance", "required", func(in *plannerv1.UpdateDatabaseRequest) {
			in.Nodes[1].InstanceResources[0] = nil
		}},
		{"instance id missing", inNode + ".instance.spec.instance_id", "required", func(in *plannerv1.UpdateDatabaseRequest) {
			spec(in).InstanceId = ""
		}},
		{"instance id twice", inNode + ".instance.spec.instance_id", "more than once", func(in *plannerv1.UpdateDatabaseRequest) {
			spec(in).InstanceId = "i1"
		}},
		{"host id missing", inNode + ".instance.spec.host_id", "required", func(in *plannerv1.UpdateDatabaseRequest) { spec(in).HostId = "" }},
		{"spec of another node", inNode + ".instance.spec.node_name", "n2", func(in *plannerv1.UpdateDatabaseRequest) { spec(in).NodeName = "n1" }},
		{"spec of its node", "", "", func(in *plannerv1.UpdateDatabaseRequest) { spec(in).NodeName = "n2" }},
		{"spec of another database id", inNode + ".instance.spec.database_id", "db-1", func(in *plannerv1.UpdateDatabaseRequest) {
			spec(in).DatabaseId = "db-2"
		}},
		{"spec of another database name", inNode + ".instance.spec.database_name", "app", func(in *plannerv1.UpdateDatabaseRequest) {
			spec(in).DatabaseName = "other"
		}},
		{"database id missing", "nodes[1].database_id", "required", func(in *plannerv1.UpdateDatabaseRequest) { in.Nodes[1].DatabaseId = "" }},
		{"database name missing", "nodes[1].database_name", "required", func(in *plannerv1.UpdateDatabaseRequest) { in.Nodes[1].DatabaseName = "" }},
		{"database of the first instance", "", "", func(in *plannerv1.UpdateDatabaseRequest) {
			in.Nodes[1].DatabaseId, in.Nodes[1].DatabaseName = "", ""
			spec(in).DatabaseId, spec(in).DatabaseName = "db-1", "app"
		}},
		{"another database id", "nodes[1].database_id", "db-1", func(in *plannerv1.UpdateDatabaseRequest) { in.Nodes[1].DatabaseId = "db-2" }},
		{"another database id in the spec", inNode + ".instance.spec.database_id", "db-1", func(in *plannerv1.UpdateDatabaseRequest) {
			in.Nodes[1].DatabaseId, spec(in).DatabaseId = "", "db-2"
		}},
		{"another database name", "nodes[1].database_name", "app", func(in *plannerv1.UpdateDatabaseRequest) { in.Nodes[1].DatabaseName = "b" }},
		{"database name with colon", "nodes[0].database_name", "colon", func(in *plannerv1.UpdateDatabaseRequest) {
			in.Nodes = in.Nodes[:1]
			in.Nodes[0].DatabaseName = "a:b"
		}},
		{
			"database name with colon in the spec", "nodes[0].instance_resources[0].instance.spec.database_name", "colon",
			func(in *plannerv1.UpdateDatabaseRequest) {
				in.Nodes = in.Nodes[:1]
				in.Nodes[0].DatabaseName = ""
				in.Nodes[0].InstanceResources[0].Instance.Spec.DatabaseName = "a:b"
			},
		},
		{"settings no object", inNode + ".instance.spec.settings_json", "object", func(in *plannerv1.UpdateDatabaseRequest) {
			spec(in).SettingsForm = &plannerv1.InstanceSpec_SettingsJson{SettingsJson: `"` + secret + `"`}
		}},
		{"settings with a reserved key", inNode + ".instance.spec.settings", "host_id", func(in *plannerv1.UpdateDatabaseRequest) {
			spec(in).SettingsForm = &plannerv1.InstanceSpec_Settings{Settings: set("host_id", structpb.NewStringValue(secret))}
		}},
		{"settings with an escaped reserved key", inNode + ".instance.spec.settings_json", "node_name", func(in *plannerv1.UpdateDatabaseRequest) {
			spec(in).SettingsForm = &plannerv1.InstanceSpec_SettingsJson{SettingsJson: `{"node\u005fname":"` + secret + `"}`}
		}},
		{"settings with a reserved key inside", "", "", func(in *plannerv1.UpdateDatabaseRequest) {
			spec(in).SettingsForm = &plannerv1.InstanceSpec_SettingsJson{SettingsJson: `{"x":{"instance_id":1}}`}
		}},
		{"settings not finite", inNode + ".instance.spec.settings", "infinite", func(in *plannerv1.UpdateDatabaseRequest) {
			spec(in).SettingsForm = &plannerv1.InstanceSpec_Settings{Settings: set("x", structpb.NewNumberValue(math.Inf(1)))}
		}},
		{"instance depends on itself", inNode + ".instance.dependencies[0]", "itself", func(in *plannerv1.UpdateDatabaseRequest) {
			in.Nodes[1].InstanceResources[0].Instance.Dependencies = []*plannerv1.Identifier{{Type: "database.instance", Id: "i3"}}
		}},
		{"instance dependency without id", inNode + ".instance.dependencies[0].id", "required", func(in *plannerv1.UpdateDatabaseRequest) {
			in.Nodes[1].InstanceResources[0].Instance.Dependencies = []*plannerv1.Identifier{{Type: "dir"}}
		}},
		{"connection info", inNode + ".instance.connection_info", "no kind", func(in *plannerv1.UpdateDatabaseRequest) {
			in.Nodes[1].InstanceResources[0].Instance.ConnectionInfo = set(secret, nil)
		}},
		{"post_init of another name", inNode + ".instance.post_init.name", "post_init", func(in *plannerv1.UpdateDatabaseRequest) {
			in.Nodes[1].InstanceResources[0].Instance.PostInit.Name = "post_database_create"
		}},
		{"post_init of its name", "", "", func(in *plannerv1.UpdateDatabaseRequest) {
			in.Nodes[1].InstanceResources[0].Instance.PostInit.Name = "post_init"
		}},
		{"repository", "nodes[0].restore_config.repository", "no kind", func(in *plannerv1.UpdateDatabaseRequest) {
			in.Nodes[0].RestoreConfig = &plannerv1.RestoreConfig{Repository: set(secret, nil)}
		}},
		{"script without name", "nodes[1].scripts[0].name", "required", func(in *plannerv1.UpdateDatabaseRequest) { in.Nodes[1].Scripts[0].Name = "" }},
		{"script nil", "nodes[1].scripts[0].name", "required", func(in *plannerv1.UpdateDatabaseRequest) { in.Nodes[1].Scripts[0] = nil }},
		{"script unknown", "nodes[1].scripts[0].name", "unknown", func(in *plannerv1.UpdateDatabaseRequest) { in.Nodes[1].Scripts[0].Name = "x" }},
		{"script twice", "nodes[1].scripts[1].name", "at most one", func(in *plannerv1.UpdateDatabaseRequest) {
			in.Nodes[1].Scripts = append(in.Nodes[1].Scripts, in.Nodes[1].Scripts[0])
		}},
		{"reserved type", inDeps + ".identifier.type", "reserved", func(in *plannerv1.UpdateDatabaseRequest) {
			surrounding(in).Identifier.Type = "database.sync_event"
		}},
		{"reserved type of a service", "services[0].resources[0].identifier.type", "reserved", func(in *plannerv1.UpdateDatabaseRequest) {
			in.Services[0].Resources[0].Identifier.Type = "monitor.instance"
		}},
		{"reserved type of a monitor", "services[0].monitor_resource.identifier.type", "reserved", func(in *plannerv1.UpdateDatabaseRequest) {
			in.Services[0].MonitorResource.Identifier.Type = "monitor.instance"
		}},
		{"duplicate in a list", "nodes[0].instance_resources[1].instance_dependencies[1].identifier", "in this list", func(in *plannerv1.UpdateDatabaseRequest) {
			list := &in.Nodes[0].InstanceResources[1].InstanceDependencies
			*list = append(*list, proto.CloneOf((*list)[0]))
		}},
		{"the same elsewhere", "", "", func(in *plannerv1.UpdateDatabaseRequest) {
			in.Services[0].Resources[0] = proto.CloneOf(surrounding(in))
		}},
		{"the same monitor", "", "", func(in *plannerv1.UpdateDatabaseRequest) {
			in.Services[0].MonitorResource = in.Services[0].Resources[0]
		}},
		{"service without id", "services[0].service_instance_id", "required", func(in *plannerv1.UpdateDatabaseRequest) {
			in.Services[0].ServiceInstanceId = ""
		}},
		{"service twice", "services[1].service_instance_id", "more than once", func(in *plannerv1.UpdateDatabaseRequest) {
			in.Services = append(in.Services, &plannerv1.ServiceResources{ServiceInstanceId: "s1"})
		}},
		{"strategy", "options.node_update_strategy", "unknown value 9", func(in *plannerv1.UpdateDatabaseRequest) {
			in.Options.NodeUpdateStrategy = 9
		}},
		{"recovery", "nodes[1].recovery", "unknown value 4", func(in *plannerv1.UpdateDatabaseRequest) { in.Nodes[1].Recovery = 4 }},
		{"rejoin", "", "", func(in *plannerv1.UpdateDatabaseRequest) {
			in.Nodes[1].Recovery = plannerv1.NodeRecovery_NODE_RECOVERY_REJOIN
		}},
		{"rejoin undrained", "", "", func(in *plannerv1.UpdateDatabaseRequest) {
			in.Nodes[1].Recovery = plannerv1.NodeRecovery_NODE_RECOVERY_REJOIN_UNDRAINED
		}},
		{"continue", "", "", func(in *plannerv1.UpdateDatabaseRequest) {
			in.Nodes[1].Recovery = plannerv1.NodeRecovery_NODE_RECOVERY_CONTINUE
		}},
		{"drain", "options.drain", "unknown value 2", func(in *plannerv1.UpdateDatabaseRequest) { in.Options.Drain = 2 }},
		{"lost hosts", "", "", func(in *plannerv1.UpdateDatabaseRequest) { in.Options.LostHosts = []string{"unknown", "unknown"} }},
		{"lost host without an id", "options.lost_hosts[1]", "required", func(in *plannerv1.UpdateDatabaseRequest) {
			in.Options.LostHosts = []string{"unknown", ""}
		}},
		{"lost host with a line break", "options.lost_hosts[0]", "control", func(in *plannerv1.UpdateDatabaseRequest) {
			in.Options.LostHosts = []string{"h\n"}
		}},
		{"instance on a lost host", "nodes[1].instance_resources[0].instance.spec.host_id", "lost_hosts", func(in *plannerv1.UpdateDatabaseRequest) {
			spec(in).HostId = "dead"
			in.Options.LostHosts = []string{"dead"}
		}},
		{"resource on a lost host", "nodes[0].instance_resources[1].instance_dependencies[0].executor.id", "lost_hosts", func(in *plannerv1.UpdateDatabaseRequest) {
			surrounding(in).Executor = &plannerv1.Executor{Type: plannerv1.ExecutorType_EXECUTOR_TYPE_HOST, Id: "dead"}
			in.Options.LostHosts = []string{"dead"}
		}},
		{"held nodes", "options.hold_nodes", "not available yet", func(in *plannerv1.UpdateDatabaseRequest) { in.Options.HoldNodes = []string{"n1"} }},
		{"digest too short", "expected_digest", "64", func(in *plannerv1.UpdateDatabaseRequest) { in.ExpectedDigest = digest[1:] }},
		{"digest too long", "expected_digest", "64", func(in *plannerv1.UpdateDatabaseRequest) { in.ExpectedDigest = digest + "0" }},
		{"digest in capitals", "expected_digest", "lower-case", func(in *plannerv1.UpdateDatabaseRequest) { in.ExpectedDigest = "A" + digest[1:] }},
		{"digest beyond f", "expected_digest", "hexadecimal", func(in *plannerv1.UpdateDatabaseRequest) { in.ExpectedDigest = digest[1:] + "g" }},
		{"digest", "", "", func(in *plannerv1.UpdateDatabaseRequest) { in.ExpectedDigest = digest }},
		{"format", "response_options.attributes_format", "unknown value -1", func(in *plannerv1.UpdateDatabaseRequest) {
			in.ResponseOptions.AttributesFormat = -1
		}},
		{"messages too small", "response_options.max_message_bytes", "4096", func(in *plannerv1.UpdateDatabaseRequest) {
			in.ResponseOptions.MaxMessageBytes = 4095
		}},
		{"messages too large", "response_options.max_message_bytes", "67108864", func(in *plannerv1.UpdateDatabaseRequest) {
			in.ResponseOptions.MaxMessageBytes = 64<<20 + 1
		}},
		{"largest messages", "", "", func(in *plannerv1.UpdateDatabaseRequest) { in.ResponseOptions.MaxMessageBytes = 64 << 20 }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			in := updateFixture(t)
			c.change(in)
			_, err := Converter{}.UpdateDatabase(in)
			wantViolation(t, err, c.field, c.description)
		})
	}
}
