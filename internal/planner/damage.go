package planner

import (
	"slices"
	"strings"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// damage is which members lack rows that nothing will bring, as far as start says so. Only links between members
// count: what a joining node lacks, it copies again.
type damage struct {
	m *membership
	// exempt are the nodes whose links do not count, since they are restored.
	exempt map[string]bool
	// members are the damaged ones by name.
	members map[string]*IncompleteMember
	// holding are the nodes that hold data. What another one had not sent, nobody can bring.
	holding map[string]bool
	// doubtful are the slots that are lost in a mesh without any link that is there: they may never have been read from.
	doubtful map[resource.Identifier]bool
	// unfilled are the members that were joining; nothing has come through what there is of their links.
	unfilled map[string]bool
	// alive are the nodes that a subscription into or out of them is there for; nil: not known yet.
	alive map[string]bool
}

// findDamage looks for damaged members.
func (m *membership) findDamage(exempt map[string]bool) *damage {
	d := &damage{
		m: m, exempt: exempt, members: make(map[string]*IncompleteMember), holding: make(map[string]bool),
		doubtful: make(map[resource.Identifier]bool), unfilled: make(map[string]bool),
	}
	d.findHolding()
	d.findEmptied()
	d.findUnfilled()
	for r := range m.start.All(m.stop) {
		if r.Identifier.Type == database.TypeReplicationSlot && r.NeedsRecreate {
			d.judgeLostSlot(r.Identifier)
		}
	}
	for _, n := range interrupt.Each(m.stop, m.members) {
		if found := d.members[n.NodeName]; found != nil {
			interrupt.SortFunc(m.stop, found.Providers, strings.Compare)
			interrupt.SortFunc(m.stop, found.Records, resource.Identifier.Compare)
		}
	}
	return d
}

// findHolding finds the nodes that hold data: they have a database, and an instance that it is on. A member without one
// has been refused, or is to rejoin.
func (d *damage) findHolding() {
	for r := range d.m.start.All(d.m.stop) {
		if node, ok := database.PostgresDatabaseNode(r.Identifier); ok && d.m.exists(r.Identifier) {
			d.holding[node] = true
		}
	}
	for r := range d.m.start.All(d.m.stop) {
		if name := r.Identifier.ID; r.Identifier.Type == database.TypeNode && (d.m.status[name] != member || d.m.emptied[name]) {
			d.holding[name] = d.holding[name] && d.m.anyOf(recordedInstances(d.m.stop, r), d.m.exists)
		}
	}
}

// findEmptied finds the members whose database is gone, though they have been linked to others.
func (d *damage) findEmptied() {
	gone := make(map[string]bool)
	for _, n := range interrupt.Each(d.m.stop, d.m.members) {
		if !d.holding[n.NodeName] {
			gone[n.NodeName] = true
		}
	}
	linked := d.m.linkedTo(gone, d.exempt)
	for _, n := range interrupt.Each(d.m.stop, d.m.members) {
		if len(linked[n.NodeName]) == 0 {
			continue
		}
		records := linked[n.NodeName]
		if id := n.databaseIdentifier(); d.m.recorded(id) {
			records = []resource.Identifier{id}
		}
		d.members[n.NodeName] = &IncompleteMember{Node: n.NodeName, Records: records}
	}
}

// linkedTo returns, for each of the nodes, the records of start that are there only because the node has had its
// database: its subscriptions, and what others read from it. A slot for it can be older.
func (m *membership) linkedTo(nodes, exempt map[string]bool) map[string][]resource.Identifier {
	linked := make(map[string][]resource.Identifier)
	for name, ids := range linksOf(m.stop, m.start, nodes) {
		if m.stop.Stopped() {
			break
		}
		for _, id := range interrupt.Each(m.stop, ids) {
			link, ok := database.LinkOf(id)
			older := id.Type == database.TypeReplicationSlot && link.Subscriber == name
			if ok && !older && !exempt[link.Provider] && !exempt[link.Subscriber] {
				linked[name] = append(linked[name], id)
			}
		}
	}
	return linked
}

// judgeLostSlot finds out who lacks rows because a slot is lost: the subscriber, if it is a member and has received
// rows through it, and the provider has them.
func (d *damage) judgeLostSlot(slot resource.Identifier) {
	link, ok := database.LinkOf(slot)
	subscription, linked := d.m.start.Get(database.SubscriptionIdentifier(link))
	if !ok || !linked || d.m.status[link.Subscriber] != member || d.exempt[link.Subscriber] || d.exempt[link.Provider] {
		return
	}
	known := d.members[link.Subscriber]
	switch {
	case known != nil && len(known.Providers) == 0, !d.provides(link.Provider), d.neverBegun(link, subscription):
		return
	case !d.isAlive(link.Subscriber):
		d.doubtful[slot] = true
		return
	}
	if known == nil {
		known = &IncompleteMember{Node: link.Subscriber}
		d.members[link.Subscriber] = known
	}
	known.Providers = append(known.Providers, link.Provider)
	known.Records = append(known.Records, slot)
}

// neverBegun tells whether a link whose slot is lost has never brought rows: its subscription could not be created.
func (d *damage) neverBegun(link database.Link, subscription *resource.Resource) bool {
	flags, err := database.ReadSubscriptionFlags(d.m.stop, subscription)
	failed := err == nil && !flags.Disabled && subscription.NeedsRecreate && subscription.Error != ""
	traces := append(positionOf(link), d.m.making(link).Identifier())
	return failed && !slices.ContainsFunc(traces, d.m.recorded)
}

// isAlive tells whether a subscription into or out of a node is there. If none is, either the mesh could not be made,
// or all of it is lost: nothing tells which, so that the links are made, and what they may lack is said.
func (d *damage) isAlive(node string) bool {
	if d.alive == nil {
		d.alive = make(map[string]bool)
		for r := range d.m.start.All(d.m.stop) {
			if link, ok := database.LinkOf(r.Identifier); ok && r.Identifier.Type == database.TypeSubscription && !r.NeedsRecreate {
				d.alive[link.Provider], d.alive[link.Subscriber] = true, true
			}
		}
	}
	return d.alive[node]
}

// provides tells whether a node may have rows that it has not sent to a member which it is linked to. A leaving node
// without a monitor has been let go: what it wrote has arrived. So has that of a joining node, which was a member if
// others subscribe to it.
func (d *damage) provides(name string) bool {
	if !d.holding[name] {
		return false
	}
	node, known := d.m.start.Get(database.NodeIdentifier(name))
	if !known || d.m.status[name] == member {
		return true
	}
	return d.m.isWatched(node)
}

// refuse is the refusal of those damaged members that are not to go on as they are; nil if there are none.
func (d *damage) refuse(accepts func(*NodeResources) bool) error {
	var refused []IncompleteMember
	for _, n := range interrupt.Each(d.m.stop, d.m.members) {
		if found := d.members[n.NodeName]; found != nil && !accepts(n) {
			refused = append(refused, *found)
		}
	}
	if len(refused) == 0 {
		return nil
	}
	return &MemberIncompleteError{Members: refused}
}

// continues tells whether a damaged node is to go on as it is.
func continues(n *NodeResources) bool { return n.Recovery == NodeRecoveryContinue }

// hazards are the rows that are given up: those that damaged members lack, and others may lack, those that nodes without
// data had not sent to the others, and those that a leaving node does not send any more, since its link has stopped.
func (d *damage) hazards() []Hazard {
	var hazards []Hazard
	add := func(node string, id resource.Identifier) {
		hazards = append(hazards, Hazard{Kind: HazardRowsGivenUp, Node: node, Resource: id})
	}
	for _, n := range interrupt.Each(d.m.stop, d.m.members) {
		if found := d.members[n.NodeName]; found != nil && !rejoins(n) {
			for _, id := range interrupt.Each(d.m.stop, found.Records) {
				add(n.NodeName, id)
			}
		}
	}
	for r := range d.m.start.All(d.m.stop) {
		link, ok := database.LinkOf(r.Identifier)
		if ok && (d.doubtful[r.Identifier] || d.cutsOff(link, r)) && d.m.status[link.Subscriber] == member {
			add(link.Subscriber, database.ReplicationSlotIdentifier(link))
		}
	}
	return append(hazards, d.m.lostRows()...)
}

// cutsOff tells whether a member gets no more of what the provider of a link has written, as the slot or the subscription
// of the link shows.
func (d *damage) cutsOff(link database.Link, shows *resource.Resource) bool {
	isSlot := shows.Identifier.Type == database.TypeReplicationSlot
	switch {
	case d.m.status[link.Provider] == member && d.holding[link.Provider]:
		return false
	case isSlot && d.m.recorded(database.SubscriptionIdentifier(link)):
		return false // that shows it
	case !d.holding[link.Provider]:
		return true
	}
	// The subscription of a slot that shows it is missing.
	stopped := isSlot || shows.NeedsRecreate || database.SubscriptionDisabled(d.m.stop, shows)
	return stopped && d.m.status[link.Provider] == 0 && d.provides(link.Provider)
}

// giveUp plans the deletion of the links through which damaged members that go on would have got what they lack: what made their
// slots ahead when they joined, their subscriptions, and then their slots, each as a plan of its own. What made it
// necessary, the mark on the slot, is there as long as a subscription is. It appends the plans, and returns the membership
// after them.
func (d *damage) giveUp(plans []resource.Plan) ([]resource.Plan, *membership, error) {
	m := d.m
	for _, kind := range []resource.Type{
		database.TypeReplicationSlotCreate, database.TypeSubscription, database.TypeReplicationSlot,
	} {
		var err error
		if plans, m, err = m.delete(plans, d.links(kind), nil); err != nil {
			return nil, nil, err
		}
	}
	return plans, m, nil
}

// links are the subscriptions or the slots through which damaged members that go on would have got what they lack, or what made
// these: of one that lacks everything, all from and to it.
func (d *damage) links(kind resource.Type) []resource.Identifier {
	var ids []resource.Identifier
	emptied := make(map[string]bool)
	for _, n := range interrupt.Each(d.m.stop, d.m.members) {
		found := d.members[n.NodeName]
		if found == nil || rejoins(n) {
			continue
		}
		if len(found.Providers) == 0 {
			emptied[n.NodeName] = !d.unfilled[n.NodeName]
			continue
		}
		for _, id := range interrupt.Each(d.m.stop, found.Records) {
			if kind == database.TypeReplicationSlotCreate {
				link, _ := database.LinkOf(id)
				id = d.m.making(link).Identifier()
			}
			ids = append(ids, resource.Identifier{Type: kind, ID: id.ID})
		}
	}
	for _, of := range linksOf(d.m.stop, d.m.start, emptied) {
		if d.m.stop.Stopped() {
			break
		}
		for _, id := range interrupt.Each(d.m.stop, of) {
			if id.Type == kind && !d.staysToTell(id) {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// staysToTell tells of the slot or the subscription of a link whether it is left to the removal of a node, since it tells
// what the node lacks, should it be wanted again: its slots do, and its subscriptions to those that are lost.
func (d *damage) staysToTell(id resource.Identifier) bool {
	record, _ := d.m.start.Get(id)
	link, ok := linkOf(d.m.stop, record)
	switch {
	case !ok:
		return false
	case id.Type != database.TypeSubscription:
		return d.isLeavingMember(link.Provider) || d.isLeavingMember(link.Subscriber)
	}
	slot, recorded := d.m.start.Get(database.ReplicationSlotIdentifier(link))
	return recorded && slot.NeedsRecreate && d.isLeavingMember(link.Subscriber)
}

// isLeavingMember tells whether a node is a member that is not desired any more.
func (d *damage) isLeavingMember(node string) bool {
	return d.m.leaves(node) && !d.m.recorded(database.RolesSourceIdentifier(node))
}
