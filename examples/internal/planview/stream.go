package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"google.golang.org/protobuf/encoding/protojson"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
)

// answer is a complete answer: its plans, put together from all messages of the stream.
type answer struct {
	header  *plannerv1.PlanHeader
	plans   []*plannerv1.Plan
	summary *plannerv1.PlanSummary
}

// errIncomplete says that a stream ended without its summary.
var errIncomplete = errors.New("the stream ended without its summary: it is incomplete, throw it away")

// read reads a whole stream, and refuses one that is incomplete or not in order.
func read(in io.Reader) (*answer, error) {
	var a answer
	for decoder := json.NewDecoder(in); ; {
		var text json.RawMessage
		err := decoder.Decode(&text)
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("the input is not a sequence of JSON messages: %w", err)
		}
		// All streams of plans have messages of the same shape.
		message := new(plannerv1.UpdateDatabaseResponse)
		if err := protojson.Unmarshal(text, message); err != nil {
			return nil, fmt.Errorf("a message is not part of a stream of plans: %w", err)
		}
		if err := a.add(message); err != nil {
			return nil, err
		}
	}
	if a.summary == nil {
		return nil, errIncomplete
	}
	return &a, a.check()
}

// add takes the next message of the stream.
func (a *answer) add(message *plannerv1.UpdateDatabaseResponse) error {
	if a.summary != nil {
		return errors.New("there is a message behind the summary")
	}
	if (a.header == nil) != (message.GetHeader() != nil) {
		return errors.New("the header has to come first, and once")
	}
	switch part := message.GetPart().(type) {
	case *plannerv1.UpdateDatabaseResponse_Header:
		a.header = part.Header
	case *plannerv1.UpdateDatabaseResponse_PlanPart:
		return a.addPart(part.PlanPart)
	case *plannerv1.UpdateDatabaseResponse_Summary:
		a.summary = part.Summary
	case nil:
		return errors.New("a message holds nothing")
	}
	return nil
}

// addPart adds a plan or a piece of one. A phase that was cut goes on in the next part.
func (a *answer) addPart(part *plannerv1.PlanPart) error {
	switch int(part.GetPlanIndex()) {
	case len(a.plans):
		a.plans = append(a.plans, &plannerv1.Plan{})
	case len(a.plans) - 1:
	default:
		return fmt.Errorf("plan %d comes after %d plans", part.GetPlanIndex()+1, len(a.plans))
	}
	plan := a.plans[len(a.plans)-1]
	for _, phase := range part.GetPhases() {
		switch int(phase.GetIndex()) {
		case len(plan.GetPhases()):
			plan.Phases = append(plan.Phases, phase)
		case len(plan.GetPhases()) - 1:
			last := plan.GetPhases()[len(plan.GetPhases())-1]
			last.Events = append(last.Events, phase.GetEvents()...)
		default:
			return fmt.Errorf("phase %d comes after %d phases", phase.GetIndex()+1, len(plan.GetPhases()))
		}
	}
	return nil
}

// check compares what came with what the summary says.
func (a *answer) check() error {
	var got plannerv1.PlanSummary
	for _, plan := range a.plans {
		got.Plans++
		for _, phase := range plan.GetPhases() {
			got.Phases++
			for _, event := range phase.GetEvents() {
				switch event.GetType() {
				case plannerv1.EventType_EVENT_TYPE_REFRESH:
					got.Refreshes++
				case plannerv1.EventType_EVENT_TYPE_CREATE:
					got.Creates++
				case plannerv1.EventType_EVENT_TYPE_UPDATE:
					got.Updates++
				case plannerv1.EventType_EVENT_TYPE_DELETE:
					got.Deletes++
				case plannerv1.EventType_EVENT_TYPE_FORGET:
					got.Forgets++
				case plannerv1.EventType_EVENT_TYPE_UNSPECIFIED:
					return errors.New("an event has no type")
				}
			}
		}
	}
	if a.header.GetPlans() != got.GetPlans() || counts(a.summary) != counts(&got) {
		return fmt.Errorf("the summary says %s, but there came %s: the stream is incomplete, throw it away",
			counts(a.summary), counts(&got))
	}
	return nil
}
