package impact

import (
	"fmt"
	"strings"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// MaxHazards is how many hazards a cost lists.
const MaxHazards = 100

// The kinds of hazards that plans show. The planner knows others.
const (
	NodeRemoved     planner.HazardKind = "node_removed"     // the node leaves the database
	DatabaseDeleted planner.HazardKind = "database_deleted" // the database of the node is deleted
	InstanceDeleted planner.HazardKind = "instance_deleted" // the instance is deleted
)

// Severities are all kinds of hazards, the worst first.
func Severities() []planner.HazardKind {
	return []planner.HazardKind{
		planner.HazardRowsGivenUp, DatabaseDeleted, planner.HazardMemberRepopulated, NodeRemoved, InstanceDeleted,
		planner.HazardResourceMoved,
	}
}

// hazardsOfKind are hazards of one kind.
type hazardsOfKind struct {
	first []planner.Hazard // MaxHazards at most
	count int
}

func (c *counter) hazard(h planner.Hazard) {
	if h.Kind == planner.HazardResourceMoved { // which the planner may know as well
		if c.moved[h.Resource] {
			return
		}
		c.moved[h.Resource] = true
	}
	of := c.found[h.Kind]
	if of == nil {
		of = &hazardsOfKind{}
		c.found[h.Kind] = of
	}
	of.count++
	if len(of.first) < MaxHazards {
		of.first = append(of.first, h)
	}
}

// deleted notes what is lost with a resource that is deleted. What the plans have made themselves is none.
func (c *counter) deleted(r *resource.Resource) {
	id := r.Identifier
	record, ok := c.start.Get(id)
	if !ok {
		return
	}
	if record.Executor.Type == resource.ExecutorHost {
		c.hosts[id] = record.Executor.ID
	}
	switch id.Type {
	case database.TypeNode:
		if _, twice := c.removed[id.ID]; !twice {
			c.leavers = append(c.leavers, id.ID)
		}
		c.removed[id.ID] = true
	case database.TypePostgresDatabase:
		node, _, _ := strings.Cut(id.ID, ":") // the id is that of the node and the name of the database
		c.hazard(planner.Hazard{Kind: DatabaseDeleted, Node: node, Resource: id})
	case database.TypeInstance:
		c.hazard(planner.Hazard{Kind: InstanceDeleted, Node: c.instanceOf(record).node, Resource: id})
	}
}

// created notes that a node comes back, or that what was deleted on one host is made on another.
func (c *counter) created(r *resource.Resource) {
	id := r.Identifier
	if id.Type == database.TypeNode && c.removed[id.ID] {
		c.removed[id.ID] = false
	}
	if host, ok := c.hosts[id]; ok && r.Executor.Type == resource.ExecutorHost && r.Executor.ID != host {
		c.hazard(planner.Hazard{Kind: planner.HazardResourceMoved, Resource: id})
	}
}

// listHazards lists the worst hazards, and counts all.
func (c *counter) listHazards() {
	for _, node := range interrupt.Each(c.stop, c.leavers) {
		if c.removed[node] {
			c.hazard(planner.Hazard{Kind: NodeRemoved, Node: node, Resource: database.NodeIdentifier(node)})
		}
	}
	for _, kind := range Severities() {
		of := c.found[kind]
		if of == nil {
			continue
		}
		c.cost.Counts = append(c.cost.Counts, Count{Kind: kind, Count: of.count})
		listed := min(len(of.first), MaxHazards-len(c.cost.Hazards))
		c.cost.Hazards = append(c.cost.Hazards, of.first[:listed]...)
	}
}

// Sentence says what happens, for a person.
func Sentence(h planner.Hazard) string {
	switch h.Kind {
	case NodeRemoved:
		return fmt.Sprintf("Node %s leaves the database.", shorten(h.Node))
	case DatabaseDeleted:
		return fmt.Sprintf("The database of node %s is deleted, with all of its rows there.", shorten(h.Node))
	case InstanceDeleted:
		return fmt.Sprintf("Instance %s is deleted, with all that only it holds.", shorten(h.Resource.ID))
	case planner.HazardRowsGivenUp:
		return fmt.Sprintf("Node %s may lack rows from now on, and nothing will bring them.", shorten(h.Node))
	case planner.HazardMemberRepopulated:
		return fmt.Sprintf("Node %s loses its data, and is populated again.", shorten(h.Node))
	case planner.HazardResourceMoved:
		return fmt.Sprintf("%s moves to another host: it is deleted on the old one and created on the new one.",
			shorten(h.Resource.String()))
	}
	return ""
}

// shorten makes a name short enough for a sentence.
func shorten(name string) string {
	const longest = 128
	for i := range name {
		if i > longest {
			return name[:i] + "..."
		}
	}
	return name
}
