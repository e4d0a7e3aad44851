package resource

import (
	"encoding/json"
	"slices"

	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/jsontext"
)

// ExecutorType says what kind of place an event must run at.
type ExecutorType uint8

// The executor types. The zero value is invalid.
const (
	ExecutorHost    ExecutorType = iota + 1 // the host whose id the executor holds
	ExecutorPrimary                         // the primary instance of the node whose name the executor holds
	ExecutorAny                             // any host
	ExecutorManager                         // a manager host
)

// String is the domain's word for the executor type.
func (t ExecutorType) String() string {
	switch t {
	case ExecutorHost:
		return "host"
	case ExecutorPrimary:
		return "primary"
	case ExecutorAny:
		return "any"
	case ExecutorManager:
		return "manager"
	}
	return "invalid"
}

// Executor is the place at which the events of a resource must run. ID is a host id for ExecutorHost, a
// node name for ExecutorPrimary, and empty otherwise.
type Executor struct {
	Type ExecutorType
	ID   string
}

// Moves tells whether what is at one host would be at another one.
func (e Executor) Moves(to Executor) bool {
	return e.Type == ExecutorHost && to.Type == ExecutorHost && e.ID != to.ID
}

// Resource is one thing that an orchestrator manages. The engine knows nothing about it beyond these
// fields, and looks into Attributes only to compare them.
//
// A resource is immutable once it has been added to a state, an event or a plan: states share resources,
// and whoever wants to change one makes a copy with Clone.
type Resource struct {
	Identifier Identifier
	Executor   Executor
	// Attributes is a JSON object: what the resource should look like. Empty means {}. Attributes hold
	// passwords: they never belong into an error, a log line or a metric.
	Attributes json.RawMessage
	// Dependencies must exist before this resource is created, and outlive it. They are a set: order and repetitions
	// mean nothing.
	Dependencies []Identifier
	// TypeDependencies makes the resource depend on every resource of these types in the same state. They are a set, too.
	TypeDependencies []Type
	// DiffIgnore holds JSON pointers (RFC 6901) into Attributes that comparison skips.
	DiffIgnore []string
	// ResourceVersion is the version of the schema of Attributes. Attributes of different versions are
	// never compared and count as equal.
	ResourceVersion string
	// NeedsRecreate is set by the orchestrator: creation failed, or the thing is gone. The record stays so
	// that a delete can clean up.
	NeedsRecreate bool
	// PendingDeletion is set while planning: the resource is not in the end state, so it is neither created
	// nor updated again, only deleted.
	PendingDeletion bool
	// Error is set by the orchestrator: the last create or update failed with this text.
	Error string
}

// Compare orders resources by their identifiers.
func (r *Resource) Compare(other *Resource) int { return r.Identifier.Compare(other.Identifier) }

// Clone returns a copy that shares no memory with r.
func (r *Resource) Clone() *Resource {
	c := *r
	c.Attributes = slices.Clone(r.Attributes)
	c.Dependencies = slices.Clone(r.Dependencies)
	c.TypeDependencies = slices.Clone(r.TypeDependencies)
	c.DiffIgnore = slices.Clone(r.DiffIgnore)
	return &c
}

// Wanted returns the resource as something to reach: without the marks NeedsRecreate, PendingDeletion and
// Error, which describe what is. It returns r itself where none is set.
func (r *Resource) Wanted() *Resource {
	if !r.NeedsRecreate && !r.PendingDeletion && r.Error == "" {
		return r
	}
	c := *r
	c.NeedsRecreate, c.PendingDeletion, c.Error = false, false, ""
	return &c
}

// DiffAttributes returns the JSON Patch that leads from the attributes of current to those of wanted, outside the
// places that wanted.DiffIgnore names: see jsontext.Diff. It is nil where the two have different resource versions,
// which are never compared. Attributes that are no JSON object are a *jsontext.Error; that it was stopped is
// interrupt.ErrInterrupted.
func DiffAttributes(stop *interrupt.Poller, current, wanted *Resource) ([]jsontext.Operation, error) {
	if current.ResourceVersion != wanted.ResourceVersion {
		return nil, nil
	}
	return jsontext.Diff(stop, current.Attributes, wanted.Attributes, wanted.DiffIgnore)
}

// SameAttributes tells whether DiffAttributes(stop, r, wanted) finds no difference, without making a patch.
func (r *Resource) SameAttributes(stop *interrupt.Poller, wanted *Resource) (bool, error) {
	if r.ResourceVersion != wanted.ResourceVersion {
		return true, nil
	}
	return jsontext.Same(stop, r.Attributes, wanted.Attributes, wanted.DiffIgnore)
}

// SameRecord tells whether r says the same as wanted of what it depends on, and of the place where its events run. That
// it would move from one host to another is no difference: what is on the first one does not go away by that.
func (r *Resource) SameRecord(stop *interrupt.Poller, wanted *Resource) bool {
	return r == wanted ||
		(r.Executor == wanted.Executor || r.Executor.Moves(wanted.Executor)) &&
			sameSet(stop, r.Dependencies, wanted.Dependencies) && sameSet(stop, r.TypeDependencies, wanted.TypeDependencies)
}

// sameSet tells whether both have the same elements, in any order and however often. Told to stop, it says anything.
func sameSet[E comparable](stop *interrupt.Poller, a, b []E) bool {
	if equal(stop, a, b) {
		return true
	}
	common := make(map[E]bool, len(a))
	for _, element := range interrupt.Each(stop, a) {
		common[element] = false
	}
	left := len(common)
	for _, element := range interrupt.Each(stop, b) {
		seen, ok := common[element]
		if !ok {
			return false
		}
		if !seen {
			common[element] = true
			left--
		}
	}
	return left == 0
}
