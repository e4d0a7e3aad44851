package simulation

import (
	"fmt"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// mishap is what became of an event. Its zero value is none: the event was executed and recorded.
type mishap struct {
	effect   effect
	recorded recorded
}

// effect is how much of an event happened.
type effect uint8

const (
	full effect = iota
	none
	half // of a copy that the event begins: the snapshot was taken, and some of its rows have come
	gone // the thing is not there any more
)

// recorded is what the orchestrator wrote down about an event.
type recorded uint8

const (
	asDone     recorded = iota
	asError             // the event's resource, with an error
	asRecreate          // the event's resource, with needs_recreate
	asNothing           // what was recorded before stays; so it does when a delete failed
)

func (m mishap) String() string {
	if m == (mishap{}) {
		return ""
	}
	return fmt.Sprintf(" [%s, recorded as %s]",
		[...]string{"done", "not done", "half done", "lost"}[m.effect],
		[...]string{"done", "error", "needs_recreate", "before"}[m.recorded])
}

// The mishaps in which the orchestrator dies beside an event that goes its own way.
var (
	unrecorded = mishap{effect: full, recorded: asNothing}
	notBegun   = mishap{effect: none, recorded: asNothing}
)

// mishapsOf lists all that can become of an event, besides that it is done and recorded.
func (o *orchestrator) mishapsOf(d *deed) []mishap {
	list := []mishap{notBegun, unrecorded}
	if !d.makes() {
		return list
	}
	list = append(list, mishap{none, asError}, mishap{full, asError})
	if d.kind == database.TypeInstance && d.Type == resource.EventCreate {
		// An instance that could not be made is not there, or only as a ruin.
		return append(list, mishap{gone, asRecreate})
	}
	list = append(list, mishap{none, asRecreate}, mishap{full, asRecreate})
	if d.shape.copyData && (d.Type == resource.EventCreate || d.Reason == resource.ReasonHasError) {
		list = append(list, mishap{half, asNothing}, mishap{half, asError}, mishap{half, asRecreate})
	}
	if o.canLose(d) {
		list = append(list, mishap{gone, asRecreate})
	}
	return list
}

// canLose tells whether the thing may be gone without anything being lost by nature: a replica, or what
// belongs to a node while it joins.
func (o *orchestrator) canLose(d *deed) bool {
	switch d.kind {
	case database.TypeInstance:
		return o.joins(d.node) || o.world.open[d.node] && o.hasOther(d.node, d.other)
	case database.TypePostgresDatabase:
		return o.joins(d.node)
	case database.TypeSubscription, database.TypeReplicationSlotCreate, database.TypeReplicationSlot:
		return o.joins(d.other) && !o.anySettled(d.other)
	}
	return false
}

// joins tells whether the node is recorded as one that is joining.
func (o *orchestrator) joins(node int) bool {
	return o.has(database.RolesSourceIdentifier(nodeName(node))) && !o.world.open[node]
}

// hasOther tells whether another instance of the node holds its data, is recorded so, and is wanted.
func (o *orchestrator) hasOther(node, instance int) bool {
	at := o.wish.find(node)
	for i, there := range o.world.servers[node].instances {
		recorded := o.sound(database.InstanceIdentifier(instanceName(node, i)))
		if i != instance && there && recorded && at >= 0 && i < o.wish.nodes[at].instances {
			return true
		}
	}
	return false
}

// anySettled tells whether a subscription of the node is recorded in its final shape.
func (o *orchestrator) anySettled(node int) bool {
	for _, r := range o.state.OfType(database.TypeSubscription) {
		d := thing(r)
		if d.other == node && d.shape == (subscriptionShape{enabled: true}) {
			return true
		}
	}
	return false
}

// lose takes the thing away that an event is about.
func (w *world) lose(d *deed) {
	switch d.kind {
	case database.TypeReplicationSlotCreate:
		w.servers[d.node].slots[d.other] = slot{}
	case database.TypeSubscription:
		w.servers[d.other].subscriptions[d.node] = subscription{}
		w.remove(d)
	case database.TypePostgresDatabase:
		w.remove(d)
		w.strand(d.node)
	case database.TypeInstance:
		w.remove(d)
		if !w.servers[d.node].holdsData() {
			w.strand(d.node)
		}
	default:
		w.remove(d)
	}
}
