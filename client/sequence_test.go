package client_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit/calls"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/pgplanner/pgplanner/client"
	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
)

type (
	response = plannerv1.UpdateDatabaseResponse
	stream   = grpc.ServerStreamingServer[response]
)

// messages is the real planner's answer, message by message.
func messages(t *testing.T, req *plannerv1.UpdateDatabaseRequest) []*response {
	t.Helper()
	all, err := calls.Drain(plannerv1.NewPlannerServiceClient(realServer(t).Conn()).UpdateDatabase(t.Context(), req))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// sends makes a server that sends those messages and then ends the call.
func sends(all []*response, end error) answer {
	return func(_ int, _ *plannerv1.UpdateDatabaseRequest, stream stream) error {
		for _, m := range all {
			if err := stream.Send(m); err != nil {
				return err
			}
		}
		return end
	}
}

func TestPartsBecomeWholePlans(t *testing.T) {
	c := realServer(t)
	req := directories(200)
	cut, err := c.UpdateDatabase(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if parts := len(messages(t, req)) - 2; parts < 5 {
		t.Fatalf("only %d parts: nothing was cut inside a phase", parts)
	}
	req.ResponseOptions = nil
	whole, err := c.UpdateDatabase(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if cut.Summary.GetDigest() != whole.Summary.GetDigest() || len(cut.Plans) != len(whole.Plans) {
		t.Fatalf("%v, want %v", cut.Summary, whole.Summary)
	}
	for i, plan := range whole.Plans {
		if !proto.Equal(cut.Plans[i], plan) {
			t.Errorf("plan %d: got %v, want %v", i, cut.Plans[i], plan)
		}
	}
	if got := whole.Header.GetOptions().GetNodeUpdateStrategy(); got != plannerv1.NodeUpdateStrategy_NODE_UPDATE_STRATEGY_ROLLING {
		t.Errorf("header %v", whole.Header)
	}
}

func TestNothingToDo(t *testing.T) {
	sequence, err := realServer(t).UpdateDatabase(t.Context(), &plannerv1.UpdateDatabaseRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if len(sequence.Plans) != 0 || sequence.Header == nil || sequence.Summary == nil {
		t.Errorf("got %+v", sequence)
	}
}

func TestEveryKindOfStream(t *testing.T) {
	c := realServer(t)
	state := built(t, c, 2)
	refresh, err := c.PlanRefresh(t.Context(), &plannerv1.PlanRefreshRequest{State: state})
	if err != nil || int(refresh.Summary.GetRefreshes()) != len(state.GetResources()) {
		t.Errorf("PlanRefresh: %v, %v", refresh, err)
	}
	states, err := c.PlanStates(t.Context(), &plannerv1.PlanStatesRequest{States: []*plannerv1.State{state}})
	if err != nil || int(states.Summary.GetCreates()) != len(state.GetResources()) {
		t.Errorf("PlanStates: %v, %v", states, err)
	}
	restore, err := c.RestoreDatabase(t.Context(), restoreSecond(state))
	if err != nil || restore.Summary.GetDeletes() == 0 {
		t.Errorf("RestoreDatabase: %v, %v", restore, err)
	}
}

// TestBadStreams changes the real answer in every way that a client can notice.
func TestBadStreams(t *testing.T) {
	good := messages(t, directories(200))
	last := len(good) - 1
	header, summary := good[0], good[last]
	// at is the good answer with something else in the place of the messages from one position to another.
	at := func(from, to int, put ...*response) []*response {
		all := append([]*response{}, good[:from]...)
		return append(append(all, put...), good[to:]...)
	}
	part := func(i int, change func(*plannerv1.PlanPart)) []*response {
		m := proto.CloneOf(good[i])
		change(m.GetPlanPart())
		return at(i, i+1, m)
	}
	changedHeader := func(change func(*plannerv1.PlanHeader)) []*response {
		m := proto.CloneOf(header)
		change(m.GetHeader())
		return at(0, 1, m)
	}
	changedSummary := func(change func(*plannerv1.PlanSummary)) []*response {
		m := proto.CloneOf(summary)
		change(m.GetSummary())
		return at(last, last+1, m)
	}
	attributes := func(text string) *plannerv1.Resource_AttributesJson {
		return &plannerv1.Resource_AttributesJson{AttributesJson: text}
	}
	for name, c := range map[string]struct {
		messages   []*response
		incomplete bool
		problem    string // empty: a *DigestError
	}{
		"empty":                    {messages: nil, incomplete: true, problem: "message 0: the stream ended before its header"},
		"only a header":            {messages: good[:1], incomplete: true, problem: "before its summary"},
		"no summary":               {messages: good[:last], incomplete: true, problem: "before its summary"},
		"no header":                {messages: good[1:], problem: "message 0: the first message is no header"},
		"only a summary":           {messages: good[last:], problem: "the first message is no header"},
		"two headers":              {messages: at(0, 1, header, header), problem: "message 1: there is a second header"},
		"a header in the middle":   {messages: at(2, 2, header), problem: "message 2: there is a second header"},
		"two summaries":            {messages: at(last, last, summary), problem: "after the summary"},
		"a part after the summary": {messages: at(last+1, last+1, good[1]), problem: "after the summary"},
		"an empty message":         {messages: at(1, 1, &response{}), problem: "neither header nor part nor summary"},
		"no parts":                 {messages: []*response{header, summary}, problem: "plans by the header were announced"},
		"a part is missing":        {messages: at(2, 3), problem: "were announced, and"},
		"a part comes twice":       {messages: at(2, 2, good[1]), problem: "creates were announced"},
		"a part comes too soon":    {messages: at(1, last, good[last-1]), problem: "a part of plan 1 after 0 plans"},
		"pieces change places":     {messages: at(1, 3, good[2], good[1])},
		"an earlier plan again": {
			messages: at(last, last, &response{Part: &plannerv1.UpdateDatabaseResponse_PlanPart{PlanPart: &plannerv1.PlanPart{}}}),
			problem:  "a part of plan 0 after 2 plans",
		},
		"a plan is skipped": {
			messages: part(1, func(p *plannerv1.PlanPart) { p.PlanIndex = 1 }), problem: "plan 1",
		},
		"a plan too many": {
			messages: part(last-1, func(p *plannerv1.PlanPart) { p.PlanIndex++ }), problem: "the header announced",
		},
		"a phase is skipped": {
			messages: part(1, func(p *plannerv1.PlanPart) { p.Phases[0].Index = 1 }), problem: "phase 1 of plan 0 after 0 phases",
		},
		"a phase is empty": {
			messages: part(1, func(p *plannerv1.PlanPart) { p.Phases[0].Events = nil }), problem: "is empty",
		},
		"a phase comes twice in a part": {
			messages: part(1, func(p *plannerv1.PlanPart) { p.Phases = append(p.Phases, p.GetPhases()[0]) }), problem: "after 1 phases",
		},
		"header of more plans": {
			messages: changedHeader(func(h *plannerv1.PlanHeader) { h.Plans++ }), problem: "plans by the header",
		},
		"header of fewer plans": {
			messages: changedHeader(func(h *plannerv1.PlanHeader) { h.Plans = 0 }), problem: "the header announced 0 plans",
		},
		"summary of more plans":   {messages: changedSummary(func(s *plannerv1.PlanSummary) { s.Plans++ }), problem: "plans were"},
		"summary of more phases":  {messages: changedSummary(func(s *plannerv1.PlanSummary) { s.Phases++ }), problem: "phases"},
		"summary of a refresh":    {messages: changedSummary(func(s *plannerv1.PlanSummary) { s.Refreshes++ }), problem: "refreshes"},
		"summary of more creates": {messages: changedSummary(func(s *plannerv1.PlanSummary) { s.Creates++ }), problem: "creates"},
		"summary of an update":    {messages: changedSummary(func(s *plannerv1.PlanSummary) { s.Updates++ }), problem: "updates"},
		"summary of a delete":     {messages: changedSummary(func(s *plannerv1.PlanSummary) { s.Deletes++ }), problem: "deletes"},
		"no digest":               {messages: changedSummary(func(s *plannerv1.PlanSummary) { s.Digest = "" })},
		"another digest":          {messages: changedSummary(func(s *plannerv1.PlanSummary) { s.Digest = strings.ToUpper(s.GetDigest()) })},
		"another digit": {messages: part(1, func(p *plannerv1.PlanPart) {
			p.GetPhases()[0].GetEvents()[0].GetResource().AttributesForm = attributes(`{"number":9007199254740992}`)
		})},
		"another resource": {messages: part(1, func(p *plannerv1.PlanPart) {
			p.GetPhases()[0].GetEvents()[0].GetResource().GetIdentifier().Id = "other"
		})},
		"another executor": {messages: part(1, func(p *plannerv1.PlanPart) {
			p.GetPhases()[0].GetEvents()[0].GetResource().Executor.Type = plannerv1.ExecutorType_EXECUTOR_TYPE_MANAGER
		})},
		"no JSON": {messages: part(1, func(p *plannerv1.PlanPart) {
			p.GetPhases()[0].GetEvents()[0].GetResource().AttributesForm = attributes(`{`)
		}), problem: "not well-formed"},
		"no resource": {messages: part(1, func(p *plannerv1.PlanPart) {
			p.GetPhases()[0].GetEvents()[0].Resource = nil
		}), problem: "not well-formed"},
	} {
		t.Run(name, func(t *testing.T) {
			planner, _ := fake(t, sends(c.messages, nil))
			sequence, err := planner.UpdateDatabase(t.Context(), wish(1))
			if sequence != nil {
				t.Error("there is a sequence")
			}
			var bad *client.StreamError
			var digest *client.DigestError
			switch {
			case c.problem == "" && !errors.As(err, &digest):
				t.Errorf("got %v, want a DigestError", err)
			case c.problem != "" && !errors.As(err, &bad):
				t.Errorf("got %v, want a StreamError", err)
			case bad != nil && (bad.Incomplete != c.incomplete || !strings.Contains(err.Error(), c.problem)):
				t.Errorf("got %v (incomplete: %v), want %q (%v)", err, bad.Incomplete, c.problem, c.incomplete)
			}
		})
	}
	planner, _ := fake(t, sends(good, nil))
	if _, err := planner.UpdateDatabase(t.Context(), wish(1)); err != nil {
		t.Errorf("the good answer: %v", err)
	}
}

// TestStreamThatFailsAtItsEnd has every message, and then a status.
func TestStreamThatFailsAtItsEnd(t *testing.T) {
	planner, _ := fake(t, sends(messages(t, wish(1)), status.Error(codes.Internal, "late")))
	sequence, err := planner.UpdateDatabase(t.Context(), wish(1))
	if sequence != nil || status.Code(err) != codes.Internal {
		t.Errorf("got %v, %v", sequence, err)
	}
}

func TestErrorsOfTheCallComeBackAsTheyAre(t *testing.T) {
	req := wish(1)
	req.Nodes[0].NodeName = ""
	sequence, err := realServer(t).UpdateDatabase(t.Context(), req)
	if sequence != nil || status.Code(err) != codes.InvalidArgument || len(status.Convert(err).Details()) == 0 {
		t.Errorf("got %v, %v", sequence, err)
	}
}

// TestStateDigestIsThatOfTheHeader: a client can find out by itself whether its state is still the one that was planned with.
func TestStateDigestIsThatOfTheHeader(t *testing.T) {
	c := realServer(t)
	req := wish(2)
	req.Start = built(t, c, 3)
	req.ResponseOptions = &plannerv1.ResponseOptions{StartDigest: true}
	sequence, err := c.UpdateDatabase(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	digest, err := client.StateDigest(req.Start)
	if err != nil || digest == "" || digest != sequence.Header.GetStartDigest() {
		t.Errorf("%s, %v; want %s", digest, err, sequence.Header.GetStartDigest())
	}
	req.Start.Resources = append(req.Start.Resources, &plannerv1.Resource{})
	if digest, err := client.StateDigest(req.Start); err == nil {
		t.Errorf("got %s", digest)
	}
}

func TestDigestDoesNotDependOnTheForm(t *testing.T) {
	c := realServer(t)
	req := wish(3)
	text, err := c.UpdateDatabase(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	req.ResponseOptions = &plannerv1.ResponseOptions{AttributesFormat: plannerv1.AttributesFormat_ATTRIBUTES_FORMAT_STRUCT}
	structs, err := c.UpdateDatabase(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	digest, err := client.Digest(structs.Plans)
	if err != nil || digest != text.Summary.GetDigest() {
		t.Errorf("%s, %v; want %s", digest, err, text.Summary.GetDigest())
	}
}
