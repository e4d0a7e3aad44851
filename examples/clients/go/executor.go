package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/pgplanner/pgplanner/client"
	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
)

// standIn is an executor that prints what it would do.
type standIn struct {
	crashAfter int64
	executed   atomic.Int64
	failOnce   string
	failed     atomic.Bool
}

// Execute carries out one event. It is called for all events of a phase at once.
func (s *standIn) Execute(_ context.Context, event *plannerv1.Event) (*plannerv1.Resource, error) {
	r := event.GetResource()
	name := r.GetIdentifier().GetType() + "::" + r.GetIdentifier().GetId()
	fmt.Printf("%s %s at %s (%s)\n", word(event.GetType(), "EVENT_TYPE_"), name, executorText(r.GetExecutor()),
		word(event.GetReason(), "EVENT_REASON_"))
	time.Sleep(10 * time.Millisecond) // here the work would be done
	if s.executed.Add(1) == s.crashAfter {
		fmt.Println("crashing on purpose")
		os.Exit(exitCrashed)
	}
	if name == s.failOnce && !s.failed.Swap(true) {
		// Here an update can mend what a create has left. Any other error has it created again.
		return nil, &client.MendableError{Err: errors.New("failed on purpose")}
	}
	return observed(r)
}

// observed fills in what only execution knows: here the connection info of an instance.
func observed(r *plannerv1.Resource) (*plannerv1.Resource, error) {
	if r.GetIdentifier().GetType() != "database.instance" {
		return r, nil
	}
	var attributes map[string]json.RawMessage // keeps every digit of what it does not touch
	if err := json.Unmarshal([]byte(r.GetAttributesJson()), &attributes); err != nil {
		return nil, err
	}
	attributes["connection_info"] = json.RawMessage(fmt.Sprintf(`{"hostname":%q,"port":5432}`, r.GetExecutor().GetId()))
	text, err := json.Marshal(attributes)
	if err != nil {
		return nil, err
	}
	r = proto.CloneOf(r)
	r.AttributesForm = &plannerv1.Resource_AttributesJson{AttributesJson: string(text)}
	return r, nil
}

// executorText is where an event has to run. For a primary, an orchestrator looks up now which instance that is.
func executorText(e *plannerv1.Executor) string {
	return strings.TrimSpace(word(e.GetType(), "EXECUTOR_TYPE_") + " " + e.GetId())
}

// word is the planner's word for an enum value.
func word(value fmt.Stringer, prefix string) string {
	return strings.ToLower(strings.TrimPrefix(value.String(), prefix))
}
