package request

import (
	"errors"
	"slices"
	"testing"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/verify"
)

// TestVerifyPlansOfARequest: plans are judged by the request that they answer, and by nothing beside it.
func TestVerifyPlansOfARequest(t *testing.T) {
	node := &plannerv1.NodeResources{NodeName: "n1", DatabaseId: "db", DatabaseName: "app", InstanceResources: []*plannerv1.InstanceResources{
		{Instance: &plannerv1.Instance{Spec: &plannerv1.InstanceSpec{InstanceId: "n1-a", HostId: "h"}}},
	}}
	update := &plannerv1.UpdateDatabaseRequest{
		Start:   &plannerv1.State{},
		Nodes:   []*plannerv1.NodeResources{node},
		Options: &plannerv1.UpdateDatabaseOptions{NodeUpdateStrategy: plannerv1.NodeUpdateStrategy_NODE_UPDATE_STRATEGY_CONCURRENT},
	}
	call, err := Converter{}.VerifyPlans(&plannerv1.VerifyPlansRequest{UpdateDatabase: update})
	if err != nil {
		t.Fatal(err)
	}
	o := call.Options
	if o.Operation != verify.OperationUpdate || o.Rolling || call.End != nil || len(o.Desired.Nodes) != 1 ||
		o.Desired.Nodes[0].Database.DatabaseName != "app" || o.Desired.Nodes[0].Instances[0].Instance.Spec.HostID != "h" {
		t.Errorf("got %+v", call)
	}

	for name, test := range map[string]struct {
		in   *plannerv1.VerifyPlansRequest
		want []string
	}{
		"with what follows from it": {
			&plannerv1.VerifyPlansRequest{
				Start: &plannerv1.State{}, End: &plannerv1.State{}, Rules: plannerv1.PlanRules_PLAN_RULES_STATES,
				NodeUpdateStrategy: plannerv1.NodeUpdateStrategy_NODE_UPDATE_STRATEGY_ROLLING, UpdateDatabase: update,
			},
			[]string{"start", "end", "rules", "node_update_strategy"},
		},
		"two": {
			&plannerv1.VerifyPlansRequest{UpdateDatabase: update, RestoreDatabase: &plannerv1.RestoreDatabaseRequest{}},
			[]string{"restore_database"},
		},
		"one that is wrong": {
			&plannerv1.VerifyPlansRequest{UpdateDatabase: &plannerv1.UpdateDatabaseRequest{
				Nodes: []*plannerv1.NodeResources{node, node},
			}},
			[]string{"update_database.nodes[1].node_name", "update_database.nodes[1].instance_resources[0].instance.spec.instance_id"},
		},
		"a restore that is wrong": {
			&plannerv1.VerifyPlansRequest{
				End: &plannerv1.State{}, RestoreDatabase: &plannerv1.RestoreDatabaseRequest{Targets: []*plannerv1.NodeRestoreResources{{NodeName: "n1"}}},
			},
			[]string{"end", "restore_database.targets[0].primary_instance"},
		},
	} {
		_, err := Converter{}.VerifyPlans(test.in)
		var invalid *InvalidRequestError
		if !errors.As(err, &invalid) {
			t.Errorf("%s: got %v", name, err)
			continue
		}
		var fields []string
		for _, v := range invalid.Violations {
			fields = append(fields, v.Field)
		}
		for _, want := range test.want {
			if !slices.Contains(fields, want) {
				t.Errorf("%s: %s is not refused, only %q", name, want, fields)
			}
		}
	}
}
