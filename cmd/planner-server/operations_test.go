package main

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/pgplanner/pgplanner/client"
	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
)

// operations is the page for operators.
func operations(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestPageHasEveryFlag wants a row for every flag, with its variable and default, and none for others.
func TestPageHasEveryFlag(t *testing.T) {
	page := operations(t)
	flags := map[string]bool{}
	newFlags(&config{}).VisitAll(func(f *flag.Flag) {
		flags[f.Name] = true
		preset := ""
		if f.DefValue != "" {
			preset = "`" + f.DefValue + "`"
		}
		if row := "| `--" + f.Name + "` | `" + envName(f.Name) + "` | " + preset + " | "; !strings.Contains(page, row) {
			t.Errorf("no row %q", row)
		}
	})
	for _, m := range regexp.MustCompile("`--([a-z-]+)").FindAllStringSubmatch(page, -1) {
		if !flags[m[1]] && m[1] != "version" && m[1] != "help" {
			t.Errorf("there is no flag --%s", m[1])
		}
	}
}

func TestPageHasEveryReason(t *testing.T) {
	page := operations(t)
	found := reasons(t)
	if len(found) < 35 {
		t.Fatalf("found only the reasons %v", found)
	}
	_, table, _ := strings.Cut(page, "\n## Errors\n")
	table, _, _ = strings.Cut(table, "\n## ")
	for _, reason := range found {
		if !strings.Contains(table, "`"+reason+"`") {
			t.Errorf("%s is not among the errors", reason)
		}
	}
}

// reasons are the values of all constants of the server whose names begin with Reason.
func reasons(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../../internal/server/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || !strings.HasPrefix(spec.Names[0].Name, "Reason") || len(spec.Values) == 0 {
				return true
			}
			if value, ok := spec.Values[0].(*ast.BasicLit); ok {
				text, _ := strconv.Unquote(value.Value)
				all = append(all, text)
			}
			return true
		})
	}
	return all
}

// TestPageHasEveryMetricAndLogField compares the page with what a server shows after good and bad calls.
func TestPageHasEveryMetricAndLogField(t *testing.T) {
	page := operations(t)
	p := launch(t, nil, "--max-nodes", "3")
	conn := p.dial()
	if err := plan(t.Context(), conn, mesh(2)); err != nil {
		t.Fatal(err)
	}
	_ = plan(t.Context(), conn, mesh(4))
	_ = plan(t.Context(), conn, &plannerv1.UpdateDatabaseRequest{Nodes: []*plannerv1.NodeResources{{}}})
	_, metrics := p.get("/metrics")
	p.signal(syscall.SIGTERM)

	words := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^# TYPE ((?:planner|grpc)_\S+)`).FindAllStringSubmatch(metrics, -1) {
		words[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`(?m)^(?:planner|grpc)_[^{\n]*{([^}]*)}`).FindAllStringSubmatch(metrics, -1) {
		for _, label := range regexp.MustCompile(`(\w+)="`).FindAllStringSubmatch(m[1], -1) {
			words[label[1]] = label[1] != "le"
		}
	}
	for line := range p.lines {
		for key := range line {
			words[key] = true
		}
	}
	for _, line := range p.all() {
		for _, m := range regexp.MustCompile(`"([a-z_.]+)":`).FindAllStringSubmatch(line, -1) {
			words[m[1]] = true
		}
	}
	delete(words, "le")
	if len(words) < 50 || !words["planner_events_total"] || !words["grpc.error"] || !words["drain_delay"] {
		t.Errorf("found only %v", slices.Sorted(maps.Keys(words)))
	}
	for word := range words {
		if !strings.Contains(page, "`"+word+"`") {
			t.Errorf("%s is not on the page", word)
		}
	}
	for _, m := range regexp.MustCompile("`((?:planner|grpc_server)_[a-z_]+)`").FindAllStringSubmatch(page, -1) {
		if !words[m[1]] {
			t.Errorf("there is no metric %s", m[1])
		}
	}
}

func TestPageHasTheServiceConfig(t *testing.T) {
	if !strings.Contains(operations(t), "```json\n"+client.ServiceConfig+"\n```") {
		t.Error("the service config is another one")
	}
}

// TestOneNumberForMemory: what the page says that the defaults need is what every way to run the server gives it.
func TestOneNumberForMemory(t *testing.T) {
	for file, want := range map[string]string{
		"docs/operations.md":                     "With the\n  defaults, give it 3 GiB",
		"deploy/compose/compose.yaml":            "mem_limit: 3gb\n",
		"deploy/kubernetes/README.md":            "| 3 GiB, requested and limit |",
		"deploy/kubernetes/base/deployment.yaml": "memory: 3Gi\n",
		"deploy/systemd/planner-server.service":  "MemoryMax=3G\n",
	} {
		text, err := os.ReadFile("../../" + file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), want) {
			t.Errorf("%s does not say %q", file, want)
		}
	}
}

// TestPageHasAGoodConfiguration parses the example of a configuration file.
func TestPageHasAGoodConfiguration(t *testing.T) {
	_, text, found := strings.Cut(operations(t), "```yaml\n# planner.yaml")
	text, _, ends := strings.Cut(text, "```")
	if !found || !ends {
		t.Fatal("there is no example")
	}
	file := filepath.Join(t.TempDir(), "planner.yaml")
	writeFile(t, file, "#"+text)
	if cfg, err := parse([]string{"--config", file}); err != nil || len(cfg.listen) != 2 || len(cfg.policy.AllowedNames) != 2 {
		t.Errorf("%v, %+v", err, cfg)
	}
}
