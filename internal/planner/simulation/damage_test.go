package simulation

import (
	"fmt"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit/databases"
)

// damage takes things away, whosever they are, and lets a refresh find that out.
func (o *orchestrator) damage(ids ...resource.Identifier) {
	for _, id := range ids {
		if r, ok := o.state.Get(id); ok {
			d := thing(r)
			o.note("lose %v", id)
			o.world.seen.count(memberDamaged)
			o.world.lose(&d)
		}
	}
	o.refresh()
}

// misplace loses the records of things that are there.
func (o *orchestrator) misplace(ids ...resource.Identifier) {
	for _, id := range ids {
		if r, ok := o.state.Get(id); ok {
			d := thing(r)
			o.note("lose the record of %v", id)
			o.world.seen.count(memberDamaged)
			o.forget(id, &d)
		}
	}
}

// strand gives up what a node whose database goes has written and not sent: nobody can bring that any more.
func (w *world) strand(node int) {
	for other := range w.servers {
		w.giveUp(other, node)
	}
}

// giveUp lets a node go on without what another one has written and it has not got.
func (w *world) giveUp(node, other int) {
	w.givenUp[node] = w.givenUp[node].or(w.committed[other].minus(w.servers[node].commits()))
}

// giveUp takes the hazards of an answer for what they say: that a node will lack what was written on others.
func (o *orchestrator) giveUp(hazards []planner.Hazard) {
	for _, h := range hazards {
		if h.Kind != planner.HazardRowsGivenUp {
			continue
		}
		o.note("given up: %s %v", h.Node, h.Resource)
		o.world.seen.count(wentOn)
		node := nodeNumber(h.Node)
		for _, other := range providersOf(h) {
			o.world.giveUp(node, other)
			o.world.goingOn[other][node] = true
		}
	}
}

// providersOf are the nodes whose rows a hazard is about: those of a link, or else all.
func providersOf(h planner.Hazard) []int {
	if link, ok := database.LinkOf(h.Resource); ok {
		return []int{nodeNumber(link.Provider)}
	}
	all := make([]int, maxNodes)
	for node := range all {
		all[node] = node
	}
	return all
}

// recover does what a user can do about a member that lacks rows: remove it, and add it again later, or let it go on
// without them. It returns an error if no record says that it lacks any.
func (o *orchestrator) recover(refusal *planner.MemberIncompleteError) error {
	o.world.seen.count(refusedIncomplete)
	for _, m := range refusal.Members {
		if !o.isDamaged(nodeNumber(m.Node)) {
			return fmt.Errorf("refused without a reason: %w", refusal)
		}
	}
	m := refusal.Members[o.tape.pick(len(refusal.Members))]
	node := nodeNumber(m.Node)
	if o.tape.oneIn(2) || !o.othersOpen(node) || o.wish.nodes[o.wish.find(node)].goesOn {
		if o.wish.nodes[o.wish.find(node)].goesOn {
			return fmt.Errorf("refused though it may go on: %w", refusal)
		}
		o.want(o.wish.change(node, func(n *wanted) { n.goesOn = true }))
		return nil
	}
	o.retire(node)
	return nil
}

// isDamaged tells whether the records say of a node that it lacks rows which nothing will bring: a slot for it has to
// be made again that a subscription has read from, or its database is not there, though there are links.
func (o *orchestrator) isDamaged(node int) bool {
	subscribed, slotLost, linked := [maxNodes]bool{}, [maxNodes]bool{}, false
	for _, r := range o.state.Resources() {
		link, ok := database.LinkOf(r.Identifier)
		if !ok {
			continue
		}
		p, s := nodeNumber(link.Provider), nodeNumber(link.Subscriber)
		linked = linked || p == node || s == node
		switch {
		case s != node:
		case r.Identifier.Type == database.TypeSubscription:
			subscribed[p] = true
		case r.NeedsRecreate:
			slotLost[p] = true
		}
	}
	found, ok := o.state.Get(database.PostgresDatabaseIdentifier(nodeName(node), databases.Name))
	if linked && (!ok || found.NeedsRecreate) {
		return true
	}
	for p, lost := range slotLost {
		if lost && subscribed[p] {
			return true
		}
	}
	return false
}
