package request

import (
	"fmt"
	"testing"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/wire"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/structpb"
)

// What was converted is nobody else's: the messages that it came from are used for other requests, of other callers.
func TestNothingConvertedIsLeftInTheRequest(t *testing.T) {
	t.Cleanup(func() { converted, texts = func() {}, nil })
	others := otherRequest(t)
	for name, convert := range converters {
		for arm := range 2 {
			t.Run(fmt.Sprintf("%s/arm=%d", name.Name(), arm), func(t *testing.T) {
				want := filled(name, arm, true, map[protoreflect.FullName]bool{})
				data, err := proto.Marshal(want)
				if err != nil {
					t.Fatal(err)
				}
				for range 20 { // a pool may forget what it was given
					in := newMessage(name)
					read, release, err := wire.Unmarshal(nil, data, in)
					if err != nil {
						t.Fatal(err)
					}
					texts = read
					converted = func() {
						release()
						for range 3 {
							if _, _, err := wire.Unmarshal(nil, others, &plannerv1.UpdateDatabaseRequest{}); err != nil {
								t.Error(err)
							}
						}
					}
					out, err := convert(t, in)
					if err != nil {
						t.Fatal(err)
					}
					if want := forget(proto.Clone(want)); !proto.Equal(want, out) {
						t.Fatalf("got\n%s\nfrom\n%s", protojson.Format(out), protojson.Format(want))
					}
				}
			})
		}
	}
}

// otherRequest is a request with much of everything, and nothing that is elsewhere.
func otherRequest(t *testing.T) []byte {
	t.Helper()
	id := func() *plannerv1.Identifier { return &plannerv1.Identifier{Type: "other", Id: "other"} }
	r := &plannerv1.Resource{
		Identifier: id(), Executor: &plannerv1.Executor{Type: 3, Id: "other"},
		AttributesForm:   &plannerv1.Resource_AttributesJson{AttributesJson: `{"other":true}`},
		Dependencies:     []*plannerv1.Identifier{id(), id(), id(), id()},
		TypeDependencies: []string{"other", "other"}, DiffIgnore: []string{"/other", "/other"},
		NeedsRecreate: true, PendingDeletion: true, Error: "other", ResourceVersion: "other",
	}
	inStruct := proto.CloneOf(r)
	other := &structpb.Struct{Fields: map[string]*structpb.Value{"other": structpb.NewStringValue("other")}}
	inStruct.AttributesForm = &plannerv1.Resource_Attributes{Attributes: other}
	instance := &plannerv1.InstanceResources{
		Instance: &plannerv1.Instance{
			Spec: &plannerv1.InstanceSpec{
				InstanceId: "other", NodeName: "other", DatabaseId: "other", HostId: "other", DatabaseName: "other",
				SettingsForm: &plannerv1.InstanceSpec_SettingsJson{SettingsJson: `{"other":true}`},
			},
			InstanceHostname: "other", PrimaryInstanceId: "other", Dependencies: []*plannerv1.Identifier{id(), id()},
			ConnectionInfo: other,
		},
		InstanceDependencies: []*plannerv1.Resource{r, inStruct},
	}
	inStructs := proto.CloneOf(instance)
	inStructs.Instance.Spec.SettingsForm = &plannerv1.InstanceSpec_Settings{Settings: other}
	request := &plannerv1.UpdateDatabaseRequest{Start: &plannerv1.State{Version: "other"}}
	for range 50 {
		request.Start.Resources = append(request.Start.Resources, r, inStruct)
		request.Nodes = append(request.Nodes, &plannerv1.NodeResources{
			NodeName: "other", InstanceResources: []*plannerv1.InstanceResources{instance, inStructs},
		})
	}
	data, err := proto.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
