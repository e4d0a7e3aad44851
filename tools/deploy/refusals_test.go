package main

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const top = "../.."

// scripts/deploy-check.sh says where they are.
var (
	testDescriptors = flag.String("descriptors", "", "the `FILE` of descriptors")
	testMetrics     = flag.String("metrics", "", "the `URL` of the metrics of a server")
)

// check checks a file in a copy of deploy/, in which it has another text.
func check(t *testing.T, file, text string) error {
	t.Helper()
	root := t.TempDir()
	if err := os.CopyFS(filepath.Join(root, "deploy"), os.DirFS(filepath.Join(top, "deploy"))); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "Dockerfile"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(root, "deploy", file)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	switch filepath.Dir(file) {
	case "compose":
		return compose([]string{path})
	case "envoy":
		return envoy([]string{"-descriptors", *testDescriptors, "-client", filepath.Join(top, "client/service_config.go"), path})
	default:
		return queries([]string{"-metrics", *testMetrics, path})
	}
}

// TestRefusals breaks what is deployed in one place at a time, and sees that it is refused.
func TestRefusals(t *testing.T) {
	const (
		compose = "compose/compose.yaml"
		balance = "envoy/load-balancing.yaml"
		web     = "envoy/web.yaml"
		panels  = "grafana/planner.json"
		alerts  = "prometheus/alerts.yaml"
	)
	for _, test := range []struct{ file, old, broken, want string }{
		{compose, "read_only: true", "readonly: true", "readonly"},
		{compose, "read_only: true", "read_only: false", "is not read_only"},
		{compose, "cap_drop: [ALL]", "cap_drop: []", "keeps capabilities"},
		{compose, `user: "65532:65532"`, "user: root", "does not run as 65532"},
		{compose, "network_mode: none", "network_mode: host", "has a network"},
		{compose, "state:/state", "/srv:/state", "of the machine"},
		{compose, "state:/state", "other:/state", "undefined volume"},
		{compose, "orchestrator.Dockerfile", "other.Dockerfile", "no such file"},
		{balance, "outlier_detection:", "outlier_detektion:", "unknown field"},
		{balance, "http.router.v3.Router", "http.router.v3.Ruter", "unable to resolve"},
		{balance, "max_ejection_percent: 50", "max_ejection_percent: 150", "MaxEjectionPercent"},
		{balance, "admin:\n", "admin: {}\nadmin:\n", "already set"},
		{balance, "lb_policy: ROUND_ROBIN", "lb_policy: ROUND_ROBIN\n      dns_refresh_rate: 5s", "is deprecated"},
		{balance, "lb_policy: ROUND_ROBIN", "lb_policy: RANDOM", "do not go round"},
		{balance, "cluster: planner\n", "cluster: planer\n", "no cluster"},
		{balance, "num_retries: 4", "num_retries: 3", "MaxAttempts:4"},
		{balance, "base_interval: 0.1s", "base_interval: 0.2s", "InitialBackoff:200ms"},
		{balance, "retry_on: unavailable", "retry_on: 5xx,unavailable", "5xx"},
		{balance, "service_name: planner.v1.PlannerService", "service_name: planner.v1.Planner", "no service"},
		{web, "planner.v1.StateService", "planner.v1.StatesService", "no service"},
		{web, ", tls_maximum_protocol_version: TLSv1_3", "", "only TLS 1.3"},
		{web, "http.router.v3.Router", "http.cors.v3.Cors", "not the router"},
		{web, "envoy.filters.http.cors:", "envoy.filters.http.cross:", "no filter"},
		{web, "auto_mapping: true", "auto_mapping: false", "transcodes nothing"},
		{panels, "planner_queue_length", "planner_queue_len", "exposes no planner_queue_len"},
		{panels, "planner_queue_seconds_bucket", "planner_queue_seconds", "exposes no planner_queue_seconds"},
		{panels, "sum by (step)", "sum by (stage)", "has a label stage"},
		{panels, `instance=~\"$instance\"`, `pod=~\"$instance\"`, "has no label pod"},
		{panels, `quantile=\"1\"`, `quantile=\"1\", cause=\"x\"`, "has no label cause"},
		{panels, "$__rate_interval", "$__rat_interval", "no variable"},
		{panels, `"uid": "${datasource}"`, `"uid": "mine"`, "source"},
		{panels, `"unit": "reqps"`, `"unit": ""`, "a unit"},
		{panels, `"x": 4,`, `"x": 3,`, "overlap"},
		{panels, `"id": 5,`, `"id": 4,`, "one id"},
		{alerts, "planner_connections_refused_total", "planner_connections_refused", "exposes no"},
		{alerts, "|TOO_MANY_NODES", "|TOO_MUCH_NODES", "TOO_MUCH_NODES"},
		{alerts, `grpc_code=~"Internal|`, `grpc_code=~"Intern|`, "Intern"},
		{alerts, "sum by (job, reason)", "sum by (job, cause)", "has a label cause"},
		{alerts, "alert: PlannerSlow\n", "alert: PlannerSluggish\n", "PlannerSluggish"},
	} {
		t.Run(test.file+" "+test.broken, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(top, "deploy", test.file))
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(text), test.old) {
				t.Fatalf("there is no %q to break", test.old)
			}
			err = check(t, test.file, strings.ReplaceAll(string(text), test.old, test.broken))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}
