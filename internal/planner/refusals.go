package planner

import (
	"bytes"
	"strings"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// This file refuses what cannot be meant: wishes that would lose data which they do not clearly give up.

// refuseOldLayout refuses a state of an older layout: what there is has other names there, so that all would be made
// beside it.
func refuseOldLayout(stop *interrupt.Poller, start *resource.State) error {
	var found *StateTooOldError // about the smallest identifier
	hasDatabase := start.HasType(database.TypePostgresDatabase)
	for r := range start.All(stop) {
		if r.Identifier.Type != database.TypeSubscription || found != nil && found.Resource.Compare(r.Identifier) < 0 {
			continue
		}
		if _, ok := database.LinkOf(r.Identifier); !ok {
			found = &StateTooOldError{Resource: r.Identifier, Problem: OldLayoutID}
		} else if !hasDatabase {
			found = &StateTooOldError{Resource: r.Identifier, Problem: OldLayoutWithoutDatabase}
		}
	}
	if found != nil {
		return found
	}
	return stop.Err()
}

// refuseChangedDatabases refuses nodes that are wanted with another database than the one that they have: an empty one
// would be made beside it, and it would be deleted. One that was never made has no data.
func (m *membership) refuseChangedDatabases() error {
	recorded := make(map[string]*resource.Resource) // by node, the first one
	for r := range m.start.All(m.stop) {
		node, ok := database.PostgresDatabaseNode(r.Identifier)
		if ok && !r.NeedsRecreate && (recorded[node] == nil || r.Compare(recorded[node]) < 0) {
			recorded[node] = r
		}
	}
	for _, n := range interrupt.Each(m.stop, m.all) {
		if err := m.refuseChangedDatabase(n, recorded[n.NodeName]); err != nil {
			return err
		}
	}
	return m.stop.Err()
}

func (m *membership) refuseChangedDatabase(n *NodeResources, recorded *resource.Resource) error {
	if wanted, ok := m.start.Get(n.databaseIdentifier()); ok {
		if id := database.PostgresDatabaseID(m.stop, wanted); id != "" && id != n.databaseID() {
			return &DatabaseChangedError{Node: n.NodeName, Field: "database_id", Recorded: wanted.Identifier}
		}
	}
	if recorded == nil || m.exists(n.databaseIdentifier()) {
		return nil
	}
	return &DatabaseChangedError{Node: n.NodeName, Field: "database_name", Recorded: recorded.Identifier}
}

// refuseMovedInstances refuses instances that are on another host, or of another node, than they are wanted. One that
// was never made, is gone, or was on a lost host leaves nothing behind.
func (m *membership) refuseMovedInstances(n *NodeResources) error {
	for at, i := range interrupt.Each(m.stop, n.InstanceResources) {
		recorded, ok := m.start.Get(database.InstanceIdentifier(i.id()))
		if !ok || recorded.NeedsRecreate || m.isLost(recorded) || n.own != nil && isAtHome(recorded, n.own.instances[at]) {
			continue
		}
		host, node := database.InstanceHome(m.stop, recorded) // what is not told is not compared
		moved := &InstanceMovedError{Resource: recorded.Identifier}
		switch {
		case host != "" && host != i.Instance.Spec.HostID:
			moved.Field = "host_id"
			return moved
		case node != "" && node != n.NodeName:
			moved.Field = "node_name"
			return moved
		case recorded.Executor.Type == resource.ExecutorHost && recorded.Executor.ID != i.Instance.Spec.HostID:
			moved.Field = "executor"
			return moved
		}
	}
	return nil
}

// isAtHome tells whether an instance is recorded just as it is wanted, so that what it is needs not be read.
func isAtHome(recorded, wanted *resource.Resource) bool {
	return recorded.Executor == wanted.Executor && bytes.Equal(recorded.Attributes, wanted.Attributes)
}

// refuseAbandoned refuses nodes none of which continues the data that members have: none is kept, and none is made
// from a backup. A source is kept, too.
func (m *membership) refuseAbandoned() error {
	for _, n := range interrupt.Each(m.stop, m.all) {
		there := m.exists(n.databaseIdentifier())
		if there && m.status[n.NodeName] == member || !there && n.RestoreConfig != nil {
			return nil
		}
	}
	abandoned := m.withData()
	if len(m.all) == 0 || len(abandoned) == 0 {
		return nil
	}
	return &DataAbandonedError{Nodes: abandoned}
}

// withData are the recorded nodes that hold data and are not joining, in order: they have a database, or they are
// not wanted, and their roles have been read for one that was to copy them, whatever became of the record of the database.
func (m *membership) withData() []string {
	lost, copied := make(map[string]bool), make(map[string]bool)
	for r := range m.start.All(m.stop) {
		if node, ok := database.PostgresDatabaseNode(r.Identifier); ok && r.NeedsRecreate {
			lost[node] = true
		} else if ok {
			copied[node] = true
		} else if r.Identifier.Type == database.TypeDumpRoles && m.status[r.Identifier.ID] == 0 {
			copied[r.Identifier.ID] = true
		}
	}
	var names []string
	for node := range copied {
		if m.stop.Stopped() {
			break
		}
		if !lost[node] && !m.recorded(database.RolesSourceIdentifier(node)) {
			names = append(names, node)
		}
	}
	interrupt.SortFunc(m.stop, names, strings.Compare)
	return names
}

// backups returns what new nodes from a backup will lack beside members, and refuses those that may not lack any rows.
func (m *membership) backups() ([]Hazard, error) {
	beside := ""
	for _, n := range interrupt.Each(m.stop, m.members) {
		if m.exists(n.databaseIdentifier()) {
			beside = n.NodeName
			break
		}
	}
	var hazards []Hazard
	for _, n := range interrupt.Each(m.stop, m.with(newcomer)) {
		switch {
		case n.RestoreConfig == nil || beside == "":
		case !n.AllowMissingRows:
			return nil, &BackupBesideMembersError{Node: n.NodeName, Member: beside}
		default:
			hazards = append(hazards, Hazard{Kind: HazardRowsGivenUp, Node: n.NodeName, Resource: n.databaseIdentifier()})
		}
	}
	return hazards, nil
}
