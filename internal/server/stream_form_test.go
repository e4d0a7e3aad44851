package server

import (
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
)

// TestAnswersWithPlansHaveOneForm is what lets one message be the answer of every method that plans.
func TestAnswersWithPlansHaveOneForm(t *testing.T) {
	one := (&plannerv1.UpdateDatabaseResponse{}).ProtoReflect().Descriptor()
	for _, other := range []protoreflect.ProtoMessage{
		&plannerv1.RestoreDatabaseResponse{}, &plannerv1.PlanStatesResponse{}, &plannerv1.PlanRefreshResponse{},
	} {
		desc := other.ProtoReflect().Descriptor()
		if desc.Fields().Len() != one.Fields().Len() {
			t.Errorf("%s has %d fields", desc.Name(), desc.Fields().Len())
		}
		for i := range one.Fields().Len() {
			want := one.Fields().Get(i)
			got := desc.Fields().ByName(want.Name())
			if got == nil || got.Number() != want.Number() || got.Message() != want.Message() || got.ContainingOneof() == nil {
				t.Errorf("%s has %v, want %v", desc.Name(), got, want)
			}
		}
	}
}
