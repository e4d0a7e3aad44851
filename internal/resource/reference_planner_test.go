package resource_test

import (
	"errors"
	"maps"
	"slices"

	"github.com/pgplanner/pgplanner/internal/resource"
)

// This file holds the slow and obvious planner that the engine is compared with: the rules of docs/planning.md
// and of the comments of PlanAll, PlanSteps and PlanRefresh, written down one by one. It copies whole
// states, looks at everything in every step, and knows of the engine only what every caller sees.

// reference plans, and counts what it comes across, so that no comparison passes on nothing.
type reference struct {
	seen classes
	// owed are the causes that a resource remembers while it waits.
	owed map[resource.Identifier][]resource.Identifier
}

func newReference(seen classes) *reference {
	return &reference{seen: seen, owed: map[resource.Identifier][]resource.Identifier{}}
}

// all is PlanAll.
func (ref *reference) all(start *resource.State, force bool, wanted []*resource.State) ([]resource.Plan, error) {
	current := world(start)
	if err := current.selfDependency(); err != nil {
		ref.seen.count("error in start")
		return nil, err
	}
	var plans []resource.Plan
	for i, state := range wanted {
		desired := world(state)
		plan, err := ref.plan(current, desired, current.marked(), force && i == len(wanted)-1, resource.Steps{})
		if err != nil {
			return nil, err
		}
		plans = ref.keep(plans, plan)
		current = desired
	}
	return plans, nil
}

// keep appends a plan unless it is empty.
func (ref *reference) keep(plans []resource.Plan, plan resource.Plan) []resource.Plan {
	plan.Phases = slices.DeleteFunc(plan.Phases, func(p resource.Phase) bool { return len(p.Events) == 0 })
	if len(plan.Phases) == 0 {
		ref.seen.count("empty plan")
		return plans
	}
	return append(plans, plan)
}

// plan is Plan(current -> desired): creates and updates in the layers of desired, then deletes. Of the way it takes the
// constraints.
func (ref *reference) plan(
	current, desired states, pending set, force bool, way resource.Steps,
) (resource.Plan, error) {
	if err := desired.selfDependency(); err != nil {
		ref.countSelf(err, "error: ")
		return resource.Plan{}, err
	}
	var missing []error
	for _, id := range desired.sorted() {
		missing = append(missing, desired.missing(id)...)
	}
	if len(missing) > 0 {
		ref.seen.countIf(len(missing) > 1, "error: several missing dependencies")
		ref.seen.count("error: missing dependency")
		return resource.Plan{}, errors.Join(missing...)
	}
	ordered := desired.ordered(way.Creates, false)
	if err := ordered.cycle(); err != nil {
		ref.countCycle(ordered, err, "error: ")
		ref.seen.countIf(desired.cycle() == nil, "constraint: a cycle of creates")
		return resource.Plan{}, err
	}
	var plan resource.Plan
	planned := set{}
	for _, layer := range ordered.creationLayers() {
		var phase resource.Phase
		for _, id := range layer {
			event := ref.rule(current[id], desired[id], pending[id], force, ref.causes(desired, id, planned))
			if event != nil {
				planned[id] = true
				ref.seen.countIf(len(ref.owed[id]) > 0 && event.CausedBy != nil, "waited: until the last step")
				phase.Events = append(phase.Events, *event)
			}
			ref.countConstrained(desired, id, event, way.Creates, planned)
		}
		plan.Phases = append(plan.Phases, phase)
	}
	deletes, err := ref.deletes(current, desired, way.Deletes)
	plan.Phases = append(plan.Phases, deletes...)
	return plan, err
}

// rule returns the event of the first rule that matches, nil if there is none.
func (ref *reference) rule(
	current, desired *resource.Resource, pending, force bool, causes []resource.Identifier,
) *resource.Event {
	event := resource.Event{Type: resource.EventUpdate, Resource: unmarked(desired)}
	if current == nil {
		event.Type, event.Reason = resource.EventCreate, resource.ReasonDoesNotExist
		ref.seen.count(event.Reason.String())
		return &event
	}
	different := differ(current, desired)
	ref.seen.countSpelling(current, desired, different)
	switch {
	case pending:
		ref.seen.countIf(len(causes) > 0, "pending deletion: a dependency has an event")
		ref.seen.countIf(different, "pending deletion: attributes differ")
		return nil
	case current.NeedsRecreate:
		event.Type, event.Reason = resource.EventCreate, resource.ReasonNeedsRecreate
	case current.Error != "":
		event.Reason = resource.ReasonHasError
	case force:
		event.Reason = resource.ReasonForceUpdate
	case len(causes) > 0:
		event.Reason, event.CausedBy = resource.ReasonDependencyUpdated, causes
	case different:
		event.Reason = resource.ReasonHasDiff
	default:
		return nil
	}
	ref.seen.count(event.Reason.String())
	if different {
		ref.seen.countIf(event.Reason != resource.ReasonHasDiff, "a diff beside another reason")
		// How patches look has a reference of its own.
		event.Diff, _ = resource.DiffAttributes(current, desired)
	}
	return &event
}

// causes are the dependencies of a resource that are planned in this step, by name and by type, and those
// that it remembers.
func (ref *reference) causes(s states, id resource.Identifier, planned set) []resource.Identifier {
	all := set{}
	for _, cause := range ref.owed[id] {
		all[cause] = true
	}
	for _, d := range s.dependencies(id) {
		if planned[d] {
			all[d] = true
			ref.seen.countIf(!slices.Contains(s[id].Dependencies, d), "a cause by type")
		}
	}
	return all.sorted()
}

// deletes is the second half of a plan: what is current and not desired, dependents first.
func (ref *reference) deletes(current, desired states, constraints []resource.Constraint) ([]resource.Phase, error) {
	leftovers := maps.Clone(current)
	for id := range desired {
		delete(leftovers, id)
	}
	if len(leftovers) == 0 {
		return nil, nil
	}
	ordered := current.ordered(constraints, true)
	if err := ordered.cycle(); err != nil {
		ref.seen.countIf(current.cycle() == nil, "constraint: a cycle of deletes")
		ref.seen.countIf(current.cycle() != nil, "error in start")
		return nil, err
	}
	var phases []resource.Phase
	free, bound := current.layers(true), ordered.layers(true)
	for _, layer := range ordered.deletionLayers() {
		var phase resource.Phase
		for _, id := range layer {
			if leftovers[id] != nil {
				phase.Events = append(phase.Events, resource.Event{
					Type: resource.EventDelete, Resource: unconstrained(current[id]), Reason: resource.ReasonNotDesired,
				})
				ref.seen.count(resource.ReasonNotDesired.String())
				ref.seen.countIf(free[id] != bound[id], "constraint: a delete comes later")
			} else {
				ref.seen.countIf(free[id] != bound[id], "constraint: what stays counts in the order of deletes")
			}
		}
		phases = append(phases, phase)
	}
	ref.seen.countIf(leftovers.height() < current.heightOf(leftovers), "what stays is between two that go")
	return phases, nil
}

// steps is PlanSteps.
func (ref *reference) steps(start *resource.State, force bool, way resource.Steps) ([]resource.Plan, error) {
	groups, current, last := way.Groups, world(start), world(way.End)
	if err := current.selfDependency(); err != nil {
		ref.seen.count("error in start")
		return nil, err
	}
	pending, firstGroup := set{}, firstGroups(groups)
	for id, r := range world(start) {
		_, used := firstGroup[id]
		switch {
		case last[id] == nil && !used:
			pending[id] = true
		case last[id] != nil && r.NeedsRecreate:
			ref.seen.count("dropped to be created")
			delete(current, id)
		}
		ref.seen.countIf(r.PendingDeletion && !pending[id], "pending deletion: start is wrong about it")
	}
	current.constrain(pending, way.Deletes)
	if len(slices.DeleteFunc(slices.Concat(groups...), func(s *resource.State) bool { return s == nil })) > 0 {
		if err := current.cycle(); err != nil {
			ref.seen.count("error in start")
			return nil, err
		}
	}
	prompt := states{}
	if way.Prompt != nil {
		prompt = world(way.Prompt)
	}
	var plans []resource.Plan
	for i, group := range groups {
		for _, diff := range group {
			if diff == nil {
				ref.seen.count("no diff")
				continue
			}
			plan, after, err := ref.step(current, world(diff), pending, func(id resource.Identifier) bool {
				first, ok := firstGroup[id]
				later := ok && first > i
				ref.seen.countIf(later && prompt[id] != nil, "prompt: a later group holds it")
				return later && prompt[id] == nil
			})
			if err != nil {
				return nil, err
			}
			plans = ref.keep(plans, plan)
			current = after
		}
	}
	plan, err := ref.plan(current, last, pending, force, way)
	if err != nil {
		return nil, err
	}
	return ref.keep(plans, plan), nil
}

// firstGroups tells for each resource of the diffs which group is the first to hold it.
func firstGroups(groups [][]*resource.State) map[resource.Identifier]int {
	first := map[resource.Identifier]int{}
	for i, group := range groups {
		for _, diff := range group {
			if diff == nil {
				continue
			}
			for _, r := range diff.Resources() {
				if _, ok := first[r.Identifier]; !ok {
					first[r.Identifier] = i
				}
			}
		}
	}
	return first
}

// step plans one diff, and returns the state that it leaves.
func (ref *reference) step(
	current, diff states, pending set, comesLater func(resource.Identifier) bool,
) (resource.Plan, states, error) {
	merged := maps.Clone(current)
	for id, r := range diff {
		merged[id] = unmarked(r)
	}
	if err := diff.selfDependency(); err != nil {
		ref.countSelf(err, "error in a step: ")
		return resource.Plan{}, nil, err
	}
	if err := merged.cycle(); err != nil {
		ref.countCycle(merged, err, "error in a step: ")
		return resource.Plan{}, nil, err
	}
	ref.countLayers(current, merged, diff)
	var plan resource.Plan
	var missing []error
	planned := set{}
	for _, layer := range merged.creationLayers() {
		var phase resource.Phase
		for _, id := range layer {
			reached := slices.ContainsFunc(merged.dependencies(id), func(d resource.Identifier) bool { return planned[d] })
			causes := ref.causes(merged, id, planned)
			switch {
			case diff[id] == nil && !reached:
				continue
			case diff[id] == nil && ref.waits(merged, id, comesLater):
				ref.owed[id] = causes
				continue
			}
			event := ref.rule(current[id], merged[id], pending[id], false, causes)
			if event == nil {
				continue
			}
			missing = append(missing, merged.missing(id)...)
			ref.countEvent(event, diff[id] != nil, planned)
			planned[id] = true
			delete(ref.owed, id)
			merged[id] = event.Resource
			phase.Events = append(phase.Events, *event)
		}
		plan.Phases = append(plan.Phases, phase)
	}
	if len(missing) > 0 {
		ref.seen.countIf(len(missing) > 1, "error in a step: several missing dependencies")
		ref.seen.count("error in a step: missing dependency")
		return resource.Plan{}, nil, joinSorted(missing)
	}
	return plan, merged, nil
}

// waits tells whether a resource that only depends on something planned has its turn later.
func (ref *reference) waits(s states, id resource.Identifier, comesLater func(resource.Identifier) bool) bool {
	if comesLater(id) {
		ref.seen.count("waits: a later group holds it")
		return true
	}
	direct, all := s.troubles(id)
	for trouble := range all {
		ref.seen.count("waits: something is " + trouble)
		ref.seen.countIf(!direct[trouble], "waits: something is "+trouble+", not directly")
	}
	return len(all) > 0
}

// refresh is PlanRefresh.
func (ref *reference) refresh(state *resource.State) (resource.Plan, error) {
	s := world(state)
	if err := s.selfDependency(); err != nil {
		return resource.Plan{}, err
	}
	if err := s.cycle(); err != nil {
		return resource.Plan{}, err
	}
	plan := resource.Plan{}
	for _, layer := range s.creationLayers() {
		var phase resource.Phase
		for _, id := range layer {
			phase.Events = append(phase.Events, resource.Event{Type: resource.EventRefresh, Resource: s[id]})
		}
		plan.Phases = append(plan.Phases, phase)
	}
	return plan, nil
}

func (ref *reference) countEvent(event *resource.Event, inDiff bool, planned set) {
	remembered := len(ref.owed[event.Resource.Identifier]) > 0
	where := "a dependent of one"
	if inDiff {
		where = "of the diff"
	}
	ref.seen.count(event.Reason.String() + ": " + where)
	ref.seen.countIf(remembered && inDiff, "waited: until a diff held it")
	ref.seen.countIf(remembered && !inDiff, "waited: until its dependencies were in order")
	ref.seen.countIf(remembered && event.CausedBy == nil, "waited: another reason came before")
	ref.seen.countIf(remembered && slices.ContainsFunc(event.CausedBy, func(c resource.Identifier) bool {
		return planned[c]
	}), "waited: remembers one cause and has another")
}

// countConstrained counts what constraints do to the creates and updates of a step.
func (ref *reference) countConstrained(
	desired states, id resource.Identifier, event *resource.Event, constraints []resource.Constraint, planned set,
) {
	for _, c := range constraints {
		ref.seen.countIf(slices.ContainsFunc(slices.Concat(c.Before, c.After), func(named resource.Identifier) bool {
			return desired[named] == nil
		}), "constraint: names what is not there")
		if !slices.Contains(c.After, id) {
			continue
		}
		for _, before := range c.Before {
			direct := slices.Contains(desired.dependencies(id), before)
			ref.seen.countIf(planned[before] && event == nil, "constraint: an event causes none")
			ref.seen.countIf(planned[before] && event != nil && !direct, "constraint: two events in order")
			ref.seen.countIf(event != nil && event.CausedBy != nil && planned[before] && !direct, "constraint: is no cause")
		}
	}
}

// countLayers counts the ways in which merging a diff moves resources to other layers.
func (ref *reference) countLayers(current, merged, diff states) {
	before, after := current.layers(false), merged.layers(false)
	for id := range current {
		if before[id] != after[id] {
			ref.seen.countIf(diff[id] != nil, "layers: a resource of the diff moves")
			ref.seen.countIf(diff[id] == nil, "layers: a resource above the diff moves")
			ref.seen.countIf(before[id] > after[id], "layers: a resource moves down")
		}
	}
}

func (ref *reference) countSelf(err error, where string) {
	var self *resource.SelfDependencyError
	errors.As(err, &self)
	ref.seen.countIf(self.Type == "", where+"self dependency by name")
	ref.seen.countIf(self.Type != "", where+"self dependency by type")
}

func (ref *reference) countCycle(s states, err error, where string) {
	var cycle *resource.CycleError
	errors.As(err, &cycle)
	ref.seen.count(where + "cycle")
	for i, id := range cycle.Path {
		next := cycle.Path[(i+1)%len(cycle.Path)]
		ref.seen.countIf(!slices.Contains(s[id].Dependencies, next), where+"cycle through a type")
	}
	reachable := s.reachable()
	for id := range s {
		ref.seen.countIf(reachable[id][id] && !slices.Contains(cycle.Path, id), where+"one of several cycles")
	}
}
