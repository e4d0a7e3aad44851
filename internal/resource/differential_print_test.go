package resource_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/pgplanner/pgplanner/internal/jsontext"
	"github.com/pgplanner/pgplanner/internal/resource"
)

func (p problem) String() string {
	var b strings.Builder
	line := func(name string, state []*resource.Resource) {
		fmt.Fprintf(&b, "%s\n", name)
		for _, r := range state {
			fmt.Fprintf(&b, "    %s\n", printResource(r))
		}
	}
	line("start", p.start)
	for i, group := range p.groups {
		for j, diff := range group {
			line(fmt.Sprintf("group %d, diff %d (nil: %v)", i, j, diff == nil), diff)
		}
	}
	line("prompt", p.prompt)
	line("end", p.end)
	if p.force {
		fmt.Fprintf(&b, "force update, early: %v\n", p.early)
	}
	fmt.Fprintf(&b, "late %v, creates %v\ndeletes %v\n", p.late, p.creates, p.deletes)
	return b.String()
}

func printResource(r *resource.Resource) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", r.Identifier, r.Attributes)
	if len(r.Dependencies)+len(r.TypeDependencies) > 0 {
		fmt.Fprintf(&b, " -> %v %v", r.Dependencies, r.TypeDependencies)
	}
	fmt.Fprintf(&b, " at %v", r.Executor)
	if r.NeedsRecreate {
		b.WriteString(" (needs recreate)")
	}
	if r.Error != "" {
		b.WriteString(" (error)")
	}
	if r.PendingDeletion {
		b.WriteString(" (pending deletion)")
	}
	if r.ResourceVersion != "1" || r.DiffIgnore != nil {
		fmt.Fprintf(&b, " version %s, ignores %v", r.ResourceVersion, r.DiffIgnore)
	}
	return b.String()
}

func printPlans(plans []resource.Plan) string {
	var b strings.Builder
	for i, plan := range plans {
		for j, phase := range plan.Phases {
			for _, e := range phase.Events {
				fmt.Fprintf(&b, "plan %d phase %d: %s %s %s", i, j, e.Type, e.Reason, printResource(e.Resource))
				if e.CausedBy != nil {
					fmt.Fprintf(&b, " caused by %v", e.CausedBy)
				}
				if e.CausedByTypes != nil {
					fmt.Fprintf(&b, " caused by types %v", e.CausedByTypes)
				}
				for _, o := range e.Diff {
					fmt.Fprintf(&b, " %s %s %s", o.Op, o.Path, o.Value)
				}
				b.WriteByte('\n')
			}
		}
	}
	return b.String()
}

// samePlans compares plans to the last field.
func samePlans(a, b []resource.Plan) bool {
	return slices.EqualFunc(a, b, func(a, b resource.Plan) bool {
		return slices.EqualFunc(a.Phases, b.Phases, func(a, b resource.Phase) bool {
			return slices.EqualFunc(a.Events, b.Events, sameEvent)
		})
	})
}

func sameEvent(a, b resource.Event) bool {
	return a.Type == b.Type && a.Reason == b.Reason && sameResource(a.Resource, b.Resource) &&
		slices.EqualFunc(a.Diff, b.Diff, func(a, b jsontext.Operation) bool { return reflect.DeepEqual(a, b) }) &&
		slices.Equal(a.CausedBy, b.CausedBy) && (a.CausedBy == nil) == (b.CausedBy == nil) &&
		slices.Equal(a.CausedByTypes, b.CausedByTypes) && (a.CausedByTypes == nil) == (b.CausedByTypes == nil)
}

func sameResource(a, b *resource.Resource) bool {
	return a.Identifier == b.Identifier && a.Executor == b.Executor &&
		string(a.Attributes) == string(b.Attributes) &&
		slices.Equal(a.Dependencies, b.Dependencies) && slices.Equal(a.TypeDependencies, b.TypeDependencies) &&
		slices.Equal(a.DiffIgnore, b.DiffIgnore) && a.ResourceVersion == b.ResourceVersion &&
		a.NeedsRecreate == b.NeedsRecreate && a.PendingDeletion == b.PendingDeletion && a.Error == b.Error
}

// smaller returns the problems that have one thing less.
func (p problem) smaller() []problem {
	var all []problem
	if p.force {
		q := p
		q.force = false
		all = append(all, q)
	}
	for i := range p.creates {
		q := p
		q.creates = slices.Delete(slices.Clone(p.creates), i, i+1)
		all = append(all, q)
	}
	for i := range p.deletes {
		q := p
		q.deletes = slices.Delete(slices.Clone(p.deletes), i, i+1)
		all = append(all, q)
	}
	for i := range p.prompt {
		q := p
		q.prompt = slices.Delete(slices.Clone(p.prompt), i, i+1)
		all = append(all, q)
	}
	for i := range p.groups {
		q := p
		q.groups = slices.Delete(slices.Clone(p.groups), i, i+1)
		all = append(all, q)
		for j := range p.groups[i] {
			q := p
			q.groups = slices.Clone(p.groups)
			q.groups[i] = slices.Delete(slices.Clone(p.groups[i]), j, j+1)
			all = append(all, q)
		}
	}
	for i := range p.states() {
		for j := range *p.states()[i] {
			for change := range 11 {
				q := p.copy()
				state := q.states()[i]
				if change == 0 {
					*state = slices.Delete(*state, j, j+1)
				} else if !simplify((*state)[j], change) {
					continue
				}
				all = append(all, q)
			}
		}
	}
	return all
}

// simplify makes one change to a resource that leaves it simpler. It reports whether there was one to make.
func simplify(r *resource.Resource, change int) bool {
	before := r.Clone()
	switch change {
	case 1:
		r.Error = ""
	case 2:
		r.NeedsRecreate = false
	case 3:
		r.PendingDeletion = false
	case 4:
		r.Attributes = nil
	case 5:
		r.DiffIgnore = nil
	case 6:
		r.ResourceVersion = "1"
	case 7:
		r.TypeDependencies = nil
	case 8:
		r.Dependencies = r.Dependencies[:max(0, len(r.Dependencies)-1)]
	case 10:
		r.Executor = resource.Executor{Type: resource.ExecutorHost, ID: "h"}
	case 9:
		r.Dependencies = r.Dependencies[min(1, len(r.Dependencies)):]
	}
	return !sameResource(before, r)
}

// states are all states of the problem.
func (p *problem) states() []*[]*resource.Resource {
	all := []*[]*resource.Resource{&p.start, &p.end}
	for i := range p.groups {
		for j := range p.groups[i] {
			all = append(all, (*[]*resource.Resource)(&p.groups[i][j]))
		}
	}
	return all
}

// copy shares nothing with p.
func (p problem) copy() problem {
	q := p
	q.groups = slices.Clone(p.groups)
	for i := range q.groups {
		q.groups[i] = slices.Clone(p.groups[i])
	}
	for _, state := range q.states() {
		*state = slices.Clone(*state)
		for i, r := range *state {
			(*state)[i] = r.Clone()
		}
	}
	return q
}

// shrink takes things away from a problem as long as it fails.
func shrink(p problem, fails func(problem) bool) problem {
	for {
		i := slices.IndexFunc(p.smaller(), fails)
		if i < 0 {
			return p
		}
		p = p.smaller()[i]
	}
}
