package request

import (
	"testing"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert"
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/jsontext"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit/messages"
	"google.golang.org/protobuf/types/known/structpb"
)

const (
	asAsked  = plannerv1.AttributesFormat_ATTRIBUTES_FORMAT_UNSPECIFIED
	asStruct = plannerv1.AttributesFormat_ATTRIBUTES_FORMAT_STRUCT
	asJSON   = plannerv1.AttributesFormat_ATTRIBUTES_FORMAT_JSON
)

// sent makes a resource as a caller sends it.
func sent(id string, form plannerv1.AttributesFormat) *plannerv1.Resource {
	r := &plannerv1.Resource{
		Identifier: &plannerv1.Identifier{Type: "dir", Id: id},
		Executor:   &plannerv1.Executor{Type: plannerv1.ExecutorType_EXECUTOR_TYPE_ANY},
	}
	switch form {
	case asStruct:
		r.AttributesForm = &plannerv1.Resource_Attributes{Attributes: set("x", structpb.NewNumberValue(1))}
	case asJSON:
		r.AttributesForm = &plannerv1.Resource_AttributesJson{AttributesJson: `{"x":1}`}
	case asAsked:
	}
	return r
}

// got is the form that a resource of that identifier comes back in.
func got(settings convert.ResponseSettings, kind resource.Type, id string) plannerv1.AttributesFormat {
	r := &resource.Resource{Identifier: resource.Identifier{Type: kind, ID: id}, Attributes: []byte(`{"x":[1]}`)}
	event := messages.New(settings).Event(&resource.Event{
		Type: resource.EventUpdate, Resource: r, Diff: []jsontext.Operation{{Op: "add", Path: "/x", Value: []byte("null")}},
	})
	_, object := event.Resource.AttributesForm.(*plannerv1.Resource_Attributes)
	_, value := event.Diff[0].ValueForm.(*plannerv1.PatchOperation_Value)
	switch {
	case object && value:
		return asStruct
	case !object && !value:
		return asJSON
	}
	return asAsked
}

func TestCallersResourcesComeBackInTheFormTheyWereSentIn(t *testing.T) {
	cases := []struct {
		name           string
		start, desired plannerv1.AttributesFormat
		want           plannerv1.AttributesFormat
	}{
		{"only in start, Struct", asStruct, -1, asStruct},
		{"only in start, text", asJSON, -1, asJSON},
		{"only desired, Struct", -1, asStruct, asStruct},
		{"only desired, text", -1, asJSON, asJSON},
		{"what is desired wins, Struct", asJSON, asStruct, asStruct},
		{"what is desired wins, text", asStruct, asJSON, asJSON},
		{"desired without attributes", asStruct, asAsked, asStruct},
	}
	for _, c := range cases {
		for _, other := range []plannerv1.AttributesFormat{asStruct, asJSON, -1} {
			t.Run(c.name+"/others="+other.String(), func(t *testing.T) {
				in := &plannerv1.UpdateDatabaseRequest{
					Start:           &plannerv1.State{},
					Services:        []*plannerv1.ServiceResources{{ServiceInstanceId: "s"}},
					ResponseOptions: &plannerv1.ResponseOptions{AttributesFormat: asJSON},
				}
				if c.start >= 0 {
					in.Start.Resources = append(in.Start.Resources, sent("a", c.start))
				}
				if c.desired >= 0 {
					in.Services[0].Resources = append(in.Services[0].Resources, sent("a", c.desired))
				}
				if other >= 0 {
					in.Start.Resources = append(in.Start.Resources, sent("b", other))
					in.Services[0].Resources = append(in.Services[0].Resources, sent("c", other))
				}
				call, err := Converter{}.UpdateDatabase(in)
				if err != nil {
					t.Fatal(err)
				}
				if form := got(call.Response, "dir", "a"); form != c.want {
					t.Errorf("it comes back as %s, not %s", form, c.want)
				}
				for _, id := range []string{"b", "c"} {
					if form := got(call.Response, "dir", id); other >= 0 && form != other {
						t.Errorf("%s comes back as %s, not %s", id, form, other)
					}
				}
			})
		}
	}
}

func TestTextWinsWhereOneResourceIsDesiredInBothForms(t *testing.T) {
	for _, forms := range [][2]plannerv1.AttributesFormat{{asStruct, asJSON}, {asJSON, asStruct}} {
		call, err := Converter{}.UpdateDatabase(&plannerv1.UpdateDatabaseRequest{Services: []*plannerv1.ServiceResources{
			{ServiceInstanceId: "s", Resources: []*plannerv1.Resource{sent("a", forms[0])}},
			{ServiceInstanceId: "t", Resources: []*plannerv1.Resource{sent("a", forms[1])}},
		}})
		if err != nil {
			t.Fatal(err)
		}
		if form := got(call.Response, "dir", "a"); form != asJSON {
			t.Errorf("it comes back as %s", form)
		}
	}
}

func TestWhatThePlannerMakesComesInTheFormAskedFor(t *testing.T) {
	with := func(change func(*plannerv1.UpdateDatabaseRequest)) func(*plannerv1.UpdateDatabaseRequest) {
		return change
	}
	nothing := with(func(*plannerv1.UpdateDatabaseRequest) {})
	text := with(func(in *plannerv1.UpdateDatabaseRequest) {
		in.Start.Resources = append(in.Start.Resources, sent("a", asJSON))
	})
	object := with(func(in *plannerv1.UpdateDatabaseRequest) {
		in.Start.Resources = append(in.Start.Resources, sent("b", asStruct))
	})
	both := with(func(in *plannerv1.UpdateDatabaseRequest) { text(in); object(in) })
	settings := with(func(in *plannerv1.UpdateDatabaseRequest) {
		text(in)
		in.Nodes = []*plannerv1.NodeResources{parse(t, &plannerv1.NodeResources{}, nodeFixture("n1", "i1"))}
	})
	cases := []struct {
		name        string
		change      func(*plannerv1.UpdateDatabaseRequest)
		asked, want plannerv1.AttributesFormat
	}{
		{"nothing sent", nothing, asAsked, asStruct},
		{"text sent", text, asAsked, asJSON},
		{"Structs sent", object, asAsked, asStruct},
		{"both sent", both, asAsked, asStruct},
		{"settings as a Struct", settings, asAsked, asStruct},
		{"text asked for", object, asJSON, asJSON},
		{"Structs asked for", text, asStruct, asStruct},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			in := &plannerv1.UpdateDatabaseRequest{
				Start: &plannerv1.State{}, ResponseOptions: &plannerv1.ResponseOptions{AttributesFormat: c.asked},
			}
			c.change(in)
			call, err := Converter{}.UpdateDatabase(in)
			if err != nil {
				t.Fatal(err)
			}
			if form := got(call.Response, database.TypeSyncEvent, "x"); form != c.want || call.Response.Format != c.want {
				t.Errorf("it comes as %s, resolved is %s, and not %s", form, call.Response.Format, c.want)
			}
		})
	}
}

func TestTheGenericEngineHasNoResourcesOfItsOwn(t *testing.T) {
	node := sent("n1", asStruct)
	node.Identifier.Type = string(database.TypeNode)
	in := &plannerv1.PlanRefreshRequest{
		State:           &plannerv1.State{Resources: []*plannerv1.Resource{node}},
		ResponseOptions: &plannerv1.ResponseOptions{AttributesFormat: asJSON},
	}
	call, err := Converter{}.PlanRefresh(in)
	if err != nil {
		t.Fatal(err)
	}
	if form := got(call.Response, database.TypeNode, "n1"); form != asStruct {
		t.Errorf("a node that was sent as a Struct comes back as %s", form)
	}
}

func TestAnExecutedEventsFormWinsOverTheStates(t *testing.T) {
	in := applyEventsFixture(t)
	in.State.Resources = []*plannerv1.Resource{sent("b", asStruct)}
	call, err := Converter{}.ApplyEvents(in)
	if err != nil {
		t.Fatal(err)
	}
	if form := got(call.Response, "dir", "b"); form != asJSON {
		t.Errorf("it comes back as %s", form)
	}
}
