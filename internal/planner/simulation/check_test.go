package simulation

import (
	"fmt"
	"strings"

	"github.com/pgplanner/pgplanner/internal/resource"
)

// checkState compares the recorded state with the end state of the wish.
func (o *orchestrator) checkState() error {
	end := o.advisor.end(o.wish)
	if o.sum == end.sum {
		return nil
	}
	for _, want := range end.state.Resources() {
		got, ok := o.state.Get(want.Identifier)
		switch {
		case !ok:
			return fmt.Errorf("at the end, %v is not recorded", want.Identifier)
		case !o.sound(want.Identifier):
			return fmt.Errorf("at the end, %v is recorded as failed", want.Identifier)
		}
		diff, err := resource.DiffAttributes(nil, got, want)
		if err != nil {
			return err
		}
		if len(diff) > 0 {
			return fmt.Errorf("at the end, %v is recorded with other attributes: %v", want.Identifier, diff)
		}
	}
	if o.state.Len() == end.state.Len() {
		return nil
	}
	for _, got := range o.state.Resources() {
		if _, ok := end.state.Get(got.Identifier); !ok {
			return fmt.Errorf("at the end, %v is still recorded", got.Identifier)
		}
	}
	return nil
}

// checkWorld lets replication catch up, and compares the world with the wish: servers, replication, rows.
func (o *orchestrator) checkWorld() error {
	o.world.drainAll()
	for node := range o.world.servers {
		s := &o.world.servers[node]
		at := o.wish.find(node)
		if at < 0 {
			if s.holdsData() {
				return fmt.Errorf("node %s is not wanted, but has an instance", nodeName(node))
			}
			continue
		}
		if err := o.checkServer(o.wish.nodes[at]); err != nil {
			return fmt.Errorf("node %s %w", nodeName(node), err)
		}
		if err := o.checkRows(node); err != nil {
			return fmt.Errorf("node %s %w", nodeName(node), err)
		}
	}
	return nil
}

// checkServer checks that a node has its instances, and from and to each other node a subscription with its
// slot, and none besides.
func (o *orchestrator) checkServer(n wanted) error {
	s := &o.world.servers[n.node]
	for i, there := range s.instances {
		if there != (i < n.instances) {
			return fmt.Errorf("has instance %s: %t", instanceName(n.node, i), there)
		}
	}
	switch {
	case !s.roles:
		return fmt.Errorf("lacks the roles")
	case !s.exists:
		return fmt.Errorf("has no database")
	}
	for other := range o.world.servers {
		mesh := other != n.node && o.wish.has(other)
		sub := s.subscriptions[other]
		switch {
		case s.slots[other].exists != mesh:
			return fmt.Errorf("has a slot for %s: %t", nodeName(other), !mesh)
		case sub.exists != mesh:
			return fmt.Errorf("has a subscription to %s: %t", nodeName(other), !mesh)
		case mesh && !sub.enabled:
			return fmt.Errorf("has a subscription to %s that is disabled", nodeName(other))
		}
	}
	return nil
}

// checkRows checks that a node has every row exactly once, and every edit but those that could miss their row. Which
// rows a backup has, nobody knows here.
func (o *orchestrator) checkRows(node int) error {
	w, s := o.world, &o.world.servers[node]
	if w.restored != ([maxNodes]bool{}) {
		return nil
	}
	due := w.all().minus(w.givenUp[node])
	if lost := due.minus(s.commits()); lost != (rowset{}) {
		return &rowError{"has lost", w.byOrigin(lost)}
	}
	if s.doubled != (rowset{}) {
		return &rowError{"has doubled", w.byOrigin(s.doubled)}
	}
	if missed := w.certain(s.missed, due).and(due); missed != (rowset{}) {
		return &rowError{"has missed edits of", w.byOrigin(missed)}
	}
	return nil
}

// byOrigin names commits with the nodes on which they were written.
func (w *world) byOrigin(rows rowset) []string {
	var names []string
	for _, row := range rows.list() {
		for node, written := range w.committed {
			if written.has(row) {
				names = append(names, fmt.Sprintf("%d of %s", row, nodeName(node)))
			}
		}
	}
	return names
}

// rowError says that a node has lost or doubled rows.
type rowError struct {
	problem string
	rows    []string
}

func (e *rowError) Error() string { return fmt.Sprintf("%s rows %v", e.problem, e.rows) }

// kindOf is what an error says, without the rows, and whichever node it is about.
func kindOf(err error) string {
	kind, _, _ := strings.Cut(err.Error(), " rows [")
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return '#'
		}
		return r
	}, kind)
}
