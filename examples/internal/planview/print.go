package main

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
)

// describe writes an answer as text: plans and phases counted from 1; for each event what happens to which
// resource, where, and why.
func describe(a *answer) string {
	var b strings.Builder
	if len(a.plans) == 0 {
		b.WriteString("no plans: there is nothing to do\n")
	}
	for i, plan := range a.plans {
		fmt.Fprintf(&b, "plan %d of %d\n", i+1, len(a.plans))
		for j, phase := range plan.GetPhases() {
			fmt.Fprintf(&b, "  phase %d\n", j+1)
			width := widest(phase.GetEvents())
			for _, event := range phase.GetEvents() {
				writeEvent(&b, event, width)
			}
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "%s\n", counts(a.summary))
	writeCost(&b, a.summary)
	fmt.Fprintf(&b, "digest %s\n", a.summary.GetDigest())
	return b.String()
}

// widest is how many columns the longest identifier takes.
func widest(events []*plannerv1.Event) int {
	width := 0
	for _, event := range events {
		width = max(width, len(name(event.GetResource().GetIdentifier())))
	}
	return width
}

func writeEvent(b *strings.Builder, event *plannerv1.Event, width int) {
	resource := event.GetResource()
	line := fmt.Sprintf("    %-7s  %-*s  %s", kind(event.GetType()), width, name(resource.GetIdentifier()),
		executorText(resource.GetExecutor()))
	if why := reason(event.GetReason()); why != "" {
		line += ": " + why
	}
	if event.GetType() == plannerv1.EventType_EVENT_TYPE_CREATE {
		line += remark(resource)
	}
	b.WriteString(line + "\n")
	for _, cause := range event.GetCausedBy() {
		fmt.Fprintf(b, "               because of %s\n", name(cause))
	}
	for _, t := range event.GetCausedByTypes() {
		fmt.Fprintf(b, "               because of a resource of type %s\n", t)
	}
	for _, operation := range event.GetDiff() {
		fmt.Fprintf(b, "               %s %s\n", operation.GetOp(), operation.GetPath())
	}
}

// remark says of a new subscription what a reader of the plan has to know: whether it replicates, and whether
// it copies first.
func remark(r *plannerv1.Resource) string {
	if r.GetIdentifier().GetType() != "database.subscription" {
		return ""
	}
	attributes := r.GetAttributes()
	if text := r.GetAttributesJson(); text != "" {
		attributes = new(structpb.Struct)
		if err := protojson.Unmarshal([]byte(text), attributes); err != nil {
			return ""
		}
	}
	set := func(key string) bool { return attributes.GetFields()[key].GetBoolValue() }
	switch {
	case set("disabled"):
		return ", disabled at first"
	case set("sync_data"):
		return ", copies the data"
	}
	return ""
}

func name(id *plannerv1.Identifier) string { return id.GetType() + "::" + id.GetId() }

func kind(t plannerv1.EventType) string {
	switch t {
	case plannerv1.EventType_EVENT_TYPE_REFRESH:
		return "refresh"
	case plannerv1.EventType_EVENT_TYPE_CREATE:
		return "create"
	case plannerv1.EventType_EVENT_TYPE_UPDATE:
		return "update"
	case plannerv1.EventType_EVENT_TYPE_DELETE:
		return "delete"
	case plannerv1.EventType_EVENT_TYPE_FORGET:
		return "forget"
	case plannerv1.EventType_EVENT_TYPE_UNSPECIFIED:
	}
	return t.String()
}

// executorText says where an event runs.
func executorText(e *plannerv1.Executor) string {
	switch e.GetType() {
	case plannerv1.ExecutorType_EXECUTOR_TYPE_HOST:
		return "on " + e.GetId()
	case plannerv1.ExecutorType_EXECUTOR_TYPE_PRIMARY:
		return "on the primary of " + e.GetId()
	case plannerv1.ExecutorType_EXECUTOR_TYPE_ANY:
		return "on any host"
	case plannerv1.ExecutorType_EXECUTOR_TYPE_MANAGER:
		return "on a manager"
	case plannerv1.ExecutorType_EXECUTOR_TYPE_UNSPECIFIED:
	}
	return e.GetType().String()
}

// reason says why an event is planned; empty for a refresh, which needs no reason.
func reason(r plannerv1.EventReason) string {
	switch r {
	case plannerv1.EventReason_EVENT_REASON_DOES_NOT_EXIST:
		return "does not exist"
	case plannerv1.EventReason_EVENT_REASON_NEEDS_RECREATE:
		return "has to be made again"
	case plannerv1.EventReason_EVENT_REASON_HAS_ERROR:
		return "failed the last time"
	case plannerv1.EventReason_EVENT_REASON_FORCE_UPDATE:
		return "update forced"
	case plannerv1.EventReason_EVENT_REASON_DEPENDENCY_UPDATED:
		return "a dependency changed"
	case plannerv1.EventReason_EVENT_REASON_HAS_DIFF:
		return "attributes differ"
	case plannerv1.EventReason_EVENT_REASON_NOT_DESIRED:
		return "not wanted"
	case plannerv1.EventReason_EVENT_REASON_DEPENDENCIES_CHANGED:
		return "the record names other dependencies, or another executor"
	case plannerv1.EventReason_EVENT_REASON_HOST_LOST:
		return "its host is lost"
	case plannerv1.EventReason_EVENT_REASON_UNSPECIFIED:
		return ""
	}
	return r.String()
}

// counts is a summary in words.
func counts(s *plannerv1.PlanSummary) string {
	text := fmt.Sprintf("%s, %s: %s, %s, %s", count(s.GetPlans(), "plan"), count(s.GetPhases(), "phase"),
		count(s.GetCreates(), "create"), count(s.GetUpdates(), "update"), count(s.GetDeletes(), "delete"))
	if s.GetRefreshes() > 0 {
		text += ", " + count(s.GetRefreshes(), "refresh")
	}
	if s.GetForgets() > 0 {
		text += ", " + count(s.GetForgets(), "forget")
	}
	return text
}

func count(n uint32, of string) string {
	switch {
	case n == 1:
	case of == "refresh":
		of = "refreshes"
	case of == "primary":
		of = "primaries"
	default:
		of += "s"
	}
	return fmt.Sprintf("%d %s", n, of)
}
