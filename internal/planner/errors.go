package planner

import "fmt"

// NoInstancesError says that a node has no instance.
type NoInstancesError struct{ Node string }

func (e *NoInstancesError) Error() string { return fmt.Sprintf("node %s has no instance", e.Node) }

// PrimaryNotFoundError says that the primary of a node is not among its wanted instances.
type PrimaryNotFoundError struct {
	Node              string
	PrimaryInstanceID string
}

func (e *PrimaryNotFoundError) Error() string {
	return fmt.Sprintf("instance %s is the primary of node %s, but not among its wanted instances: "+
		"keep it, or make another instance the primary first", e.PrimaryInstanceID, e.Node)
}

// SourceProblem says what is wrong with the source of a new node.
type SourceProblem string

// The problems of a source.
const (
	SourceUnknown SourceProblem = "is not among the wanted nodes"
	SourceIsNew   SourceProblem = "does not exist yet"
	SourceIsSelf  SourceProblem = "is the node itself"
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
	return fmt.Sprintf("unknown node update strategy %q: use %q or %q", string(e.Strategy), NodeUpdateRolling, NodeUpdateConcurrent)
}
