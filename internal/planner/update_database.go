package planner

import (
	"cmp"
	"slices"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// UpdateDatabase plans from start to the desired nodes: first the nodes that exist are updated, then new
// ones are added, then these are populated, then everything gets the shape that it has at the end, and
// what is left over is deleted. It goes on where earlier plans stopped: docs/planning.md says how. No nodes
// delete the database. Neither start nor the nodes are changed.
func UpdateDatabase(
	options UpdateDatabaseOptions, start *resource.State, nodes []*NodeResources,
) ([]resource.Plan, error) {
	outcome, err := UpdateDatabaseTo(nil, options, start, nodes)
	return outcome.Plans, err
}

// UpdateDatabaseTo is UpdateDatabase for those who want to know where the plans lead, and what they cost, too. With an
// error the outcome is empty. Told to stop, it ends with interrupt.ErrInterrupted.
func UpdateDatabaseTo(
	stop *interrupt.Poller, options UpdateDatabaseOptions, start *resource.State, nodes []*NodeResources,
) (Outcome, error) {
	complete := completed(stop, start)
	m, err := newMembership(stop, complete, nodes, nil)
	if err != nil {
		return Outcome{}, cmp.Or(stop.Err(), err)
	}
	outcome, err := m.updateDatabase(options, nodes)
	asRecorded(stop, outcome.Plans, start, complete)
	outcome.Hazards = sortedHazards(stop, outcome.Hazards)
	if err := cmp.Or(stop.Err(), err); err != nil {
		return Outcome{}, err
	}
	return outcome, nil
}

func (m *membership) updateDatabase(options UpdateDatabaseOptions, nodes []*NodeResources) (Outcome, error) {
	damage := m.findDamage(nil)
	if err := damage.refuse(continues); err != nil {
		return Outcome{}, err
	}
	if err := m.chooseSources(); err != nil {
		return Outcome{}, err
	}
	if err := m.refuseAbandoned(); err != nil {
		return Outcome{}, err
	}
	missing, err := m.backups()
	if err != nil {
		return Outcome{}, err
	}
	if deferred := m.deferred(); len(deferred) > 0 {
		return m.updateInTurn(options, nodes, deferred)
	}
	plans, m, err := damage.giveUp()
	if err != nil {
		return Outcome{}, err
	}
	unpositioned, err := m.findUnpositioned()
	if err != nil {
		return Outcome{}, err
	}
	if plans, m, err = m.delete(plans, unpositioned.outdated, nil); err != nil {
		return Outcome{}, err
	}
	if plans, m, err = m.cleanUp(plans); err != nil {
		return Outcome{}, err
	}
	end, err := m.endState(options)
	if err != nil {
		return Outcome{}, err
	}
	moved, err := m.moved(end)
	if err != nil {
		return Outcome{}, err
	}
	if plans, m, err = m.delete(plans, moved, nil); err != nil {
		return Outcome{}, err
	}
	groups, err := m.groups(options.NodeUpdateStrategy, unpositioned.links, end)
	if err != nil {
		return Outcome{}, err
	}
	steps, err := resource.PlanSteps(m.stop, m.start, planOptions(options.PlanOptions), resource.Steps{
		Groups: groups, Prompt: m.nodeStates(), End: end, Deletes: m.removalOrder(),
	})
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{Plans: append(plans, steps...), End: end, Hazards: slices.Concat(damage.hazards(), missing, m.movedHazards(moved))}, nil
}

// planOptions are the options with which databases are planned: what records of the catalog's own types depend on follows
// from the catalog, and another release of that is no reason to touch all that is there.
func planOptions(options resource.PlanOptions) resource.PlanOptions {
	options.RecordsLater = database.IsCatalogType
	return options
}

// groups returns the steps before the last one, in groups of what belongs together. They are numbered as in
// "Updating a database" of docs/planning.md; the end state (7) is the last step.
func (m *membership) groups(
	strategy NodeUpdateStrategy, unpositioned []database.Link, end *resource.State,
) ([][]*resource.State, error) {
	steps, err := updateNodes(m.stop, strategy, m.members, m.exists) // (1)
	if err != nil {
		return nil, err
	}
	steps = append(steps, m.positions(unpositioned, end)...) // (2)
	incomplete := m.with(newcomer, joining)
	if m.anySource(incomplete) {
		steps = append(steps, m.repairs(end, unpositioned), m.roles(incomplete)) // (3), (4)
	}
	added, err := AddNodesUntil(m.stop, m.with(newcomer, joining, populated)) // (5)
	if err != nil {
		return nil, err
	}
	populate, err := m.populate(incomplete, end) // (6)
	if err != nil {
		return nil, err
	}
	steps = append(append(steps, added...), populate, m.unrecordedSlots())
	// Each step is a group of its own, so that what is shared between instances, when it changes, reaches each of
	// them in its own step.
	return slices.Collect(slices.Chunk(steps, 1)), m.stop.Err()
}

// nodeStates are the nodes and what depends on them: they do not wait for the step that holds them, but are
// reached at once by the update of each instance.
func (m *membership) nodeStates() *resource.State {
	states := resource.NewState()
	for _, n := range interrupt.Each(m.stop, m.all) {
		n.addNode(m.stop, states)
	}
	return states
}

// endState is the end state of all nodes, and the services.
func (m *membership) endState(options UpdateDatabaseOptions) (*resource.State, error) {
	end, err := EndStateUntil(m.stop, m.all)
	if err != nil {
		return nil, err
	}
	for _, s := range interrupt.Each(m.stop, options.Services) {
		addDesired(m.stop, end, s.Resources)
		if s.MonitorResource != nil {
			end.Add(s.MonitorResource.Wanted())
		}
	}
	return end, m.stop.Err()
}
