package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/yaml"
)

// query is an expression in PromQL, and where it stands.
type query struct {
	where, expr string
	legends     []string // the labels that a legend names
}

// queries checks dashboards (.json) and files of rules (.yaml) against what a server exposes.
func queries(args []string) error {
	flags := flag.NewFlagSet("queries", flag.ExitOnError)
	metrics := flags.String("metrics", "", "the `URL` of the metrics of a server")
	prometheus := flags.String("prometheus", "", "the `URL` of a Prometheus that reads the server: every panel has to show something")
	_ = flags.Parse(args) // exits
	if flags.NArg() == 0 {
		return errors.New("no files")
	}
	seen, err := readExposition(*metrics)
	if err != nil {
		return err
	}
	var p problems
	var panels, all []query
	for _, file := range flags.Args() {
		var found []query
		var err error
		if filepath.Ext(file) == ".json" {
			found, err = readDashboard(file)
			panels = append(panels, found...)
		} else {
			found, err = readRules(file)
		}
		if err != nil {
			p.add("%s: %w", file, err)
		}
		all = append(all, found...)
	}
	for _, q := range all {
		for _, err := range seen.check(q.expr) {
			p.add("%s: %w", q.where, err)
		}
	}
	if err := p.err(); err != nil {
		return err
	}
	if *prometheus != "" {
		if err := showAll(*prometheus, panels); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(os.Stdout, "%d expressions, %d of them in panels\n", len(all), len(panels))
	return err
}

// readRules reads the expressions of a file of alerts, whose form promtool checks.
func readRules(file string) ([]query, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var rules struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr string
				Annotations map[string]string
			}
		}
	}
	if err := yaml.Unmarshal(text, &rules); err != nil {
		return nil, err
	}
	runbook, err := os.ReadFile(filepath.Join(filepath.Dir(file), "README.md"))
	if err != nil {
		return nil, err
	}
	tests, err := os.ReadFile(strings.TrimSuffix(file, ".yaml") + "_test.yaml")
	if err != nil {
		return nil, err
	}
	var p problems
	var found []query
	for _, group := range rules.Groups {
		for _, rule := range group.Rules {
			found = append(found, query{where: file + ": " + rule.Alert, expr: rule.Expr})
			if rule.Annotations["runbook"] != "README.md#"+strings.ToLower(rule.Alert) ||
				!strings.Contains(string(runbook), "\n### "+rule.Alert+"\n") {
				p.add("nothing says what to do about %s", rule.Alert)
			}
			if !strings.Contains(string(tests), "alertname: "+rule.Alert+"\n        exp_alerts:\n") {
				p.add("no test sees %s fire", rule.Alert)
			}
		}
	}
	if len(found) == 0 {
		p.add("no rules")
	}
	return found, p.err()
}
