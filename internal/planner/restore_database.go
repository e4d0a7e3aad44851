package planner

import "github.com/pgplanner/pgplanner/internal/resource"

// RestoreDatabase plans from start to a database in which the targets are restored from their backups and
// the nodes are as given: first the targets are taken down to what their primaries depend on, then they
// are restored, then come the replicas and the nodes, at last databases and replication. Asked again after
// it stopped anywhere, it restores the targets from the beginning. The nodes must be members: they exist
// and are not joining. Neither start nor the nodes are changed.
func RestoreDatabase(
	start *resource.State, nodes []*NodeResources, targets []*NodeRestoreResources,
) ([]resource.Plan, error) {
	return RestoreDatabaseInterruptible(nil, start, nodes, targets)
}

// RestoreDatabaseInterruptible is RestoreDatabase, and stops with resource.ErrInterrupted when interrupt is
// closed.
func RestoreDatabaseInterruptible(
	interrupt <-chan struct{}, start *resource.State, nodes []*NodeResources, targets []*NodeRestoreResources,
) ([]resource.Plan, error) {
	if len(targets) == 0 {
		return nil, &NoTargetsError{}
	}
	if err := disjoint(nodes, targets); err != nil {
		return nil, err
	}
	kept, err := keptNodes(start, nodes)
	if err != nil {
		return nil, err
	}
	base, err := EndStateInterruptible(interrupt, kept)
	if err != nil {
		return nil, err
	}
	lists := make([][]*resource.State, len(targets))
	for i, target := range targets {
		if lists[i], err = RestoreNode(target); err != nil {
			return nil, err
		}
		kept = append(kept, target.ToNodeResources())
	}
	end, err := EndStateInterruptible(interrupt, kept)
	if err != nil {
		return nil, err
	}
	var wanted []*resource.State
	for _, state := range mergeByStep(lists) {
		step := base.Clone()
		step.Merge(state)
		wanted = append(wanted, step)
	}
	return resource.PlanAll(start, resource.PlanOptions{Interrupt: interrupt}, append(wanted, end)...)
}

// disjoint refuses a node that is given twice, as kept, as target, or as both.
func disjoint(nodes []*NodeResources, targets []*NodeRestoreResources) error {
	seen := make(map[string]bool, len(nodes)+len(targets))
	names := make([]string, 0, len(nodes)+len(targets))
	for _, n := range nodes {
		names = append(names, n.NodeName)
	}
	for _, t := range targets {
		names = append(names, t.NodeName)
	}
	for _, name := range names {
		if seen[name] {
			return &DuplicateNodeError{Node: name}
		}
		seen[name] = true
	}
	return nil
}

// keptNodes returns the nodes as start knows them, and refuses one that is not a member: its replication
// would be enabled over rows that it does not have.
func keptNodes(start *resource.State, nodes []*NodeResources) ([]*NodeResources, error) {
	r, err := newRoster(start, nodes)
	if err != nil {
		return nil, err
	}
	for _, n := range r.all {
		switch r.standings[n.NodeName] {
		case member:
		case newcomer:
			return nil, &KeptNodeError{Node: n.NodeName, Problem: KeptNodeNew}
		case joining, populated:
			return nil, &KeptNodeError{Node: n.NodeName, Problem: KeptNodeJoining}
		}
	}
	return r.all, nil
}
