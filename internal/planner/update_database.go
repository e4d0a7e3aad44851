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
// what is left over is deleted. Services come last; where nodes join, after the deletes. It goes on where earlier plans
// stopped: docs/planning.md says how. No nodes delete the database. Neither start nor the nodes are changed.
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
	m, err := newMembership(stop, complete, nodes, apart{lostHosts: options.LostHosts})
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
	damage, hazards, err := m.accept()
	if err != nil {
		return Outcome{}, err
	}
	before, costs, err := damage.takeOut(options)
	if err != nil {
		return Outcome{}, err
	}
	if len(before) > 0 {
		return m.updateAfter(options, nodes, before, costs)
	}
	if deferred := m.deferred(); len(deferred) > 0 {
		return m.updateInTurn(options, nodes, deferred)
	}
	hazards = append(hazards, damage.hazards()...)
	way, err := damage.clearWay(options)
	if err != nil {
		return Outcome{}, err
	}
	m = way.m
	groups, slotOrder, err := m.groups(options.NodeUpdateStrategy, way.unpositioned, way.end)
	if err != nil {
		return Outcome{}, err
	}
	services := servicesIn(m.stop, way.end, options.Services)
	following, err := resource.PlanSteps(m.stop, m.start, planOptions(options.PlanOptions), resource.Steps{
		Groups: groups, Prompt: m.nodeStates(), End: way.end,
		Last: m.last(services, way.end), After: m.afterJoins(services), Creates: services.order(),
		Deletes:    slices.Concat(m.removalOrder(), slotOrder, m.recordedOrder(groups, way.end)),
		ForceEarly: options.NodeUpdateStrategy != NodeUpdateStrategyConcurrent && m.instanceCount() > 1,
	})
	if err != nil {
		nameFields(m.stop, err, options.Services)
		return Outcome{}, err
	}
	return Outcome{
		Plans: append(way.plans, following...), End: way.end,
		Hazards: append(hazards, m.movedHazards(way.moved)...),
	}, nil
}

// last are what comes in the last step only: services, and what takes changes from a joining node. Of that, an update of the
// node must not let anything go on before the node is known to have all that it copies. Nil if there is nothing.
func (m *membership) last(services services, end *resource.State) *resource.State {
	last := services.all.Clone()
	for _, n := range interrupt.Each(m.stop, m.with(joining)) {
		for _, id := range interrupt.Each(m.stop, m.links[n.NodeName]) {
			link, _ := database.LinkOf(id)
			desired, stays := end.Get(id)
			if stays && id.Type == database.TypeSubscription && link.Provider == n.NodeName {
				last.Add(desired)
			}
		}
	}
	if last.Len() == 0 {
		return nil
	}
	return last
}

// updateAfter plans from where plans lead that have to come before all others.
func (m *membership) updateAfter(
	options UpdateDatabaseOptions, nodes []*NodeResources, before []resource.Plan, costs []Hazard,
) (Outcome, error) {
	later, err := UpdateDatabaseTo(m.stop, options, afterwards(m.stop, m.start, before...), nodes)
	if err != nil {
		return Outcome{}, err
	}
	later.Plans = append(before, later.Plans...)
	later.Hazards = append(costs, later.Hazards...)
	return later, nil
}

// accept refuses what cannot be meant, and what would lose data. It chooses the sources of new nodes.
func (m *membership) accept() (*damage, []Hazard, error) {
	damage := m.findDamage(nil)
	if err := damage.refuse(recovers); err != nil {
		return nil, nil, err
	}
	if err := damage.chooseSources(); err != nil {
		return nil, nil, err
	}
	if err := m.chooseSources(damage); err != nil {
		return nil, nil, err
	}
	if err := m.refuseAbandoned(); err != nil {
		return nil, nil, err
	}
	hazards, err := m.backups()
	return damage, hazards, err
}

// clearedWay is what the steps of an update begin with, once what is in their way has been deleted.
type clearedWay struct {
	m            *membership // after the plans
	plans        []resource.Plan
	unpositioned []database.Link
	moved        []resource.Identifier
	end          *resource.State
}

// clearWay plans what comes first: lost hosts are forgotten; and then the deletes of links that are given up, of what was
// found out about positions, of what joining nodes have to do again, and of what moves to another host.
func (d *damage) clearWay(options UpdateDatabaseOptions) (way clearedWay, err error) {
	if way.plans, d.m, err = d.m.forgetLost(); err != nil {
		return way, err
	}
	if way.plans, way.m, err = d.giveUp(way.plans); err != nil {
		return way, err
	}
	if err = way.m.refuseHalfFilled(); err != nil {
		return way, err
	}
	found, err := way.m.findUnpositioned()
	if err != nil {
		return way, err
	}
	way.unpositioned = found.links
	if way.plans, way.m, err = way.m.delete(way.plans, found.outdated, nil); err != nil {
		return way, err
	}
	if way.plans, way.m, err = way.m.cleanUp(way.plans, nil); err != nil {
		return way, err
	}
	if way.end, err = way.m.endState(options); err != nil {
		return way, err
	}
	if err = way.m.refuseOnLostHosts(way.end); err != nil {
		return way, err
	}
	if way.moved, err = way.m.moved(way.end); err != nil {
		return way, err
	}
	way.plans, way.m, err = way.m.delete(way.plans, way.moved, nil)
	return way, err
}

// instanceCount is how many instances all nodes have.
func (m *membership) instanceCount() int {
	n := 0
	for _, node := range interrupt.Each(m.stop, m.all) {
		n += len(node.InstanceResources)
	}
	return n
}

// planOptions are the options with which databases are planned: what records of the catalog's own types depend on follows
// from the catalog, and another release of that is no reason to touch all that is there.
func planOptions(options resource.PlanOptions) resource.PlanOptions {
	options.RecordsLater = database.IsCatalogType
	return options
}

// groups returns the steps before the last one, in groups of what belongs together, and the order in which slots that get
// a record there are deleted. They are numbered as in "Updating a database" of docs/planning.md; the end state (7) is the
// last step, and services (8) may come after it.
func (m *membership) groups(
	strategy NodeUpdateStrategy, unpositioned []database.Link, end *resource.State,
) ([][]*resource.State, []resource.Constraint, error) {
	states, err := updateNodes(m.stop, strategy, m.members, m.exists) // (1)
	if err != nil {
		return nil, nil, err
	}
	states = append(states, m.positions(unpositioned, end)...) // (2)
	incomplete := m.with(newcomer, joining)
	if m.anySource(incomplete) {
		states = append(states, m.repairs(end, unpositioned), m.roles(incomplete)) // (3), (4)
	}
	added, err := AddNodesUntil(m.stop, m.with(newcomer, joining, populated)) // (5)
	if err != nil {
		return nil, nil, err
	}
	populate, err := m.populate(incomplete, end) // (6)
	if err != nil {
		return nil, nil, err
	}
	unrecorded := m.unrecordedSlots(m.isLeft)
	order := m.recordUnknownSlots(unrecorded, m.leaves)
	states = append(append(states, added...), populate)
	if unrecorded.Len() > 0 {
		states = append(states, unrecorded)
	}
	// Each step is a group of its own, so that what is shared between instances, when it changes, reaches each of
	// them in its own step.
	return slices.Collect(slices.Chunk(states, 1)), order, m.stop.Err()
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
	addServices(m.stop, end, options.Services)
	return end, m.stop.Err()
}
