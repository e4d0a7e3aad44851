package server

import (
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/pgplanner/pgplanner/internal/testkit/databases"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
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
	nodes := databases.Nodes(func(i *planner.InstanceResources) {
		i.Instance.Spec.Settings = []byte(`{"parameters":{"max_connections":200,"wal_level":"logical"},"port":5432}`)
	}, databases.Names("n", admission.DefaultMaxNodes, 3)...)
	before := databases.End(nodes)
	limits := admission.Limits{CallTime: time.Hour} // this is about sizes: a busy machine may take its time
	h := start(t, Config{Limits: limits}, withPlans(nil))
	for _, format := range []plannerv1.AttributesFormat{
		plannerv1.AttributesFormat_ATTRIBUTES_FORMAT_JSON, plannerv1.AttributesFormat_ATTRIBUTES_FORMAT_STRUCT,
	} {
		req, err := messages.In(format).UpdateDatabase(before, planner.UpdateDatabaseOptions{}, nodes)
		if err != nil {
			t.Fatal(err)
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
