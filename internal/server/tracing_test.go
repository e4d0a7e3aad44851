package server

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/structpb"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/server/admission"
)

// traced is a configuration with a tracer provider, and what keeps its spans.
func traced() (Config, *tracetest.InMemoryExporter) {
	spans := tracetest.NewInMemoryExporter()
	return Config{TracerProvider: sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))}, spans
}

func noViolations(context.Context, *proposal) error { return nil }

func TestSpansOfACall(t *testing.T) {
	config, spans := traced()
	h := start(t, config, func(s *Server) { s.planner.judge = noViolations })
	const trace, parent = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
	ctx := metadata.AppendToOutgoingContext(t.Context(), "traceparent", "00-"+trace+"-"+parent+"-01")
	if _, err := h.updateContext(ctx, wantNodes("n1")); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, func() bool { return len(spans.GetSpans()) == 5 })
	var stages []string
	all := spans.GetSpans()
	call := all[len(all)-1]
	for _, span := range all {
		if got := span.SpanContext.TraceID().String(); got != trace {
			t.Errorf("%s is in trace %s", span.Name, got)
		}
		if span.Name == call.Name {
			continue
		}
		stages = append(stages, span.Name)
		if span.Parent.SpanID() != call.SpanContext.SpanID() || len(span.Attributes) != 0 {
			t.Errorf("%s has the parent %v and attributes %v", span.Name, span.Parent, span.Attributes)
		}
	}
	if !slices.Equal(stages, []string{"convert", "plan", "verify", "encode"}) {
		t.Errorf("stages %v", stages)
	}
	if call.Name != "planner.v1.PlannerService/UpdateDatabase" || call.Parent.SpanID().String() != parent {
		t.Errorf("call %s below %v", call.Name, call.Parent)
	}
	if line := h.line(); line["trace_id"] != trace || line["request_id"] == "" {
		t.Errorf("line %v", line)
	}
	if got := h.metric("planner_step_seconds", "step", "verify"); got != 1 {
		t.Errorf("verified %v times", got)
	}
}

func TestOnlyThePlannersCallsAreTraced(t *testing.T) {
	config, spans := traced()
	h := start(t, config, nil)
	if _, err := healthv1.NewHealthClient(h.conn).Check(t.Context(), &healthv1.HealthCheckRequest{}); err != nil {
		t.Fatal(err)
	}
	_ = h.conn.Invoke(t.Context(), "/made.up.Service/Method", &plannerv1.AddNodeRequest{}, &plannerv1.AddNodeResponse{})
	if _, err := h.state().EndState(t.Context(), &plannerv1.EndStateRequest{}); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, func() bool { return len(spans.GetSpans()) == 4 })
	for _, span := range spans.GetSpans() {
		if strings.Contains(span.Name, "health") || strings.Contains(span.Name, "made") {
			t.Errorf("span %s", span.Name)
		}
	}
}

func TestLinesWithoutTracingHaveNoTrace(t *testing.T) {
	h := start(t, Config{}, withPlans(nil))
	if _, err := h.update(wantNodes("n1")); err != nil {
		t.Fatal(err)
	}
	if line := h.line(); line["trace_id"] != nil {
		t.Errorf("line %v", line)
	}
}

// fullOfSecrets has the secret wherever a request has room for one.
func fullOfSecrets(t *testing.T) *plannerv1.UpdateDatabaseRequest {
	t.Helper()
	values, err := structpb.NewStruct(map[string]any{"password": secret})
	if err != nil {
		t.Fatal(err)
	}
	req := wantNodes("n1", "n2")
	req.Nodes[1].RestoreConfig = &plannerv1.RestoreConfig{
		Repository: values, RestoreOptions: map[string]string{"key": secret},
	}
	req.Nodes[0].RestoreConfig = req.Nodes[1].RestoreConfig
	for _, node := range req.GetNodes() {
		for _, name := range []string{"post_init", "post_database_create"} {
			node.Scripts = append(node.Scripts, &plannerv1.Script{Name: name, Statements: []string{"ALTER ROLE a PASSWORD '" + secret + "'"}})
		}
		instance := node.GetInstanceResources()[0].GetInstance()
		instance.ConnectionInfo = values
		instance.Spec.SettingsForm = &plannerv1.InstanceSpec_Settings{Settings: values}
	}
	req.Start = wireState(wireResource("dir", "old"))
	return req
}

// TestSecretsStayInside plans what is full of secrets, in calls that end in every way, and looks for them in all
// that comes out besides the answer. The log is looked at by the harness.
func TestSecretsStayInside(t *testing.T) {
	planReally := planner.UpdateDatabaseTo
	with := func(err error, panics any) func(*Server) {
		return func(s *Server) {
			s.planner.judge = noViolations
			s.planner.updateDatabase = func(
				stop *interrupt.Poller, o planner.UpdateDatabaseOptions, state *resource.State, nodes []*planner.NodeResources,
			) (planner.Outcome, error) {
				if panics != nil {
					panic(panics)
				}
				if err != nil {
					return planner.Outcome{}, err
				}
				return planReally(stop, o, state, nodes)
			}
		}
	}
	malformed := func(req *plannerv1.UpdateDatabaseRequest) {
		r := req.GetStart().GetResources()[0]
		r.AttributesForm = &plannerv1.Resource_AttributesJson{AttributesJson: `{"password":"` + secret + `"`}
	}
	tooLong := func(req *plannerv1.UpdateDatabaseRequest) {
		req.ResponseOptions = &plannerv1.ResponseOptions{MaxMessageBytes: 4096}
		req.Start = largeRequest(10_000).Start
	}
	for name, test := range map[string]struct {
		prepare func(*Server)
		change  func(*plannerv1.UpdateDatabaseRequest)
		config  admission.Limits
		fails   bool
	}{
		"success":        {prepare: with(nil, nil)},
		"malformed":      {prepare: with(nil, nil), change: malformed, fails: true},
		"too deep":       {prepare: with(nil, nil), config: admission.Limits{MaxJSONDepth: 1, MaxAttributeBytes: 8}, fails: true},
		"event too long": {prepare: with(nil, nil), change: tooLong, fails: true},
		"refused":        {prepare: with(nil, nil), config: admission.Limits{RequestBytesInFlight: 1}, fails: true},
		"precondition":   {prepare: with(&planner.NodeLostError{Node: "n1"}, nil), fails: true},
		"bug":            {prepare: with(errors.New("broken"), nil), fails: true},
		"panic":          {prepare: with(nil, secret), fails: true},
		"panic in a map": {prepare: with(nil, map[string]string{"password": secret}), fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			config, spans := traced()
			config.Limits = test.config
			h := start(t, config, test.prepare)
			req := fullOfSecrets(t)
			if test.change != nil {
				test.change(req)
			}
			answer, err := h.update(req)
			if test.fails != (err != nil) {
				t.Fatalf("%d messages, %v", len(answer), err)
			}
			if !test.fails && !strings.Contains(fmt.Sprint(answer), secret) {
				t.Error("the answer does not hold the secret: this test tests nothing")
			}
			if text := status.Convert(err).Proto().String(); strings.Contains(text, secret) {
				t.Errorf("status %s", text)
			}
			h.line()
			testkit.Eventually(t, func() bool { return len(spans.GetSpans()) > 0 })
			h.idle()
			if text := h.metricsText(); strings.Contains(text, secret) {
				t.Errorf("metrics %s", text)
			}
			if err := h.server.Shutdown(context.Background()); err != nil {
				t.Error(err)
			}
			if text := fmt.Sprintf("%+v", spans.GetSpans()); strings.Contains(text, secret) {
				t.Errorf("spans %s", text)
			}
		})
	}
}
