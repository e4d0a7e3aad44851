package simulation

import (
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit/databases"
)

// settle looks after what the orchestrator had begun when it died. As long as the wish stays, that is not
// needed: what was not recorded comes again. With another wish it may not, so that the orchestrator first
// records what is gone, and clears away what is there without a record and not wanted. (Slots it leaves to
// the planner: their records are written before they are made.)
func (o *orchestrator) settle(w wish) {
	if o.uncertain {
		o.refresh()
		o.uncertain = false
	}
	for node := range o.world.servers {
		o.clearInstances(node, w)
		o.clearSubscriptions(node, w)
	}
}

// refresh looks at the real things and records which of them are gone. Of what was known to be gone, nothing is new.
func (o *orchestrator) refresh() {
	o.note("refresh")
	for _, r := range o.state.Resources() {
		if d := thing(r); !r.NeedsRecreate && !o.world.holds(&d) {
			o.note("  gone: %v", r.Identifier)
			o.markLost(r, &d)
		}
	}
}

func (o *orchestrator) clearInstances(node int, w wish) {
	keep := 0
	if at := w.find(node); at >= 0 {
		keep = w.nodes[at].instances
	}
	for i := keep; i < maxInstances; i++ {
		if !o.has(database.InstanceIdentifier(instanceName(node, i))) {
			o.world.servers[node].dropInstance(i)
		}
	}
}

func (o *orchestrator) clearSubscriptions(node int, w wish) {
	for provider := range o.world.servers {
		link := database.Link{
			Provider: nodeName(provider), Subscriber: nodeName(node), DatabaseName: databases.Name,
		}
		if !o.has(database.SubscriptionIdentifier(link)) && (!w.has(node) || !w.has(provider)) {
			o.world.dropSubscription(provider, node)
		}
	}
}

// loseOne takes a thing away, and lets a refresh find that out.
func (o *orchestrator) loseOne(r *resource.Resource) {
	d := thing(r)
	o.note("lose %v", r.Identifier)
	o.world.seen.count(lostBefore)
	o.world.lose(&d)
	o.markLost(r, &d)
}

// markLost records that the thing is gone, and who the primary is then.
func (o *orchestrator) markLost(r *resource.Resource, d *deed) {
	lost := *r
	lost.NeedsRecreate, lost.Error = true, ""
	o.put(&lost, d, 0)
	if d.kind == database.TypeInstance {
		o.recordPrimary(d.node)
	}
}

// recordPrimary records who the primary of a node is.
func (o *orchestrator) recordPrimary(node int) {
	if r, ok := o.state.Get(database.NodeIdentifier(nodeName(node))); ok {
		o.put(o.withPrimary(r, node), &deed{kind: database.TypeNode, node: node}, 0)
	}
}

// holds tells whether the thing is there. Of what leaves no trace, it says yes.
func (w *world) holds(d *deed) bool {
	switch d.kind {
	case database.TypeInstance:
		return w.servers[d.node].instances[d.other]
	case database.TypePostgresDatabase:
		return w.servers[d.node].exists
	case database.TypeSubscription:
		return w.servers[d.other].subscriptions[d.node].exists
	case database.TypeReplicationSlot, database.TypeReplicationSlotCreate:
		return w.servers[d.node].slots[d.other].exists
	}
	return true
}
