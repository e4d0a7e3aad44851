package planner

import (
	"slices"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// UpdateDatabase plans from start to the wanted nodes: first the nodes that exist are updated, then new
// ones are added, then these are populated, then everything gets the shape that it has at the end, and
// what is left over is deleted. It goes on where earlier plans stopped: docs/planning.md says how. No nodes
// delete the database. Neither start nor the nodes are changed.
func UpdateDatabase(
	options UpdateDatabaseOptions, start *resource.State, nodes []*NodeResources,
) ([]resource.Plan, error) {
	plans, _, err := UpdateDatabaseTo(nil, options, start, nodes)
	return plans, err
}

// UpdateDatabaseTo is UpdateDatabase for those who want to know where the plans lead, too: end is the end state of
// the nodes, with the primaries that start knows, and the services. It can be told to stop.
func UpdateDatabaseTo(
	stop *interrupt.Poller, options UpdateDatabaseOptions, start *resource.State, nodes []*NodeResources,
) (plans []resource.Plan, end *resource.State, err error) {
	r, err := newRoster(start, nodes)
	if err != nil {
		return nil, nil, err
	}
	if err := r.chooseSources(); err != nil {
		return nil, nil, err
	}
	if late := r.late(); len(late) > 0 {
		return r.updateInTurn(stop, options, nodes, late)
	}
	cleaned, err := r.cleanUp(stop)
	if err != nil {
		return nil, nil, err
	}
	end, err = r.endState(stop, options)
	if err != nil {
		return nil, nil, err
	}
	groups, err := r.groups(options.NodeUpdateStrategy, end)
	if err != nil {
		return nil, nil, err
	}
	steps := resource.Steps{Groups: groups, End: end, Prompt: r.nodeStates()}
	marked := r.keepMarks(stop)
	plans, err = resource.PlanSteps(stop, marked, options.PlanOptions, steps)
	if err != nil {
		return nil, nil, err
	}
	if marked != r.start {
		r.asRecorded(plans)
	}
	return append(cleaned, plans...), end, nil
}

// endState is the end state of all nodes, and the services.
func (r *roster) endState(stop *interrupt.Poller, options UpdateDatabaseOptions) (*resource.State, error) {
	end, err := endState(stop, r.all)
	if err != nil {
		return nil, err
	}
	for _, s := range options.Services {
		addWanted(end, s.Resources)
		if s.MonitorResource != nil {
			end.Add(s.MonitorResource.Wanted())
		}
	}
	return end, nil
}

// updateInTurn plans without the late nodes first, and then with them. What exists of these, and of
// services, stays until then as it is.
func (r *roster) updateInTurn(
	stop *interrupt.Poller, options UpdateDatabaseOptions, nodes []*NodeResources, late map[string]bool,
) (plans []resource.Plan, end *resource.State, err error) {
	wanted, err := r.endState(stop, options)
	if err != nil {
		return nil, nil, err
	}
	early := slices.DeleteFunc(slices.Clone(nodes), func(n *NodeResources) bool { return late[n.NodeName] })
	earlyEnd, err := endState(stop, early)
	if err != nil {
		return nil, nil, err
	}
	first := options
	first.PlanOptions.ForceUpdate = false
	first.Services = []*ServiceResources{{Resources: existing(r.start, wanted, earlyEnd)}}
	plans, _, err = UpdateDatabaseTo(stop, first, r.start, early)
	if err != nil {
		return nil, nil, err
	}
	rest, end, err := UpdateDatabaseTo(stop, options, afterwards(r.start, plans), nodes)
	if err != nil {
		return nil, nil, err
	}
	return append(plans, rest...), end, nil
}

// existing returns what start has of the wanted state, as it is, with all that this needs, but for what end
// has. What has to be made again is left out, and so is what needs that or something that is nowhere.
func existing(start, wanted, end *resource.State) []*resource.Resource {
	kept := resource.NewState()
	var keep func(id resource.Identifier)
	keep = func(id resource.Identifier) {
		found, ok := start.Get(id)
		if !ok || found.NeedsRecreate || has(kept, id) || has(end, id) {
			return
		}
		kept.Add(found)
		for _, d := range found.Dependencies {
			keep(d)
		}
	}
	for _, r := range wanted.Resources() {
		keep(r.Identifier)
	}
	for pruned := true; pruned; {
		pruned = false
		for _, r := range kept.Resources() {
			if slices.ContainsFunc(r.Dependencies, func(d resource.Identifier) bool { return !has(kept, d) && !has(end, d) }) {
				kept.Remove(r.Identifier)
				pruned = true
			}
		}
	}
	return kept.Resources()
}

func has(s *resource.State, id resource.Identifier) bool {
	_, ok := s.Get(id)
	return ok
}

// chooseSources gives each newcomer without a source the first member, if there is one, and refuses a
// source that is not a member.
func (r *roster) chooseSources() error {
	members := r.with(member)
	newcomers := r.with(newcomer)
	if err := sameOrigin(members, newcomers); err != nil {
		return err
	}
	for _, n := range newcomers {
		switch {
		case n.RestoreConfig != nil:
		case n.SourceNode == "" && len(members) > 0:
			n.SourceNode = members[0].NodeName
		case n.SourceNode != "" && r.standings[n.SourceNode] != member:
			return &SourceNodeError{Node: n.NodeName, Source: n.SourceNode, Problem: r.sourceProblem(n)}
		}
	}
	return nil
}

// sameOrigin refuses to make a database, of which nothing exists yet, from a backup on one node and empty on
// another: the rows of the backup would never get there.
func sameOrigin(members, newcomers []*NodeResources) error {
	isRestored := func(n *NodeResources) bool { return n.RestoreConfig != nil }
	restored := slices.IndexFunc(newcomers, isRestored)
	empty := slices.IndexFunc(newcomers, func(n *NodeResources) bool { return !isRestored(n) && n.SourceNode == "" })
	if len(members) > 0 || restored < 0 || empty < 0 {
		return nil
	}
	return &EmptyBesideRestoredError{Node: newcomers[empty].NodeName, Restored: newcomers[restored].NodeName}
}

func (r *roster) sourceProblem(n *NodeResources) SourceProblem {
	if n.SourceNode == n.NodeName {
		return SourceIsSelf
	}
	switch r.standings[n.SourceNode] {
	case newcomer:
		return SourceIsNew
	case joining, populated:
		return SourceIsJoining
	case member:
	}
	return SourceUnknown
}

// groups returns the steps before the last one, in groups of what belongs together.
func (r *roster) groups(strategy NodeUpdateStrategy, end *resource.State) ([][]*resource.State, error) {
	groups, err := r.updates(strategy)
	if err != nil {
		return nil, err
	}
	incomplete := r.with(newcomer, joining)
	if slices.ContainsFunc(incomplete, func(n *NodeResources) bool { return n.SourceNode != "" }) {
		groups = append(groups, []*resource.State{r.repairs(end)}, []*resource.State{roles(incomplete)})
	}
	added, err := AddNodes(r.with(newcomer, joining, populated))
	if err != nil {
		return nil, err
	}
	populate, err := PopulateNodes(r.with(member), incomplete)
	if err != nil {
		return nil, err
	}
	if populate == nil {
		populate = resource.NewState()
	}
	if err := r.keepSettled(populate); err != nil {
		return nil, err
	}
	if err := r.settleFailed(populate, end); err != nil {
		return nil, err
	}
	return append(append(groups, eachAlone(added)...), []*resource.State{populate}), nil
}

// updates returns the steps that update the members, each a group of its own, so that what is shared
// between instances, when it changes, reaches each of them in its own step.
func (r *roster) updates(strategy NodeUpdateStrategy) ([][]*resource.State, error) {
	lists, err := updateNodes(r.with(member), r.updateMember)
	if err != nil {
		return nil, err
	}
	var steps []*resource.State
	switch strategy {
	case "", NodeUpdateStrategyRolling:
		steps = slices.Concat(lists...)
	case NodeUpdateStrategyConcurrent:
		steps = mergeByStep(lists)
	default:
		return nil, &UnknownStrategyError{Strategy: strategy}
	}
	return eachAlone(steps), nil
}

// eachAlone makes a group of each step.
func eachAlone(steps []*resource.State) [][]*resource.State {
	groups := make([][]*resource.State, len(steps))
	for i, step := range steps {
		groups[i] = []*resource.State{step}
	}
	return groups
}

// updateMember returns the diffs that update a member.
func (r *roster) updateMember(n *NodeResources) ([]*resource.State, error) {
	return updateNode(n, func(id string) bool { return r.has(database.InstanceIdentifier(id)) })
}

// nodeStates are the nodes and what depends on them: they do not wait for the step that holds them, but are
// reached at once by the update of each instance.
func (r *roster) nodeStates() *resource.State {
	states := resource.NewState()
	for _, n := range r.all {
		n.addNode(states)
	}
	return states
}

// roles returns the diff that comes before the additions: the roles of every source are read, and for each
// node that has a source it is recorded that it joins from there.
func roles(nodes []*NodeResources) *resource.State {
	diff := resource.NewState()
	for _, n := range nodes {
		if n.SourceNode != "" {
			diff.Add(database.DumpRoles{NodeName: n.SourceNode}.Resource())
			diff.Add(database.RolesSource{NodeName: n.NodeName, SourceNodeName: n.SourceNode}.Resource())
		}
	}
	return diff
}
