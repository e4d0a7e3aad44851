package planner

import (
	"slices"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// mark plans that damaged members are joining from here on. The monitors of all members that lack one come before: once a
// node is joining, that none is recorded says that it is drained.
func (r *rejoining) mark(plans []resource.Plan) ([]resource.Plan, error) {
	m := r.m
	part := newPart(m)
	watched := resource.NewState()
	for _, n := range interrupt.Each(m.stop, m.members) {
		if !m.monitored(n) {
			part.addMonitors(watched, n)
		}
	}
	roles := m.roles(r.beginning)
	for desired := range roles.All(m.stop) {
		part.add(desired)
	}
	plans, _, err := part.plan(plans, watched, roles)
	return plans, err
}

// drain plans that the others get what the undrained nodes have written, and then that nothing says any more that they are
// not drained. The links find their positions before. Those that are to rejoin undrained are left out.
func (r *rejoining) drain(plans []resource.Plan) ([]resource.Plan, error) {
	links, err := r.links()
	if err != nil {
		return nil, err
	}
	if plans, err = r.findPositions(plans, links); err != nil {
		return nil, err
	}
	if plans, r.m, err = r.m.drain(plans, links); err != nil {
		return nil, err
	}
	var monitors []resource.Identifier
	for _, n := range interrupt.Each(r.m.stop, r.undrained) {
		for _, id := range interrupt.Each(r.m.stop, r.m.instances(n)) {
			monitors = append(monitors, database.MonitorInstanceIdentifier(id.ID))
		}
	}
	plans, _, err = r.m.delete(plans, monitors, nil)
	return plans, err
}

// links are those through which the undrained nodes are drained: to all members that stay, which includes each source, and to
// those joining nodes that have all their data from them, and do not copy again.
func (r *rejoining) links() ([]database.Link, error) {
	sources := make(map[string]bool)
	for _, n := range interrupt.Each(r.m.stop, r.m.all) {
		sources[n.SourceNode] = true
	}
	var links []database.Link
	for _, n := range interrupt.Each(r.m.stop, r.undrained) {
		if n.Recovery == NodeRecoveryRejoinUndrained {
			continue
		}
		if !r.canSend(n) {
			return nil, r.undrainable(n)
		}
		for _, other := range interrupt.Each(r.m.stop, r.m.all) {
			link := n.link(n.NodeName, other.NodeName)
			isNeeded := r.m.status[other.NodeName] == member || r.m.isJoining(other) && !r.m.mustCopyAgain(other) && r.m.isSound(link)
			switch {
			case other.NodeName == n.NodeName || !isNeeded:
			case r.m.isOpen(link):
				links = append(links, link)
			case sources[other.NodeName]:
				return nil, &RejoinUndrainableError{Node: n.NodeName, Lost: database.ReplicationSlotIdentifier(link)}
			}
		}
	}
	return links, r.m.stop.Err()
}

// isOpen tells whether a link has brought rows, and has lost nothing but its position. Of others, either nobody expects any,
// or the subscriber has given up what it lacks.
func (m *membership) isOpen(link database.Link) bool {
	slot, subscription := database.ReplicationSlotIdentifier(link), database.SubscriptionIdentifier(link)
	return m.exists(slot) || !m.recorded(slot) && m.recorded(subscription)
}

// isSound tells whether a link replicates.
func (m *membership) isSound(link database.Link) bool {
	settled, err := m.settled(link)
	return err == nil && settled && m.exists(database.ReplicationSlotIdentifier(link)) && m.exists(database.SubscriptionIdentifier(link))
}

// findPositions plans that those of the links that are not at their position find it, and go on from there.
func (r *rejoining) findPositions(plans []resource.Plan, links []database.Link) ([]resource.Plan, error) {
	found, err := r.m.unpositionedOf(links)
	if err != nil || len(found.links) == 0 {
		return plans, err
	}
	plans, m, err := r.m.delete(plans, found.outdated, nil)
	if err != nil {
		return nil, err
	}
	part, stop, find, on := newPart(m), resource.NewState(), resource.NewState(), resource.NewState()
	for _, link := range interrupt.Each(m.stop, found.links) {
		addStop(stop, link)
		addFind(find, link)
		on.Add(database.Subscription{Link: link}.Resource())
	}
	for _, diff := range [3]*resource.State{stop, find, on} {
		for desired := range diff.All(m.stop) {
			part.add(desired)
		}
	}
	plans, r.m, err = part.plan(plans, stop, find, on)
	return plans, err
}

// part is a part of a state that is planned by itself: nothing else is looked at.
type part struct {
	m *membership
	// start are the records of the part, as they are, and what they need, as if that were sound and needed nothing.
	start, end *resource.State
	// mended is what they need and is not there; whole the end state of all nodes, nil if it was not needed yet.
	mended, whole *resource.State
}

func newPart(m *membership) *part {
	return &part{m: m, start: resource.NewState(), end: resource.NewState(), mended: resource.NewState()}
}

// add adds a resource that is wanted. What is wanted later of the same counts in the end.
func (p *part) add(desired *resource.Resource) {
	if record, ok := p.m.start.Get(desired.Identifier); ok {
		p.start.Add(record)
	}
	p.end.Add(desired)
}

// addMonitors adds the monitors of a node, of those instances that are there, to a diff as well.
func (p *part) addMonitors(diff *resource.State, n *NodeResources) {
	wanted := resource.NewState()
	n.addDatabase(p.m.stop, wanted)
	for _, i := range interrupt.Each(p.m.stop, n.InstanceResources) {
		id := database.MonitorInstanceIdentifier(i.id())
		if p.m.exists(database.InstanceIdentifier(i.id())) {
			desired, _ := wanted.Get(id)
			diff.Add(desired)
			p.add(desired)
		}
	}
}

// addNeeded adds what all of the part needs.
func (p *part) addNeeded() error {
	open := slices.Concat(p.start.Resources(), p.end.Resources())
	for len(open) > 0 && !p.m.stop.Stopped() {
		r := open[len(open)-1]
		open = open[:len(open)-1]
		for _, id := range interrupt.Each(p.m.stop, r.Dependencies) {
			if p.end.Has(id) {
				continue
			}
			if found, ok := p.m.start.Get(id); ok && !found.NeedsRecreate {
				bare := *found.Wanted()
				bare.Dependencies, bare.TypeDependencies = nil, nil
				p.start.Add(&bare)
				p.end.Add(&bare)
				continue
			}
			desired, err := p.ofWhole(id)
			if err != nil {
				return err
			}
			if desired != nil {
				p.add(desired)
				p.mended.Add(desired)
				open = append(open, desired)
			}
		}
	}
	return p.m.stop.Err()
}

// ofWhole is a resource in the end state of all nodes, nil if that does not have it.
func (p *part) ofWhole(id resource.Identifier) (*resource.Resource, error) {
	if p.whole == nil {
		var err error
		if p.whole, err = EndStateUntil(p.m.stop, p.m.all); err != nil {
			return nil, err
		}
	}
	desired, _ := p.whole.Get(id)
	return desired, nil
}

// plan appends the plans that lead through the diffs to the end, and returns the membership after them, too.
func (p *part) plan(plans []resource.Plan, diffs ...*resource.State) ([]resource.Plan, *membership, error) {
	if err := p.addNeeded(); err != nil {
		return nil, nil, err
	}
	following, err := resource.PlanSteps(p.m.stop, p.start, planOptions(resource.PlanOptions{}), resource.Steps{
		Groups: slices.Collect(slices.Chunk(append([]*resource.State{p.mended}, diffs...), 1)), End: p.end,
	})
	if err != nil {
		return nil, nil, err
	}
	next, err := p.m.at(afterwards(p.m.stop, p.m.start, following...))
	return append(plans, following...), next, err
}
