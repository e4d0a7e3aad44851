package planner

import (
	"cmp"

	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// RestoreDatabase plans from start to a database in which the targets are restored from their backups and
// the nodes are as given: first the targets are taken down to what their primaries depend on, then they
// are restored, then come the replicas and the nodes, at last databases and replication. Asked again after
// it stopped anywhere, it restores the targets from the beginning. The nodes must be members: they exist
// and are not joining. Neither start nor the nodes are changed.
func RestoreDatabase(
	start *resource.State, nodes []*NodeResources, targets []*NodeRestoreResources,
) ([]resource.Plan, error) {
	outcome, err := RestoreDatabaseTo(nil, RestoreDatabaseOptions{}, start, nodes, targets)
	return outcome.Plans, err
}

// RestoreDatabaseTo is RestoreDatabase for those who want to know where the plans lead, and what they cost, too. With an
// error the outcome is empty. Told to stop, it ends with interrupt.ErrInterrupted.
func RestoreDatabaseTo(
	stop *interrupt.Poller, options RestoreDatabaseOptions,
	start *resource.State, nodes []*NodeResources, targets []*NodeRestoreResources,
) (Outcome, error) {
	complete := completed(stop, withoutPending(stop, start))
	outcome, err := restoreDatabase(stop, complete, nodes, targets)
	asRecorded(stop, outcome.Plans, start, complete)
	if err := cmp.Or(stop.Err(), err); err != nil {
		return Outcome{}, err
	}
	return outcome, nil
}

func restoreDatabase(
	stop *interrupt.Poller, start *resource.State, nodes []*NodeResources, targets []*NodeRestoreResources,
) (Outcome, error) {
	if len(targets) == 0 {
		return Outcome{}, &NoTargetsError{}
	}
	if err := disjoint(stop, nodes, targets); err != nil {
		return Outcome{}, err
	}
	kept, err := membersOnly(stop, start, nodes)
	if err != nil {
		return Outcome{}, err
	}
	base, err := EndStateUntil(stop, kept)
	if err != nil {
		return Outcome{}, err
	}
	lists := make([][]*resource.State, len(targets))
	restored := make([]*NodeResources, len(targets))
	for i, target := range interrupt.Each(stop, targets) {
		if lists[i], err = RestoreNodeUntil(stop, target); err != nil {
			return Outcome{}, err
		}
		restored[i] = target.ToNodeResources()
	}
	end := base.Clone()
	if err := extendEnd(stop, end, kept, restored); err != nil {
		return Outcome{}, err
	}
	var desired [][]*resource.State
	for _, between := range mergeByPosition(stop, lists) {
		desired = append(desired, []*resource.State{base, between})
	}
	desired = append(desired, []*resource.State{end})
	plans, err := resource.PlanMerged(stop, start, planOptions(resource.PlanOptions{}), desired...)
	return Outcome{Plans: plans, End: end}, err
}

// disjoint refuses a node that is given twice, as kept, as target, or as both.
func disjoint(stop *interrupt.Poller, nodes []*NodeResources, targets []*NodeRestoreResources) error {
	seen := make(map[string]bool, len(nodes)+len(targets))
	all := names(stop, nodes)
	for _, t := range interrupt.Each(stop, targets) {
		all = append(all, t.NodeName)
	}
	for _, name := range interrupt.Each(stop, all) {
		if seen[name] {
			return &DuplicateNodeError{Node: name}
		}
		seen[name] = true
	}
	return nil
}

// membersOnly returns the kept nodes as start knows them, and refuses one that is not a member: its replication
// would be enabled over rows that it does not have.
func membersOnly(stop *interrupt.Poller, start *resource.State, nodes []*NodeResources) ([]*NodeResources, error) {
	m, err := newMembership(stop, start, nodes)
	if err != nil {
		return nil, err
	}
	for _, n := range interrupt.Each(stop, m.all) {
		switch m.status[n.NodeName] {
		case member:
		case newcomer:
			return nil, &KeptNodeError{Node: n.NodeName, Problem: KeptNodeNew}
		case joining, populated:
			return nil, &KeptNodeError{Node: n.NodeName, Problem: KeptNodeJoining}
		}
	}
	return m.all, nil
}
