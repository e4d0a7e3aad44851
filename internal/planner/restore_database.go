package planner

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/pgplanner/pgplanner/internal/database"
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
	outcome, err := restoreDatabase(stop, options, complete, nodes, targets)
	asRecorded(stop, outcome.Plans, start, complete)
	if err := cmp.Or(stop.Err(), err); err != nil {
		return Outcome{}, err
	}
	return outcome, nil
}

func restoreDatabase(
	stop *interrupt.Poller, options RestoreDatabaseOptions, start *resource.State, nodes []*NodeResources, targets []*NodeRestoreResources,
) (Outcome, error) {
	if len(targets) == 0 {
		return Outcome{}, &NoTargetsError{}
	}
	if err := disjoint(stop, nodes, targets); err != nil {
		return Outcome{}, err
	}
	m, err := membersOnly(stop, options, start, nodes, targets)
	if err != nil {
		return Outcome{}, err
	}
	if err := m.refuseHalfFilled(); err != nil {
		return Outcome{}, err
	}
	unpositioned, err := m.findUnpositioned()
	if err != nil {
		return Outcome{}, err
	}
	plans, m, err := m.forgetLost()
	if err != nil {
		return Outcome{}, err
	}
	plans, m, err = m.delete(plans, m.joiningLeft(targets), nil)
	if err != nil {
		return Outcome{}, err
	}
	plans, m, err = m.delete(plans, unpositioned.outdated, nil)
	if err != nil {
		return Outcome{}, err
	}
	desired, err := m.restoreStates(targets, unpositioned.links)
	if err != nil {
		return Outcome{}, err
	}
	for _, parts := range desired {
		for _, part := range parts {
			if err := m.refuseOnLostHosts(part); err != nil {
				return Outcome{}, err
			}
		}
	}
	end := desired[len(desired)-1][0]
	moved, err := m.moved(end)
	if err != nil {
		return Outcome{}, err
	}
	if plans, m, err = m.delete(plans, moved, nil); err != nil {
		return Outcome{}, err
	}
	following, err := resource.PlanMerged(stop, m.start, planOptions(resource.PlanOptions{}), desired...)
	return Outcome{Plans: append(plans, following...), End: end, Hazards: m.movedHazards(moved)}, err
}

// joiningLeft are the instances of the joining nodes that are neither kept nor restored, and the slots for them. These go,
// with all that depends on them, before the roles source: without that, what is left would be taken for a member.
func (m *membership) joiningLeft(targets []*NodeRestoreResources) []resource.Identifier {
	restored := make(map[string]bool, len(targets))
	for _, t := range interrupt.Each(m.stop, targets) {
		restored[t.NodeName] = true
	}
	var gone []resource.Identifier
	joining := make(map[string]bool)
	for _, node := range interrupt.Each(m.stop, m.leaving()) {
		name := node.Identifier.ID
		if m.recorded(database.RolesSourceIdentifier(name)) && !restored[name] {
			joining[name] = true
			gone = append(gone, recordedInstances(m.stop, node)...)
			gone = append(gone, node.Identifier)
		}
	}
	for _, links := range linksOf(m.stop, m.start, joining) {
		if m.stop.Spend(len(links)) {
			break
		}
		gone = append(gone, links...)
	}
	return gone
}

// restoreStates are the states of the restore, each to be merged, the end state last. Before that, the links between
// kept nodes that are not at their position find it.
func (m *membership) restoreStates(
	targets []*NodeRestoreResources, unpositioned []database.Link,
) ([][]*resource.State, error) {
	base, err := EndStateUntil(m.stop, m.all)
	if err != nil {
		return nil, err
	}
	lists := make([][]*resource.State, len(targets))
	restored := make([]*NodeResources, len(targets))
	for i, target := range interrupt.Each(m.stop, targets) {
		if lists[i], err = RestoreNodeUntil(m.stop, target); err != nil {
			return nil, err
		}
		restored[i] = target.ToNodeResources() // which is checked
		restored[i].own = restored[i].makeOwn(m.stop)
		if err := m.refuseMovedInstances(restored[i]); err != nil {
			return nil, err
		}
	}
	end := base.Clone()
	if err := extendEnd(m.stop, end, m.all, restored); err != nil {
		return nil, err
	}
	find := resource.NewState()
	for _, link := range interrupt.Each(m.stop, unpositioned) {
		addStop(base, link)
		addFind(find, link)
	}
	var desired [][]*resource.State
	for i, between := range mergeByPosition(m.stop, lists) {
		parts := []*resource.State{base, between}
		if i > 0 {
			parts = append(parts, find)
		}
		desired = append(desired, parts)
	}
	return append(desired, []*resource.State{end}), nil
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

// membersOnly returns where the kept nodes stand, and refuses one that is not a member, or lacks rows: its replication
// would be enabled over rows that it does not have.
func membersOnly(
	stop *interrupt.Poller, options RestoreDatabaseOptions,
	start *resource.State, nodes []*NodeResources, targets []*NodeRestoreResources,
) (*membership, error) {
	restored := make(map[string]bool, len(targets))
	for _, t := range interrupt.Each(stop, targets) {
		restored[t.NodeName] = true
	}
	m, err := newMembership(stop, start, nodes, apart{exempt: restored, lostHosts: options.LostHosts})
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
	damage := m.findDamage(restored)
	if err := m.refuseNotMentioned(damage); err != nil {
		return nil, err
	}
	return m, damage.refuse(func(*NodeResources) bool { return false })
}

// refuseNotMentioned refuses to delete members that are neither kept nor restored. A joining node goes.
func (m *membership) refuseNotMentioned(d *damage) error {
	holding := slices.Collect(maps.Keys(d.holding))
	interrupt.SortFunc(m.stop, holding, strings.Compare)
	var left []string
	for _, name := range interrupt.Each(m.stop, holding) {
		mentioned := m.status[name] != 0 || d.exempt[name]
		if d.holding[name] && !mentioned && !m.recorded(database.RolesSourceIdentifier(name)) {
			left = append(left, name)
		}
	}
	if len(left) == 0 {
		return nil
	}
	return &NodeNotMentionedError{Nodes: left}
}
