package verify

import (
	"iter"
	"slices"

	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// Operation is what the plans are for. It says which rules apply.
type Operation uint8

// The operations.
const (
	// OperationStates leads any graph of resources through one or more states: the rules of the graph. It is
	// the zero value.
	OperationStates Operation = iota
	// OperationUpdate updates a database: the rules of the graph, of an update and of replication.
	OperationUpdate
	// OperationRestore restores nodes of a database in place: the rules of the graph and of replication.
	OperationRestore
)

// Options says by which rules plans are judged.
type Options struct {
	Operation Operation
	// Rolling is for OperationUpdate: members are updated one after the other.
	Rolling bool
	// Desired is what was asked for. The end follows from it, whatever end the plans were made for. Nil: that is not
	// known; the end is believed. It has no meaning for OperationStates.
	Desired *Desired
	// Replan plans again, with the same wish, from the state to which the plans lead. Nil: that is not tried.
	// Nor is it if the plans do not lead to the end. It is for tests: the server plans an answer once.
	Replan func(*resource.State) ([]resource.Plan, error)
}

// Plans returns all that is wrong with plans that are to lead from start to end, in the order of
// Violation.Compare; nil if nothing is. Nil states count as empty ones. With Options.Desired the end follows from that;
// the given one only saves making it, if it is equal. Nothing that is given is changed or kept. Of plans that are wrong
// all over it stops after MaxNamed. The error is interrupt.ErrInterrupted, and comes with no violations; Options.Replan is
// not stopped.
//
// Between start and end, plans may lead through states that are not known here. Where it depends on these
// whether something is wrong, as it may if a resource gives up a dependency without getting an event, it is
// taken as right.
func Plans(
	stop *interrupt.Poller, start *resource.State, plans []resource.Plan, end *resource.State, options Options,
) ([]Violation, error) {
	j := newJudge(stop, start, plans, end, options)
	for i := range plans {
		j.judgePlan(i)
	}
	if j.database != nil {
		j.database.judgeInstances()
		j.database.judgeRestored()
		j.database.judgeRequest()
	}
	if j.judgeEnd() && options.Replan != nil && !j.stops() {
		j.judgeSecondPlanning()
	}
	return sortedViolations(stop, j.violations)
}

// sortedViolations sorts the violations, unless that is stopped.
func sortedViolations(stop *interrupt.Poller, violations []Violation) ([]Violation, error) {
	interrupt.SortFunc(stop, violations, Violation.Compare)
	if err := stop.Err(); err != nil {
		return nil, err
	}
	return violations, nil
}

// Sequence returns all that is wrong with plans that are to lead from start through states, each of them
// whole: to each at most one plan leads, and none if nothing is to be done. It is Plans for each
// step, and knows what that takes as right for want of the states in between. What is wrong with a state that is
// reached has the place of the plan that leads there, if there is one.
func Sequence(
	stop *interrupt.Poller, start *resource.State, plans []resource.Plan, states []*resource.State,
) ([]Violation, error) {
	var violations []Violation
	next := 0
	for i, state := range interrupt.Each(stop, states) {
		last := i == len(states)-1
		count := len(plans) - next
		if !last {
			idle, err := Plans(stop, start, nil, state, Options{})
			if err != nil {
				return nil, err
			}
			count = min(len(idle), count, 1)
		}
		found, err := Plans(stop, start, plans[next:next+count], state, Options{})
		if err != nil {
			return nil, err
		}
		for _, v := range found {
			switch {
			case stop.Stopped():
			case v.Plan != Nowhere:
				v.Plan += next
			case count > 0 && !last:
				v.Plan = next
			}
			violations = append(violations, v)
		}
		if len(violations) >= MaxNamed {
			break
		}
		start = state
		next += count
	}
	return sortedViolations(stop, violations)
}

// judge is one run.
type judge struct {
	*replay
	plans      []resource.Plan
	end        *resource.State
	options    Options
	violations []Violation
	named      int // how many resources the violations name, and one more for each of them

	plan     judgedPlan
	round    int32                    // how often it was begun to find out what stands above what
	knots    *knots                   // nil: not looked for yet
	path     []ascent                 // scratch of ascend
	last     map[resource.Type]*entry // see lastOfType; nil: not known yet
	database *mesh                    // nil: its rules do not apply
	// restoring are the records for the time of a restore: see isAskedFor; nil until it is needed.
	restoring map[resource.Identifier]*resource.Resource
}

func newJudge(
	stop *interrupt.Poller, start *resource.State, plans []resource.Plan, end *resource.State, options Options,
) *judge {
	if start == nil {
		start = resource.NewState()
	}
	switch {
	case options.Operation == OperationStates:
		options.Desired = nil
	case options.Desired != nil:
		options.Desired = options.Desired.from(stop, start)
		end = options.Desired.end(stop, end)
	}
	if end == nil {
		end = resource.NewState()
	}
	j := &judge{replay: newReplay(stop, start, end), plans: plans, end: end, options: options}
	j.number()
	if options.Operation != OperationStates && (len(plans) > 0 || options.Desired != nil) {
		j.database = newMesh(j)
	}
	return j
}

// stops tells whether judging is to stop: it was asked to, or has found enough. Whatever is not bounded by a
// single event looks at it. A run that stopped knows only a part, so nothing is found out after that.
func (j *judge) stops() bool { return j.stop.Stopped() || j.named >= MaxNamed }

// judgePlan judges one plan and replays it.
func (j *judge) judgePlan(number int) {
	p := &j.plans[number]
	if j.stops() {
		return
	}
	if len(p.Phases) == 0 {
		j.report(RuleEmpty, place{number, Nowhere, Nowhere}, "the plan has no phases")
		return
	}
	j.readPlan(number)
	j.judgeOrder()
	rest := j.plan.events
	for i := range interrupt.Each(j.stop, p.Phases) {
		j.clock++
		n := 0
		for ; n < len(rest) && rest[n].place.phase == i; n++ {
			if j.stops() {
				return
			}
			if e := &rest[n]; j.plan.isFirst(e) {
				j.judgeEvent(e)
			}
		}
		for k := range interrupt.Each(j.stop, rest[:n]) {
			j.apply(&rest[k])
		}
		rest = rest[n:]
	}
}

// judgeSecondPlanning plans again from the state that the plans leave.
func (j *judge) judgeSecondPlanning() {
	again, err := j.options.Replan(j.state())
	switch {
	case err != nil:
		// The text of the error may hold anything, so it stays out.
		j.report(RuleSecondPlanning, theEnd(), "planning again from the end fails")
	case len(again) > 0:
		j.report(RuleSecondPlanning, theEnd(), "planning again from the end gives plans", j.touched(again)...)
	}
}

// touched are the resources of all events, in order and each once.
func (j *judge) touched(plans []resource.Plan) []resource.Identifier {
	var ids []resource.Identifier
	for _, e := range j.events(plans) {
		ids = append(ids, e.Resource.Identifier)
	}
	interrupt.SortFunc(j.stop, ids, resource.Identifier.Compare)
	return slices.Compact(ids)
}

// events yields all events of plans of which anything can be said, with the numbers of their plans.
func (j *judge) events(plans []resource.Plan) iter.Seq2[int, *resource.Event] {
	return func(yield func(int, *resource.Event) bool) {
		for i, plan := range interrupt.Each(j.stop, plans) {
			for _, phase := range interrupt.Each(j.stop, plan.Phases) {
				for k := range phase.Events {
					if e := &phase.Events[k]; j.stops() || isValid(e) && !yield(i, e) {
						return
					}
				}
			}
		}
	}
}

// isValid tells whether anything can be said of the event: it has a type and a resource.
func isValid(e *resource.Event) bool {
	switch e.Type {
	case resource.EventRefresh, resource.EventCreate, resource.EventUpdate, resource.EventDelete,
		resource.EventForget:
		return e.Resource != nil && e.Resource.Identifier.Type != ""
	}
	return false
}

// isPut tells whether the event creates or updates.
func isPut(e *resource.Event) bool {
	return e.Type == resource.EventCreate || e.Type == resource.EventUpdate
}
