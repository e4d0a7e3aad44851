package impact

import (
	"cmp"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// Cost is what plans cost.
type Cost struct {
	// Changes and FollowOns are numbers of events. Refreshes are neither.
	Changes, FollowOns int
	// Nodes are those that have an instance which is touched, those first whose primaries are touched most often.
	Nodes []Node
	// PrimariesAtOnce is the largest number of nodes whose primaries are touched in one phase.
	PrimariesAtOnce int
	// Hazards are the worst ones, at most MaxHazards, the worst first; those of one kind are in the order of the plans, after those
	// that the planner knows.
	Hazards []planner.Hazard
	// Counts are of all hazards, the worst kind first.
	Counts []Count
}

// Node says how often instances of a node are touched.
type Node struct {
	Name string
	// Primary and Replicas are numbers of events.
	Primary, Replicas int
}

// Count is how many hazards of a kind there are: never 0.
type Count struct {
	Kind  planner.HazardKind
	Count int
}

// Of finds what plans cost that begin with start, which may be nil for an empty one. Known are the hazards that their planner
// knows. The error is interrupt.ErrInterrupted.
func Of(stop *interrupt.Poller, start *resource.State, plans []resource.Plan, known []planner.Hazard) (*Cost, error) {
	if start == nil {
		start = resource.NewState()
	}
	c := counter{
		stop: stop, start: start, nodes: make(map[string]*touchedNode), removed: make(map[string]bool),
		hosts: make(map[resource.Identifier]string), moved: make(map[resource.Identifier]bool),
		found: make(map[planner.HazardKind]*hazardsOfKind),
	}
	c.findInstances()
	for _, h := range interrupt.Each(stop, known) {
		c.hazard(h)
	}
	for _, plan := range interrupt.Each(stop, plans) {
		for _, phase := range interrupt.Each(stop, plan.Phases) {
			c.phase(phase.Events)
		}
	}
	cost := c.finish()
	if err := stop.Err(); err != nil {
		return nil, err
	}
	return cost, nil
}

// counter goes through plans.
type counter struct {
	stop  *interrupt.Poller
	start *resource.State
	cost  Cost

	// instances are those that nodes of start have.
	instances map[resource.Identifier]instance
	// nodes are found by name, and touched are the same in the order in which they are first touched.
	nodes   map[string]*touchedNode
	touched []*touchedNode
	// phases counts the phases so far, and primaries the nodes whose primaries are touched in the last of them.
	phases, primaries int
	// removed has the nodes that were deleted: true for those that were not created again. Leavers has them in order.
	removed map[string]bool
	leavers []string
	// hosts are where what was deleted had been, and moved is what was created elsewhere since, or is known to be.
	hosts map[resource.Identifier]string
	moved map[resource.Identifier]bool
	found map[planner.HazardKind]*hazardsOfKind
}

// instance is what the nodes of a state say about an instance.
type instance struct {
	node    string
	primary bool
}

// touchedNode is a node of which an instance is touched.
type touchedNode struct {
	Node

	phase int // the last one in which its primary was
}

// findInstances notes which instance belongs to which node, and whether it is the primary.
func (c *counter) findInstances() {
	c.instances = make(map[resource.Identifier]instance)
	for node := range c.start.All(c.stop) {
		if node.Identifier.Type != database.TypeNode {
			continue
		}
		primary, _ := database.NodePrimaryInstanceID(c.stop, node) // of a record that cannot be read it is not known
		for _, id := range interrupt.Each(c.stop, node.Dependencies) {
			if id.Type == database.TypeInstance {
				c.instances[id] = instance{node: node.Identifier.ID, primary: primary == "" || id.ID == primary}
			}
		}
	}
}

// instanceOf is what is known about a recorded instance.
func (c *counter) instanceOf(r *resource.Resource) instance {
	if known, ok := c.instances[r.Identifier]; ok {
		return known
	}
	// No recorded node has it: a new replica, or what is left of a node whose creation stopped.
	_, node := database.InstanceHome(c.stop, r)
	return instance{node: node, primary: !c.start.Has(database.NodeIdentifier(node))}
}

func (c *counter) phase(events []resource.Event) {
	c.phases++
	c.primaries = 0
	for i := range interrupt.Each(c.stop, events) {
		e := &events[i]
		c.count(e)
		switch e.Type {
		case resource.EventCreate:
			c.created(e.Resource)
		case resource.EventUpdate:
			c.touch(e.Resource)
		case resource.EventDelete:
			c.touch(e.Resource)
			c.deleted(e.Resource)
		case resource.EventForget: // it is gone already: only its record goes
			c.deleted(e.Resource)
		case resource.EventRefresh:
		}
	}
	c.cost.PrimariesAtOnce = max(c.cost.PrimariesAtOnce, c.primaries)
}

func (c *counter) count(e *resource.Event) {
	switch {
	case e.Type == resource.EventRefresh:
	case e.Type == resource.EventUpdate && e.Reason == resource.ReasonDependencyUpdated && len(e.Diff) == 0:
		c.cost.FollowOns++
	default:
		c.cost.Changes++
	}
}

// touch counts an event that updates or deletes an instance which is recorded and not gone.
func (c *counter) touch(r *resource.Resource) {
	if r.Identifier.Type != database.TypeInstance {
		return
	}
	record, ok := c.start.Get(r.Identifier)
	if !ok || record.NeedsRecreate {
		return
	}
	of := c.instanceOf(record)
	node := c.nodes[of.node]
	if node == nil {
		node = &touchedNode{Node: Node{Name: of.node}}
		c.nodes[of.node] = node
		c.touched = append(c.touched, node)
	}
	if !of.primary {
		node.Replicas++
		return
	}
	node.Primary++
	if node.phase != c.phases {
		node.phase = c.phases
		c.primaries++
	}
}

// finish puts the nodes and hazards in order.
func (c *counter) finish() *Cost {
	for _, node := range interrupt.Each(c.stop, c.touched) {
		c.cost.Nodes = append(c.cost.Nodes, node.Node)
	}
	interrupt.SortFunc(c.stop, c.cost.Nodes, func(a, b Node) int {
		return cmp.Or(cmp.Compare(b.Primary, a.Primary), cmp.Compare(b.Replicas, a.Replicas), cmp.Compare(a.Name, b.Name))
	})
	c.listHazards()
	return &c.cost
}
