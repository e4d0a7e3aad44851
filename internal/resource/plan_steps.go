package resource

import (
	"slices"

	"github.com/pgplanner/pgplanner/internal/interrupt"
)

// Steps is a way from one state to another.
type Steps struct {
	// Groups are the diffs, each a step that is merged onto what the steps before it left. A group is what
	// belongs together. Nil diffs are skipped.
	Groups [][]*State
	// Prompt has the resources that never wait for the group that holds them; nil: none.
	Prompt *State
	// Last has the resources that get no event before the last step, unless a group holds them; nil: none.
	Last *State
	// After has resources that get no event before a step of their own, behind the last one; nil: none. It has all that
	// depends on any of them by name.
	After *State
	// ForceEarly lets PlanOptions.ForceUpdate update each resource in the first step whose diff holds it, once, and only
	// the others in the last step.
	ForceEarly bool
	// End is the state after all steps. It is complete.
	End *State
	// Creates are constraints on the creates and updates of the last step, Deletes on its deletes. Both apply to a step
	// after that, too.
	Creates, Deletes []Constraint
}

// PlanSteps plans from start through the steps to their end. It costs as much as reading start, diffs, constraints and
// end once and writing down the events, whatever the number of diffs. Empty plans are left out, inputs never
// changed.
//
// Its rules beyond those of PlanAll:
//   - What start has, and neither a diff nor end has, is pending deletion, and nothing else is, whatever
//     start says: it never gets another event than the delete in the last step.
//   - What start has as needing recreation, and end has too, counts as not there, so that it is created in
//     the step in which it would be created if it had never been.
//   - In a step, only the resources of its diff and what depends on something planned in that step can get
//     an event, and only resources that get an event must have their dependencies: leftovers never block.
//   - What only depends on something planned waits if a later group is the first to hold it and it is not
//     prompt, or if something that it depends on, directly or not, is missing or has failed. It is planned in that group,
//     or once what was missing is planned, or in the last step, and does not forget why.
//   - What only depends on something planned, and Last has, waits for the last step.
//   - What After and end have gets no event before the last step is done, deletes included, whatever a group holds. What
//     start has of it stays until then, with all that this depends on by name. Then it is planned, because of what has happened
//     meanwhile, too, and what depends on its type follows.
//   - What a step has planned counts as done afterwards: a resource that failed is planned once.
//   - What a record of start says in a cycle does not count, unless a diff or end says it, too.
//   - Constraints apply to the last step, and so does ForceUpdate, unless it is to come early. But what is pending deletion
//     stands above what a constraint deletes after it in the steps before, too, and so does what depends on its type.
func PlanSteps(stop *interrupt.Poller, start *State, options PlanOptions, steps Steps) ([]Plan, error) {
	states := append(slices.Concat(steps.Groups...), steps.End)
	states = slices.DeleteFunc(states, func(s *State) bool { return s == nil })
	e, err := newEngine(stop, options, []*State{start}, states...)
	if err != nil {
		return nil, err
	}
	end, endErr := newGraph(e.index, e.current, steps.End)
	e.end = end
	e.forceEarly = options.ForceUpdate && steps.ForceEarly
	if err := e.foresee(steps, end); err != nil {
		return nil, err
	}
	e.constrainPending(steps.Deletes)
	if len(states) > 1 {
		if err := e.prepareDiffs(); err != nil {
			return nil, err
		}
	}
	if err := e.planGroups(steps.Groups); err != nil {
		return nil, err
	}
	if endErr != nil {
		return nil, endErr
	}
	last := wholeStep{force: options.ForceUpdate, creates: steps.Creates, deletes: steps.Deletes}
	if err := e.planEnd(end, last); err != nil {
		return nil, err
	}
	return e.plans, nil
}

// foresee marks what neither a diff nor end has as pending deletion, drops what has to be made again, and
// notes the first group that holds each resource.
func (e *engine) foresee(steps Steps, end *graph) error {
	e.prompt = steps.Prompt
	for i, group := range interrupt.Each(e.stop, steps.Groups) {
		for _, diff := range interrupt.Each(e.stop, group) {
			if diff != nil {
				e.foreseeDiff(diff, int32(i)+1)
			}
		}
	}
	if steps.Last != nil {
		e.foreseeDiff(steps.Last, int32(len(steps.Groups))+1)
	}
	e.foreseeAfter(steps.After, end)
	e.firstGroup = grown(e.firstGroup, len(e.names))
	for v, r := range e.current.resources {
		if e.stop.Stopped() {
			break
		}
		if r == nil {
			continue
		}
		stays := end.has(vertex(v))
		e.pending[v] = !stays && e.firstGroup[v] == 0
		if stays && r.NeedsRecreate {
			e.current.resources[v] = nil
			if !e.isAfter(vertex(v)) {
				e.current.edges[v] = nil
			}
		}
	}
	return e.stop.Err()
}

func (e *engine) foreseeDiff(diff *State, group int32) {
	for _, r := range diff.resources {
		if e.stop.Stopped() {
			return
		}
		v := e.intern(r.Identifier)
		e.firstGroup = grown(e.firstGroup, int(v)+1)
		if e.firstGroup[v] == 0 {
			e.firstGroup[v] = group
		}
	}
}

// planGroups plans a step for each diff of the groups.
func (e *engine) planGroups(groups [][]*State) error {
	for i, group := range interrupt.Each(e.stop, groups) {
		e.group = int32(i) + 1
		for _, diff := range interrupt.Each(e.stop, group) {
			if diff == nil {
				continue
			}
			if err := e.planDiff(diff); err != nil {
				return err
			}
		}
	}
	return e.stop.Err()
}
