package server

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/server/admission"
	"github.com/pgplanner/pgplanner/internal/testkit/messages"
)

// TestDefaultsTakeLargeDatabases sends a database of as many nodes as are taken, with three instances each, in both
// forms. It does so in a process of its own: other tests look at the memory of this one.
func TestDefaultsTakeLargeDatabases(t *testing.T) {
	const inside = "PLANNER_TEST_LARGE_DATABASES"
	if os.Getenv(inside) == "" {
		command := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^"+t.Name()+"$")
		command.Env = append(os.Environ(), inside+"=1")
		if output, err := command.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, output)
		}
		return
	}
	nodes := make([]*planner.NodeResources, admission.DefaultMaxNodes)
	for i := range nodes {
		nodes[i] = &planner.NodeResources{NodeName: fmt.Sprintf("n%d", i), DatabaseID: "db-1", DatabaseName: "app", DatabaseOwner: "admin"}
		for j := range 3 {
			id := fmt.Sprintf("n%d-%c", i, 'a'+j)
			nodes[i].InstanceResources = append(nodes[i].InstanceResources, &planner.InstanceResources{Instance: database.Instance{
				Spec: database.InstanceSpec{
					InstanceID: id, NodeName: nodes[i].NodeName, DatabaseID: "db-1", HostID: "host-" + id, DatabaseName: "app",
					Settings: json.RawMessage(`{"parameters":{"max_connections":200,"wal_level":"logical"},"port":5432}`),
				},
				Hostname: "host-" + id + ".example",
			}})
		}
	}
	before, err := planner.EndState(nodes)
	if err != nil {
		t.Fatal(err)
	}
	limits := admission.Limits{CallTime: time.Hour} // this is about sizes: a busy machine may take its time
	h := start(t, Config{Limits: limits}, withPlans(nil))
	for _, format := range []plannerv1.AttributesFormat{
		plannerv1.AttributesFormat_ATTRIBUTES_FORMAT_JSON, plannerv1.AttributesFormat_ATTRIBUTES_FORMAT_STRUCT,
	} {
		e := messages.In(format)
		req := &plannerv1.UpdateDatabaseRequest{Start: e.State(before)}
		for _, node := range nodes {
			m, err := e.Node(node)
			if err != nil {
				t.Fatal(err)
			}
			req.Nodes = append(req.Nodes, m)
		}
		if n := len(req.GetStart().GetResources()); n < 2*admission.DefaultMaxNodes*(admission.DefaultMaxNodes-1) {
			t.Fatalf("only %d resources", n)
		}
		if _, err := h.update(req); err != nil {
			t.Errorf("%v: %v", format, err)
		}
	}
	h.idle()
}
