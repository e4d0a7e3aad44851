package request

import (
	"fmt"
	"strings"
	"testing"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// These tests walk the descriptors of the API: a message, field, enum value or rpc that is added without its
// conversion makes them fail.

var files = []protoreflect.FileDescriptor{
	plannerv1.File_planner_v1_database_proto,
	plannerv1.File_planner_v1_options_proto,
	plannerv1.File_planner_v1_plan_proto,
	plannerv1.File_planner_v1_planner_service_proto,
	plannerv1.File_planner_v1_resource_proto,
	plannerv1.File_planner_v1_resource_service_proto,
	plannerv1.File_planner_v1_state_service_proto,
	plannerv1.File_planner_v1_stream_proto,
}

// inAnswers are the messages that are tested by TestHeaderAndSummaryAreComplete; they and the messages around
// them are only ever made by the service.
var inAnswers = map[protoreflect.FullName]bool{
	"planner.v1.PlanHeader": true, "planner.v1.PlanPart": true, "planner.v1.PlanSummary": true,
	"planner.v1.Impact": true, "planner.v1.NodeImpact": true, "planner.v1.Hazard": true, "planner.v1.HazardCount": true,
	"planner.v1.Violation": true, // TestVerdictIsComplete
}

func filled(name protoreflect.FullName, arm int, source bool, seen map[protoreflect.FullName]bool) proto.Message {
	m := newMessage(name)
	f := filler{arm: arm, seen: seen}
	f.fill(m.ProtoReflect())
	fit(m, source)
	return m
}

func newMessage(name protoreflect.FullName) proto.Message {
	for _, file := range files {
		if d := file.Messages().ByName(name.Name()); d != nil {
			t, err := protoregistry.GlobalTypes.FindMessageByName(name)
			if err != nil {
				panic(err)
			}
			return t.New().Interface()
		}
	}
	panic("no message " + name)
}

func TestEveryFieldOfEveryMessageSurvives(t *testing.T) {
	seen := map[protoreflect.FullName]bool{}
	run := func(name protoreflect.FullName, convert func(*testing.T, proto.Message) (proto.Message, error)) {
		for arm := range 2 {
			for _, source := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s/arm=%d/source=%t", name.Name(), arm, source), func(t *testing.T) {
					in := filled(name, arm, source, seen)
					before := proto.Clone(in)
					out, err := convert(t, in)
					if err != nil {
						t.Fatal(err)
					}
					if want := forget(before); !proto.Equal(want, out) {
						t.Errorf("got\n%s\nfrom\n%s", protojson.Format(out), protojson.Format(want))
					}
					if !proto.Equal(before, in) {
						t.Error("the request has changed")
					}
				})
			}
		}
	}
	for name, convert := range converters {
		run(name, convert)
	}
	for name, convert := range answers {
		run(name, convert)
	}
	for _, file := range files {
		services := file.Services()
		for i := range services.Len() {
			methods := services.Get(i).Methods()
			for j := range methods.Len() {
				if in := methods.Get(j).Input().FullName(); converters[in] == nil {
					t.Errorf("no conversion for %s, the request of %s", in, methods.Get(j).FullName())
				}
				inAnswers[methods.Get(j).Output().FullName()] = true
			}
		}
	}
	for _, file := range files {
		messages := file.Messages()
		for i := range messages.Len() {
			if name := messages.Get(i).FullName(); !seen[name] && !inAnswers[name] {
				t.Errorf("no conversion for %s", name)
			}
		}
	}
}

// walk visits all fields below m that are set, with their paths.
func walk(m protoreflect.Message, path string, visit func(m protoreflect.Message, field protoreflect.FieldDescriptor, path string)) {
	if !strings.HasPrefix(string(m.Descriptor().FullName()), "planner.v1.") {
		return
	}
	m.Range(func(field protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		p := strings.TrimPrefix(path+"."+string(field.Name()), ".")
		switch {
		case field.IsMap():
		case field.IsList() && field.Message() != nil:
			for i := range v.List().Len() {
				walk(v.List().Get(i).Message(), fmt.Sprintf("%s[%d]", p, i), visit)
			}
		case field.Message() != nil:
			walk(v.Message(), p, visit)
		default:
			visit(m, field, p)
		}
		return true
	})
}

func TestUnknownEnumNumbersAreViolationsEverywhere(t *testing.T) {
	tried := 0
	for name, convert := range converters {
		in := filled(name, 1, true, map[protoreflect.FullName]bool{})
		walk(in.ProtoReflect(), "", func(m protoreflect.Message, field protoreflect.FieldDescriptor, path string) {
			switch {
			case field.Kind() != protoreflect.EnumKind,
				name == "planner.v1.PopulateNodesRequest" && strings.HasPrefix(path, "existing"),
				name == "planner.v1.ApplyEventsRequest" && strings.HasSuffix(path, "].resource.executor.type"):
				return
			}
			tried++
			before := m.Get(field)
			m.Set(field, protoreflect.ValueOf(protoreflect.EnumNumber(99)))
			defer m.Set(field, before)
			_, err := convert(t, in)
			for _, v := range invalid(t, err).Violations {
				if v.Field == path && v.Description == "unknown value 99" {
					return
				}
			}
			t.Errorf("%s: no violation at %s", name, path)
		})
	}
	if tried < 100 {
		t.Errorf("only %d enums were tried", tried)
	}
}
