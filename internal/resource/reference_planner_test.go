package resource_test

import (
	"errors"
	"maps"
	"slices"

	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit"
)

// This file holds the slow and obvious planner that the engine is compared with: the rules of docs/planning.md
// and of the comments of PlanAll, PlanSteps and PlanRefresh, written down one by one. It copies whole
// states, looks at everything in every step, and knows of the engine only what every caller sees.

// reference plans, and counts what it comes across, so that no comparison passes on nothing.
type reference struct {
	seen testkit.Classes
	// owed are the causes that a resource remembers while it waits.
	owed map[resource.Identifier]causes
	// recorded are the resources as they are, of those that were given other dependencies to plan with.
	recorded map[*resource.Resource]*resource.Resource
	later    func(resource.Type) bool
	forced   set // what a step has updated because everything is to be
	put      set // what had an event in any step, unless that was only for its record
}

// causes are what an event is planned because of, each in order.
type causes struct {
	ids   []resource.Identifier
	types []resource.Type
}

func (c causes) any() bool { return len(c.ids)+len(c.types) > 0 }

func newReference(seen testkit.Classes, options resource.PlanOptions) *reference {
	return &reference{
		seen: seen, owed: map[resource.Identifier]causes{}, recorded: map[*resource.Resource]*resource.Resource{},
		later: options.RecordsLater, put: set{}, forced: set{},
	}
}

// with returns the resource with other dependencies to plan with.
func (ref *reference) with(
	r *resource.Resource, dependencies []resource.Identifier, types []resource.Type,
) *resource.Resource {
	c := r.Clone()
	c.Dependencies, c.TypeDependencies = dependencies, types
	ref.recorded[c] = ref.record(r)
	return c
}

// record returns the resource with the dependencies that it really has.
func (ref *reference) record(r *resource.Resource) *resource.Resource {
	if recorded := ref.recorded[r]; recorded != nil {
		return recorded
	}
	return r
}

// all is PlanAll.
func (ref *reference) all(start *resource.State, force bool, wanted []*resource.State) ([]resource.Plan, error) {
	current := ref.unselfish(world(start))
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
		ref.seen.Add("empty plan")
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
		ref.seen.Count("error: several missing dependencies", len(missing) > 1)
		ref.seen.Add("error: missing dependency")
		return resource.Plan{}, errors.Join(missing...)
	}
	ordered := desired.ordered(way.Creates, false)
	if err := ordered.cycle(); err != nil {
		ref.countCycle(ordered, err, "error: ")
		ref.seen.Count("constraint: a cycle of creates", desired.cycle() == nil)
		return resource.Plan{}, err
	}
	var plan resource.Plan
	planned := set{}
	for _, layer := range ordered.creationLayers() {
		var phase resource.Phase
		for _, id := range layer {
			event := ref.rule(current[id], desired[id], pending[id], force && !ref.forced[id], ref.causes(desired, id, planned))
			if event != nil {
				planned[id] = event.Reason != resource.ReasonDependenciesChanged
				ref.put[id] = ref.put[id] || planned[id]
				ref.seen.Count("waited: until the last step", ref.owed[id].any() && event.Reason == resource.ReasonDependencyUpdated)
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
	current, desired *resource.Resource, pending, force bool, because causes,
) *resource.Event {
	if current != nil {
		current = ref.record(current)
	}
	desired = ref.record(desired)
	event := resource.Event{Type: resource.EventUpdate, Resource: unmarked(desired)}
	if current == nil {
		event.Type, event.Reason = resource.EventCreate, resource.ReasonDoesNotExist
		ref.seen.Add(event.Reason.String())
		return &event
	}
	different := differ(current, desired)
	countSpelling(ref.seen, current, desired, different)
	switch {
	case pending:
		ref.seen.Count("pending deletion: a dependency has an event", because.any())
		ref.seen.Count("pending deletion: attributes differ", different)
		return nil
	case current.NeedsRecreate:
		event.Type, event.Reason = resource.EventCreate, resource.ReasonNeedsRecreate
	case current.Error != "":
		event.Reason = resource.ReasonHasError
	case force:
		event.Reason = resource.ReasonForceUpdate
	case because.any():
		event.Reason, event.CausedBy, event.CausedByTypes = resource.ReasonDependencyUpdated, because.ids, because.types
	case different:
		event.Reason = resource.ReasonHasDiff
	case !sameRecord(current, desired) && ref.later != nil && ref.later(desired.Identifier.Type) && !ref.put[desired.Identifier]:
		ref.seen.Add("dependencies changed: recorded later")
		return nil
	case !sameRecord(current, desired):
		event.Reason = resource.ReasonDependenciesChanged
		ref.seen.Count("dependencies changed: after an event", ref.later != nil && ref.later(desired.Identifier.Type))
		ref.seen.Count("dependencies changed: the executor, too", current.Executor != desired.Executor)
	default:
		ref.seen.Count("dependencies in another order", !slices.Equal(current.Dependencies, desired.Dependencies))
		ref.seen.Count("the host changed", current.Executor != desired.Executor)
		return nil
	}
	ref.seen.Add(event.Reason.String())
	if different {
		ref.seen.Count("a diff beside another reason", event.Reason != resource.ReasonHasDiff)
		// How patches look has a reference of its own.
		event.Diff, _ = resource.DiffAttributes(nil, current, desired)
	}
	return &event
}

// causes are the dependencies of a resource that are planned in this step, those by type as types, and those that it
// remembers.
func (ref *reference) causes(s states, id resource.Identifier, planned set) causes {
	ids, types := set{}, set{}
	for _, cause := range ref.owed[id].ids {
		ids[cause] = true
	}
	for _, t := range ref.owed[id].types {
		types[resource.Identifier{Type: t}] = true
	}
	for _, d := range s[id].Dependencies {
		ids[d] = ids[d] || planned[d]
	}
	for _, t := range s[id].TypeDependencies {
		for other := range planned {
			if planned[other] && other.Type == t {
				types[resource.Identifier{Type: t}] = true
			}
		}
	}
	because := causes{ids: ids.sorted()}
	for _, t := range types.sorted() {
		because.types = append(because.types, t.Type)
	}
	ref.seen.Count("a cause by type", len(because.types) > 0)
	ref.seen.Count("causes by name and by type", len(because.ids) > 0 && len(because.types) > 0)
	return because
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
	current = ref.unselfish(current)
	ref.seen.Count("deletes beside a cycle", current.cycle() != nil)
	ordered := current.ordered(constraints, true)
	if ordered.contradicts(constraints) {
		current = ref.loosen(current, func(*resource.Resource) *resource.Resource { return nil })
		ordered = current.ordered(constraints, true)
		if err := ordered.cycle(); err != nil {
			ref.seen.Add("constraint: a cycle of deletes")
			return nil, err
		}
		ref.seen.Add("constraint: records yield")
	}
	var phases []resource.Phase
	free, bound := current.layers(true), ordered.layers(true)
	for _, layer := range ordered.deletionLayers() {
		var phase resource.Phase
		for _, id := range layer {
			if leftovers[id] != nil {
				phase.Events = append(phase.Events, resource.Event{
					Type: resource.EventDelete, Resource: ref.record(current[id]), Reason: resource.ReasonNotDesired,
				})
				ref.seen.Add(resource.ReasonNotDesired.String())
				ref.seen.Count("constraint: a delete comes later", free[id] != bound[id])
			} else {
				ref.seen.Count("constraint: what stays counts in the order of deletes", free[id] != bound[id])
			}
		}
		phases = append(phases, phase)
	}
	ref.seen.Count("what stays is between two that go", leftovers.height() < current.heightOf(leftovers))
	return phases, nil
}

// steps is PlanSteps.
func (ref *reference) steps(start *resource.State, force bool, way resource.Steps) ([]resource.Plan, error) {
	groups, current, last := way.Groups, ref.unselfish(world(start)), world(way.End)
	ref.seen.Count("start depends on itself", world(start).selfDependency() != nil)
	pending, firstGroup := set{}, firstGroups(groups)
	for id, r := range world(start) {
		_, used := firstGroup[id]
		switch {
		case last[id] == nil && !used:
			pending[id] = true
		case last[id] != nil && r.NeedsRecreate:
			ref.seen.Add("dropped to be created")
			delete(current, id)
		}
		ref.seen.Count("pending deletion: start is wrong about it", r.PendingDeletion && !pending[id])
	}
	ref.constrain(current, pending, way.Deletes)
	// lasting is, of a resource that no diff has put there, what the end has in its place.
	merged := set{}
	lasting := func(r *resource.Resource) *resource.Resource {
		if merged[r.Identifier] {
			return r
		}
		return last[r.Identifier]
	}
	if len(slices.DeleteFunc(slices.Concat(groups...), func(s *resource.State) bool { return s == nil })) > 0 {
		ref.seen.Count("steps beside a cycle", current.cycle() != nil)
		current = ref.loosen(current, lasting)
		if err := current.cycle(); err != nil {
			ref.seen.Add("a cycle that lasts")
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
				ref.seen.Add("no diff")
				continue
			}
			for _, r := range diff.Resources() {
				merged[r.Identifier] = true
			}
			plan, after, err := ref.step(current, world(diff), pending, force && way.ForceEarly, lasting, func(id resource.Identifier) bool {
				first, ok := firstGroup[id]
				later := ok && first > i
				ref.seen.Count("prompt: a later group holds it", later && prompt[id] != nil)
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
	current, diff states, pending set, early bool, lasting func(*resource.Resource) *resource.Resource,
	comesLater func(resource.Identifier) bool,
) (resource.Plan, states, error) {
	merged := maps.Clone(current)
	for id, r := range diff {
		merged[id] = unmarked(r)
	}
	if err := diff.selfDependency(); err != nil {
		ref.countSelf(err, "error in a step: ")
		return resource.Plan{}, nil, err
	}
	ref.seen.Count("a step makes a cycle with a record", merged.cycle() != nil)
	merged = ref.loosen(merged, lasting)
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
			event := ref.rule(current[id], merged[id], pending[id], early && diff[id] != nil && !ref.forced[id], causes)
			ref.forced[id] = ref.forced[id] || early && diff[id] != nil
			if event == nil {
				continue
			}
			missing = append(missing, merged.missing(id)...)
			ref.countEvent(event, diff[id] != nil, planned)
			planned[id] = event.Reason != resource.ReasonDependenciesChanged
			ref.put[id] = ref.put[id] || planned[id]
			delete(ref.owed, id)
			merged[id] = ref.with(event.Resource, merged[id].Dependencies, merged[id].TypeDependencies)
			phase.Events = append(phase.Events, *event)
		}
		plan.Phases = append(plan.Phases, phase)
	}
	if len(missing) > 0 {
		ref.seen.Count("error in a step: several missing dependencies", len(missing) > 1)
		ref.seen.Add("error in a step: missing dependency")
		return resource.Plan{}, nil, joinSorted(missing)
	}
	return plan, merged, nil
}

// waits tells whether a resource that only depends on something planned has its turn later.
func (ref *reference) waits(s states, id resource.Identifier, comesLater func(resource.Identifier) bool) bool {
	if comesLater(id) {
		ref.seen.Add("waits: a later group holds it")
		return true
	}
	direct, all := s.troubles(id)
	for trouble := range all {
		ref.seen.Add("waits: something is " + trouble)
		ref.seen.Count("waits: something is "+trouble+", not directly", !direct[trouble])
	}
	return len(all) > 0
}

// refresh is PlanRefresh.
func (ref *reference) refresh(state *resource.State) (resource.Plan, error) {
	s := ref.unselfish(world(state))
	ref.seen.Count("refresh of a cycle", s.cycle() != nil)
	plan := resource.Plan{}
	for _, layer := range s.creationLayers() {
		var phase resource.Phase
		for _, id := range layer {
			phase.Events = append(phase.Events, resource.Event{Type: resource.EventRefresh, Resource: ref.record(s[id])})
		}
		plan.Phases = append(plan.Phases, phase)
	}
	return plan, nil
}

func (ref *reference) countEvent(event *resource.Event, inDiff bool, planned set) {
	remembered := ref.owed[event.Resource.Identifier].any()
	because := event.Reason == resource.ReasonDependencyUpdated
	where := "a dependent of one"
	if inDiff {
		where = "of the diff"
	}
	ref.seen.Add(event.Reason.String() + ": " + where)
	ref.seen.Count("waited: until a diff held it", remembered && inDiff)
	ref.seen.Count("waited: until its dependencies were in order", remembered && !inDiff)
	ref.seen.Count("waited: another reason came before", remembered && !because)
	hasAnother := slices.ContainsFunc(event.CausedBy, func(c resource.Identifier) bool { return planned[c] })
	ref.seen.Count("waited: remembers one cause and has another", remembered && hasAnother)
}

// countConstrained counts what constraints do to the creates and updates of a step.
func (ref *reference) countConstrained(
	desired states, id resource.Identifier, event *resource.Event, constraints []resource.Constraint, planned set,
) {
	for _, c := range constraints {
		ref.seen.Count(

			"constraint: names what is not there", slices.ContainsFunc(slices.Concat(c.Before, c.After), func(named resource.Identifier) bool {
				return desired[named] == nil
			}))

		if !slices.Contains(c.After, id) {
			continue
		}
		for _, before := range c.Before {
			direct := slices.Contains(desired.dependencies(id), before)
			ref.seen.Count("constraint: an event causes none", planned[before] && event == nil)
			ref.seen.Count("constraint: two events in order", planned[before] && event != nil && !direct)
			ref.seen.Count("constraint: is no cause", event != nil && event.Reason == resource.ReasonDependencyUpdated && planned[before] && !direct)
		}
	}
}

// countLayers counts the ways in which merging a diff moves resources to other layers.
func (ref *reference) countLayers(current, merged, diff states) {
	before, after := current.layers(false), merged.layers(false)
	for id := range current {
		if before[id] != after[id] {
			ref.seen.Count("layers: a resource of the diff moves", diff[id] != nil)
			ref.seen.Count("layers: a resource above the diff moves", diff[id] == nil)
			ref.seen.Count("layers: a resource moves down", before[id] > after[id])
		}
	}
}

func (ref *reference) countSelf(err error, where string) {
	var self *resource.SelfDependencyError
	errors.As(err, &self)
	ref.seen.Count(where+"self dependency by name", self.Type == "")
	ref.seen.Count(where+"self dependency by type", self.Type != "")
}

func (ref *reference) countCycle(s states, err error, where string) {
	var cycle *resource.CycleError
	errors.As(err, &cycle)
	ref.seen.Add(where + "cycle")
	for i, id := range cycle.Path {
		next := cycle.Path[(i+1)%len(cycle.Path)]
		ref.seen.Count(where+"cycle through a type", !slices.Contains(s[id].Dependencies, next))
	}
	reachable := s.reachable()
	for id := range s {
		ref.seen.Count(where+"one of several cycles", reachable[id][id] && !slices.Contains(cycle.Path, id))
	}
}
