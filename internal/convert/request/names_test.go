package request

import (
	"errors"
	"strings"
	"testing"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// freeText are the fields of what is wanted that are no names. They may hold any character.
var freeText = map[protoreflect.FullName]bool{
	"planner.v1.Resource.attributes_json": true, "planner.v1.Resource.diff_ignore": true, "planner.v1.Resource.error": true,
	"planner.v1.Resource.resource_version": true, "planner.v1.InstanceSpec.settings_json": true, "planner.v1.Script.statements": true,
}

// TestNoNameHasControlCharacters puts a control character into every text of the nodes, targets and services that a request wants.
func TestNoNameHasControlCharacters(t *testing.T) {
	for name, wanted := range map[protoreflect.FullName][]string{
		"planner.v1.UpdateDatabaseRequest": {"nodes", "services"}, "planner.v1.RestoreDatabaseRequest": {"nodes", "targets"},
		"planner.v1.PopulateNodeRequest": {"node", "existing_node_names"}, "planner.v1.PopulateNodesRequest": {"existing", "new"},
	} {
		for _, source := range []bool{true, false} {
			in := filled(name, 1, source, map[protoreflect.FullName]bool{})
			tried := 0
			walk(in.ProtoReflect(), "", func(m protoreflect.Message, field protoreflect.FieldDescriptor, path string) {
				if field.Kind() != protoreflect.StringKind || freeText[field.FullName()] || !below(path, wanted) ||
					strings.HasPrefix(path, "existing[") && path != "existing[0].node_name" && path != "existing[1].node_name" { // only the name counts
					return
				}
				tried++
				for _, control := range []string{"\x00", "\n", "\x1f", "\x7f", "\u0080", "\u009f"} {
					checkRefused(t, name, in, m, field, path, control)
				}
			})
			if tried < 3 {
				t.Errorf("%s: only %d names were tried", name, tried)
			}
		}
	}
}

// below tells whether the path begins with one of the fields.
func below(path string, fields []string) bool {
	for _, f := range fields {
		if path == f || strings.HasPrefix(path, f+"[") || strings.HasPrefix(path, f+".") {
			return true
		}
	}
	return false
}

// checkRefused puts the control character into a field, and wants a violation there.
func checkRefused(
	t *testing.T, name protoreflect.FullName, in proto.Message, m protoreflect.Message, field protoreflect.FieldDescriptor, path, control string,
) {
	t.Helper()
	before := m.Get(field)
	if field.IsList() {
		list := before.List()
		first := list.Get(0)
		list.Set(0, protoreflect.ValueOf(first.String()+control))
		defer list.Set(0, first)
		path += "[0]"
	} else {
		m.Set(field, protoreflect.ValueOf(before.String()+control))
		defer m.Set(field, before)
	}
	_, err := converters[name](t, in)
	var e *InvalidRequestError
	if !errors.As(err, &e) {
		t.Errorf("%s: %q at the end of %s is not refused: %v", name, control, path, err)
		return
	}
	for _, v := range e.Violations {
		if v.Field == path {
			return
		}
	}
	t.Errorf("%s: %q at the end of %s: the violations are %v", name, control, path, e.Violations)
}

func TestOtherCharactersAreFineInNames(t *testing.T) {
	in := updateFixture(t)
	in.Nodes[0].NodeName = "\u00a0\u00c2 \"é\u2028~"
	if _, err := (Converter{}).UpdateDatabase(in); err != nil {
		t.Error(err)
	}
}

// TestRecordedNamesMayHaveControlCharacters: what is recorded can be deleted, whatever it is called.
func TestRecordedNamesMayHaveControlCharacters(t *testing.T) {
	in := updateFixture(t)
	in.Start.Resources[0].Identifier.Id = "a\x00"
	if _, err := (Converter{}).UpdateDatabase(in); err != nil {
		t.Error(err)
	}
	if _, err := (Converter{}).ApplyEvents(&plannerv1.ApplyEventsRequest{Events: []*plannerv1.Event{
		{Type: plannerv1.EventType_EVENT_TYPE_DELETE, Resource: in.Start.Resources[0]},
	}}); err != nil {
		t.Error(err)
	}
}
