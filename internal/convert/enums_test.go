package convert

import (
	"strings"
	"testing"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/impact"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/verify"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

func TestEveryEnumValueHasItsWordInTheDomain(t *testing.T) {
	check := func(t *testing.T, enum protoreflect.EnumDescriptor, words func(protoreflect.EnumNumber) (string, protoreflect.EnumNumber, bool)) {
		t.Helper()
		values := enum.Values()
		prefix := strings.TrimSuffix(string(values.ByNumber(0).Name()), "UNSPECIFIED")
		for i := range values.Len() {
			v := values.Get(i)
			word, again, ok := words(v.Number())
			if v.Number() == 0 {
				continue
			}
			if !ok || again != v.Number() || prefix+strings.ToUpper(word) != string(v.Name()) {
				t.Errorf("%s becomes %q and comes back as %d", v.Name(), word, again)
			}
		}
		for _, unknown := range []protoreflect.EnumNumber{-1, protoreflect.EnumNumber(values.Len()), 1 << 20} {
			if _, _, ok := words(unknown); ok {
				t.Errorf("%s: %d is accepted", enum.Name(), unknown)
			}
		}
	}
	known := map[protoreflect.FullName]func(protoreflect.EnumNumber) (string, protoreflect.EnumNumber, bool){
		"planner.v1.ExecutorType": func(n protoreflect.EnumNumber) (string, protoreflect.EnumNumber, bool) {
			v, ok := ExecutorTypes.FromProto(plannerv1.ExecutorType(n))
			return v.String(), ExecutorTypes.ToProto(v).Number(), ok
		},
		"planner.v1.EventType": func(n protoreflect.EnumNumber) (string, protoreflect.EnumNumber, bool) {
			v, ok := EventTypes.FromProto(plannerv1.EventType(n))
			return v.String(), EventTypes.ToProto(v).Number(), ok
		},
		"planner.v1.EventReason": func(n protoreflect.EnumNumber) (string, protoreflect.EnumNumber, bool) {
			v, ok := EventReasons.FromProto(plannerv1.EventReason(n))
			return v.String(), EventReasons.ToProto(v).Number(), ok
		},
		"planner.v1.NodeUpdateStrategy": func(n protoreflect.EnumNumber) (string, protoreflect.EnumNumber, bool) {
			v, ok := NodeUpdateStrategies.FromProto(plannerv1.NodeUpdateStrategy(n))
			return string(v), NodeUpdateStrategies.ToProto(v).Number(), ok
		},
		"planner.v1.NodeRecovery": func(n protoreflect.EnumNumber) (string, protoreflect.EnumNumber, bool) {
			v, ok := NodeRecoveries.FromProto(plannerv1.NodeRecovery(n))
			return string(v), NodeRecoveries.ToProto(v).Number(), ok
		},
		"planner.v1.DrainMode": func(n protoreflect.EnumNumber) (string, protoreflect.EnumNumber, bool) {
			v, ok := DrainModes.FromProto(plannerv1.DrainMode(n))
			return string(v), DrainModes.ToProto(v).Number(), ok
		},
		"planner.v1.HazardKind": func(n protoreflect.EnumNumber) (string, protoreflect.EnumNumber, bool) {
			v, ok := HazardKinds.FromProto(plannerv1.HazardKind(n))
			return string(v), HazardKinds.ToProto(v).Number(), ok
		},
		"planner.v1.PlanRules": func(n protoreflect.EnumNumber) (string, protoreflect.EnumNumber, bool) {
			v, ok := PlanRules.FromProto(plannerv1.PlanRules(n))
			word := map[verify.Operation]string{
				verify.OperationStates: "states", verify.OperationUpdate: "update_database",
				verify.OperationRestore: "restore_database",
			}[v]
			return word, plannerv1.PlanRules(plannerv1.PlanRules_value["PLAN_RULES_"+strings.ToUpper(word)]).Number(), ok
		},
		"planner.v1.AttributesFormat": func(n protoreflect.EnumNumber) (string, protoreflect.EnumNumber, bool) {
			word := map[Form]string{FormStruct: "struct", FormText: "json"}[FormOf(plannerv1.AttributesFormat(n))]
			return word, n, KnownFormat(plannerv1.AttributesFormat(n))
		},
	}
	protoregistry.GlobalFiles.RangeFilesByPackage("planner.v1", func(file protoreflect.FileDescriptor) bool {
		for i := range file.Enums().Len() {
			enum := file.Enums().Get(i)
			words := known[enum.FullName()]
			if words == nil {
				t.Errorf("no conversion for %s", enum.FullName())
				continue
			}
			check(t, enum, words)
		}
		return true
	})
	// The other way round: the domain has no value that the wire lacks.
	for v := resource.ExecutorType(1); v.String() != "invalid"; v++ {
		if again, ok := ExecutorTypes.FromProto(ExecutorTypes.ToProto(v)); !ok || again != v {
			t.Errorf("executor type %s does not survive", v)
		}
	}
	for v := resource.EventType(1); v.String() != "invalid"; v++ {
		if again, ok := EventTypes.FromProto(EventTypes.ToProto(v)); !ok || again != v {
			t.Errorf("event type %s does not survive", v)
		}
	}
	for v := resource.EventReason(0); v == 0 || v.String() != ""; v++ {
		if again, ok := EventReasons.FromProto(EventReasons.ToProto(v)); !ok || again != v {
			t.Errorf("reason %s does not survive", v)
		}
	}
	for _, kind := range impact.Severities() {
		if HazardKinds.ToProto(kind) == 0 {
			t.Errorf("hazard kind %s does not survive", kind)
		}
	}
	if len(HazardKinds) != len(impact.Severities())+1 {
		t.Errorf("%d kinds of hazards have a severity", len(impact.Severities()))
	}
	if ExecutorTypes.ToProto(99) != 0 || EventTypes.ToProto(99) != 0 || EventReasons.ToProto(99) != 0 || NodeUpdateStrategies.ToProto("x") != 0 {
		t.Error("an invalid value became a valid one")
	}
}
