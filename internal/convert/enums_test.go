package convert

import (
	"strings"
	"testing"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/verify"
	"google.golang.org/protobuf/reflect/protoreflect"
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
			v, ok := executorTypeFromProto(plannerv1.ExecutorType(n))
			return v.String(), executorTypeToProto(v).Number(), ok
		},
		"planner.v1.EventType": func(n protoreflect.EnumNumber) (string, protoreflect.EnumNumber, bool) {
			v, ok := eventTypeFromProto(plannerv1.EventType(n))
			return v.String(), eventTypeToProto(v).Number(), ok
		},
		"planner.v1.EventReason": func(n protoreflect.EnumNumber) (string, protoreflect.EnumNumber, bool) {
			v, ok := eventReasonFromProto(plannerv1.EventReason(n))
			return v.String(), eventReasonToProto(v).Number(), ok
		},
		"planner.v1.NodeUpdateStrategy": func(n protoreflect.EnumNumber) (string, protoreflect.EnumNumber, bool) {
			v, ok := nodeUpdateStrategyFromProto(plannerv1.NodeUpdateStrategy(n))
			return string(v), nodeUpdateStrategyToProto(v).Number(), ok
		},
		"planner.v1.PlanRules": func(n protoreflect.EnumNumber) (string, protoreflect.EnumNumber, bool) {
			v, ok := planRulesFromProto(plannerv1.PlanRules(n))
			word := map[verify.Operation]string{
				verify.OperationStates: "states", verify.OperationUpdate: "update_database",
				verify.OperationRestore: "restore_database",
			}[v]
			return word, planRulesToProto[v].Number(), ok
		},
		"planner.v1.AttributesFormat": func(n protoreflect.EnumNumber) (string, protoreflect.EnumNumber, bool) {
			word := map[form]string{formStruct: "struct", formText: "json"}[formOf(plannerv1.AttributesFormat(n))]
			return word, n, knownFormat(plannerv1.AttributesFormat(n))
		},
	}
	for _, file := range files {
		for i := range file.Enums().Len() {
			enum := file.Enums().Get(i)
			words := known[enum.FullName()]
			if words == nil {
				t.Errorf("no conversion for %s", enum.FullName())
				continue
			}
			check(t, enum, words)
		}
	}
	// The other way round: the domain has no value that the wire lacks.
	for v := resource.ExecutorType(1); v.String() != "invalid"; v++ {
		if again, ok := executorTypeFromProto(executorTypeToProto(v)); !ok || again != v {
			t.Errorf("executor type %s does not survive", v)
		}
	}
	for v := resource.EventType(1); v.String() != "invalid"; v++ {
		if again, ok := eventTypeFromProto(eventTypeToProto(v)); !ok || again != v {
			t.Errorf("event type %s does not survive", v)
		}
	}
	for v := resource.EventReason(0); v == 0 || v.String() != ""; v++ {
		if again, ok := eventReasonFromProto(eventReasonToProto(v)); !ok || again != v {
			t.Errorf("reason %s does not survive", v)
		}
	}
	if executorTypeToProto(99) != 0 || eventTypeToProto(99) != 0 || eventReasonToProto(99) != 0 || nodeUpdateStrategyToProto("x") != 0 {
		t.Error("an invalid value became a valid one")
	}
}
