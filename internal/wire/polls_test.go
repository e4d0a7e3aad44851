package wire

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/testkit/polls"
)

func TestEveryLoopPolls(t *testing.T) {
	polls.CheckLoops(t, map[string]polls.Short{
		"release":  {Loops: 1, Bound: "6 kinds of messages"},
		"messages": {Loops: 1, Bound: "6 kinds of messages"},
	})
}

// largeRequest is a request that takes long to decode.
type largeRequest struct {
	message proto.Message
	data    []byte
}

// manyMembers is how much of one thing large requests have.
const manyMembers = 20_000

// largeRequests are large in one way each.
func largeRequests(t *testing.T) map[string]largeRequest {
	t.Helper()
	const n = manyMembers
	all := map[string]largeRequest{}
	add := func(name string, m proto.Message, more ...[]byte) {
		data, err := proto.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = largeRequest{m, slices.Concat(append([][]byte{data}, more...)...)}
	}
	resources := slices.Repeat(full().GetResources(), n/10)
	members := make(map[string]any, n)
	for i := range n {
		members[fmt.Sprint("k", i)] = i
	}
	object, _ := structpb.NewStruct(members)
	deep, _ := structpb.NewStruct(map[string]any{"a": map[string]any{"b": []any{members, members}}, "": "x"})
	events := make([]*plannerv1.Event, len(resources))
	for i, r := range resources {
		events[i] = &plannerv1.Event{Resource: r}
	}
	state := &plannerv1.State{Resources: resources}
	withAttributes := func(s *structpb.Struct) *plannerv1.Resource {
		return &plannerv1.Resource{AttributesForm: &plannerv1.Resource_Attributes{Attributes: s}}
	}
	plans := []*plannerv1.Plan{{Phases: []*plannerv1.Phase{{Events: events}, {}, {Events: events[:n/20]}}}}
	add("resources", &plannerv1.PlanRefreshRequest{State: state})
	add("dependencies", &plannerv1.PlanRefreshRequest{State: &plannerv1.State{Resources: []*plannerv1.Resource{{
		Dependencies: slices.Repeat([]*plannerv1.Identifier{{Type: "a", Id: "1"}}, n), TypeDependencies: make([]string, n), DiffIgnore: make([]string, n),
	}}}})
	add("a Struct", &plannerv1.PlanRefreshRequest{State: &plannerv1.State{Resources: []*plannerv1.Resource{withAttributes(object)}}})
	add("a list in a Struct", &plannerv1.PlanRefreshRequest{State: &plannerv1.State{Resources: []*plannerv1.Resource{withAttributes(deep)}}})
	long := strings.Repeat("é", n)
	longText, _ := structpb.NewStruct(map[string]any{long: long})
	add("a long text in a Struct", &plannerv1.PlanRefreshRequest{State: &plannerv1.State{Resources: []*plannerv1.Resource{withAttributes(longText)}}})
	add("a long text", &plannerv1.PlanRefreshRequest{State: &plannerv1.State{Resources: []*plannerv1.Resource{{
		AttributesForm: &plannerv1.Resource_AttributesJson{AttributesJson: long}, Error: long,
	}}}})
	add("states", &plannerv1.PlanStatesRequest{States: append(make([]*plannerv1.State, n), state)})
	add("nodes", &plannerv1.AddNodesRequest{Nodes: slices.Repeat(fullNodes(), 200)})
	add("events", &plannerv1.VerifyPlansRequest{Start: state, Plans: plans})
	add("plans", &plannerv1.VerifyPlansRequest{Plans: make([]*plannerv1.Plan, n)})
	add("Structs of events", &plannerv1.ApplyEventsRequest{Events: []*plannerv1.Event{{Resource: withAttributes(object)}, {Resource: withAttributes(deep)}}})
	add("unknown fields", &plannerv1.PlanRefreshRequest{State: state}, bytes.Repeat(field(60, []byte("x")), n))
	add("an unknown field of a resource", &plannerv1.PlanRefreshRequest{State: state}, inResource(field(12, []byte("x"))))
	add("a Struct with a key that is there twice", &plannerv1.PlanRefreshRequest{State: &plannerv1.State{}},
		inResource(field(3, bytes.Repeat(entry("a", field(6, bytes.Repeat(field(1, boolean(1)), n))), 2))))
	add("a member in two parts", &plannerv1.PlanRefreshRequest{State: state},
		inResource(field(3, field(1, field(1, []byte("a")), field(2, field(6, bytes.Repeat(field(1, boolean(1)), n))), field(2, text8("b"))))))
	return all
}

// What is decoded in pieces gives what protobuf gives.
func TestLargeRequests(t *testing.T) {
	for name, r := range largeRequests(t) {
		t.Run(name, func(t *testing.T) { checkLikeProtobuf(t, r.data, r.message) })
	}
}

// Between two polls, few bytes are decoded, and once it is told to stop, decoding does.
func TestDecodingStops(t *testing.T) {
	for name, r := range largeRequests(t) {
		t.Run(name, func(t *testing.T) {
			mostBytes := 64 // in a unit
			few := 16
			if strings.Contains(name, "Struct") {
				few = 2 * manyMembers // sorting goes on, without looking at keys
			}
			if strings.Contains(name, "long text") {
				mostBytes = 512
			}
			c := polls.Count()
			decode := func(stop *interrupt.Poller) error {
				_, _, err := Unmarshal(stop, r.data, r.message.ProtoReflect().New().Interface())
				return err
			}
			if err := decode(c.Poller); err != nil || c.Units < len(r.data)/mostBytes {
				t.Errorf("%v, %d units for %d bytes", err, c.Units, len(r.data))
			}
			polls.CheckStops(t, few, decode)
		})
	}
}
