package request

import (
	"encoding/json"
	"strings"
	"testing"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/resource"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// secret stands in every value of the fixtures that may be one, and so must never be in an error.
const secret = "planted-s3cret"

// parse makes a message from JSON, in which SECRET stands for the secret.
func parse[M proto.Message](t testing.TB, out M, text string) M {
	t.Helper()
	text = strings.ReplaceAll(text, "SECRET", secret)
	if err := protojson.Unmarshal([]byte(text), out); err != nil {
		t.Fatalf("the fixture is wrong: %v\n%s", err, text)
	}
	return out
}

// resourceFixture is a valid resource as JSON.
func resourceFixture(kind, id string) string {
	return `{
		"identifier": {"type": "` + kind + `", "id": "` + id + `"},
		"executor": {"type": "EXECUTOR_TYPE_HOST", "id": "host-1"},
		"attributes_json": "{\"password\":\"SECRET\"}",
		"dependencies": [{"type": "dir", "id": "base"}],
		"type_dependencies": ["network"],
		"diff_ignore": ["/status"],
		"resource_version": "1"
	}`
}

// instanceFixture is a valid instance with resources around it. They are called after the instance.
func instanceFixture(id string) string {
	return `{
		"instance": {
			"spec": {"instance_id": "` + id + `", "host_id": "host-1", "settings": {"password": "SECRET"}},
			"connection_info": {"password": "SECRET"},
			"post_init": {"statements": ["SECRET"]}
		},
		"instance_dependencies": [` + resourceFixture("dir", id) + `],
		"database_dependencies": [` + resourceFixture("extension", id) + `],
		"node_dependents": [` + resourceFixture("proxy", id) + `]
	}`
}

func nodeFixture(name string, instances ...string) string {
	all := make([]string, len(instances))
	for i, id := range instances {
		all[i] = instanceFixture(id)
	}
	return `{
		"node_name": "` + name + `",
		"database_id": "db-1",
		"database_name": "app",
		"scripts": [{"name": "post_database_create", "statements": ["SECRET"]}],
		"instance_resources": [` + strings.Join(all, ",") + `]
	}`
}

func updateFixture(t testing.TB) *plannerv1.UpdateDatabaseRequest {
	t.Helper()
	return parse(t, &plannerv1.UpdateDatabaseRequest{}, `{
		"start": {"version": "1", "resources": [`+resourceFixture("dir", "a")+`,`+resourceFixture("dir", "b")+`]},
		"nodes": [`+nodeFixture("n1", "i1", "i2")+`,`+nodeFixture("n2", "i3")+`],
		"services": [{
			"service_instance_id": "s1",
			"resources": [`+resourceFixture("container", "s1")+`],
			"monitor_resource": `+resourceFixture("monitor", "s1")+`
		}],
		"options": {"node_update_strategy": "NODE_UPDATE_STRATEGY_CONCURRENT"},
		"response_options": {"max_message_bytes": 4096}
	}`)
}

func targetFixture(name, primary, replica string) string {
	restore := strings.ReplaceAll(instanceFixture(primary), `"1"`, `"2"`)
	return `{
		"node_name": "` + name + `",
		"primary_instance": ` + instanceFixture(primary) + `,
		"restore_instance": ` + restore + `,
		"replica_instances": [` + instanceFixture(replica) + `],
		"restore_config": {"source_database_name": "old", "repository": {"key": "SECRET"}, "restore_options": {"set": "SECRET"}},
		"database_id": "db-1",
		"database_name": "app"
	}`
}

func restoreFixture(t testing.TB) *plannerv1.RestoreDatabaseRequest {
	t.Helper()
	return parse(t, &plannerv1.RestoreDatabaseRequest{}, `{
		"start": {"resources": [`+resourceFixture("dir", "a")+`]},
		"nodes": [`+nodeFixture("n1", "i1")+`],
		"targets": [`+targetFixture("n2", "i2", "i3")+`,`+targetFixture("n3", "i4", "i5")+`]
	}`)
}

func planStatesFixture(t testing.TB) *plannerv1.PlanStatesRequest {
	t.Helper()
	state := `{"resources": [` + resourceFixture("dir", "a") + `,` + resourceFixture("database.node", "n1") + `]}`
	return parse(t, &plannerv1.PlanStatesRequest{}, `{"start": `+state+`, "states": [`+state+`,`+state+`]}`)
}

func applyEventsFixture(t testing.TB) *plannerv1.ApplyEventsRequest {
	t.Helper()
	return parse(t, &plannerv1.ApplyEventsRequest{}, `{
		"state": {"resources": [`+resourceFixture("dir", "a")+`]},
		"events": [
			{"type": "EVENT_TYPE_CREATE", "resource": `+resourceFixture("dir", "b")+`, "reason": "EVENT_REASON_DOES_NOT_EXIST",
				"diff": [{"op": "add", "path": "/x", "value": "SECRET"}]},
			{"type": "EVENT_TYPE_DELETE", "resource": {"identifier": {"type": "dir", "id": "a"}}}
		]
	}`)
}

// sameJSON compares two texts as JSON values.
func sameJSON(t *testing.T, got, want []byte) bool {
	t.Helper()
	var a, b any
	if json.Unmarshal(got, &a) != nil || json.Unmarshal(want, &b) != nil {
		return false
	}
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return string(x) == string(y)
}

// stateOf and eventOf are what a reader makes of parts of a request. Paths begin in them.
func stateOf(in *plannerv1.State) (*resource.State, error) {
	r := Converter{}.reader()
	return finish(r, r.stateAt(nil, in, recorded))
}

func eventOf(in *plannerv1.Event) (resource.Event, error) {
	r := Converter{}.reader()
	event := r.event(nil, in)
	return event, r.err()
}
