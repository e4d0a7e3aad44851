package planner_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/pgplanner/pgplanner/internal/convert/request"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/verify"
)

// judge has the judge of plans look at an answer, as the server does before it sends one.
func judge(
	t rapid.TB, what string, start *resource.State, plans []resource.Plan, end *resource.State, options verify.Options,
) {
	t.Helper()
	violations, err := verify.Plans(nil, start, plans, end, options)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range violations {
		t.Errorf("%s, the judge: %v", what, v)
	}
}

// rulesOfUpdate are the rules for an answer of UpdateDatabase.
func rulesOfUpdate(options planner.UpdateDatabaseOptions, nodes []*planner.NodeResources) verify.Options {
	return (&request.UpdateDatabaseCall{Options: options, Nodes: nodes}).Judging(nil)
}

// rulesOfRestore are the rules for an answer of RestoreDatabase.
func rulesOfRestore(
	options planner.RestoreDatabaseOptions, nodes []*planner.NodeResources, targets []*planner.NodeRestoreResources,
) verify.Options {
	return (&request.RestoreDatabaseCall{Options: options, Nodes: nodes, Targets: targets}).Judging(nil)
}

// restoreOptions are those of the options that RestoreDatabase has.
func (w *wish) restoreOptions() planner.RestoreDatabaseOptions {
	return planner.RestoreDatabaseOptions{LostHosts: w.options.LostHosts, HoldNodes: w.options.HoldNodes}
}

// judged has the answer to a scenario judged.
func (w *wish) judged(t *testing.T, what string, start *resource.State, plans []resource.Plan) {
	t.Helper()
	switch w.function {
	case "UpdateDatabase":
		outcome, err := planner.UpdateDatabaseTo(nil, w.options, start, w.nodes)
		if err != nil {
			t.Fatal(err)
		}
		judge(t, what, start, plans, outcome.End, rulesOfUpdate(w.options, w.nodes))
	case "RestoreDatabase":
		judge(t, what, start, plans, w.endState(), rulesOfRestore(w.restoreOptions(), w.nodes, w.targets))
	}
}
