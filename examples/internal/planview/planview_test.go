package main

import (
	"errors"
	"strings"
	"testing"
)

// The messages of a stream, as grpcurl prints them: names in camel case, zero values left out.
const (
	header = `{"header": {"options": {"nodeUpdateStrategy": "NODE_UPDATE_STRATEGY_ROLLING"},
		"attributesFormat": "ATTRIBUTES_FORMAT_STRUCT", "maxMessageBytes": 1048576, "plans": 2}}`
	firstPart = `{"planPart": {"phases": [
		{"events": [
			{"type": "EVENT_TYPE_UPDATE", "reason": "EVENT_REASON_HAS_DIFF",
				"resource": {"identifier": {"type": "host.file", "id": "a"},
					"executor": {"type": "EXECUTOR_TYPE_HOST", "id": "host-1"}, "attributes": {"password": "s3cret"}},
				"diff": [{"op": "replace", "path": "/password", "value": "s3cret"}, {"op": "remove", "path": "/mode"}]},
			{"type": "EVENT_TYPE_CREATE", "reason": "EVENT_REASON_DOES_NOT_EXIST",
				"resource": {"identifier": {"type": "host.directory", "id": "b"},
					"executor": {"type": "EXECUTOR_TYPE_MANAGER"}}}]},
		{"index": 1, "events": [
			{"type": "EVENT_TYPE_UPDATE", "reason": "EVENT_REASON_DEPENDENCY_UPDATED",
				"resource": {"identifier": {"type": "database.node", "id": "n1"}, "executor": {"type": "EXECUTOR_TYPE_ANY"}},
				"causedBy": [{"type": "host.directory", "id": "b"}, {"type": "host.file", "id": "a"}]}]}]}}`
	// The second phase of the first plan was cut.
	secondPart = `{"planPart": {"phases": [{"index": 1, "events": [
			{"type": "EVENT_TYPE_CREATE", "reason": "EVENT_REASON_NEEDS_RECREATE",
				"resource": {"identifier": {"type": "database.subscription", "id": "n1:n2:app"},
					"executor": {"type": "EXECUTOR_TYPE_PRIMARY", "id": "n2"},
					"attributes": {"disabled": true, "sync_data": false}}}]}]}}`
	secondPlan = `{"planPart": {"planIndex": 1, "phases": [{"events": [
			{"type": "EVENT_TYPE_CREATE", "reason": "EVENT_REASON_NEEDS_RECREATE",
				"resource": {"identifier": {"type": "database.subscription", "id": "n3:n2:app"},
					"executor": {"type": "EXECUTOR_TYPE_PRIMARY", "id": "n2"},
					"attributesJson": "{\"disabled\":false,\"sync_data\":true}"}},
			{"type": "EVENT_TYPE_DELETE", "reason": "EVENT_REASON_NOT_DESIRED",
				"resource": {"identifier": {"type": "host.file", "id": "z"}, "executor": {"type": "EXECUTOR_TYPE_ANY"}}},
			{"type": "EVENT_TYPE_FORGET", "reason": "EVENT_REASON_HOST_LOST",
				"resource": {"identifier": {"type": "host.file", "id": "w"}, "executor": {"type": "EXECUTOR_TYPE_HOST", "id": "host-9"}}},
			{"type": "EVENT_TYPE_UPDATE", "reason": "EVENT_REASON_HAS_ERROR",
				"resource": {"identifier": {"type": "host.file", "id": "y"}, "executor": {"type": "EXECUTOR_TYPE_ANY"}}},
			{"type": "EVENT_TYPE_UPDATE", "reason": "EVENT_REASON_FORCE_UPDATE",
				"resource": {"identifier": {"type": "host.file", "id": "x"}, "executor": {"type": "EXECUTOR_TYPE_ANY"}}}]}]}}`
	summary = `{"summary": {"plans": 2, "phases": 3, "creates": 3, "updates": 4, "deletes": 1, "forgets": 1, "digest": "abc",
		"changes": 7, "followOns": 1, "impact": {"nodes": [{"nodeName": "n1", "primaryTouches": 2, "replicaTouches": 1},
			{"nodeName": "n2"}], "nodesLeftOut": 3, "primariesAtOnce": 1},
		"hazards": [{"kind": "HAZARD_KIND_NODE_REMOVED", "nodeName": "n3", "message": "Node n3 leaves the database."}],
		"hazardCounts": [{"kind": "HAZARD_KIND_NODE_REMOVED", "count": 1}, {"kind": "HAZARD_KIND_INSTANCE_DELETED", "count": 4}]}}`
)

const printed = `plan 1 of 2
  phase 1
    update   host.file::a       on host-1: attributes differ
               replace /password
               remove /mode
    create   host.directory::b  on a manager: does not exist
  phase 2
    update   database.node::n1  on any host: a dependency changed
               because of host.directory::b
               because of host.file::a
    create   database.subscription::n1:n2:app  on the primary of n2: has to be made again, disabled at first

plan 2 of 2
  phase 1
    create   database.subscription::n3:n2:app  on the primary of n2: has to be made again, copies the data
    delete   host.file::z                      on any host: not wanted
    forget   host.file::w                      on host-9: its host is lost
    update   host.file::y                      on any host: failed the last time
    update   host.file::x                      on any host: update forced

2 plans, 3 phases: 3 creates, 4 updates, 1 delete, 1 forget
7 changes, 1 follow-on
touches instances that run, at most 1 primary at once
    node n1: the primary 2 times, replicas 1 time
    node n2: the primary 0 times, replicas 0 times
    and 3 nodes that the summary has no room for
5 hazards
    Node n3 leaves the database.
    and 4 hazards that the summary has no room for
digest abc
`

// view runs the command.
func view(messages ...string) (string, error) {
	var out strings.Builder
	err := run(strings.NewReader(strings.Join(messages, "\n")), &out)
	return out.String(), err
}

func TestWholeStreamIsPrinted(t *testing.T) {
	out, err := view(header, firstPart, secondPart, secondPlan, summary)
	if err != nil {
		t.Fatal(err)
	}
	// The columns of a phase that was cut are those of the whole phase.
	want := strings.Replace(printed, "update   database.node::n1  on", "update   database.node::n1                 on", 1)
	if out != want {
		t.Errorf("got\n%s\nwant\n%s", out, want)
	}
	if strings.Contains(out, "s3cret") {
		t.Error("a value was printed")
	}
}

func TestNothingToDo(t *testing.T) {
	out, err := view(`{"header": {"maxMessageBytes": 1048576}}`, `{"summary": {"digest": "d"}}`)
	if want := "no plans: there is nothing to do\n0 plans, 0 phases: 0 creates, 0 updates, 0 deletes\ndigest d\n"; err != nil || out != want {
		t.Errorf("%v, got\n%s", err, out)
	}
}

func TestRefresh(t *testing.T) {
	event := `{"type": "EVENT_TYPE_REFRESH", "resource": {"identifier": {"type": "a", "id": "b"},
		"executor": {"type": "EXECUTOR_TYPE_ANY"}}}`
	out, err := view(`{"header": {"plans": 1}}`,
		`{"planPart": {"phases": [{"events": [`+event+`, `+event+`]}]}}`,
		`{"summary": {"plans": 1, "phases": 1, "refreshes": 2, "digest": "d"}}`)
	if err != nil || !strings.Contains(out, "    refresh  a::b  on any host\n") || !strings.Contains(out, "2 refreshes") {
		t.Errorf("%v, got\n%s", err, out)
	}
}

func TestWhatIsIncompleteIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		messages []string
		problem  string
	}{
		"nothing":             {nil, errIncomplete.Error()},
		"no summary":          {[]string{header, firstPart, secondPart, secondPlan}, errIncomplete.Error()},
		"cut in a message":    {[]string{header, firstPart[:100]}, "not a sequence of JSON messages"},
		"no JSON":             {[]string{"ERROR: Code: Unavailable"}, "not a sequence of JSON messages"},
		"something else":      {[]string{`{"state": {}}`}, "not part of a stream of plans"},
		"empty message":       {[]string{header, `{}`}, "holds nothing"},
		"no header":           {[]string{firstPart, secondPart, secondPlan, summary}, "header has to come first"},
		"two headers":         {[]string{header, header}, "header has to come first"},
		"behind the summary":  {[]string{header, firstPart, secondPart, secondPlan, summary, summary}, "behind the summary"},
		"part is missing":     {[]string{header, firstPart, secondPlan, summary}, "the stream is incomplete"},
		"plan is missing":     {[]string{header, firstPart, secondPart, summary}, "the stream is incomplete"},
		"first plan missing":  {[]string{header, secondPlan, summary}, "plan 2 comes after 0 plans"},
		"first phase missing": {[]string{header, secondPart, secondPlan, summary}, "phase 2 comes after 0 phases"},
		"event without type":  {[]string{header, `{"planPart": {"phases": [{"events": [{}]}]}}`, summary}, "no type"},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := view(c.messages...)
			if err == nil || out != "" || !strings.Contains(err.Error(), c.problem) {
				t.Errorf("printed %q, said %v", out, err)
			}
		})
	}
}

func TestOutputThatCannotBeWritten(t *testing.T) {
	in := strings.NewReader(`{"header": {}} {"summary": {}}`)
	if err := run(in, brokenPipe{}); err == nil {
		t.Error("no error")
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }
