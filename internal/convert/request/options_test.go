package request

import (
	"errors"
	"testing"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
)

func TestDeletingIsConfirmed(t *testing.T) {
	for _, confirmed := range []bool{false, true} {
		call, err := Converter{}.UpdateDatabase(&plannerv1.UpdateDatabaseRequest{
			Options: &plannerv1.UpdateDatabaseOptions{DeleteDatabase: confirmed},
		})
		if err != nil || call.DeleteDatabase != confirmed {
			t.Errorf("the call is %+v, the error %v", call, err)
		}
	}
}

func TestAPlainRestartIsNoDeletion(t *testing.T) {
	in := updateFixture(t)
	in.Nodes, in.Start.Resources[0].Identifier.Type = nil, "database.instance"
	if _, err := (Converter{}).UpdateDatabase(in); err != nil {
		t.Errorf("what a first creation left cannot be cleaned up: %v", err)
	}
}

func TestALaterStateIsRefusedWhateverElseIsWrong(t *testing.T) {
	for version, number := range map[string]uint64{"2": 2, "18446744073709551615": 1<<64 - 1} {
		in := updateFixture(t)
		in.Start.Version, in.Start.Resources[0].Executor = version, nil
		_, err := Converter{}.UpdateDatabase(in)
		var tooNew *StateTooNewError
		if !errors.As(err, &tooNew) || tooNew.Field != "start.version" || tooNew.Version != number {
			t.Errorf("the error is %v", err)
		}
	}
	_, err := Converter{}.PlanStates(&plannerv1.PlanStatesRequest{States: []*plannerv1.State{{}, {Version: "3"}, {Version: "4"}}})
	var tooNew *StateTooNewError
	if !errors.As(err, &tooNew) || tooNew.Field != "states[1].version" || tooNew.Version != 3 {
		t.Errorf("the error is %v", err)
	}
}
