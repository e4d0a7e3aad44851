package server

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/pgplanner/pgplanner/internal/convert/request"
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
)

func id(typ, name string) resource.Identifier {
	return resource.Identifier{Type: resource.Type(typ), ID: name}
}

// failing makes UpdateDatabase fail with that error once it plans.
func failing(err error) func(*Server) {
	return func(s *Server) {
		s.planner.updateDatabase = func(
			*interrupt.Poller, planner.UpdateDatabaseOptions, *resource.State, []*planner.NodeResources,
		) (planner.Outcome, error) {
			return planner.Outcome{}, err
		}
	}
}

// refusal is an error that planning ends with, and how the caller is told.
type refusal struct {
	err      error
	code     codes.Code
	reason   string
	metadata map[string]string
	fields   []string
	subjects []string
}

// check sends the error over the wire.
func (test refusal) check(t *testing.T) {
	h := start(t, Config{}, failing(test.err))
	answer, err := h.update(wantNodes("n1"))
	got := take(t, err)
	if len(answer) > 0 {
		t.Errorf("%d messages before the error", len(answer))
	}
	if got.code != test.code || got.info.GetReason() != test.reason {
		t.Errorf("got %v %s, want %v %s", got.code, got.info.GetReason(), test.code, test.reason)
	}
	line := h.line()
	if got.info.GetMetadata()["request_id"] != line["request_id"] {
		t.Errorf("request id %v, logged as %v", got.info.GetMetadata(), line["request_id"])
	}
	delete(got.info.Metadata, "request_id")
	if !maps.Equal(got.info.GetMetadata(), test.metadata) {
		t.Errorf("metadata %v, want %v", got.info.GetMetadata(), test.metadata)
	}
	if !slices.Equal(got.fields(), test.fields) {
		t.Errorf("fields %v, want %v", got.fields(), test.fields)
	}
	var subjects []string
	for _, v := range got.precondition.GetViolations() {
		subjects = append(subjects, v.GetSubject())
		if v.GetType() != test.reason || v.GetDescription() == "" {
			t.Errorf("violation %v", v)
		}
	}
	if !slices.Equal(subjects, test.subjects) {
		t.Errorf("subjects %v, want %v", subjects, test.subjects)
	}
	if line["reason"] != test.reason || line["grpc.error"] != got.text {
		t.Errorf("line %v for %q", line, got.text)
	}
	hidden := strings.Contains(test.err.Error(), "disk on fire")
	if hidden && (strings.Contains(got.text, "fire") || !strings.Contains(line["cause"].(string), "disk on fire")) {
		t.Errorf("the cause of a bug belongs into the log only: %q, %v", got.text, line)
	}
}

// TestPlanningErrors sends the errors that planning may end with over the wire: see also TestRefusalsOfLoss.
func TestPlanningErrors(t *testing.T) {
	missing := func(name string) error {
		return &resource.MissingDependencyError{Resource: id("a", name), Dependency: id("b", "gone")}
	}
	tests := map[string]refusal{
		"no instances": {
			err: &planner.NoInstancesError{Node: "n1"}, code: codes.InvalidArgument, reason: "INSTANCES_MISSING",
			metadata: map[string]string{"node": "n1"}, fields: []string{"nodes"},
		},
		"source and restore": {
			err: &planner.SourceAndRestoreError{Node: "n1"}, code: codes.InvalidArgument, reason: "SOURCE_AND_RESTORE",
			metadata: map[string]string{"node": "n1"}, fields: []string{"nodes"},
		},
		"no targets": {
			err: &planner.NoTargetsError{}, code: codes.InvalidArgument, reason: "TARGETS_MISSING", fields: []string{"targets"},
		},
		"unknown strategy": {
			err: &planner.UnknownStrategyError{Strategy: "x"}, code: codes.InvalidArgument, reason: "STRATEGY_UNKNOWN",
			fields: []string{"options.node_update_strategy"},
		},
		"wanted on a lost host": {
			err: &planner.HostLostError{Resource: id("a", "1"), Host: "h"}, code: codes.InvalidArgument, reason: "WANTED_ON_LOST_HOST",
			metadata: map[string]string{"resource": "a::1", "host_id": "h"}, fields: []string{"options.lost_hosts"},
		},
		"depends on itself": {
			err: &resource.SelfDependencyError{Resource: id("a", "1")}, code: codes.InvalidArgument, reason: "SELF_DEPENDENCY",
			metadata: map[string]string{"resource": "a::1"}, fields: []string{""},
		},
		"depends on its own type": {
			err: &resource.SelfDependencyError{Resource: id("a", "1"), Type: "a"}, code: codes.InvalidArgument,
			reason: "SELF_DEPENDENCY", metadata: map[string]string{"resource": "a::1", "type": "a"}, fields: []string{""},
		},
		"dependency missing": {
			err: missing("1"), code: codes.FailedPrecondition, reason: "DEPENDENCY_MISSING",
			metadata: map[string]string{"resource": "a::1", "dependency": "b::gone"}, subjects: []string{"a::1"},
		},
		"dependency missing, wrapped": {
			err: fmt.Errorf("step 3: %w", missing("1")), code: codes.FailedPrecondition, reason: "DEPENDENCY_MISSING",
			metadata: map[string]string{"resource": "a::1", "dependency": "b::gone"}, subjects: []string{"a::1"},
		},
		"dependencies missing, joined": {
			err:  fmt.Errorf("step 3: %w", errors.Join(missing("1"), errors.Join(missing("2"), missing("3")))),
			code: codes.FailedPrecondition, reason: "DEPENDENCY_MISSING",
			metadata: map[string]string{"resource": "a::1", "dependency": "b::gone", "violations": "3"},
			subjects: []string{"a::1", "a::2", "a::3"},
		},
		"cycle": {
			err:  &resource.CycleError{Path: []resource.Identifier{id("a", "1"), id("a", "2"), id("b", "1")}},
			code: codes.FailedPrecondition, reason: "DEPENDENCY_CYCLE",
			metadata: map[string]string{"resource_0": "a::1", "resource_1": "a::2", "resource_2": "b::1"},
			subjects: []string{"a::1"},
		},
		"source node": {
			err:  &planner.SourceNodeError{Node: "n2", Source: "n9", Problem: planner.SourceUnknown},
			code: codes.FailedPrecondition, reason: "SOURCE_NODE_INVALID",
			metadata: map[string]string{"node": "n2", "source_node": "n9"}, subjects: []string{"n2"},
		},
		"primary missing": {
			err:  &planner.PrimaryNotFoundError{Node: "n1", PrimaryInstanceID: "n1-a"},
			code: codes.FailedPrecondition, reason: "PRIMARY_INSTANCE_MISSING",
			metadata: map[string]string{"node": "n1", "primary_instance_id": "n1-a"}, subjects: []string{"n1"},
		},
		"primary not known": {
			err:  &planner.PrimaryNotFoundError{Node: "n1"},
			code: codes.FailedPrecondition, reason: "PRIMARY_INSTANCE_MISSING",
			metadata: map[string]string{"node": "n1"}, subjects: []string{"n1"},
		},
		"joining": {
			err:  &planner.JoiningSourceError{Node: "n3", Source: "n1", Problem: planner.JoiningSourceGone},
			code: codes.FailedPrecondition, reason: "JOINING_SOURCE_INVALID",
			metadata: map[string]string{"node": "n3", "source_node": "n1"}, subjects: []string{"n3"},
		},
		"lost": {
			err: &planner.NodeLostError{Node: "n1"}, code: codes.FailedPrecondition, reason: "NODE_LOST",
			metadata: map[string]string{"node": "n1"}, subjects: []string{"n1"},
		},
		"partly removed": {
			err: &planner.NodePartlyRemovedError{Node: "n1"}, code: codes.FailedPrecondition, reason: "NODE_PARTLY_REMOVED",
			metadata: map[string]string{"node": "n1"}, subjects: []string{"n1"},
		},
		"cannot be kept": {
			err:  &planner.KeptNodeError{Node: "n1", Problem: planner.KeptNodeJoining},
			code: codes.FailedPrecondition, reason: "KEPT_NODE_INVALID",
			metadata: map[string]string{"node": "n1"}, subjects: []string{"n1"},
		},
		"empty beside a backup": {
			err:  &planner.EmptyBesideRestoredError{Node: "n2", Restored: "n1"},
			code: codes.FailedPrecondition, reason: "EMPTY_BESIDE_RESTORED",
			metadata: map[string]string{"node": "n2", "restored": "n1"}, subjects: []string{"n2"},
		},
		"kept and restored": {
			err: &planner.DuplicateNodeError{Node: "n1"}, code: codes.FailedPrecondition, reason: "NODE_KEPT_AND_RESTORED",
			metadata: map[string]string{"node": "n1"}, subjects: []string{"n1"},
		},
		"instance field": {
			err:  &database.InstanceFieldError{InstanceID: "i1", Field: "settings", Key: "host_id"},
			code: codes.InvalidArgument, reason: "INSTANCE_FIELD_INVALID",
			metadata: map[string]string{"instance_id": "i1", "field": "settings"}, fields: []string{"nodes"},
		},
		"state attribute": {
			err:  &database.AttributeError{Resource: id("database.node", "n1"), Key: "primary_instance_id"},
			code: codes.FailedPrecondition, reason: "STATE_ATTRIBUTE_INVALID",
			metadata: map[string]string{"resource": "database.node::n1", "attribute": "primary_instance_id"},
			subjects: []string{"database.node::n1"},
		},
		"a malformed request counts more than its state": {
			err: errors.Join(missing("1"), &planner.NoInstancesError{Node: "n1"}), code: codes.InvalidArgument,
			reason: "INSTANCES_MISSING", metadata: map[string]string{"node": "n1"}, fields: []string{"nodes"},
		},
		"deadline": {
			err: fmt.Errorf("planning: %w", context.DeadlineExceeded), code: codes.DeadlineExceeded, reason: "DEADLINE_EXCEEDED",
		},
		"unknown": {
			err: errors.New("disk on fire"), code: codes.Internal, reason: "INTERNAL",
		},
		"unknown beside known": {
			err: errors.Join(missing("1"), errors.New("disk on fire")), code: codes.Internal, reason: "INTERNAL",
		},
	}
	for name, test := range tests {
		t.Run(name, test.check)
	}
}

// silent are typed errors that no caller ever gets.
var silent = map[string]string{
	"jsontext.Error": "convert makes violations of it",
}

// TestEveryTypedErrorHasARule looks for error types in the source of the packages below.
func TestEveryTypedErrorHasARule(t *testing.T) {
	ruled := map[string]bool{}
	for typ := range rules {
		ruled[strings.TrimPrefix(typ.String(), "*")] = true
	}
	found := map[string]bool{}
	for _, dir := range []string{"convert/request", "convert/response", "database", "jsontext", "planner", "resource", "server", "server/admission", "server/identity"} {
		for _, name := range errorTypes(t, "../"+dir) {
			found[path.Base(dir)+"."+name] = true
		}
	}
	inner := map[string]bool{"server.callError": true, "server.panicError": true, "server.violatedError": true}
	for name := range found {
		if !ruled[name] && silent[name] == "" && !inner[name] {
			t.Errorf("%s has no rule: say in reasons.go how callers are told, or here why they never are", name)
		}
	}
	for name := range silent {
		if !found[name] {
			t.Errorf("%s does not exist", name)
		}
	}
	if len(found) < len(rules) {
		t.Errorf("found %d error types in the source, but there are %d rules", len(found), len(rules))
	}
}

// errorTypes are the types in a directory that have a method Error() string, and the exported variables made by errors.New.
func errorTypes(t *testing.T, dir string) []string {
	t.Helper()
	//nolint:staticcheck // build tags play no role here
	packages, err := parser.ParseDir(token.NewFileSet(), dir, func(f fs.FileInfo) bool {
		return !strings.HasSuffix(f.Name(), "_test.go")
	}, 0)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, pkg := range packages {
		ast.Inspect(pkg, func(n ast.Node) bool {
			if f, ok := n.(*ast.FuncDecl); ok && f.Name.Name == "Error" && f.Recv != nil {
				receiver := f.Recv.List[0].Type
				if star, ok := receiver.(*ast.StarExpr); ok {
					receiver = star.X
				}
				names = append(names, receiver.(*ast.Ident).Name)
			}
			if v, ok := n.(*ast.ValueSpec); ok && len(v.Values) == 1 {
				if made, ok := v.Values[0].(*ast.CallExpr); ok && isErrorsNew(made) && v.Names[0].IsExported() {
					names = append(names, v.Names[0].Name)
				}
			}
			return true
		})
	}
	return names
}

func isErrorsNew(call *ast.CallExpr) bool {
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || f.Sel.Name != "New" {
		return false
	}
	pkg, ok := f.X.(*ast.Ident)
	return ok && pkg.Name == "errors"
}

func TestReasonsAreStableWords(t *testing.T) {
	seen := map[string]bool{}
	word := regexp.MustCompile(`^[A-Z][A-Z0-9_]+[A-Z0-9]$`)
	for typ, r := range rules {
		if !word.MatchString(r.reason) {
			t.Errorf("%v: reason %q", typ, r.reason)
		}
		if seen[r.reason] {
			t.Errorf("reason %s is used twice", r.reason)
		}
		seen[r.reason] = true
	}
}

func TestTranslateOnce(t *testing.T) {
	once := translate(t.Context(), &planner.NoTargetsError{})
	if twice := translate(t.Context(), once); !errors.Is(twice, once) {
		t.Errorf("got %v, want %v", twice, once)
	}
}

// TestStatusFitsSmallClients makes the worst statuses, and checks that clients with 8 KiB for trailers get them.
func TestStatusFitsSmallClients(t *testing.T) {
	long := strings.Repeat("ö", 400)
	var violations []request.Violation
	for i := range 100 {
		violations = append(violations, request.Violation{Field: fmt.Sprintf("nodes[%d].x", i), Description: long})
	}
	var joined []error
	for range 1000 {
		joined = append(joined, &resource.MissingDependencyError{Resource: id(long, long), Dependency: id(long, long)})
	}
	var path []resource.Identifier
	for range 1000 {
		path = append(path, id(long, long))
	}
	var members []planner.IncompleteMember
	for range 100 {
		members = append(members, planner.IncompleteMember{Node: long, Providers: []string{long, long}, Records: path})
	}
	tests := map[string]struct {
		err   error
		total string
	}{
		"violations": {&request.InvalidRequestError{Violations: violations, Total: 1000}, "1000"},
		"joined":     {errors.Join(joined...), "1000"},
		"cycle":      {&resource.CycleError{Path: path}, ""},
		"members":    {&planner.MemberIncompleteError{Members: members}, ""},
		"bad UTF-8":  {&planner.NoInstancesError{Node: strings.Repeat("\xff", 1000)}, ""},
	}
	for name, test := range tests {
		for agent, limit := range map[string]int{"grpc-python/1.51.1 grpc-c/29.0.0": 8 << 10, "grpcurl/1.9 grpc-go/1.61.0": 128 << 10} {
			t.Run(name+" for "+agent, func(t *testing.T) {
				ctx := metadata.NewIncomingContext(t.Context(), metadata.Pairs("user-agent", agent))
				ctx, _ = withRequestID(ctx)
				st := status.Convert(translate(ctx, test.err))
				got := take(t, st.Err())
				if size := trailerSize(t, st); size > limit {
					t.Errorf("%d bytes of trailers", size)
				}
				listed := len(got.bad.GetFieldViolations()) + len(got.precondition.GetViolations())
				if listed == 0 {
					t.Error("no violation is listed")
				}
				if got.info.GetMetadata()["violations"] != test.total {
					t.Errorf("metadata %v, want %s violations", got.info.GetMetadata(), test.total)
				}
				if test.total != "" && got.info.GetMetadata()["violations_listed"] != fmt.Sprint(listed) {
					t.Errorf("metadata %v, but %d are listed", got.info.GetMetadata(), listed)
				}
			})
		}
	}
}

// trailerSize is the size of a failed call's trailers, as HTTP/2 counts it.
func trailerSize(t *testing.T, st *status.Status) int {
	t.Helper()
	details, err := proto.Marshal(st.Proto())
	if err != nil {
		t.Fatal(err)
	}
	percent := 0
	for i := range len(st.Message()) {
		if c := st.Message()[i]; c < ' ' || c > '~' || c == '%' {
			percent += 2
		}
	}
	trailers := map[string]int{
		":status": 3, "content-type": len("application/grpc"), "grpc-status": 2, RequestIDHeader: maxRequestIDBytes,
		"grpc-message":            len(st.Message()) + percent,
		"grpc-status-details-bin": base64.RawStdEncoding.EncodedLen(len(details)),
	}
	total := 0
	for name, size := range trailers {
		total += len(name) + size + 32
	}
	return total
}

// TestHundredViolations checks that a Go client gets as many violations as the API promises.
func TestHundredViolations(t *testing.T) {
	h := start(t, Config{}, nil)
	req := wantNodes("n1")
	req.Start = wireState()
	for range 150 {
		bad := wireResource("test", "")
		req.Start.Resources = append(req.Start.Resources, bad)
	}
	_, err := h.update(req)
	got := take(t, err)
	if got.code != codes.InvalidArgument || got.info.GetReason() != "REQUEST_INVALID" {
		t.Errorf("got %v %v", got.code, got.info)
	}
	if len(got.bad.GetFieldViolations()) != 100 {
		t.Errorf("%d violations", len(got.bad.GetFieldViolations()))
	}
	if got.info.GetMetadata()["violations"] != "150" || got.info.GetMetadata()["violations_listed"] != "100" {
		t.Errorf("metadata %v", got.info.GetMetadata())
	}
	if got.fields()[99] != "start.resources[99].identifier.id" {
		t.Errorf("fields %v", got.fields())
	}
}

// TestListsAreCapped checks that no list of violations gets longer than the API says, wherever they come from.
func TestListsAreCapped(t *testing.T) {
	var malformed, forbidden []error
	for range 150 {
		malformed = append(malformed, &planner.NoInstancesError{Node: "n1"})
		forbidden = append(forbidden, &planner.NodeLostError{Node: "n1"})
	}
	ctx := metadata.NewIncomingContext(t.Context(), metadata.Pairs("user-agent", "grpc-go/1.85.0"))
	for _, all := range [][]error{malformed, forbidden} {
		got := take(t, translate(ctx, errors.Join(all...)))
		if n := len(got.bad.GetFieldViolations()) + len(got.precondition.GetViolations()); n != 100 {
			t.Errorf("%d violations", n)
		}
		if got.info.GetMetadata()["violations"] != "150" {
			t.Errorf("metadata %v", got.info.GetMetadata())
		}
	}
}

// TestCauseOfABugIsBounded: what goes into the log is bounded, whatever an error says.
func TestCauseOfABugIsBounded(t *testing.T) {
	h := start(t, Config{}, failing(errors.New(strings.Repeat("x", 1<<20))))
	_, err := h.update(wantNodes("n1"))
	take(t, err)
	text, _ := json.Marshal(h.line())
	if len(text) > 8<<10 {
		t.Errorf("a line of %d bytes", len(text))
	}
}
