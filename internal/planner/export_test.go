package planner

import (
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// PlanDrain is drain, with the state after it, and whether the provider of the first link is taken for drained.
func PlanDrain(
	stop *interrupt.Poller, start *resource.State, nodes []*NodeResources, links []database.Link,
) (plans []resource.Plan, after *resource.State, drained bool, err error) {
	m, err := newMembership(stop, start, nodes, apart{})
	if err != nil {
		return nil, nil, false, err
	}
	if plans, m, err = m.drain(nil, links); err != nil {
		return nil, nil, false, err
	}
	node, _ := m.start.Get(database.NodeIdentifier(links[0].Provider))
	return plans, m.start, !m.isWatched(node), nil
}
