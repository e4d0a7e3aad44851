package request

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit/polls"

	"google.golang.org/protobuf/types/known/structpb"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/interrupt"
)

func many[T any](n int, one func(i int) T) []T {
	out := make([]T, n)
	for i := range out {
		out[i] = one(i)
	}
	return out
}

func named(i int) *plannerv1.Resource {
	return &plannerv1.Resource{
		Identifier: &plannerv1.Identifier{Type: "t", Id: fmt.Sprintf("r%07d", i)},
		Executor:   &plannerv1.Executor{Type: plannerv1.ExecutorType_EXECUTOR_TYPE_ANY},
	}
}

func refresh(c Converter, resources ...*plannerv1.Resource) error {
	_, err := c.PlanRefresh(&plannerv1.PlanRefreshRequest{State: &plannerv1.State{Resources: resources}})
	return err
}

func changed(r *plannerv1.Resource, change func(*plannerv1.Resource)) *plannerv1.Resource {
	change(r)
	return r
}

func addNodes(c Converter, nodes ...*plannerv1.NodeResources) error {
	_, err := c.AddNodes(&plannerv1.AddNodesRequest{Nodes: nodes})
	return err
}

func verifyEvents(c Converter, events ...*plannerv1.Event) error {
	return verifyPlans(c, &plannerv1.Plan{Phases: []*plannerv1.Phase{{Events: events}}})
}

func verifyPlans(c Converter, plans ...*plannerv1.Plan) error {
	_, err := c.VerifyPlans(&plannerv1.VerifyPlansRequest{Plans: plans})
	return err
}

func services(c Converter, lists ...[]*plannerv1.Resource) error {
	in := &plannerv1.UpdateDatabaseRequest{}
	for i, list := range lists {
		in.Services = append(in.Services, &plannerv1.ServiceResources{ServiceInstanceId: fmt.Sprint(i), Resources: list})
	}
	_, err := c.UpdateDatabase(in)
	return err
}

// asText and asStructOf set attributes.
func asText(text string) func(*plannerv1.Resource) {
	return func(r *plannerv1.Resource) {
		r.AttributesForm = &plannerv1.Resource_AttributesJson{AttributesJson: text}
	}
}

func asStructOf(v *structpb.Value) func(*plannerv1.Resource) {
	return func(r *plannerv1.Resource) {
		r.AttributesForm = &plannerv1.Resource_Attributes{Attributes: set("x", v)}
	}
}

// identifiersOf makes identifiers, in that order or the other way round.
func identifiersOf(n int, backwards bool) []*plannerv1.Identifier {
	ids := many(n, func(i int) *plannerv1.Identifier { return named(i).Identifier })
	if backwards {
		slices.Reverse(ids)
	}
	return ids
}

// longLoops are all loops whose length a request decides: each is asked to run n times.
var longLoops = []struct {
	name string
	run  func(c Converter, n int) error
}{
	{"resources", func(c Converter, n int) error { return refresh(c, many(n, named)...) }},
	{"resources without an identifier", func(c Converter, n int) error {
		return refresh(c, many(n, func(int) *plannerv1.Resource { return &plannerv1.Resource{} })...)
	}},
	{"resources as texts", func(c Converter, n int) error {
		return refresh(c, many(n, func(i int) *plannerv1.Resource { return changed(named(i), asText("{}")) })...)
	}},
	{"a long text", func(c Converter, n int) error {
		return refresh(c, changed(named(0), asText(`{"x":"`+strings.Repeat("x", n*bytesPerUnit)+`"}`)))
	}},
	{"resources as Structs", func(c Converter, n int) error {
		return refresh(c, many(n, func(i int) *plannerv1.Resource {
			return changed(named(i), asStructOf(structpb.NewNullValue()))
		})...)
	}},
	{"resources in both forms", func(c Converter, n int) error {
		return refresh(c, append(many(n, func(i int) *plannerv1.Resource {
			return changed(named(i), asStructOf(structpb.NewNullValue()))
		}), changed(named(n), asText("{}")))...)
	}},
	{"desired resources in both forms", func(c Converter, n int) error {
		texts := many(n, func(i int) *plannerv1.Resource { return changed(named(i), asText("{}")) })
		return services(c, append(texts, changed(named(n), asStructOf(structpb.NewNullValue()))))
	}},
	{"values of a Struct", func(c Converter, n int) error {
		list := many(n, func(int) *structpb.Value { return structpb.NewNullValue() })
		return refresh(c, changed(named(0), asStructOf(structpb.NewListValue(&structpb.ListValue{Values: list}))))
	}},
	{"a long string of a Struct", func(c Converter, n int) error {
		return refresh(c, changed(named(0), asStructOf(structpb.NewStringValue(strings.Repeat("x", n*bytesPerUnit)))))
	}},
	{"states", func(c Converter, n int) error {
		_, err := c.PlanStates(&plannerv1.PlanStatesRequest{States: make([]*plannerv1.State, n)})
		return err
	}},
	{"dependencies", func(c Converter, n int) error {
		return refresh(c, changed(named(n), func(r *plannerv1.Resource) { r.Dependencies = identifiersOf(n, false) }))
	}},
	{"dependencies without a name", func(c Converter, n int) error {
		return refresh(c, changed(named(n), func(r *plannerv1.Resource) { r.Dependencies = make([]*plannerv1.Identifier, n) }))
	}},
	{"type dependencies", func(c Converter, n int) error {
		return refresh(c, changed(named(n), func(r *plannerv1.Resource) {
			r.TypeDependencies = many(n, func(i int) string { return fmt.Sprintf("t%d", i) })
		}))
	}},
	{"a long type dependency", func(c Converter, n int) error {
		return refresh(c, changed(named(n), func(r *plannerv1.Resource) {
			r.TypeDependencies = []string{strings.Repeat("x", n*bytesPerUnit)}
		}))
	}},
	{"pointers", func(c Converter, n int) error {
		return refresh(c, changed(named(n), func(r *plannerv1.Resource) {
			r.DiffIgnore = many(n, func(i int) string { return fmt.Sprintf("/%d", i) })
		}))
	}},
	{"a long pointer", func(c Converter, n int) error {
		return refresh(c, changed(named(n), func(r *plannerv1.Resource) {
			r.DiffIgnore = []string{strings.Repeat("/", n*bytesPerUnit)}
		}))
	}},
	{"executed events", func(c Converter, n int) error {
		_, err := c.ApplyEvents(&plannerv1.ApplyEventsRequest{Events: make([]*plannerv1.Event, n)})
		return err
	}},
	{"operations of an executed event", func(c Converter, n int) error {
		_, err := c.ApplyEvents(&plannerv1.ApplyEventsRequest{Events: []*plannerv1.Event{{Diff: make([]*plannerv1.PatchOperation, n)}}})
		return err
	}},
	{"plans", func(c Converter, n int) error { return verifyPlans(c, make([]*plannerv1.Plan, n)...) }}, // counted first
	{"phases", func(c Converter, n int) error {
		return verifyPlans(c, &plannerv1.Plan{Phases: make([]*plannerv1.Phase, n)})
	}},
	{"events", func(c Converter, n int) error { return verifyEvents(c, make([]*plannerv1.Event, n)...) }},
	{"operations", func(c Converter, n int) error {
		return verifyEvents(c, &plannerv1.Event{Diff: make([]*plannerv1.PatchOperation, n)})
	}},
	{"a long value", func(c Converter, n int) error {
		return verifyEvents(c, &plannerv1.Event{Diff: []*plannerv1.PatchOperation{{
			ValueForm: &plannerv1.PatchOperation_ValueJson{ValueJson: `"` + strings.Repeat("x", n*bytesPerUnit) + `"`},
		}}})
	}},
	{"causes", func(c Converter, n int) error {
		return verifyEvents(c, &plannerv1.Event{CausedBy: identifiersOf(n, false)})
	}},
	{"types as causes", func(c Converter, n int) error {
		return verifyEvents(c, &plannerv1.Event{CausedByTypes: make([]string, n)})
	}},
	{"nodes", func(c Converter, n int) error {
		return addNodes(c, many(n, func(i int) *plannerv1.NodeResources {
			return &plannerv1.NodeResources{NodeName: fmt.Sprint(i)}
		})...)
	}},
	{"nodes without a name", func(c Converter, n int) error { return addNodes(c, make([]*plannerv1.NodeResources, n)...) }},
	{"a long name", func(c Converter, n int) error {
		return addNodes(c, &plannerv1.NodeResources{NodeName: strings.Repeat("_", n*bytesPerUnit)})
	}},
	{"existing nodes", func(c Converter, n int) error {
		_, err := c.PopulateNodes(&plannerv1.PopulateNodesRequest{Existing: make([]*plannerv1.NodeResources, n)})
		return err
	}},
	{"names of existing nodes", func(c Converter, n int) error {
		_, err := c.PopulateNode(&plannerv1.PopulateNodeRequest{ExistingNodeNames: make([]string, n)})
		return err
	}},
	{"instances", func(c Converter, n int) error {
		return addNodes(c, &plannerv1.NodeResources{InstanceResources: make([]*plannerv1.InstanceResources, n)})
	}},
	{"instances to find the primary in", func(c Converter, n int) error {
		return addNodes(c, &plannerv1.NodeResources{
			PrimaryInstanceId: "none", InstanceResources: make([]*plannerv1.InstanceResources, n),
		})
	}},
	{"dependencies of an instance", func(c Converter, n int) error {
		return addNodes(c, &plannerv1.NodeResources{InstanceResources: []*plannerv1.InstanceResources{
			{Instance: &plannerv1.Instance{Dependencies: identifiersOf(n, false)}},
		}})
	}},
	{"scripts", func(c Converter, n int) error {
		return addNodes(c, &plannerv1.NodeResources{Scripts: make([]*plannerv1.Script, n)})
	}},
	{"settings", func(c Converter, n int) error {
		// Each takes 16 bytes: with the text there is a 16th of a unit more, twice.
		members := many(n, func(i int) string { return fmt.Sprintf(`"k%08d":null`, i) })
		spec := &plannerv1.InstanceSpec{SettingsForm: &plannerv1.InstanceSpec_SettingsJson{SettingsJson: "{" + strings.Join(members, ",") + "}"}}
		return addNodes(c, &plannerv1.NodeResources{InstanceResources: []*plannerv1.InstanceResources{{Instance: &plannerv1.Instance{Spec: spec}}}})
	}},
	{"a long setting", func(c Converter, n int) error {
		text := `{"x":"` + strings.Repeat("x", n*bytesPerUnit) + `"}`
		spec := &plannerv1.InstanceSpec{SettingsForm: &plannerv1.InstanceSpec_SettingsJson{SettingsJson: text}}
		return addNodes(c, &plannerv1.NodeResources{InstanceResources: []*plannerv1.InstanceResources{{Instance: &plannerv1.Instance{Spec: spec}}}})
	}},
	{"services", func(c Converter, n int) error { return services(c, make([][]*plannerv1.Resource, n)...) }},
	{"resources of a service", func(c Converter, n int) error { return services(c, many(n, named)) }},
	{"targets", func(c Converter, n int) error {
		_, err := c.RestoreDatabase(&plannerv1.RestoreDatabaseRequest{Targets: make([]*plannerv1.NodeRestoreResources, n)})
		return err
	}},
	{"replicas of a target", func(c Converter, n int) error {
		_, err := c.RestoreNode(&plannerv1.RestoreNodeRequest{Target: &plannerv1.NodeRestoreResources{
			ReplicaInstances: make([]*plannerv1.InstanceResources, n),
		}})
		return err
	}},
	{"attributes that differ in spelling only", func(c Converter, n int) error {
		space := strings.Repeat(" ", n*bytesPerUnit)
		return services(c,
			[]*plannerv1.Resource{changed(named(0), asText(`{"x":1`+space+`}`))},
			[]*plannerv1.Resource{changed(named(0), asText(`{"x":1.0`+space+`}`))})
	}},
	{"equal dependencies", func(c Converter, n int) error {
		r := func() []*plannerv1.Resource {
			return []*plannerv1.Resource{changed(named(n*elementsPerUnit), func(r *plannerv1.Resource) {
				r.Dependencies = identifiersOf(n*elementsPerUnit, false)
			})}
		}
		return services(c, r(), r())
	}},
	{"dependencies in another order", func(c Converter, n int) error {
		r := func(backwards bool) []*plannerv1.Resource {
			return []*plannerv1.Resource{changed(named(n), func(r *plannerv1.Resource) { r.Dependencies = identifiersOf(n, backwards) })}
		}
		return services(c, r(false), r(true))
	}},
}

// TestLongLoopsAreCounted: every loop that can be long counts each time that it runs, so that it does not run on for long
// after it was told to stop.
func TestLongLoopsAreCounted(t *testing.T) {
	const n = 1024
	for _, loop := range longLoops {
		t.Run(loop.name, func(t *testing.T) {
			units := func(n int) int {
				c := polls.Count()
				var invalid *InvalidRequestError
				if err := loop.run(Converter{Stop: c.Poller}, n); err != nil && !errors.As(err, &invalid) {
					t.Fatal(err)
				}
				return c.Units
			}
			if grown := units(2*n) - units(n); grown < n {
				t.Errorf("%d units for %d more", grown, n)
			}
		})
	}
}

// TestConversionStops at any time, and soon.
func TestConversionStops(t *testing.T) {
	const n, soon = 1024, 16
	for _, loop := range longLoops {
		t.Run(loop.name, func(t *testing.T) {
			polls.CheckStops(t, soon, func(stop *interrupt.Poller) error { return loop.run(Converter{Stop: stop}, n) })
		})
	}
}

// TestSortingIsCounted: how often sorting compares is for sorting to decide.
func TestSortingIsCounted(t *testing.T) {
	const n = 1024
	list := many(n, func(i int) int { return i * 7919 % n })
	c := polls.Count()
	interrupt.SortFunc(c.Poller, list, func(a, b int) int { return a - b })
	if !slices.IsSorted(list) || c.Polls < n-1 {
		t.Errorf("%d polls", c.Polls)
	}
}
