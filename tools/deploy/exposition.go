package main

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"google.golang.org/grpc/codes"
)

// values are the labels of a metric, with the values that they have.
type values map[string]map[string]bool

func (v values) add(name, value string) {
	if v[name] == nil {
		v[name] = map[string]bool{}
	}
	v[name][value] = true
}

// exposition is what a server exposes: for each name of a sample, its labels.
type exposition map[string]values

func readExposition(address string) (exposition, error) {
	response, err := http.Get(address) //nolint:gosec // the address is that of the command line
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", address, response.Status)
	}
	text := expfmt.NewTextParser(model.UTF8Validation)
	families, err := text.TextToMetricFamilies(response.Body)
	if err != nil {
		return nil, err
	}
	seen := exposition{"up": {}}
	for name, family := range families {
		for _, metric := range family.GetMetric() {
			seen.add(name, family.GetType(), metric)
		}
	}
	for _, v := range seen { // what Prometheus adds to every sample
		v["job"], v["instance"] = nil, nil
	}
	return seen, nil
}

func (e exposition) add(name string, typ dto.MetricType, metric *dto.Metric) {
	own := ""
	names := []string{name}
	switch typ {
	case dto.MetricType_HISTOGRAM:
		own, names = "le", []string{name + "_bucket", name + "_sum", name + "_count"}
	case dto.MetricType_SUMMARY:
		own, names = "quantile", []string{name, name + "_sum", name + "_count"}
	default:
	}
	for i, name := range names {
		if e[name] == nil {
			e[name] = values{}
		}
		for _, pair := range metric.GetLabel() {
			e[name].add(pair.GetName(), pair.GetValue())
		}
		if i == 0 && own != "" {
			e[name][own] = nil
		}
	}
}

// check returns what is asked for and not exposed.
func (e exposition) check(expr string) []error {
	root, err := parser.NewParser(parser.Options{}).ParseExpr(grafanaValues("1m").Replace(expr))
	if err != nil {
		return []error{err}
	}
	var p problems
	parser.Inspect(root, func(node parser.Node, _ []parser.Node) error {
		switch n := node.(type) {
		case *parser.VectorSelector:
			e.selector(&p, n)
		case *parser.AggregateExpr:
			e.labels(&p, n.Expr, n.Grouping)
		case *parser.BinaryExpr:
			if n.VectorMatching != nil {
				e.labels(&p, n, n.VectorMatching.MatchingLabels)
				e.labels(&p, n, n.VectorMatching.Include)
			}
		}
		return nil
	})
	return p.errs
}

func (e exposition) selector(p *problems, s *parser.VectorSelector) {
	have, ok := e[s.Name]
	if !ok {
		p.add("the server exposes no %s", s.Name)
		return
	}
	for _, m := range s.LabelMatchers {
		if m.Name == model.MetricNameLabel {
			continue
		}
		known, ok := have[m.Name]
		if !ok {
			p.add("%s has no label %s", s.Name, m.Name)
		}
		if m.Name == "grpc_code" {
			known = grpcCodes()
		}
		if known == nil {
			continue
		}
		for _, alternative := range strings.Split(m.Value, "|") {
			typ := labels.MatchRegexp
			if m.Type == labels.MatchEqual || m.Type == labels.MatchNotEqual {
				typ = labels.MatchEqual
			}
			positive, err := labels.NewMatcher(typ, m.Name, alternative)
			if err != nil {
				p.add("%s: in an alternative of %s: %w", s.Name, m.Name, err)
			} else if !slices.ContainsFunc(slices.Collect(maps.Keys(known)), positive.Matches) {
				p.add("%s has no %s that is %q", s.Name, m.Name, alternative)
			}
		}
	}
}

// labels refuses to group or match by labels that nothing in there has.
func (e exposition) labels(p *problems, within parser.Node, names []string) {
	have := map[string]bool{}
	parser.Inspect(within, func(node parser.Node, _ []parser.Node) error {
		if s, ok := node.(*parser.VectorSelector); ok {
			for name := range e[s.Name] {
				have[name] = true
			}
		}
		return nil
	})
	for _, name := range names {
		if !have[name] {
			p.add("nothing in %s has a label %s", within, name)
		}
	}
}

// grpcCodes are the names of all codes: a server exposes those that it has had.
func grpcCodes() map[string]bool {
	names := map[string]bool{}
	for code := codes.OK; code <= codes.Unauthenticated; code++ {
		names[fmt.Sprint(code)] = true
	}
	return names
}
