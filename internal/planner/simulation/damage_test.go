package simulation

import (
	"fmt"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit/databases"
)

// damage takes things away, whosever they are, and lets a refresh find that out. What it could not tell, stays.
func (o *orchestrator) damage(ids ...resource.Identifier) {
	for _, id := range ids {
		r, ok := o.state.Get(id)
		if !ok {
			continue
		}
		if d := thing(r); o.canDamage(&d) {
			o.note("lose %v", id)
			o.world.seen.count(memberDamaged)
			o.world.lose(&d)
		}
	}
	o.refresh()
}

// misplace loses the records of things that are there, if that can be told.
func (o *orchestrator) misplace(ids ...resource.Identifier) {
	for _, id := range ids {
		if r, ok := o.state.Get(id); ok {
			d := thing(r)
			if _, ok := database.LinkOf(id); ok && !o.canMisplace(id) {
				continue
			}
			o.note("lose the record of %v", id)
			o.world.seen.count(memberDamaged)
			o.forget(id, &d)
		}
	}
}

// strand gives up what a node whose database is gone has written and not sent, and what no other member has: nobody can
// bring that any more. If it copies another node again, it has what that has.
func (w *world) strand(node int) {
	var there rowset
	for other := range w.servers {
		w.giveUp(other, node)
		if w.open[other] {
			there = there.or(w.servers[other].commits())
		}
	}
	w.givenUp[node] = w.givenUp[node].or(w.all().minus(there))
}

// giveUp lets a node go on without what another one has written and it has not got.
func (w *world) giveUp(node, other int) {
	w.givenUp[node] = w.givenUp[node].or(w.committed[other].minus(w.servers[node].commits()))
}

// giveUp takes the hazards of an answer for what they say: that a node will lack what was written on others.
func (o *orchestrator) giveUp(hazards []planner.Hazard) {
	for _, h := range hazards {
		if h.Kind == planner.HazardMemberRepopulated {
			o.world.seen.count(rejoined)
		}
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

// providersOf are the nodes whose rows a hazard is about: that of a link to the node, or else all.
func providersOf(h planner.Hazard) []int {
	if l, ok := database.LinkOf(h.Resource); ok && l.Subscriber == h.Node {
		return []int{nodeNumber(l.Provider)}
	}
	all := make([]int, maxNodes)
	for node := range all {
		all[node] = node
	}
	return all
}

// way is a way out of a refusal of members that lack rows.
type way uint8

const (
	anyWay   way = iota
	goOn         // the member goes on without them
	addAgain     // it is removed, and then added again
	rejoin       // it is populated again
)

func (w way) String() string {
	return [...]string{"any way", "going on", "added again", "rejoining"}[w]
}

// recover does what a user can do about a member that lacks rows: let it rejoin, or go on without them, or remove it, and add
// it again later. It returns an error if no record says that it lacks any.
func (o *orchestrator) recover(refusal *planner.MemberIncompleteError) error {
	o.world.seen.count(refusedIncomplete)
	for _, m := range refusal.Members {
		if !o.isDamaged(nodeNumber(m.Node)) {
			return fmt.Errorf("refused without a reason: %w", refusal)
		}
	}
	node := nodeNumber(refusal.Members[o.tape.pick(len(refusal.Members))].Node)
	if refusal.WithoutSource {
		o.world.seen.count(refusedSourceless)
		o.recoverBy(node, planner.NodeRecoveryContinue)
		return nil
	}
	if o.wish.nodes[o.wish.find(node)].recovery != "" {
		return fmt.Errorf("refused though it is told what to do: %w", refusal)
	}
	out := o.way
	if out == anyWay {
		out = [...]way{rejoin, goOn, addAgain}[o.tape.pick(3)]
	}
	switch {
	case out == rejoin:
		o.recoverBy(node, planner.NodeRecoveryRejoin)
	case out == goOn || !o.othersOpen(node) || o.isStuck(node):
		o.recoverBy(node, planner.NodeRecoveryContinue)
	default:
		o.retire(node)
	}
	return nil
}

// recoverBy wishes for the recovery of a node. The writers of one that rejoins stop first, and so does a service of which
// there is no record.
func (o *orchestrator) recoverBy(node int, recovery planner.NodeRecovery) {
	if recovery != planner.NodeRecoveryContinue {
		o.world.open[node] = false
		o.world.serving[node] = o.world.serving[node] && o.has(resource.Identifier{Type: typeService, ID: nodeName(node)})
	}
	o.want(o.wish.change(node, func(n *wanted) { n.recovery = recovery }))
}

// isStuck tells whether the changes of a node cannot reach another member, though nothing tells that it lacks them: whoever
// removes the node then, loses them.
func (o *orchestrator) isStuck(node int) bool {
	for other, open := range o.world.open {
		slot, ok := o.state.Get(database.ReplicationSlotIdentifier(link(node, other)))
		lacks := ok && slot.NeedsRecreate && o.has(database.SubscriptionIdentifier(link(node, other)))
		if open && other != node && !lacks && !o.world.streaming(node, other) {
			return true
		}
	}
	return false
}

// isDamaged tells whether the records say of a node that it lacks rows which nothing will bring: a slot for it has to
// be made again that a subscription has read from, or its database is not there, though there are links.
func (o *orchestrator) isDamaged(node int) bool {
	subscribed, slotLost, linked := [maxNodes]bool{}, [maxNodes]bool{}, false
	for _, r := range o.state.Resources() {
		l, ok := database.LinkOf(r.Identifier)
		if !ok {
			continue
		}
		p, s := nodeNumber(l.Provider), nodeNumber(l.Subscriber)
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
	if linked && (!ok || found.NeedsRecreate) || o.looksUnfilled(node) {
		return true
	}
	for p, lost := range slotLost {
		if lost && subscribed[p] {
			return true
		}
	}
	return false
}

// looksUnfilled tells whether nothing tells a member whose links were deleted, since another one goes on without rows, from
// one that was joining: it has no link that has begun, and the roles of another node have been read.
func (o *orchestrator) looksUnfilled(node int) bool {
	for _, r := range o.state.OfType(database.TypeSubscription) {
		if d := thing(r); (d.node == node || d.other == node) && d.shape.enabled {
			return false
		}
	}
	for _, n := range o.wish.nodes {
		if n.goesOn() && n.node != node {
			return len(o.state.OfType(database.TypeDumpRoles)) > 0
		}
	}
	return false
}

// damageSome takes away one or two things of any nodes, or loses a record.
func (o *orchestrator) damageSome() {
	var lossy []resource.Identifier
	for _, r := range o.state.Resources() {
		if d := thing(r); o.canDamage(&d) {
			lossy = append(lossy, r.Identifier)
		}
	}
	if len(lossy) == 0 {
		return
	}
	some := func() resource.Identifier { return lossy[o.tape.pick(min(len(lossy), 256))] }
	switch o.tape.pick(4) {
	case 0, 1:
		o.damage(some())
	case 2:
		o.damage(some(), some())
	case 3:
		if id := some(); o.canMisplace(id) {
			o.misplace(id)
		}
	}
}

// canDamage tells whether the thing can be taken away so that the records tell it: a slot without its subscription's record
// looks like one that was never read from.
func (o *orchestrator) canDamage(d *deed) bool {
	switch d.kind {
	case database.TypePostgresDatabase, database.TypeSubscription:
		return true
	case database.TypeReplicationSlot:
		return o.has(database.SubscriptionIdentifier(link(d.node, d.other)))
	}
	return false
}

// canMisplace tells whether the record can be lost while the thing is there, so that the other record of the link tells
// of it. (The record of a database is lost in a test of its own: writers go on there, who do not know that the node counts
// as new once its links are deleted.)
func (o *orchestrator) canMisplace(id resource.Identifier) bool {
	r, _ := o.state.Get(id)
	d := thing(r)
	if o.joins(d.node) || o.joins(d.other) || !o.wish.has(d.node) || !o.wish.has(d.other) {
		return false
	}
	switch d.kind {
	case database.TypeSubscription:
		return o.sound(id) && o.sound(database.ReplicationSlotIdentifier(link(d.node, d.other)))
	case database.TypeReplicationSlot:
		return o.sound(id) && o.world.holds(&d) && o.sound(database.SubscriptionIdentifier(link(d.node, d.other)))
	}
	return false
}
