package verify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// Nowhere is the index of what does not stand at a single event, phase or plan.
const Nowhere = -1

// MaxNamed is how many resources violations name, and violations there are, before judging stops, so that
// plans which are wrong all over are judged within bounds of memory.
const MaxNamed = 250_000

// Violation is one thing that is wrong with plans.
type Violation struct {
	Rule Rule
	// Plan, Phase and Event are where it stands, counted from 0: Event in its phase, Phase in its plan. They
	// are Nowhere from the first one on that does not apply; for what is wrong with the end, all of them.
	Plan, Phase, Event int
	// Resources are those involved: first the one whose event or record it is, then the others.
	Resources []resource.Identifier
	// Message says what is wrong, for a person, in one line. It names resources and nodes, and holds no value
	// of an attribute.
	Message string
}

// String is the violation in one line.
func (v Violation) String() string {
	var b strings.Builder
	b.WriteString(v.Rule.String())
	for _, part := range []struct {
		name  string
		index int
	}{{"plan", v.Plan}, {"phase", v.Phase}, {"event", v.Event}} {
		if part.index != Nowhere {
			fmt.Fprintf(&b, " %s %d", part.name, part.index)
		}
	}
	return b.String() + ": " + v.Message
}

// Compare orders violations by plan, phase and event, with those that stand nowhere last, and then by rule,
// resources and message.
func (v Violation) Compare(other Violation) int {
	index := func(i int) uint { return uint(i) } // Nowhere becomes the largest
	return cmp.Or(
		cmp.Compare(index(v.Plan), index(other.Plan)),
		cmp.Compare(index(v.Phase), index(other.Phase)),
		cmp.Compare(index(v.Event), index(other.Event)),
		cmp.Compare(v.Rule, other.Rule),
		slices.CompareFunc(v.Resources, other.Resources, resource.Identifier.Compare),
		strings.Compare(v.Message, other.Message),
	)
}

// place is where in the plans something stands.
type place struct{ plan, phase, event int }

// theEnd is the place of what is wrong after all plans.
func theEnd() place { return place{Nowhere, Nowhere, Nowhere} }

// report adds a violation, unless there are enough.
func (j *judge) report(rule Rule, at place, message string, resources ...resource.Identifier) {
	if j.named >= MaxNamed {
		return
	}
	j.named += 1 + len(resources)
	j.violations = append(j.violations, Violation{
		Rule: rule, Plan: at.plan, Phase: at.phase, Event: at.event, Resources: resources, Message: message,
	})
}

// about is report for a rule about a resource and others: the message is the resource, what is said about
// it, and the others.
func (j *judge) about(rule Rule, at place, id resource.Identifier, says string, others ...resource.Identifier) {
	if j.stops() {
		return
	}
	var b strings.Builder
	b.WriteString(id.String())
	b.WriteByte(' ')
	b.WriteString(says)
	for i, other := range interrupt.Each(j.stop, others) {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte(' ')
		b.WriteString(other.String())
	}
	j.report(rule, at, b.String(), append([]resource.Identifier{id}, others...)...)
}
