package main

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
)

// dashboard is what is checked of a dashboard of Grafana.
type dashboard struct {
	ID         *int
	UID        string
	Title      string
	Panels     []panel
	Templating struct {
		List []struct {
			Name, Type string
			Query      any
			Datasource *source
		}
	}
	SchemaVersion int
}

type panel struct {
	ID          int
	Title, Type string
	Description string
	Datasource  *source
	GridPos     struct{ X, Y, W, H int }
	FieldConfig struct{ Defaults struct{ Unit string } }
	Targets     []struct {
		RefID, Expr, LegendFormat string
		Datasource                *source
	}
}

type source struct{ Type, UID string }

// theirs says that a source is the one that whoever imports the dashboard chooses.
func (s *source) theirs() bool { return s != nil && s.Type == "prometheus" && s.UID == "${datasource}" }

var (
	variables = regexp.MustCompile(`\$\{?([a-zA-Z_]+)`)
	legend    = regexp.MustCompile(`\{\{\s*([a-z_]+)\s*\}\}`)
	askLabels = regexp.MustCompile(`^label_values\((.+), *[a-z_]+\)$`)
)

// grafanaValues puts values where Grafana would.
func grafanaValues(interval string) *strings.Replacer {
	return strings.NewReplacer("$__rate_interval", interval, "$__range", interval, "$job", ".+", "$instance", ".+")
}

// readDashboard checks a dashboard and returns its queries.
func readDashboard(file string) ([]query, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var d dashboard
	if err := json.Unmarshal(text, &d); err != nil {
		return nil, err
	}
	var p problems
	if d.ID != nil || d.UID == "" || d.Title == "" || d.SchemaVersion == 0 {
		p.add("want id null, a uid, a title and a schemaVersion")
	}
	known := []string{"__rate_interval", "__range"}
	var found []query
	for _, v := range d.Templating.List {
		known = append(known, v.Name)
		switch {
		case v.Type == "datasource" && v.Query == "prometheus":
		case v.Type == "query" && v.Datasource.theirs():
			text, _ := v.Query.(map[string]any)["query"].(string)
			ask := askLabels.FindStringSubmatch(text)
			if ask == nil {
				p.add("variable %s: want label_values(SELECTOR, LABEL), got %q", v.Name, text)
				continue
			}
			if errs := uses(known, ask[1]); len(errs) > 0 {
				p.add("variable %s: no variable %q", v.Name, errs)
			}
			found = append(found, query{where: file + ": variable " + v.Name, expr: ask[1]})
		default:
			p.add("variable %s is neither a source nor a query of it", v.Name)
		}
	}
	if !slices.Contains(known, "datasource") {
		p.add("nobody can choose the source of data")
	}
	for i, panel := range d.Panels {
		for _, other := range d.Panels[:i] {
			panel.beside(&p, other)
		}
		found = append(found, panel.check(&p, file, known)...)
	}
	return found, p.err()
}

// beside refuses two panels with one id or place.
func (a panel) beside(p *problems, b panel) {
	if a.ID == b.ID {
		p.add("panels %q and %q have one id", a.Title, b.Title)
	}
	g, h := a.GridPos, b.GridPos
	if g.X < h.X+h.W && h.X < g.X+g.W && g.Y < h.Y+h.H && h.Y < g.Y+g.H {
		p.add("panels %q and %q overlap", a.Title, b.Title)
	}
}

func (a panel) check(p *problems, file string, known []string) []query {
	if g := a.GridPos; g.W <= 0 || g.H <= 0 || g.X < 0 || g.X+g.W > 24 {
		p.add("panel %q has no place among the 24 columns", a.Title)
	}
	if a.Type == "row" {
		return nil
	}
	if a.Title == "" || a.Description == "" || !a.Datasource.theirs() || a.FieldConfig.Defaults.Unit == "" || len(a.Targets) == 0 {
		p.add("panel %q: want a title, a description, a unit, targets, and the source ${datasource}", a.Title)
	}
	var found []query
	for _, t := range a.Targets {
		if !t.Datasource.theirs() || t.RefID == "" {
			p.add("panel %q: a target has another source, or no refId", a.Title)
		}
		if unknown := uses(known, t.Expr+t.LegendFormat); len(unknown) > 0 {
			p.add("panel %q: no variable %q", a.Title, unknown)
		}
		q := query{where: file + ": panel " + a.Title, expr: t.Expr}
		for _, name := range legend.FindAllStringSubmatch(t.LegendFormat, -1) {
			q.legends = append(q.legends, name[1])
		}
		found = append(found, q)
	}
	return found
}

// uses returns the variables in a text that are not known.
func uses(known []string, text string) []string {
	var unknown []string
	for _, name := range variables.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(known, name[1]) {
			unknown = append(unknown, name[1])
		}
	}
	return unknown
}
