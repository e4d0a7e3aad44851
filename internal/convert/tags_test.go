package convert

import (
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/structpb"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
)

// TestTags compares the tags with the definition of the API.
func TestTags(t *testing.T) {
	for _, of := range []struct {
		message proto.Message
		tags    map[protoreflect.Name]byte
	}{
		{&plannerv1.Identifier{}, map[protoreflect.Name]byte{"type": TagIdentifierType, "id": TagIdentifierID}},
		{&plannerv1.Executor{}, map[protoreflect.Name]byte{"type": TagExecutorType, "id": TagExecutorID}},
		{&plannerv1.Resource{}, map[protoreflect.Name]byte{
			"identifier": TagResourceIdentifier, "executor": TagResourceExecutor, "attributes": TagResourceAttributes,
			"attributes_json": TagResourceAttributesJSON, "dependencies": TagResourceDependencies,
			"type_dependencies": TagResourceTypeDependencies, "diff_ignore": TagResourceDiffIgnore,
			"needs_recreate": TagResourceNeedsRecreate, "pending_deletion": TagResourcePendingDeletion,
			"error": TagResourceError, "resource_version": TagResourceVersion,
		}},
		{&plannerv1.State{}, map[protoreflect.Name]byte{"version": TagStateVersion, "resources": TagStateResources}},
		{&plannerv1.PatchOperation{}, map[protoreflect.Name]byte{
			"op": TagOperationOp, "path": TagOperationPath, "from": TagOperationFrom, "value": TagOperationValue, "value_json": TagOperationValueJSON,
		}},
		{&plannerv1.Event{}, map[protoreflect.Name]byte{
			"type": TagEventType, "resource": TagEventResource, "reason": TagEventReason, "diff": TagEventDiff, "caused_by": TagEventCausedBy,
			"caused_by_types": TagEventCausedByTypes,
		}},
		{&plannerv1.Phase{}, map[protoreflect.Name]byte{"index": TagPhaseIndex, "events": TagPhaseEvents}},
		{&plannerv1.PlanPart{}, map[protoreflect.Name]byte{"plan_index": TagPartPlanIndex, "phases": TagPartPhases}},
		{&structpb.Struct{}, map[protoreflect.Name]byte{"fields": TagStructFields}},
		{&structpb.ListValue{}, map[protoreflect.Name]byte{"values": TagListValues}},
		{&structpb.Value{}, map[protoreflect.Name]byte{
			"null_value": TagValueNull, "number_value": TagValueNumber, "string_value": TagValueString, "bool_value": TagValueBool,
			"struct_value": TagValueStruct, "list_value": TagValueList,
		}},
	} {
		checkTags(t, of.message.ProtoReflect().Descriptor(), of.tags, true)
	}
	fields := (&structpb.Struct{}).ProtoReflect().Descriptor().Fields().ByName("fields").Message()
	checkTags(t, fields, map[protoreflect.Name]byte{"key": TagMemberKey, "value": TagMemberValue}, true)
}

// TestTagsOfResponses: responses with plans are alike, and so are those with states.
func TestTagsOfResponses(t *testing.T) {
	plans, states := 0, 0
	file := plannerv1.File_planner_v1_planner_service_proto.Services()
	for _, services := range []protoreflect.ServiceDescriptors{
		file, plannerv1.File_planner_v1_state_service_proto.Services(), plannerv1.File_planner_v1_resource_service_proto.Services(),
	} {
		for i := range services.Len() {
			for k := range services.Get(i).Methods().Len() {
				response := services.Get(i).Methods().Get(k).Output()
				if response.Fields().ByName("plan_part") != nil {
					plans++
					checkTags(t, response, map[protoreflect.Name]byte{"plan_part": TagResponsePlanPart}, false)
				}
				if response.Fields().ByName("state") != nil {
					states++
					tags := map[protoreflect.Name]byte{"state": TagResponseState, "index": TagResponseStateIndex}
					if response.Fields().ByName("index") == nil {
						delete(tags, "index")
					}
					checkTags(t, response, tags, true)
				}
			}
		}
	}
	if plans != 4 || states != 10 {
		t.Errorf("%d responses with plans, %d with states", plans, states)
	}
}

func checkTags(t *testing.T, message protoreflect.MessageDescriptor, tags map[protoreflect.Name]byte, all bool) {
	t.Helper()
	if all && len(tags) != message.Fields().Len() {
		t.Errorf("%s has %d fields, %d are known", message.FullName(), message.Fields().Len(), len(tags))
	}
	for name, tag := range tags {
		field := message.Fields().ByName(name)
		if field == nil {
			t.Errorf("%s has no %s", message.FullName(), name)
			continue
		}
		kind := protowire.VarintType
		switch field.Kind() {
		case protoreflect.StringKind, protoreflect.MessageKind:
			kind = protowire.BytesType
		case protoreflect.DoubleKind:
			kind = protowire.Fixed64Type
		}
		if want := protowire.EncodeTag(field.Number(), kind); uint64(tag) != want {
			t.Errorf("the tag of %s is %d, not %d", field.FullName(), want, tag)
		}
	}
}
