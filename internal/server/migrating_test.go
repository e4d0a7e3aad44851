package server

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert/request"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/testkit/databases"
	"github.com/pgplanner/pgplanner/internal/testkit/messages"
)

// TestMigratingExample plans from the example of docs/migrating.md: what stands there before is refused as too old, and after
// that, nothing is left to do.
func TestMigratingExample(t *testing.T) {
	before, after := migratingExample(t)
	if len(before) != 1 || len(after) != 3 {
		t.Fatalf("%d resources before, %d after", len(before), len(after))
	}
	var old *planner.StateTooOldError
	if plans, err := planMigrated(t, before); !errors.As(err, &old) {
		t.Errorf("before: got %d plans, %v", plans, err)
	}
	if plans, err := planMigrated(t, after); plans > 0 || err != nil {
		t.Errorf("after: got %d plans, %v", plans, err)
	}
	for _, r := range after { // what is told of each counts
		whole := r.GetAttributes()
		r.AttributesForm = &plannerv1.Resource_AttributesJson{AttributesJson: "{}"}
		if plans, err := planMigrated(t, after); plans == 0 && err == nil {
			t.Errorf("nothing is planned without the attributes of %v", r.GetIdentifier())
		}
		r.AttributesForm = &plannerv1.Resource_Attributes{Attributes: whole}
	}
}

// planMigrated plans two nodes from the state in which they are, with some of the records in another form. It returns how
// many plans there are.
func planMigrated(t *testing.T, records []*plannerv1.Resource) (int, error) {
	t.Helper()
	nodes := databases.Nodes(nil, "n1", "n2")
	for _, n := range nodes {
		n.DatabaseID, n.DatabaseOwner = "db1", "app"
		for _, i := range n.InstanceResources {
			i.Instance.Spec.DatabaseID = "db1"
		}
	}
	encoder := messages.In(plannerv1.AttributesFormat_ATTRIBUTES_FORMAT_JSON)
	in := &plannerv1.UpdateDatabaseRequest{Start: encoder.State(databases.End(nodes))}
	for _, n := range nodes {
		node, err := encoder.Node(n)
		if err != nil {
			t.Fatal(err)
		}
		in.Nodes = append(in.Nodes, node)
	}
	for _, r := range records {
		in.Start.Resources = append(slices.DeleteFunc(in.Start.GetResources(), func(other *plannerv1.Resource) bool {
			return other.GetIdentifier().GetType() == r.GetIdentifier().GetType() && other.GetIdentifier().GetId() == r.GetIdentifier().GetId()
		}), r)
	}
	call, err := request.Converter{}.UpdateDatabase(in)
	if err != nil {
		t.Fatal(err)
	}
	plans, err := planner.UpdateDatabase(call.Options, call.Start, call.Nodes)
	return len(plans), err
}

// migratingExample are the resources that docs/migrating.md has in its example, before and after they are converted.
func migratingExample(t *testing.T) (before, after []*plannerv1.Resource) {
	t.Helper()
	text, err := os.ReadFile("../../docs/migrating.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(text), "\n## An example\n")
	blocks := strings.Split(example, "```json\n")
	if len(blocks) != 3 {
		t.Fatalf("%d blocks of JSON", len(blocks)-1)
	}
	return resourcesIn(t, blocks[1]), resourcesIn(t, blocks[2])
}

// resourcesIn reads the resources of a block.
func resourcesIn(t *testing.T, block string) []*plannerv1.Resource {
	t.Helper()
	block, _, _ = strings.Cut(block, "```")
	var resources []*plannerv1.Resource
	for decoder := json.NewDecoder(strings.NewReader(block)); ; {
		var text json.RawMessage
		if err := decoder.Decode(&text); errors.Is(err, io.EOF) {
			return resources
		} else if err != nil {
			t.Fatal(err)
		}
		r := &plannerv1.Resource{}
		if err := protojson.Unmarshal(text, r); err != nil {
			t.Fatal(err)
		}
		resources = append(resources, r)
	}
}
