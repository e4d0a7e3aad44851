package bench

import (
	"encoding/json"
	"fmt"
	"strings"

	"google.golang.org/protobuf/types/known/structpb"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
)

// thing is a resource with little in it.
func thing(kind string, i int, attributes string, dependencies ...*plannerv1.Identifier) *plannerv1.Resource {
	return &plannerv1.Resource{
		Identifier:     &plannerv1.Identifier{Type: kind, Id: fmt.Sprintf("%06d", i)},
		Executor:       &plannerv1.Executor{Type: plannerv1.ExecutorType_EXECUTOR_TYPE_ANY},
		AttributesForm: &plannerv1.Resource_AttributesJson{AttributesJson: `{"i":` + fmt.Sprint(i) + `,"v":"` + attributes + `"}`},
		Dependencies:   dependencies,
	}
}

func repeat[T any](n int, one T) []T {
	all := make([]T, n)
	for i := range all {
		all[i] = one
	}
	return all
}

// flat makes a state of resources that depend on nothing.
func flat(n int, value string) func() *plannerv1.State {
	return func() *plannerv1.State {
		state := &plannerv1.State{}
		for i := range n {
			state.Resources = append(state.Resources, thing("a", i, value))
		}
		return state
	}
}

// chain makes a state of resources each of which depends on the next one.
func chain(n int) func() *plannerv1.State {
	return func() *plannerv1.State {
		state := flat(n, "")()
		for i, r := range state.GetResources()[:n-1] {
			r.Dependencies = []*plannerv1.Identifier{state.GetResources()[i+1].GetIdentifier()}
		}
		return state
	}
}

// cycle makes a chain whose last one depends on the first.
func cycle(n int) func() *plannerv1.State {
	return func() *plannerv1.State {
		state := chain(n)()
		state.Resources[n-1].Dependencies = []*plannerv1.Identifier{state.GetResources()[0].GetIdentifier()}
		return state
	}
}

// dense makes a state of so many resources that depend on so many others.
func dense(from, to int) func() *plannerv1.State {
	return func() *plannerv1.State {
		state := flat(to, "")()
		var all []*plannerv1.Identifier
		for _, r := range state.GetResources() {
			all = append(all, r.GetIdentifier())
		}
		for i := range from {
			state.Resources = append(state.Resources, thing("b", i, "", all...))
		}
		return state
	}
}

// typed makes a state of so many resources that depend on the types of so many others.
func typed(from, to int) func() *plannerv1.State {
	return func() *plannerv1.State {
		state := &plannerv1.State{}
		var types []string
		for i := range to {
			types = append(types, fmt.Sprintf("t%d", i))
			state.Resources = append(state.Resources, thing(types[i], i, ""))
		}
		for i := range from {
			r := thing("b", i, "")
			r.TypeDependencies = types
			state.Resources = append(state.Resources, r)
		}
		return state
	}
}

// singles are states of one resource each, each of which is another one.
func singles(n int) []*plannerv1.State {
	all := make([]*plannerv1.State, n)
	for i := range all {
		all[i] = &plannerv1.State{Resources: []*plannerv1.Resource{thing("a", i, "")}}
	}
	return all
}

// creations is a plan that creates the resources of a state, last ones first, so many in a phase.
func creations(state *plannerv1.State, perPhase int) []*plannerv1.Plan {
	plan := &plannerv1.Plan{}
	for i := len(state.GetResources()) - 1; i >= 0; i-- {
		last := len(plan.Phases) - 1
		if last < 0 || len(plan.Phases[last].Events) == perPhase {
			plan.Phases = append(plan.Phases, &plannerv1.Phase{})
			last++
		}
		plan.Phases[last].Events = append(plan.Phases[last].Events, &plannerv1.Event{
			Type: plannerv1.EventType_EVENT_TYPE_CREATE, Reason: plannerv1.EventReason_EVENT_REASON_DOES_NOT_EXIST, Resource: state.GetResources()[i],
		})
	}
	return []*plannerv1.Plan{plan}
}

// object, list and text make states of one resource with huge attributes, which end with the value.
func object(form string, members int, value string) func() *plannerv1.State {
	return func() *plannerv1.State {
		fields := map[string]any{"z": value}
		for i := range members {
			fields[fmt.Sprintf("k%d", i)] = i
		}
		return huge(form, fields)
	}
}

func list(form string, elements int, value string) func() *plannerv1.State {
	return func() *plannerv1.State {
		values := make([]any, elements+1)
		for i := range elements {
			values[i] = i
		}
		values[elements] = value
		return huge(form, map[string]any{"l": values})
	}
}

func text(form, value string) func() *plannerv1.State {
	return func() *plannerv1.State {
		return huge(form, map[string]any{"s": strings.Repeat("ö", 12_000_000) + value})
	}
}

// formed is flat, in a form.
func formed(form string, n int) func() *plannerv1.State {
	return func() *plannerv1.State {
		state := flat(n, "")()
		for i, r := range state.GetResources() {
			setAttributes(r, form, fmt.Sprintf(`{"i":%d,"v":""}`, i))
		}
		return state
	}
}

// scattered is object with its members in no order.
func scattered(form, value string) func() *plannerv1.State {
	return func() *plannerv1.State {
		r := thing("a", 0, "")
		setAttributes(r, form, unsorted(300_000, `"z":`+value))
		return &plannerv1.State{Resources: []*plannerv1.Resource{r}}
	}
}

// unsorted is an object of so many members in no order, and others.
func unsorted(members int, others string) string {
	var text strings.Builder
	for i := range members {
		fmt.Fprintf(&text, `"k%d":%d,`, i*7919%members, i)
	}
	return "{" + text.String() + others + "}"
}

// hugeSettings gives the first instance of a node settings of many members in no order.
func hugeSettings(form string, n *plannerv1.NodeResources) {
	spec, text := n.GetInstanceResources()[0].GetInstance().GetSpec(), unsorted(400_000, `"z":1`)
	if form == forms[0].name {
		spec.SettingsForm = &plannerv1.InstanceSpec_SettingsJson{SettingsJson: text}
	} else {
		spec.SettingsForm = &plannerv1.InstanceSpec_Settings{Settings: structOf(text)}
	}
}

func setAttributes(r *plannerv1.Resource, form, text string) {
	if form == forms[0].name {
		r.AttributesForm = &plannerv1.Resource_AttributesJson{AttributesJson: text}
	} else {
		r.AttributesForm = &plannerv1.Resource_Attributes{Attributes: structOf(text)}
	}
}

func structOf(text string) *structpb.Struct {
	s := new(structpb.Struct)
	if err := s.UnmarshalJSON([]byte(text)); err != nil {
		panic(err)
	}
	return s
}

func huge(form string, fields map[string]any) *plannerv1.State {
	text, err := json.Marshal(fields)
	if err != nil {
		panic(err)
	}
	r := thing("a", 0, "")
	setAttributes(r, form, string(text))
	return &plannerv1.State{Resources: []*plannerv1.Resource{r}}
}
