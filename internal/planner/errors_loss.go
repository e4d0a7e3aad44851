package planner

import (
	"fmt"
	"strings"

	"github.com/pgplanner/pgplanner/internal/resource"
)

// This file has the refusals of what would lose data that the request does not clearly give up.

// IncompleteMember is a member that lacks rows which nothing will bring.
type IncompleteMember struct {
	Node string
	// Providers are the nodes whose rows it lacks. None: it lacks everything.
	Providers []string
	// Records are the resources of the state that say so.
	Records []resource.Identifier
}

// MemberIncompleteError says that the wanted nodes have members that lack rows which nothing will bring.
type MemberIncompleteError struct {
	Members []IncompleteMember
	// WithoutSource says that they are to rejoin, and there is no member that lacks nothing.
	WithoutSource bool
}

func (e *MemberIncompleteError) Error() string {
	first := e.Members[0]
	lack := "all rows"
	if len(first.Providers) > 0 {
		lack = "rows of node " + few(first.Providers)
	}
	records := make([]string, len(first.Records))
	for i, id := range first.Records {
		records[i] = id.String()
	}
	more := ""
	if n := len(e.Members) - 1; n > 0 {
		more = fmt.Sprintf(", and so do %d more nodes", n)
	}
	if e.WithoutSource {
		return fmt.Sprintf("node %s lacks %s (%s)%s, and cannot rejoin, since no other member lacks nothing: set the recovery of "+
			"a member that it can copy to NODE_RECOVERY_CONTINUE", first.Node, lack, few(records), more)
	}
	return fmt.Sprintf("node %s lacks %s (%s)%s: set its recovery to NODE_RECOVERY_REJOIN to populate it again with nothing "+
		"lost, or to NODE_RECOVERY_CONTINUE to go on without the rows that are missing; or remove it and then add it again, or "+
		"restore it from a backup with RestoreDatabase", first.Node, lack, few(records), more)
}

// RejoinUndrainableError says that a node cannot rejoin without giving up what the others have not received from it.
type RejoinUndrainableError struct {
	Node string
	// Lost is what it would take: the slot of a link, its database, or its primary.
	Lost resource.Identifier
}

func (e *RejoinUndrainableError) Error() string {
	return fmt.Sprintf("node %s cannot be drained before it rejoins, since %s is lost: set its recovery to "+
		"NODE_RECOVERY_REJOIN_UNDRAINED to give up what the others have not received from it", e.Node, e.Lost)
}

// RejoinAndRemovalError says that a node is to be removed while another one rejoins.
type RejoinAndRemovalError struct{ Rejoining, Leaving string }

func (e *RejoinAndRemovalError) Error() string {
	if e.Rejoining == e.Leaving {
		return fmt.Sprintf("node %s has begun to rejoin, and others may lack what it has written: let it finish that, and "+
			"then remove it", e.Leaving)
	}
	return fmt.Sprintf("node %s cannot be removed while node %s rejoins: keep it until that is finished, and then remove it",
		e.Leaving, e.Rejoining)
}

// few names the first of a list, and counts the others: the ways out come after it, and texts are cut where they are long.
func few(names []string) string {
	const named = 3
	if more := len(names) - named; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:named], ", "), more)
	}
	return strings.Join(names, ", ")
}

// DataAbandonedError says that nothing of what is wanted continues the data that is there.
type DataAbandonedError struct {
	Nodes []string // the members that hold the data
}

func (e *DataAbandonedError) Error() string {
	return fmt.Sprintf("the data of node %s would be lost, since no wanted node continues it: keep one of these nodes, "+
		"add the new nodes beside one of them first, give a new node a restore_config, or delete the database first, "+
		"without nodes and with options.delete_database", few(e.Nodes))
}

// DatabaseChangedError says that a node is wanted with another database than the one that it has.
type DatabaseChangedError struct {
	Node string
	// Field is "database_name" or "database_id".
	Field string
	// Recorded is the resource of the state that has the other value.
	Recorded resource.Identifier
}

func (e *DatabaseChangedError) Error() string {
	return fmt.Sprintf("the %s of node %s differs from what %s has: give the recorded one; to begin with an empty "+
		"database instead, delete this one first", e.Field, e.Node, e.Recorded)
}

// InstanceMovedError says that an instance, or something that an instance or a database needs, is wanted elsewhere than
// where it is.
type InstanceMovedError struct {
	// Resource is what moves.
	Resource resource.Identifier
	// Field is "host_id" or "node_name" of an instance, and "executor" of anything else.
	Field string
	// NeededBy is what needs the resource; the zero value if that is an instance itself.
	NeededBy resource.Identifier
}

func (e *InstanceMovedError) Error() string {
	if e.NeededBy == (resource.Identifier{}) {
		return fmt.Sprintf("the %s of %s differs from what is recorded, and what the instance has there would be left behind: "+
			"give the recorded one, or give the instance in the new place, and what it needs, ids of their own",
			e.Field, e.Resource)
	}
	return fmt.Sprintf("the %s of %s differs from what is recorded, and %s needs what is there: give the recorded one, or "+
		"give the instance in the new place, and what it needs, ids of their own", e.Field, e.Resource, e.NeededBy)
}

// NodeNotMentionedError says that RestoreDatabase is not told what becomes of members.
type NodeNotMentionedError struct{ Nodes []string }

func (e *NodeNotMentionedError) Error() string {
	return fmt.Sprintf("node %s holds data, and is neither kept nor restored: name each in nodes or in targets, or "+
		"remove it with UpdateDatabase first", few(e.Nodes))
}

// BackupBesideMembersError says that a new node would start from a backup beside members, and lack what they have
// written since.
type BackupBesideMembersError struct {
	Node   string
	Member string
}

func (e *BackupBesideMembersError) Error() string {
	return fmt.Sprintf("node %s would start from a backup, and lack what was written since on node %s and others: leave "+
		"out its restore config, so that it copies a member, or set allow_missing_rows on it", e.Node, e.Member)
}

// PrimaryUnknownError says that the state does not tell which instance of a node is its primary.
type PrimaryUnknownError struct{ Node string }

func (e *PrimaryUnknownError) Error() string {
	return fmt.Sprintf("the state does not tell which instance is the primary of node %s: refresh it, and ask with what "+
		"that finds", e.Node)
}

// StateTooOldError says that a state has a layout that is not understood any more.
type StateTooOldError struct {
	Resource resource.Identifier
	Problem  OldLayout
}

// OldLayout is what tells that a state is too old.
type OldLayout string

// The old layouts.
const (
	OldLayoutID              OldLayout = "its id does not separate names by colons"
	OldLayoutWithoutDatabase OldLayout = "the database that it needs is not recorded"
)

func (e *StateTooOldError) Error() string {
	return fmt.Sprintf("the state has the layout of an older version: of %s, %s: convert the state as docs/migrating.md "+
		"says", e.Resource, e.Problem)
}
