package response

import (
	"errors"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit"
	"github.com/pgplanner/pgplanner/internal/testkit/answers"
)

var testEncoder = encoderOf(nil, asJSON)

// cutAll cuts plans and makes all messages.
func cutAll(t answers.T, plans []resource.Plan, maxBytes int) []*plannerv1.PlanPart {
	t.Helper()
	s, err := cut(nil, plans, testEncoder.appendPhaseEvent, maxBytes)
	if err != nil {
		t.Fatalf("cut: %v", err)
	}
	return sentParts(t, s)
}

// sentParts is what a client decodes.
func sentParts(t answers.T, p *Parts) []*plannerv1.PlanPart {
	t.Helper()
	var parts []*plannerv1.PlanPart
	for m := range p.Messages {
		data, err := m.AppendTo(nil)
		if err != nil {
			t.Fatalf("append: %v", err)
		}
		message := &plannerv1.UpdateDatabaseResponse{}
		if err := proto.Unmarshal(data, message); err != nil {
			t.Fatalf("unmarshal: %v", err)
		}
		if len(data) != m.Size() || len(data) != proto.Size(message) || message.GetPlanPart() == nil {
			t.Errorf("a message of %d bytes, announced with %d: %v", len(data), m.Size(), message)
		}
		parts = append(parts, message.GetPlanPart())
	}
	return parts
}

// sizeOf is the size of the message that carries a part.
func sizeOf(p *plannerv1.PlanPart) int {
	return proto.Size(&plannerv1.UpdateDatabaseResponse{Part: &plannerv1.UpdateDatabaseResponse_PlanPart{PlanPart: p}})
}

func checkJoined(t answers.T, plans []resource.Plan, parts []*plannerv1.PlanPart) {
	t.Helper()
	got := answers.Join(t, parts)
	if len(got) != len(plans) {
		t.Fatalf("%d plans, want %d", len(got), len(plans))
	}
	for i, plan := range plans {
		if want := planOf(testEncoder, plan); !proto.Equal(got[i], want) {
			t.Errorf("plan %d: got %v, want %v", i, got[i], want)
		}
	}
}

func TestPlanIsOneMessageUpToTheLimit(t *testing.T) {
	plans := answers.Plans([]int{3, 1, 200})
	whole := cutAll(t, plans, 1<<20)
	if len(whole) != 1 {
		t.Fatalf("%d parts", len(whole))
	}
	size := sizeOf(whole[0])
	if parts := cutAll(t, plans, size); len(parts) != 1 {
		t.Errorf("%d parts at the exact size", len(parts))
	}
	parts := cutAll(t, plans, size-1)
	if len(parts) != 2 || len(parts[0].GetPhases()) != 2 || len(parts[1].GetPhases()) != 1 {
		t.Errorf("one byte less: want a cut before the last phase, got %v", parts)
	}
	checkJoined(t, plans, parts)
}

func TestPhaseBehindAnExactFit(t *testing.T) {
	plans := answers.Plans([]int{2, 3, 1, 1})
	size := sizeOf(cutAll(t, answers.Plans([]int{2, 3}), 1<<20)[0])
	parts := cutAll(t, plans, size)
	if len(parts) != 2 || len(parts[0].GetPhases()) != 2 || sizeOf(parts[0]) != size {
		t.Errorf("want two phases in each part, got %v", parts)
	}
	checkJoined(t, plans, parts)
}

func TestPhaseIsCutOnlyIfItDoesNotFitAlone(t *testing.T) {
	plans := answers.Plans([]int{2, 100, 2})
	phase := sizeOf(cutAll(t, answers.Plans([]int{2, 100}), 1<<20)[0])
	alone := &plannerv1.PlanPart{Phases: cutAll(t, plans, 1<<20)[0].GetPhases()[1:2]}
	size := sizeOf(alone)
	if size >= phase {
		t.Fatal("the test is wrong")
	}
	if parts := cutAll(t, plans, size); len(parts) != 3 {
		t.Errorf("%d parts, want each phase in its own", len(parts))
	}
	parts := cutAll(t, plans, size-1)
	if len(parts) != 3 || len(parts[1].GetPhases()[0].GetEvents()) != 99 || len(parts[2].GetPhases()) != 2 {
		t.Errorf("want all but one event in the second part, and what follows behind the last one: %v", parts)
	}
	checkJoined(t, plans, parts)
}

func TestSingleEventAtTheLimit(t *testing.T) {
	plans := answers.Plans([]int{1}, []int{1, 1})
	plans[1].Phases[1].Events[0] = answers.Event("large", 5000)
	size := 0
	for _, part := range cutAll(t, plans, 1<<20) {
		size = max(size, sizeOf(&plannerv1.PlanPart{PlanIndex: 1, Phases: part.GetPhases()[len(part.GetPhases())-1:]}))
	}
	checkJoined(t, plans, cutAll(t, plans, size))
	_, err := cut(nil, plans, testEncoder.appendPhaseEvent, size-1)
	var large *EventTooLargeError
	if !errors.As(err, &large) || large.Size != size || large.Limit != size-1 || large.Resource.ID != "large" {
		t.Errorf("got %v, want that the event needs %d bytes", err, size)
	}
}

func TestNoPlansNoParts(t *testing.T) {
	if parts := cutAll(t, nil, 4096); len(parts) != 0 {
		t.Errorf("got %v", parts)
	}
}

func TestCutProperties(t *testing.T) {
	seen := testkit.Classes{}
	seen.Check(t, 1, func(t *rapid.T) {
		var plans []resource.Plan
		for range rapid.IntRange(0, 3).Draw(t, "plans") {
			phases := rapid.SliceOfN(rapid.IntRange(1, 15), 1, 4).Draw(t, "phases")
			plan := answers.Plans(phases)[0]
			for p := range plan.Phases {
				for e := range plan.Phases[p].Events {
					plan.Phases[p].Events[e] = answers.Event("id", rapid.IntRange(0, 300).Draw(t, "bytes"))
				}
			}
			plans = append(plans, plan)
		}
		maxBytes := rapid.IntRange(400, 8000).Draw(t, "max")
		parts := cutAll(t, plans, maxBytes)
		checkJoined(t, plans, parts)
		for i, part := range parts {
			if size := sizeOf(part); size > maxBytes {
				t.Errorf("part %d has %d bytes, limit %d", i, size, maxBytes)
			}
			if i == 0 || parts[i-1].GetPlanIndex() != part.GetPlanIndex() {
				continue
			}
			seen.Add("cut")
			checkCutWasNeeded(t, plans[part.GetPlanIndex()], parts[i-1], part, maxBytes, seen)
		}
	}, "cut", "between phases", "inside a phase")
}

// checkCutWasNeeded checks that the next event would not have fitted where the phase was cut, nor the whole next
// phase where it was not.
func checkCutWasNeeded(t answers.T, plan resource.Plan, before, after *plannerv1.PlanPart, maxBytes int, seen testkit.Classes) {
	t.Helper()
	grown := proto.Clone(before).(*plannerv1.PlanPart)
	last, next := grown.GetPhases()[len(grown.GetPhases())-1], after.GetPhases()[0]
	if last.GetIndex() == next.GetIndex() {
		seen.Add("inside a phase")
		last.Events = append(last.Events, next.GetEvents()[0])
	} else {
		seen.Add("between phases")
		grown.Phases = append(grown.Phases, planOf(testEncoder, plan).GetPhases()[next.GetIndex()])
	}
	if size := sizeOf(grown); size <= maxBytes {
		t.Errorf("a cut at %d bytes was not needed, limit %d", size, maxBytes)
	}
}

// TestLargeAnswersAreEncodedAgain checks that both ways to send give the same, and that the events of a large
// answer are not kept.
func TestLargeAnswersAreEncodedAgain(t *testing.T) {
	for name, test := range map[string]struct{ events, times int }{"small": {1000, 1}, "large": {1200, 2}} {
		t.Run(name, func(t *testing.T) {
			plans := answers.LargePlans(900, []int{test.events / 2, test.events / 2})
			encoded := 0
			count := func(b []byte, e *resource.Event) []byte {
				encoded++
				return testEncoder.appendPhaseEvent(b, e)
			}
			s, err := cut(nil, plans, count, 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			checkJoined(t, plans, sentParts(t, s))
			if encoded != test.times*test.events {
				t.Errorf("encoded %d times", encoded)
			}
		})
	}
}

func TestCuttingStops(t *testing.T) {
	done := make(chan struct{})
	plans := answers.Plans([]int{1000})
	encoded := 0
	_, err := cut(interrupt.When(done), plans, func(b []byte, e *resource.Event) []byte {
		if encoded++; encoded == 100 {
			close(done)
		}
		return testEncoder.appendPhaseEvent(b, e)
	}, 1<<20)
	if !errors.Is(err, interrupt.ErrInterrupted) || encoded > 100+interrupt.Every {
		t.Errorf("got %v after %d events", err, encoded)
	}
}

// TestEventsKeepTheirSize: a message that was announced with another size is not sent.
func TestEventsKeepTheirSize(t *testing.T) {
	plans := answers.LargePlans(900, []int{1200})
	s, err := cut(nil, plans, testEncoder.appendPhaseEvent, 64<<20)
	if err != nil {
		t.Fatal(err)
	}
	plans[0].Phases[0].Events[7].Resource.Error = "changed"
	for m := range s.Messages {
		if _, err := m.AppendTo(nil); !errors.Is(err, errUnequalSizes) {
			t.Errorf("got %v", err)
		}
	}
}

func TestPhasesWithoutEventsAreLeftOut(t *testing.T) {
	plans := answers.Plans([]int{0, 2, 0}, []int{0})
	parts := cutAll(t, plans, 4096)
	if len(parts) != 2 || len(parts[0].GetPhases()) != 1 || parts[0].GetPhases()[0].GetIndex() != 1 || len(parts[1].GetPhases()) != 0 {
		t.Errorf("got %v", parts)
	}
}
