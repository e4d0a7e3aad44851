package planner

import (
	"fmt"

	"github.com/pgplanner/pgplanner/internal/resource"
)

// NoInstancesError says that a node has no instance.
type NoInstancesError struct{ Node string }

func (e *NoInstancesError) Error() string { return fmt.Sprintf("node %s has no instance", e.Node) }

// PrimaryNotFoundError says that the primary of a node is not among its wanted instances.
type PrimaryNotFoundError struct {
	Node              string
	PrimaryInstanceID string
}

func (e *PrimaryNotFoundError) Error() string {
	if e.PrimaryInstanceID == "" {
		return fmt.Sprintf("the primary of node %s is not known: name it", e.Node)
	}
	return fmt.Sprintf("instance %s is the primary of node %s, but not among its wanted instances: "+
		"keep it, or make another instance the primary first", e.PrimaryInstanceID, e.Node)
}

// SourceProblem says what is wrong with the source of a new node.
type SourceProblem string

// The problems of a source.
const (
	SourceUnknown   SourceProblem = "is not among the wanted nodes"
	SourceIsNew     SourceProblem = "does not exist yet"
	SourceIsSelf    SourceProblem = "is the node itself"
	SourceIsJoining SourceProblem = "is still joining"
	SourceIsDamaged SourceProblem = "lacks rows itself"
)

// SourceNodeError says that a new node cannot copy its data from the source that it names.
type SourceNodeError struct {
	Node    string
	Source  string
	Problem SourceProblem
}

func (e *SourceNodeError) Error() string {
	return fmt.Sprintf("source node %s of node %s %s: name a node that exists and stays", e.Source, e.Node, e.Problem)
}

// SourceAndRestoreError says that a node has both a source node and a restore config.
type SourceAndRestoreError struct{ Node string }

func (e *SourceAndRestoreError) Error() string {
	return fmt.Sprintf("node %s has both a source node and a restore config: leave one out", e.Node)
}

// DuplicateNodeError says that a node is given twice, or, in RestoreDatabase, both kept and restored.
type DuplicateNodeError struct{ Node string }

func (e *DuplicateNodeError) Error() string {
	return fmt.Sprintf("node %s is given more than once: a node is wanted once, and either kept or restored", e.Node)
}

// NoTargetsError says that RestoreDatabase was asked to restore nothing.
type NoTargetsError struct{}

func (e *NoTargetsError) Error() string { return "no node to restore is given" }

// UnknownStrategyError says that a node update strategy is not one of those that exist.
type UnknownStrategyError struct{ Strategy NodeUpdateStrategy }

func (e *UnknownStrategyError) Error() string {
	return fmt.Sprintf("unknown node update strategy %q: use %q or %q",
		string(e.Strategy), NodeUpdateStrategyRolling, NodeUpdateStrategyConcurrent)
}

// JoiningSourceProblem says why a node cannot go on joining.
type JoiningSourceProblem string

// The problems of the source of a joining node.
const (
	JoiningSourceChanged JoiningSourceProblem = "the request wants its data from elsewhere"
	JoiningSourceGone    JoiningSourceProblem = "that node is not wanted any more, or holds no data itself"
)

// JoiningSourceError says that a node which is still being populated cannot be finished as asked, since
// that takes the source with which it started.
type JoiningSourceError struct {
	Node    string
	Source  string
	Problem JoiningSourceProblem
}

func (e *JoiningSourceError) Error() string {
	return fmt.Sprintf("node %s is still joining from source node %s, but %s: finish with that source first, "+
		"or remove node %s and add it again", e.Node, e.Source, e.Problem, e.Node)
}

// NodeLostError says that no instance of a node is left that holds its data.
type NodeLostError struct{ Node string }

func (e *NodeLostError) Error() string {
	return fmt.Sprintf("node %s holds no data: all its instances are gone or need recreation: "+
		"restore it from a backup with RestoreDatabase, or remove it and then add it again", e.Node)
}

// PrimaryLostError says that the recorded primary of a node is on a lost host, and other instances of the node are not.
type PrimaryLostError struct {
	Node       string
	InstanceID string // the primary
}

func (e *PrimaryLostError) Error() string {
	return fmt.Sprintf("the primary of node %s is recorded as instance %s, which is on a lost host, and the node has other "+
		"instances: let one of these take its place, record that with a refresh, and ask again", e.Node, e.InstanceID)
}

// HostLostError says that something is wanted on a lost host.
type HostLostError struct {
	Resource resource.Identifier
	Host     string
}

func (e *HostLostError) Error() string {
	return fmt.Sprintf("%s is wanted on host %s, which is named as lost: leave it out, or want it on another host",
		e.Resource, e.Host)
}

// NodePartlyRemovedError says that a node is wanted whose removal has begun and has not been finished.
type NodePartlyRemovedError struct {
	Node string
	// Unfilled says that the node was still joining, and that its roles source is gone.
	Unfilled bool
}

func (e *NodePartlyRemovedError) Error() string {
	if e.Unfilled {
		return fmt.Sprintf("node %s was still joining when the record that says so went, and it may miss rows: "+
			"remove it, then add it again", e.Node)
	}
	return fmt.Sprintf("the removal of node %s has begun, and it may miss rows by now: "+
		"finish removing it, then add it again", e.Node)
}

// KeptNodeProblem says why a node cannot be kept beside those that are restored.
type KeptNodeProblem string

// The problems of a kept node.
const (
	KeptNodeNew     KeptNodeProblem = "does not exist, or holds no data: add it with UpdateDatabase afterwards"
	KeptNodeJoining KeptNodeProblem = "is still joining: finish that with UpdateDatabase first, or leave it out to remove it"
)

// KeptNodeError says that RestoreDatabase cannot keep a node.
type KeptNodeError struct {
	Node    string
	Problem KeptNodeProblem
}

func (e *KeptNodeError) Error() string { return fmt.Sprintf("node %s %s", e.Node, e.Problem) }

// EmptyBesideRestoredError says that a new database would start from a backup on one node and empty on
// another, which would never get the rows of the backup.
type EmptyBesideRestoredError struct {
	Node     string
	Restored string
}

func (e *EmptyBesideRestoredError) Error() string {
	return fmt.Sprintf("node %s would start empty beside node %s, which starts from a backup: give both a restore "+
		"config, or add node %s once node %s exists", e.Node, e.Restored, e.Node, e.Restored)
}
