package request

import (
	"slices"
	"strconv"
	"testing"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/planner"
	"google.golang.org/protobuf/proto"
)

func TestSpecsGetWhatTheyLeaveOutFromTheirNode(t *testing.T) {
	in := updateFixture(t)
	call, err := Converter{}.UpdateDatabase(in)
	if err != nil {
		t.Fatal(err)
	}
	spec := call.Nodes[0].InstanceResources[1].Instance.Spec
	if spec.InstanceID != "i2" || spec.NodeName != "n1" || spec.DatabaseID != "db-1" || spec.DatabaseName != "app" || spec.HostID != "host-1" {
		t.Errorf("the spec is %+v", spec)
	}
	if !sameJSON(t, spec.Settings, []byte(`{"password":"`+secret+`"}`)) {
		t.Errorf("the settings are %s", spec.Settings)
	}
}

func TestNodesGetTheirDatabaseFromTheFirstSpec(t *testing.T) {
	in := updateFixture(t)
	for _, n := range in.Nodes {
		n.DatabaseId, n.DatabaseName = "", ""
		n.InstanceResources[0].Instance.Spec.DatabaseId = "db-2"
		n.InstanceResources[0].Instance.Spec.DatabaseName = "b"
	}
	call, err := Converter{}.UpdateDatabase(in)
	if err != nil {
		t.Fatal(err)
	}
	second := call.Nodes[0].InstanceResources[1].Instance.Spec
	if n := call.Nodes[0]; n.DatabaseID != "db-2" || n.DatabaseName != "b" || second.DatabaseID != "db-2" || second.DatabaseName != "b" {
		t.Errorf("the node is %+v, its second spec %+v", n, second)
	}
}

func TestTargetsGetTheirDatabaseFromThePrimarysSpec(t *testing.T) {
	in := restoreFixture(t)
	in.Targets[0].DatabaseId, in.Targets[0].DatabaseName = "", ""
	spec := in.Targets[0].PrimaryInstance.Instance.Spec
	spec.DatabaseId, spec.DatabaseName = "db-1", "app"
	call, err := Converter{}.RestoreDatabase(in)
	if err != nil {
		t.Fatal(err)
	}
	target := call.Targets[0]
	for _, i := range append(target.ReplicaInstances, target.PrimaryInstance, target.RestoreInstance) {
		if s := i.Instance.Spec; s.DatabaseID != "db-1" || s.DatabaseName != "app" || s.NodeName != "n2" {
			t.Errorf("the spec is %+v", s)
		}
	}
	if target.DatabaseID != "db-1" || target.DatabaseName != "app" {
		t.Errorf("the target is %+v", target)
	}
}

func TestInstancesRunTheirOwnPostInitOrElseTheNodes(t *testing.T) {
	in := updateFixture(t)
	in.Nodes[0].Scripts = append(in.Nodes[0].Scripts, &plannerv1.Script{Name: "post_init", Statements: []string{"node"}, NeedsToRun: true})
	in.Nodes[0].InstanceResources[0].Instance.PostInit = nil
	in.Nodes[1].InstanceResources[0].Instance.PostInit = nil
	call, err := Converter{}.UpdateDatabase(in)
	if err != nil {
		t.Fatal(err)
	}
	if s := call.Nodes[0].InstanceResources[0].Instance.PostInit; s == nil || s.Statements[0] != "node" || s.Name != "post_init" || !s.NeedsToRun {
		t.Errorf("the node's script became %+v", s)
	}
	if s := call.Nodes[0].InstanceResources[1].Instance.PostInit; s == nil || s.Statements[0] != secret || s.Name != "post_init" {
		t.Errorf("the instance's own script became %+v", s)
	}
	if s := call.Nodes[1].InstanceResources[0].Instance.PostInit; s != nil {
		t.Errorf("no script became %+v", s)
	}
	if len(call.Nodes[0].Scripts) != 2 {
		t.Errorf("the node's scripts became %+v", call.Nodes[0].Scripts)
	}
}

func TestWhatIsLeftOutStaysOut(t *testing.T) {
	in := updateFixture(t)
	instance := in.Nodes[1].InstanceResources[0].Instance
	instance.Spec.SettingsForm, instance.ConnectionInfo, instance.PostInit = nil, nil, nil
	in.Nodes[1].Scripts = nil
	in.Start, in.Options, in.ResponseOptions = nil, nil, nil
	call, err := Converter{}.UpdateDatabase(in)
	if err != nil {
		t.Fatal(err)
	}
	got := call.Nodes[1].InstanceResources[0].Instance
	if got.Spec.Settings != nil || got.ConnectionInfo != nil || got.PostInit != nil || got.Dependencies != nil {
		t.Errorf("the instance is %+v", got)
	}
	if n := call.Nodes[1]; n.RestoreConfig != nil || n.Scripts != nil {
		t.Errorf("the node is %+v", n)
	}
	if call.Start == nil || call.Start.Len() != 0 {
		t.Errorf("start is %v", call.Start)
	}
	if o := call.Options; o.NodeUpdateStrategy != planner.NodeUpdateStrategyRolling || o.PlanOptions.ForceUpdate {
		t.Errorf("the options are %+v", o)
	}
	if call.Response.MaxMessageBytes != 1<<20 {
		t.Errorf("the largest message is of %d bytes", call.Response.MaxMessageBytes)
	}
}

func TestDesiredResourcesHaveNoMarksAndStatesKeepThem(t *testing.T) {
	mark := func(r *plannerv1.Resource) { r.NeedsRecreate, r.PendingDeletion, r.Error = true, true, "x" }
	in := updateFixture(t)
	mark(in.Start.Resources[0])
	mark(in.Nodes[0].InstanceResources[0].InstanceDependencies[0])
	mark(in.Services[0].MonitorResource)
	call, err := Converter{}.UpdateDatabase(in)
	if err != nil {
		t.Fatal(err)
	}
	if r := call.Start.Resources()[0]; !r.NeedsRecreate || !r.PendingDeletion || r.Error != "x" {
		t.Errorf("the recorded resource is %+v", r)
	}
	if r := call.Nodes[0].InstanceResources[0].InstanceDependencies[0]; r.Wanted() != r {
		t.Errorf("the desired resource is %+v", r)
	}
	if r := call.Options.Services[0].MonitorResource; r.Wanted() != r {
		t.Errorf("the monitor is %+v", r)
	}
	states := planStatesFixture(t)
	mark(states.States[1].Resources[0])
	plan, err := Converter{}.PlanStates(states)
	if err != nil {
		t.Fatal(err)
	}
	if r := plan.States[1].Resources()[1]; !r.NeedsRecreate || !r.PendingDeletion || r.Error != "x" {
		t.Errorf("the resource of a wanted state is %+v", r)
	}
}

func TestOneResourceDesiredInSeveralPlacesIsShared(t *testing.T) {
	in := updateFixture(t)
	in.Services[0].Resources[0] = proto.CloneOf(in.Nodes[0].InstanceResources[0].NodeDependents[0])
	call, err := Converter{}.UpdateDatabase(in)
	if err != nil {
		t.Fatal(err)
	}
	if call.Options.Services[0].Resources[0] != call.Nodes[0].InstanceResources[0].NodeDependents[0] {
		t.Error("it is there twice")
	}
}

func TestManyDesiredResourcesFindTheirLike(t *testing.T) {
	in := &plannerv1.UpdateDatabaseRequest{}
	for _, service := range []string{"s", "t"} {
		s := &plannerv1.ServiceResources{ServiceInstanceId: service}
		for i := range 1000 {
			s.Resources = append(s.Resources, sent(strconv.Itoa(i), asJSON))
		}
		in.Services = append(in.Services, s)
	}
	in.Services[1].Resources[777].ResourceVersion = "2"
	_, err := Converter{}.UpdateDatabase(in)
	wantViolation(t, err, "services[1].resources[777].resource_version", "different")
}

func TestAnEmptyNodeListOfARequestIsEmpty(t *testing.T) {
	call, err := Converter{}.PopulateNodes(&plannerv1.PopulateNodesRequest{Existing: []*plannerv1.NodeResources{{NodeName: "n1", SourceNode: "x"}}})
	if err != nil {
		t.Fatal(err)
	}
	if len(call.Nodes) != 0 || !slices.Equal(call.Existing, []string{"n1"}) {
		t.Errorf("the call is %+v", call)
	}
	if database.IsCatalogType("dir") {
		t.Error("the fixtures use a type of the catalog")
	}
}
