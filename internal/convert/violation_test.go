package convert

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
)

// invalid is the error as what it has to be, after a look for the secret.
func invalid(t *testing.T, err error) *InvalidRequestError {
	t.Helper()
	var e *InvalidRequestError
	if !errors.As(err, &e) {
		t.Fatalf("the error is %v, not an *InvalidRequestError", err)
	}
	if text := fmt.Sprintf("%v %+v %#v", err, e, e.Violations); strings.Contains(text, secret) {
		t.Errorf("the error holds the secret: %s", text)
	}
	if e.Total < len(e.Violations) || len(e.Violations) == 0 {
		t.Errorf("%d violations of %d", len(e.Violations), e.Total)
	}
	return e
}

// wantViolation checks that the error is of that one violation, or for an empty field, that there is none.
func wantViolation(t *testing.T, err error, field, description string) {
	t.Helper()
	if field == "" {
		if err != nil {
			t.Errorf("refused: %v", err)
		}
		return
	}
	e := invalid(t, err)
	if len(e.Violations) != 1 || e.Violations[0].Field != field || !strings.Contains(e.Violations[0].Description, description) {
		t.Errorf("violations are\n%v\nnot\n%s: ...%s...", e.Violations, field, description)
	}
}

const (
	inStart  = "start.resources[1]"
	inNode   = "nodes[1].instance_resources[0]"
	inDeps   = "nodes[0].instance_resources[1].instance_dependencies[0]"
	inTarget = "targets[1]"
)

// set returns a struct with one field.
func set(key string, v *structpb.Value) *structpb.Struct {
	return &structpb.Struct{Fields: map[string]*structpb.Value{key: v}}
}

// deep returns a struct that is nested n levels deep.
func deep(n int) *structpb.Struct {
	s := &structpb.Struct{}
	for range n - 1 {
		s = set("x", structpb.NewStructValue(s))
	}
	return s
}

type resourceCase struct {
	name, field, description string
	change                   func(*plannerv1.Resource)
}

// resourceCases are what can be wrong with a resource wherever it is. Fields are relative to it.
var resourceCases = []resourceCase{
	{"identifier missing", "identifier", "required", func(r *plannerv1.Resource) { r.Identifier = nil }},
	{"type empty", "identifier.type", "required", func(r *plannerv1.Resource) { r.Identifier.Type = "" }},
	{"type with colon", "identifier.type", "colon", func(r *plannerv1.Resource) { r.Identifier.Type = "a:b" }},
	{"id empty", "identifier.id", "required", func(r *plannerv1.Resource) { r.Identifier.Id = "" }},
	{"id with colons", "", "", func(r *plannerv1.Resource) { r.Identifier.Id = "a:b::c" }},
	{"executor missing", "executor", "required", func(r *plannerv1.Resource) { r.Executor = nil }},
	{"executor type unspecified", "executor.type", "required", func(r *plannerv1.Resource) { r.Executor.Type = 0 }},
	{"executor type unknown", "executor.type", "unknown value 17", func(r *plannerv1.Resource) { r.Executor.Type = 17 }},
	{"host without id", "executor.id", "required", func(r *plannerv1.Resource) { r.Executor.Id = "" }},
	{"primary without id", "executor.id", "required", func(r *plannerv1.Resource) {
		r.Executor = &plannerv1.Executor{Type: plannerv1.ExecutorType_EXECUTOR_TYPE_PRIMARY}
	}},
	{"any with id", "executor.id", "must be empty", func(r *plannerv1.Resource) {
		r.Executor.Type = plannerv1.ExecutorType_EXECUTOR_TYPE_ANY
	}},
	{"manager with id", "executor.id", "must be empty", func(r *plannerv1.Resource) {
		r.Executor.Type = plannerv1.ExecutorType_EXECUTOR_TYPE_MANAGER
	}},
	{"attributes unset", "", "", func(r *plannerv1.Resource) { r.AttributesForm = nil }},
	{"attributes empty text", "attributes_json", "JSON object", text("")},
	{"attributes no object", "attributes_json", "object is expected", text(`["` + secret + `"]`)},
	{"attributes cut off", "attributes_json", "ends too early", text(`{"a":"` + secret)},
	{"attributes with rest", "attributes_json", "byte 2", text(`{}"` + secret + `"`)},
	{"attributes with a key twice", "attributes_json", "twice", text(`{"a":"` + secret + `","a":1}`)},
	{"attributes not UTF-8", "attributes_json", "UTF-8", text("{\"" + secret + "\":\"\xff\"}")},
	{
		"attributes too deep", "attributes_json", "too deeply",
		text(strings.Repeat(`{"a":`, 101) + `"` + secret + `"` + strings.Repeat("}", 101)),
	},
	{"attributes as deep as can be", "", "", text(strings.Repeat(`{"a":`, 100) + `"x"` + strings.Repeat("}", 100))},
	{"struct without a map", "", "", object(nil)},
	{"struct with NaN", "attributes", "not a number", object(set(secret, structpb.NewNumberValue(math.NaN())))},
	{"struct with infinity", "attributes", "infinite", object(set(secret, structpb.NewNumberValue(math.Inf(-1))))},
	{"struct with a value of no kind", "attributes", "no kind", object(set(secret, &structpb.Value{}))},
	{"struct with a nil value", "attributes", "no kind", object(set(secret, nil))},
	{
		"struct with an unknown null", "attributes", "NULL_VALUE",
		object(set(secret, &structpb.Value{Kind: &structpb.Value_NullValue{NullValue: 3}})),
	},
	{"struct with a value that is not UTF-8", "attributes", "UTF-8", object(set("x", structpb.NewStringValue("\xff"+secret)))},
	{"struct with a key that is not UTF-8", "attributes", "UTF-8", object(set("\xff"+secret, structpb.NewBoolValue(true)))},
	{"struct too deep", "attributes", "too deeply", object(deep(101))},
	{"struct as deep as can be", "", "", object(deep(100))},
	{"dependency on itself", "dependencies[1]", "itself", func(r *plannerv1.Resource) {
		r.Dependencies = append(r.Dependencies, proto.CloneOf(r.Identifier))
	}},
	{"dependency nil", "dependencies[0]", "required", func(r *plannerv1.Resource) { r.Dependencies[0] = nil }},
	{"dependency without type", "dependencies[0].type", "required", func(r *plannerv1.Resource) { r.Dependencies[0].Type = "" }},
	{"dependency with colon", "dependencies[0].type", "colon", func(r *plannerv1.Resource) { r.Dependencies[0].Type = ":" }},
	{"dependency without id", "dependencies[0].id", "required", func(r *plannerv1.Resource) { r.Dependencies[0].Id = "" }},
	{"type dependency on itself", "type_dependencies[1]", "own type", func(r *plannerv1.Resource) {
		r.TypeDependencies = append(r.TypeDependencies, r.Identifier.Type)
	}},
	{"type dependency empty", "type_dependencies[0]", "required", func(r *plannerv1.Resource) { r.TypeDependencies[0] = "" }},
	{"type dependency with colon", "type_dependencies[0]", "colon", func(r *plannerv1.Resource) { r.TypeDependencies[0] = "a:b" }},
	{"no pointer", "diff_ignore[1]", "JSON pointer", func(r *plannerv1.Resource) { r.DiffIgnore = []string{"", secret} }},
	{"no pointer either", "diff_ignore[0]", "JSON pointer", func(r *plannerv1.Resource) { r.DiffIgnore[0] = "/~" + secret }},
}

func text(t string) func(*plannerv1.Resource) {
	return func(r *plannerv1.Resource) { r.AttributesForm = &plannerv1.Resource_AttributesJson{AttributesJson: t} }
}

func object(s *structpb.Struct) func(*plannerv1.Resource) {
	return func(r *plannerv1.Resource) { r.AttributesForm = &plannerv1.Resource_Attributes{Attributes: s} }
}

func TestResourceViolationsAreFoundWhereverAResourceIs(t *testing.T) {
	places := []struct {
		path string
		run  func(t *testing.T, change func(*plannerv1.Resource)) error
	}{
		{inStart, func(t *testing.T, change func(*plannerv1.Resource)) error {
			in := updateFixture(t)
			change(in.Start.Resources[1])
			_, err := UpdateDatabase(in)
			return err
		}},
		{inDeps, func(t *testing.T, change func(*plannerv1.Resource)) error {
			in := updateFixture(t)
			change(in.Nodes[0].InstanceResources[1].InstanceDependencies[0])
			_, err := UpdateDatabase(in)
			return err
		}},
		{"services[0].resources[0]", func(t *testing.T, change func(*plannerv1.Resource)) error {
			in := updateFixture(t)
			change(in.Services[0].Resources[0])
			_, err := UpdateDatabase(in)
			return err
		}},
		{"services[0].monitor_resource", func(t *testing.T, change func(*plannerv1.Resource)) error {
			in := updateFixture(t)
			change(in.Services[0].MonitorResource)
			_, err := UpdateDatabase(in)
			return err
		}},
		{inTarget + ".restore_instance.node_dependents[0]", func(t *testing.T, change func(*plannerv1.Resource)) error {
			in := restoreFixture(t)
			change(in.Targets[1].RestoreInstance.NodeDependents[0])
			_, err := RestoreDatabase(in)
			return err
		}},
		{"states[1].resources[0]", func(t *testing.T, change func(*plannerv1.Resource)) error {
			in := planStatesFixture(t)
			change(in.States[1].Resources[0])
			_, err := PlanStates(in)
			return err
		}},
		{"events[0].resource", func(t *testing.T, change func(*plannerv1.Resource)) error {
			in := applyEventsFixture(t)
			change(in.Events[0].Resource)
			_, err := ApplyEvents(in)
			return err
		}},
	}
	for _, p := range places {
		for _, c := range resourceCases {
			t.Run(p.path+"/"+c.name, func(t *testing.T) {
				field := c.field
				if field != "" {
					field = p.path + "." + field
				}
				wantViolation(t, p.run(t, c.change), field, c.description)
			})
		}
	}
}

func TestViolationsOfUpdateDatabase(t *testing.T) {
	wish := func(in *plannerv1.UpdateDatabaseRequest) *plannerv1.Resource {
		return in.Nodes[0].InstanceResources[1].InstanceDependencies[0]
	}
	spec := func(in *plannerv1.UpdateDatabaseRequest) *plannerv1.InstanceSpec {
		return in.Nodes[1].InstanceResources[0].Instance.Spec
	}
	cases := []struct {
		name, field, description string
		change                   func(*plannerv1.UpdateDatabaseRequest)
	}{
		{"nothing", "", "", func(*plannerv1.UpdateDatabaseRequest) {}},
		{"no start", "", "", func(in *plannerv1.UpdateDatabaseRequest) { in.Start = nil }},
		{"no nodes", "", "", func(in *plannerv1.UpdateDatabaseRequest) { in.Nodes = nil }},
		{"version", "start.version", "version", func(in *plannerv1.UpdateDatabaseRequest) { in.Start.Version = "2" }},
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
			wish(in).Identifier.Type = "database.sync_event"
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
		{"the same elsewhere", "", "", func(in *plannerv1.UpdateDatabaseRequest) { in.Services[0].Resources[0] = proto.CloneOf(wish(in)) }},
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
			_, err := UpdateDatabase(in)
			wantViolation(t, err, c.field, c.description)
		})
	}
}

func TestWishesForOneResourceAreTheSameEverywhere(t *testing.T) {
	cases := []struct {
		name, field string
		change      func(*plannerv1.Resource)
	}{
		{"executor", "executor", func(r *plannerv1.Resource) { r.Executor.Id = "host-2" }},
		{"attributes", "attributes_json", text(`{"password":"` + secret + `2"}`)},
		{"attributes unset", "attributes", func(r *plannerv1.Resource) { r.AttributesForm = nil }},
		{"attributes as another struct", "attributes", object(set("password", structpb.NewStringValue("x")))},
		{"attributes spelled otherwise", "", text(`{ "\u0070assword" : "` + secret + `" }`)},
		{"attributes as a struct", "", object(set("password", structpb.NewStringValue(secret)))},
		{"dependencies", "dependencies", func(r *plannerv1.Resource) { r.Dependencies[0].Id = "other" }},
		{"a dependency twice", "", func(r *plannerv1.Resource) { r.Dependencies = append(r.Dependencies, r.Dependencies[0]) }},
		{"type dependencies", "type_dependencies", func(r *plannerv1.Resource) { r.TypeDependencies = nil }},
		{"diff ignore", "diff_ignore", func(r *plannerv1.Resource) { r.DiffIgnore = append(r.DiffIgnore, "/x") }},
		{"version", "resource_version", func(r *plannerv1.Resource) { r.ResourceVersion = "2" }},
		{"needs recreate", "", func(r *plannerv1.Resource) { r.NeedsRecreate = true }},
		{"error", "", func(r *plannerv1.Resource) { r.Error = secret }},
		{"pending deletion", "", func(r *plannerv1.Resource) { r.PendingDeletion = true }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			in := updateFixture(t)
			other := proto.CloneOf(in.Nodes[0].InstanceResources[0].NodeDependents[0])
			c.change(other)
			in.Services[0].Resources[0] = other
			_, err := UpdateDatabase(in)
			field := c.field
			if field != "" {
				field = "services[0].resources[0]." + field
			}
			wantViolation(t, err, field, "proxy::i1 is wanted with a different value")
		})
	}
	t.Run("order of lists", func(t *testing.T) {
		in := updateFixture(t)
		r := in.Nodes[0].InstanceResources[0].NodeDependents[0]
		r.Dependencies = []*plannerv1.Identifier{{Type: "b", Id: "1"}, {Type: "a", Id: "2"}}
		other := proto.CloneOf(r)
		other.Dependencies[0], other.Dependencies[1] = other.Dependencies[1], other.Dependencies[0]
		in.Services[0].Resources[0] = other
		if _, err := UpdateDatabase(in); err != nil {
			t.Errorf("refused: %v", err)
		}
	})
	t.Run("start may differ", func(t *testing.T) {
		in := updateFixture(t)
		other := proto.CloneOf(in.Nodes[0].InstanceResources[0].NodeDependents[0])
		text(`{}`)(other)
		in.Start.Resources = append(in.Start.Resources, other)
		if _, err := UpdateDatabase(in); err != nil {
			t.Errorf("refused: %v", err)
		}
	})
}

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
		{"no primary", inTarget + ".primary_instance", "required", func(in *plannerv1.RestoreDatabaseRequest) { in.Targets[1].PrimaryInstance = nil }},
		{"no restore instance", inTarget + ".restore_instance", "required", func(in *plannerv1.RestoreDatabaseRequest) { in.Targets[1].RestoreInstance = nil }},
		{"another restore instance", inTarget + ".restore_instance.instance.spec.instance_id", "i4", func(in *plannerv1.RestoreDatabaseRequest) {
			in.Targets[1].RestoreInstance.Instance.Spec.InstanceId = "i5"
		}},
		{"restore instance without id", inTarget + ".restore_instance.instance.spec.instance_id", "required", func(in *plannerv1.RestoreDatabaseRequest) {
			in.Targets[1].RestoreInstance.Instance.Spec.InstanceId = ""
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
			_, err := RestoreDatabase(in)
			wantViolation(t, err, c.field, c.description)
		})
	}
}

func TestViolationsOfOtherRequests(t *testing.T) {
	node := func() *plannerv1.NodeResources {
		return parse(t, &plannerv1.NodeResources{}, nodeFixture("n1", "i1"))
	}
	nameless, primaryless := node(), node()
	nameless.NodeName, primaryless.PrimaryInstanceId = "", "other"
	target := parse(t, &plannerv1.NodeRestoreResources{}, targetFixture("a:b", "i1", "i2"))
	options := &plannerv1.ResponseOptions{MaxMessageBytes: 1}
	const tooSmall = "response_options.max_message_bytes"
	events := func(change func(*plannerv1.Event)) *plannerv1.ApplyEventsRequest {
		in := applyEventsFixture(t)
		change(in.Events[1])
		return in
	}
	cases := []struct {
		name, field, description string
		err                      error
	}{
		{"AddNode/fine", "", "", errorOf(AddNode(&plannerv1.AddNodeRequest{Node: node()}))},
		{"AddNode/node", "node", "required", errorOf(AddNode(&plannerv1.AddNodeRequest{}))},
		{"AddNode/name", "node.node_name", "required", errorOf(AddNode(&plannerv1.AddNodeRequest{Node: nameless}))},
		{"AddNode/primary", "node.primary_instance_id", "not among", errorOf(AddNode(&plannerv1.AddNodeRequest{Node: primaryless}))},
		{"AddNode/options", tooSmall, "4096", errorOf(AddNode(&plannerv1.AddNodeRequest{Node: node(), ResponseOptions: options}))},
		{"UpdateNode/node", "node", "required", errorOf(UpdateNode(&plannerv1.UpdateNodeRequest{}))},
		{"UpdateNode/primary", "", "", errorOf(UpdateNode(&plannerv1.UpdateNodeRequest{Node: primaryless}))},
		{"UpdateNode/options", tooSmall, "4096", errorOf(UpdateNode(&plannerv1.UpdateNodeRequest{Node: node(), ResponseOptions: options}))},
		{"AddNodes/name", "nodes[0].node_name", "required", errorOf(AddNodes(&plannerv1.AddNodesRequest{Nodes: []*plannerv1.NodeResources{nameless}}))},
		{"AddNodes/none", "", "", errorOf(AddNodes(&plannerv1.AddNodesRequest{}))},
		{"AddNodes/options", tooSmall, "4096", errorOf(AddNodes(&plannerv1.AddNodesRequest{ResponseOptions: options}))},
		{
			"RollingUpdateNodes/name", "nodes[0].node_name", "required",
			errorOf(RollingUpdateNodes(&plannerv1.RollingUpdateNodesRequest{Nodes: []*plannerv1.NodeResources{nameless}})),
		},
		{
			"RollingUpdateNodes/primary", "", "",
			errorOf(RollingUpdateNodes(&plannerv1.RollingUpdateNodesRequest{Nodes: []*plannerv1.NodeResources{primaryless}})),
		},
		{
			"RollingUpdateNodes/options", tooSmall, "4096",
			errorOf(RollingUpdateNodes(&plannerv1.RollingUpdateNodesRequest{ResponseOptions: options})),
		},
		{
			"ConcurrentUpdateNodes/name", "nodes[0].node_name", "required",
			errorOf(ConcurrentUpdateNodes(&plannerv1.ConcurrentUpdateNodesRequest{Nodes: []*plannerv1.NodeResources{nameless}})),
		},
		{
			"ConcurrentUpdateNodes/options", tooSmall, "4096",
			errorOf(ConcurrentUpdateNodes(&plannerv1.ConcurrentUpdateNodesRequest{ResponseOptions: options})),
		},
		{
			"EndState/twice", "nodes[1].node_name", "more than once",
			withoutInstances(errorOf(EndState(&plannerv1.EndStateRequest{Nodes: []*plannerv1.NodeResources{node(), node()}}))),
		},
		{"EndState/options", tooSmall, "4096", errorOf(EndState(&plannerv1.EndStateRequest{ResponseOptions: options}))},
		{"PopulateNode/node", "node", "required", errorOf(PopulateNode(&plannerv1.PopulateNodeRequest{}))},
		{
			"PopulateNode/fine", "", "",
			errorOf(PopulateNode(&plannerv1.PopulateNodeRequest{Node: node(), ExistingNodeNames: []string{"n1", "n2"}})),
		},
		{
			"PopulateNode/empty name", "existing_node_names[1]", "required",
			errorOf(PopulateNode(&plannerv1.PopulateNodeRequest{Node: node(), ExistingNodeNames: []string{"a", ""}})),
		},
		{
			"PopulateNode/colon", "existing_node_names[1]", "colon",
			errorOf(PopulateNode(&plannerv1.PopulateNodeRequest{Node: node(), ExistingNodeNames: []string{"a", "b:c"}})),
		},
		{
			"PopulateNode/sub", "existing_node_names[0]", `"sub"`,
			errorOf(PopulateNode(&plannerv1.PopulateNodeRequest{Node: node(), ExistingNodeNames: []string{"sub_a"}})),
		},
		{
			"PopulateNode/twice", "existing_node_names[2]", "more than once",
			errorOf(PopulateNode(&plannerv1.PopulateNodeRequest{Node: node(), ExistingNodeNames: []string{"a", "b", "a"}})),
		},
		{"PopulateNode/options", tooSmall, "4096", errorOf(PopulateNode(&plannerv1.PopulateNodeRequest{Node: node(), ResponseOptions: options}))},
		{
			"PopulateNodes/only names", "", "",
			errorOf(PopulateNodes(&plannerv1.PopulateNodesRequest{Existing: []*plannerv1.NodeResources{{NodeName: "n2"}}, New: []*plannerv1.NodeResources{node()}})),
		},
		{
			"PopulateNodes/existing", "existing[0].node_name", "required",
			errorOf(PopulateNodes(&plannerv1.PopulateNodesRequest{Existing: []*plannerv1.NodeResources{{}}})),
		},
		{
			"PopulateNodes/existing twice", "existing[1].node_name", "more than once",
			errorOf(PopulateNodes(&plannerv1.PopulateNodesRequest{Existing: []*plannerv1.NodeResources{{NodeName: "a"}, {NodeName: "a"}}})),
		},
		{
			"PopulateNodes/new", "new[0].node_name", "required",
			errorOf(PopulateNodes(&plannerv1.PopulateNodesRequest{New: []*plannerv1.NodeResources{nameless}})),
		},
		{"PopulateNodes/options", tooSmall, "4096", errorOf(PopulateNodes(&plannerv1.PopulateNodesRequest{ResponseOptions: options}))},
		{"RestoreNode/target", "target", "required", errorOf(RestoreNode(&plannerv1.RestoreNodeRequest{}))},
		{"RestoreNode/name", "target.node_name", "colon", errorOf(RestoreNode(&plannerv1.RestoreNodeRequest{Target: target}))},
		{"PlanStates/fine", "", "", errorOf(PlanStates(planStatesFixture(t)))},
		{
			"PlanStates/version", "states[0].version", "version",
			errorOf(PlanStates(&plannerv1.PlanStatesRequest{States: []*plannerv1.State{{Version: "x"}}})),
		},
		{"PlanStates/options", tooSmall, "4096", errorOf(PlanStates(&plannerv1.PlanStatesRequest{ResponseOptions: options}))},
		{"PlanRefresh/none", "", "", errorOf(PlanRefresh(&plannerv1.PlanRefreshRequest{}))},
		{"PlanRefresh/version", "state.version", "version", errorOf(PlanRefresh(&plannerv1.PlanRefreshRequest{State: &plannerv1.State{Version: "0"}}))},
		{"PlanRefresh/options", tooSmall, "4096", errorOf(PlanRefresh(&plannerv1.PlanRefreshRequest{ResponseOptions: options}))},
		{"ApplyEvents/fine", "", "", errorOf(ApplyEvents(applyEventsFixture(t)))},
		{"ApplyEvents/version", "state.version", "version", errorOf(ApplyEvents(&plannerv1.ApplyEventsRequest{State: &plannerv1.State{Version: "0"}}))},
		{"ApplyEvents/type", "events[1].type", "required", errorOf(ApplyEvents(events(func(e *plannerv1.Event) {
			e.Type = 0
			e.Resource = parse(t, &plannerv1.Resource{}, resourceFixture("a", "b"))
		})))},
		{"ApplyEvents/unknown type", "events[1].type", "unknown value 9", errorOf(ApplyEvents(events(func(e *plannerv1.Event) {
			e.Type = 9
			e.Resource = parse(t, &plannerv1.Resource{}, resourceFixture("a", "b"))
		})))},
		{"ApplyEvents/unknown reason", "events[1].reason", "unknown value 9", errorOf(ApplyEvents(events(func(e *plannerv1.Event) { e.Reason = 9 })))},
		{"ApplyEvents/no resource", "events[1].resource", "required", errorOf(ApplyEvents(events(func(e *plannerv1.Event) { e.Resource = nil })))},
		{
			"ApplyEvents/no identifier", "events[1].resource.identifier", "required",
			errorOf(ApplyEvents(events(func(e *plannerv1.Event) { e.Resource.Identifier = nil }))),
		},
		{"ApplyEvents/options", tooSmall, "4096", errorOf(ApplyEvents(&plannerv1.ApplyEventsRequest{ResponseOptions: options}))},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { wantViolation(t, c.err, c.field, c.description) })
	}
}

func errorOf(_ any, err error) error { return err }

// withoutInstances leaves the violation of a node out that follows from the node being there twice.
func withoutInstances(err error) error {
	var e *InvalidRequestError
	if errors.As(err, &e) && len(e.Violations) == 2 && strings.HasSuffix(e.Violations[1].Field, "spec.instance_id") {
		e.Violations, e.Total = e.Violations[:1], 1
	}
	return err
}

func TestAllViolationsAreCollectedInTheOrderOfTheRequest(t *testing.T) {
	in := updateFixture(t)
	in.Start.Version = "2"
	in.Start.Resources[0].Executor = nil
	in.Start.Resources[1].Identifier.Id = "a"
	in.Nodes[0].NodeName = ""
	in.Nodes[0].InstanceResources[0].Instance.Spec.HostId = ""
	in.Nodes[0].InstanceResources[1].NodeDependents[0].DiffIgnore = []string{"x"}
	in.Nodes[0].Scripts[0].Name = "x"
	in.Nodes[1].DatabaseName = ""
	in.Services[0].ServiceInstanceId = ""
	in.Options.NodeUpdateStrategy = 9
	in.ResponseOptions.MaxMessageBytes = 1
	_, err := UpdateDatabase(in)
	e := invalid(t, err)
	var got []string
	for _, v := range e.Violations {
		got = append(got, v.Field)
	}
	want := []string{
		"start.version",
		"start.resources[0].executor",
		"start.resources[1].identifier",
		"nodes[0].node_name",
		"nodes[0].instance_resources[0].instance.spec.host_id",
		"nodes[0].instance_resources[1].node_dependents[0].diff_ignore[0]",
		"nodes[0].scripts[0].name",
		"nodes[1].database_name",
		"services[0].service_instance_id",
		"options.node_update_strategy",
		"response_options.max_message_bytes",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("violations are\n%s\nnot\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if text := err.Error(); !strings.Contains(text, "start.version") || !strings.Contains(text, "and 8 more") {
		t.Errorf("the text is %q", text)
	}
}

func TestAHundredViolationsAreKept(t *testing.T) {
	in := &plannerv1.UpdateDatabaseRequest{Start: &plannerv1.State{}}
	for range 150 {
		in.Start.Resources = append(in.Start.Resources, &plannerv1.Resource{})
	}
	_, err := UpdateDatabase(in)
	e := invalid(t, err)
	if len(e.Violations) != 100 || e.Total != 300 {
		t.Errorf("%d violations of %d, not 100 of 300", len(e.Violations), e.Total)
	}
	if e.Violations[99].Field != "start.resources[49].executor" {
		t.Errorf("the last one is at %s", e.Violations[99].Field)
	}
}

func TestLongNamesAreCutInDescriptions(t *testing.T) {
	in := updateFixture(t)
	in.Nodes[0].Scripts[0].Name = strings.Repeat("ä", 1000)
	_, err := UpdateDatabase(in)
	e := invalid(t, err)
	if text := e.Violations[0].Description; len(text) > 300 || strings.Contains(text, "\ufffd") || strings.Contains(text, `\x`) {
		t.Errorf("the description is %q", text)
	}
}

func TestViolationsOfAnswers(t *testing.T) {
	cases := []struct {
		name, field, description string
		change                   func(*plannerv1.Event)
	}{
		{"nothing", "", "", func(*plannerv1.Event) {}},
		{"type", "type", "required", func(e *plannerv1.Event) { e.Type = 0 }},
		{"reason", "reason", "unknown value 9", func(e *plannerv1.Event) { e.Reason = 9 }},
		{"resource", "resource", "required", func(e *plannerv1.Event) { e.Resource = nil }},
		{"resource within", "resource.executor", "required", func(e *plannerv1.Event) { e.Resource.Executor = nil }},
		{"cause", "caused_by[0].id", "required", func(e *plannerv1.Event) { e.CausedBy = []*plannerv1.Identifier{{Type: "dir"}} }},
		{"value", "diff[0].value", "not a number", func(e *plannerv1.Event) {
			e.Diff[0].ValueForm = &plannerv1.PatchOperation_Value{Value: structpb.NewNumberValue(math.NaN())}
		}},
		{"text of a value", "diff[0].value_json", "value is expected", func(e *plannerv1.Event) {
			e.Diff[0].ValueForm = &plannerv1.PatchOperation_ValueJson{ValueJson: secret}
		}},
		{"no value", "", "", func(e *plannerv1.Event) { e.Diff[0].ValueForm = nil }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			event := applyEventsFixture(t).Events[0]
			c.change(event)
			wantViolation(t, errorOf(EventFromProto(event)), c.field, c.description)
			field := c.field
			if field != "" {
				field = "plans[0].phases[1].events[0]." + field
			}
			plan := &plannerv1.Plan{Phases: []*plannerv1.Phase{{}, {Index: 1, Events: []*plannerv1.Event{event}}}}
			wantViolation(t, errorOf(PlansFromProto([]*plannerv1.Plan{plan})), field, c.description)
		})
	}
	plan := &plannerv1.Plan{Phases: []*plannerv1.Phase{{}, {Index: 2}}}
	wantViolation(t, errorOf(PlansFromProto([]*plannerv1.Plan{plan})), "plans[0].phases[1].index", "must be 1")
	wantViolation(t, errorOf(StateFromProto(&plannerv1.State{Version: "2"})), "version", "version")
}

func TestNilElementsAreViolationsAndNoPanic(t *testing.T) {
	in := &plannerv1.UpdateDatabaseRequest{
		Start:    &plannerv1.State{Resources: []*plannerv1.Resource{nil}},
		Nodes:    []*plannerv1.NodeResources{nil, {InstanceResources: []*plannerv1.InstanceResources{nil}, Scripts: []*plannerv1.Script{nil}}},
		Services: []*plannerv1.ServiceResources{nil, {Resources: []*plannerv1.Resource{nil}}},
	}
	_, err := UpdateDatabase(in)
	invalid(t, err)
	_, err = RestoreDatabase(&plannerv1.RestoreDatabaseRequest{Targets: []*plannerv1.NodeRestoreResources{nil}})
	invalid(t, err)
	_, err = PlanStates(&plannerv1.PlanStatesRequest{States: []*plannerv1.State{nil, {Resources: []*plannerv1.Resource{nil}}}})
	invalid(t, err)
	_, err = ApplyEvents(&plannerv1.ApplyEventsRequest{Events: []*plannerv1.Event{nil, {Diff: []*plannerv1.PatchOperation{nil}}}})
	invalid(t, err)
	_, err = PopulateNodes(&plannerv1.PopulateNodesRequest{Existing: []*plannerv1.NodeResources{nil}, New: []*plannerv1.NodeResources{nil}})
	invalid(t, err)
	_, err = PlansFromProto([]*plannerv1.Plan{nil, {Phases: []*plannerv1.Phase{nil, {Events: []*plannerv1.Event{nil}}}}})
	invalid(t, err)
	for _, err := range []error{
		errorOf(UpdateDatabase(nil)), errorOf(PlanStates(nil)), errorOf(ApplyEvents(nil)), errorOf(PlanRefresh(nil)),
		errorOf(EndState(nil)), errorOf(AddNodes(nil)), errorOf(PopulateNodes(nil)), errorOf(StateFromProto(nil)),
	} {
		if err != nil {
			t.Errorf("an empty request is refused: %v", err)
		}
	}
}
