package verify_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pgplanner/pgplanner/internal/jsontext"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit"
	"github.com/pgplanner/pgplanner/internal/verify"
)

// secret is what the tests hide where values are.
const secret = "pa55w0rd"

// planter hides secrets in copies of resources, another one each time.
type planter int

func (p *planter) in(r *resource.Resource) *resource.Resource {
	*p++
	r = r.Clone()
	hidden := fmt.Sprintf("%s%d", secret, *p)
	attributes, isObject := bytes.CutPrefix(r.Attributes, []byte("{"))
	switch {
	case *p%7 == 0:
		r.Attributes = []byte(hidden) // no JSON at all
	case isObject && len(attributes) > 1:
		r.Attributes = fmt.Appendf(nil, `{%q:%q,%s`, hidden, hidden, attributes)
	default:
		r.Attributes = fmt.Appendf(nil, `{"disabled":%q,"source_node_name":{"x":%q}}`, hidden, hidden)
	}
	if *p%5 == 0 {
		r.Error = hidden
	}
	return r
}

func (p *planter) everywhere(m *mutant) {
	for _, s := range []*resource.State{m.start, m.end} {
		for _, r := range s.Resources() {
			s.Add(p.in(r))
		}
	}
	for _, at := range m.spots() {
		e := m.at(at)
		if *p%2 == 0 {
			e.Resource = p.in(e.Resource)
		}
		value := fmt.Appendf(nil, "%q", secret)
		e.Diff = append(e.Diff, jsontext.Operation{Op: "replace", Path: "/x", Value: value})
	}
}

// TestViolationsHoldNoValues hides secrets in all attributes, errors and diffs, and damages the plans.
func TestViolationsHoldNoValues(t *testing.T) {
	seen := testkit.Classes{}
	all := stories()
	seen.Check(t, 1, func(t *rapid.T) {
		m := newMutant(t, all[rapid.IntRange(0, len(all)-1).Draw(t, "story")])
		new(planter).everywhere(m)
		for range rapid.IntRange(0, 6).Draw(t, "damages") {
			m.damage(t)
		}
		m.options.Replan = func(*resource.State) ([]resource.Plan, error) { return nil, errors.New(secret) }
		for _, v := range m.judge() {
			if text := fmt.Sprintf("%v %+v", v, v); strings.Contains(text, secret) {
				t.Fatalf("a violation tells a secret: %s", text)
			}
			seen.Add(v.Rule.String())
		}
	}, verify.RuleDiff.String(), verify.RuleEndDiffers.String(), verify.RuleEndFailed.String(), verify.RuleReason.String())
}
