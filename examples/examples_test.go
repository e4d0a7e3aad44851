// Package examples_test sends the example requests to the planner: in process, and as a user does.
package examples_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert"
	"github.com/pgplanner/pgplanner/internal/convert/request"
	"github.com/pgplanner/pgplanner/internal/convert/response"
	"github.com/pgplanner/pgplanner/internal/impact"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// The rpcs that the examples are for.
const (
	updateDatabase  = "planner.v1.PlannerService/UpdateDatabase"
	restoreDatabase = "planner.v1.PlannerService/RestoreDatabase"
)

// example is a file with a request, and what comes of it.
type example struct {
	file string
	rpc  string
	// wanted counts what was found right when the plans were read, event by event.
	wanted counts
}

type counts struct {
	plans, phases, creates, updates, deletes uint32
	changes, followOns                       uint32
	primariesAtOnce, hazards                 uint32
}

var examples = []example{
	{"create-database.json", updateDatabase, counts{3, 15, 44, 0, 0, 44, 0, 0, 0}},
	{"add-node.json", updateDatabase, counts{4, 30, 38, 3, 18, 59, 0, 0, 0}},
	{"change-setting-rolling.json", updateDatabase, counts{6, 42, 0, 96, 0, 12, 84, 1, 0}},
	{"change-setting-concurrent.json", updateDatabase, counts{2, 14, 0, 82, 0, 12, 70, 2, 0}},
	{"add-replica.json", updateDatabase, counts{2, 9, 4, 13, 0, 5, 12, 0, 0}},
	{"lost-host.json", updateDatabase, counts{6, 12, 0, 0, 8, 24, 0, 0, 7}},
	{"remove-node.json", updateDatabase, counts{1, 9, 0, 0, 24, 24, 0, 1, 4}},
	{"force-update.json", updateDatabase, counts{6, 45, 0, 93, 0, 44, 49, 1, 0}},
	{"rejoin-member.json", updateDatabase, counts{9, 31, 26, 2, 26, 54, 0, 0, 1}},
	{"delete-database.json", updateDatabase, counts{1, 9, 0, 0, 44, 44, 0, 3, 11}},
	{"restore-node.json", restoreDatabase, counts{4, 20, 19, 1, 19, 39, 0, 1, 3}},
}

const mistakes = "mistakes.json"

// violations are all mistakes in that request, in its order.
var violations = []request.Violation{
	{Field: "start.resources[1].identifier", Description: "host.directory::twice is in this state more than once"},
	{Field: "nodes[0].node_name", Description: "must not contain a colon: it separates names in ids"},
	{Field: "nodes[0].instance_resources[1].instance.spec.host_id", Description: "is required"},
	{
		Field:       "nodes[0].instance_resources[1].instance_dependencies[1].dependencies[0]",
		Description: "a resource must not depend on itself",
	},
	{
		Field:       "nodes[1].source_node",
		Description: "must be empty in a node with a restore_config: that gets its data from the backup",
	},
	{
		Field:       "nodes[1].instance_resources[0].instance_dependencies[0].executor.id",
		Description: "is required for an executor of type host",
	},
	{Field: "nodes[2].node_name", Description: `"n2" is used more than once`},
	{
		Field:       "nodes[2].instance_resources[0].instance.spec.instance_id",
		Description: `"shop-n2-a" is used more than once`,
	},
	{
		Field:       "nodes[2].instance_resources[0].instance_dependencies[0].attributes_json",
		Description: "is no usable JSON object: invalid JSON at byte 0: an object is expected",
	},
	{
		Field:       "response_options.max_message_bytes",
		Description: "must be 0 (for the default of 1048576) or from 4096 to 67108864",
	},
}

// plan plans the request of a file in process, and says what the summary does.
func plan(file, rpc string) (*plannerv1.PlanSummary, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if rpc == restoreDatabase {
		var in plannerv1.RestoreDatabaseRequest
		if err := protojson.Unmarshal(text, &in); err != nil {
			return nil, err
		}
		call, err := request.Converter{}.RestoreDatabase(&in)
		if err != nil {
			return nil, err
		}
		outcome, err := planner.RestoreDatabaseTo(nil, call.Options, call.Start, call.Nodes, call.Targets)
		return summary(call.Start, outcome, call.Response, err)
	}
	var in plannerv1.UpdateDatabaseRequest
	if err := protojson.Unmarshal(text, &in); err != nil {
		return nil, err
	}
	call, err := request.Converter{}.UpdateDatabase(&in)
	if err != nil {
		return nil, err
	}
	outcome, err := planner.UpdateDatabaseTo(nil, call.Options, call.Start, call.Nodes)
	return summary(call.Start, outcome, call.Response, err)
}

func summary(
	start *resource.State, outcome planner.Outcome, settings convert.ResponseSettings, err error,
) (*plannerv1.PlanSummary, error) {
	if err != nil {
		return nil, err
	}
	cost, err := impact.Of(nil, start, outcome.Plans, outcome.Hazards)
	if err != nil {
		return nil, err
	}
	return response.NewEncoder(nil, settings).Summary(outcome.Plans, cost)
}

func TestExamplesArePlanned(t *testing.T) {
	for _, e := range examples {
		t.Run(e.file, func(t *testing.T) {
			s, err := plan(e.file, e.rpc)
			if err != nil {
				t.Fatal(err)
			}
			got := counts{
				s.GetPlans(), s.GetPhases(), s.GetCreates(), s.GetUpdates(), s.GetDeletes(), s.GetChanges(), s.GetFollowOns(),
				s.GetImpact().GetPrimariesAtOnce(), uint32(len(s.GetHazards())),
			}
			if got != e.wanted {
				t.Errorf("got %v, want %v: read the plans again", got, e.wanted)
			}
		})
	}
}

func TestMistakesAreAllNamed(t *testing.T) {
	_, err := plan(mistakes, updateDatabase)
	var invalid *request.InvalidRequestError
	if !errors.As(err, &invalid) {
		t.Fatalf("got %v", err)
	}
	if !slices.Equal(invalid.Violations, violations) {
		for _, v := range invalid.Violations {
			t.Log(v)
		}
		t.Error("other violations than expected")
	}
}

// TestNoExampleIsForgotten keeps the lists above complete.
func TestNoExampleIsForgotten(t *testing.T) {
	files, err := filepath.Glob("*.json")
	if err != nil {
		t.Fatal(err)
	}
	known := []string{mistakes}
	for _, e := range examples {
		known = append(known, e.file)
	}
	slices.Sort(known)
	if !slices.Equal(files, known) {
		t.Errorf("there are %v, known are %v", files, known)
	}
}
