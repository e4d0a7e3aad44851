package server

import (
	"fmt"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/testkit"
)

// FuzzRequests sends requests that are well-formed for the most part, so that they get further than bytes do. What
// is planned is executed and planned again: then nothing is left to do.
func FuzzRequests(f *testing.F) {
	server := newFuzzed()
	check := rapid.MakeFuzz(func(r *rapid.T) { _ = checkRequest(r, server) })
	f.Add([]byte{})
	f.Add([]byte("a request, as far as bytes go to draw one"))
	f.Fuzz(check)
}

// TestRequests is FuzzRequests with what rapid draws by itself.
func TestRequests(t *testing.T) {
	server := newFuzzed()
	seen := testkit.Classes{}
	seen.Check(t, 20, func(r *rapid.T) { seen.Add(checkRequest(r, server)) }, "refused", "planned", "executed")
}

// checkRequest returns how far the request got.
func checkRequest(r *rapid.T, server *fuzzed) (class string) {
	req := drawUpdate(r)
	sent, err := server.try(r, "UpdateDatabase", req)
	switch {
	case err != nil:
		return "refused"
	case len(req.GetStart().GetResources()) > 0:
		return "planned"
	}
	apply := &plannerv1.ApplyEventsRequest{}
	for _, m := range sent {
		for _, phase := range m.(*plannerv1.UpdateDatabaseResponse).GetPlanPart().GetPhases() {
			apply.Events = append(apply.Events, phase.GetEvents()...)
		}
	}
	after, err := server.try(r, "ApplyEvents", apply)
	if err != nil {
		r.Fatalf("what was planned cannot be executed: %v", err)
	}
	req.Start = after[0].(*plannerv1.ApplyEventsResponse).GetState()
	req.Options = nil
	again, err := server.try(r, "UpdateDatabase", req)
	if err != nil {
		r.Fatalf("what was executed cannot be planned: %v", err)
	}
	if n := again[0].(*plannerv1.UpdateDatabaseResponse).GetHeader().GetPlans(); n != 0 {
		r.Errorf("%d plans where nothing is left to do", n)
	}
	return "executed"
}

// try makes a call, and fails if it ended in a way that no request may cause.
func (f *fuzzed) try(r *rapid.T, method string, req proto.Message) (sent []proto.Message, err error) {
	data, err := proto.Marshal(req)
	if err != nil {
		r.Skip(err) // text that is not UTF-8
	}
	stream := &bytesStream{ctx: r.Context(), codec: f.codec, request: data, response: f.responses[method]}
	if err = f.streams[method](stream); err != nil && !expected(err) {
		r.Errorf("%s: %v", method, err)
	}
	return stream.sent, err
}

func drawUpdate(r *rapid.T) *plannerv1.UpdateDatabaseRequest {
	req := &plannerv1.UpdateDatabaseRequest{
		Options: &plannerv1.UpdateDatabaseOptions{
			NodeUpdateStrategy: plannerv1.NodeUpdateStrategy(rapid.Int32Range(0, 3).Draw(r, "strategy")),
			PlanOptions:        &plannerv1.PlanOptions{ForceUpdate: rapid.Bool().Draw(r, "force")},
			Drain:              plannerv1.DrainMode(rapid.Int32Range(0, 1).Draw(r, "drain")),
		},
		ResponseOptions: &plannerv1.ResponseOptions{
			AttributesFormat: plannerv1.AttributesFormat(rapid.Int32Range(0, 2).Draw(r, "format")),
			StartDigest:      rapid.Bool().Draw(r, "start digest"),
		},
	}
	names := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"n1", "n2", "n3", "n4"}), 0, 4, rapid.ID).Draw(r, "nodes")
	for _, name := range names {
		req.Nodes = append(req.Nodes, drawNode(r, name))
	}
	req.Options.DeleteDatabase = (len(names) == 0) != (rapid.IntRange(0, 9).Draw(r, "by mistake") == 0)
	if rapid.IntRange(0, 3).Draw(r, "has start") == 0 {
		req.Start = drawState(r)
	}
	return req
}

func drawNode(r *rapid.T, name string) *plannerv1.NodeResources {
	node := wantNode(name)
	for i := range rapid.IntRange(0, 2).Draw(r, "replicas") {
		node.InstanceResources = append(node.InstanceResources, wantInstance(name, fmt.Sprint("r", i)))
	}
	node.Recovery = plannerv1.NodeRecovery(rapid.SampledFrom([]int32{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 3, 3, 3, 3, 3, 1, 4}).Draw(r, "recovery"))
	node.AllowMissingRows = rapid.Bool().Draw(r, "missing rows")
	node.PrimaryInstanceId = name + rapid.SampledFrom([]string{"a", "a", "a", "r0", "x"}).Draw(r, "primary")
	switch rapid.IntRange(0, 5).Draw(r, "origin") {
	case 0:
		node.SourceNode = rapid.SampledFrom([]string{"n1", "n2", "n5"}).Draw(r, "source")
	case 1:
		node.RestoreConfig = &plannerv1.RestoreConfig{SourceDatabaseId: "other"}
	}
	if text := rapid.SampledFrom([]string{"", `{"a":1}`, `{"a":9007199254740993}`, `{"a":{}}`, `{`, `[]`}).Draw(r, "settings"); text != "" {
		node.InstanceResources[0].Instance.Spec.SettingsForm = &plannerv1.InstanceSpec_SettingsJson{SettingsJson: text}
	}
	return node
}

func drawState(r *rapid.T) *plannerv1.State {
	state := &plannerv1.State{}
	types := rapid.SampledFrom([]string{"dir", "database.instance", "database.node", "database.subscription", "a", ""})
	ids := rapid.SampledFrom([]string{"n1a", "n1", "n2a", "n2", "x"})
	for range rapid.IntRange(0, 6).Draw(r, "resources") {
		var on []*plannerv1.Identifier
		for range rapid.IntRange(0, 2).Draw(r, "dependencies") {
			on = append(on, &plannerv1.Identifier{Type: types.Draw(r, "on type"), Id: ids.Draw(r, "on id")})
		}
		res := wireResource(types.Draw(r, "type"), ids.Draw(r, "id"), on...)
		res.PendingDeletion = rapid.Bool().Draw(r, "pending")
		res.NeedsRecreate = rapid.Bool().Draw(r, "recreate")
		res.Error = rapid.SampledFrom([]string{"", "failed"}).Draw(r, "error")
		state.Resources = append(state.Resources, res)
	}
	return state
}
