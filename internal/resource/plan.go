package resource

import "github.com/pgplanner/pgplanner/internal/jsontext"

// EventType is what an event does to its resource.
type EventType uint8

// The event types. The zero value is invalid.
const (
	EventRefresh EventType = iota + 1 // look at the real thing and record what is found
	EventCreate
	EventUpdate
	EventDelete
	EventForget // remove the record, and execute nothing: the host is gone for good
)

// String is the domain's word for the event type.
func (t EventType) String() string {
	switch t {
	case EventRefresh:
		return "refresh"
	case EventCreate:
		return "create"
	case EventUpdate:
		return "update"
	case EventDelete:
		return "delete"
	case EventForget:
		return "forget"
	}
	return "invalid"
}

// Removes tells whether the resource has no record any more after such an event.
func (t EventType) Removes() bool { return t == EventDelete || t == EventForget }

// EventReason is why a plan holds an event: the first rule that matched.
type EventReason uint8

// The event reasons. The zero value is that of refresh events, which need none; every other event has one.
const (
	ReasonDoesNotExist        EventReason = iota + 1 // create: the resource is not there
	ReasonNeedsRecreate                              // create: the orchestrator said that it must be made again
	ReasonHasError                                   // update: the last attempt failed
	ReasonForceUpdate                                // update: the caller asked to update everything
	ReasonDependencyUpdated                          // update: something that it depends on has an event in this plan
	ReasonHasDiff                                    // update: its attributes differ
	ReasonNotDesired                                 // delete: it is not in the wanted state
	ReasonDependenciesChanged                        // update: its record names other dependencies, or another executor
	ReasonHostLost                                   // forget: its host is gone for good
)

// String is the domain's word for the reason; empty for the zero value.
func (r EventReason) String() string {
	switch r {
	case ReasonDoesNotExist:
		return "does_not_exist"
	case ReasonNeedsRecreate:
		return "needs_recreate"
	case ReasonHasError:
		return "has_error"
	case ReasonForceUpdate:
		return "force_update"
	case ReasonDependencyUpdated:
		return "dependency_updated"
	case ReasonHasDiff:
		return "has_diff"
	case ReasonNotDesired:
		return "not_desired"
	case ReasonDependenciesChanged:
		return "dependencies_changed"
	case ReasonHostLost:
		return "host_lost"
	}
	return ""
}

// Event is one thing to do to one resource.
type Event struct {
	Type EventType
	// Resource is as it should be; for a delete, a forget or a refresh, as it is.
	Resource *Resource
	Reason   EventReason
	// Diff leads from the current attributes to the wanted ones. It is there whenever they differ, whatever
	// the reason of the event.
	Diff []jsontext.Operation
	// CausedBy names the dependencies whose events caused a ReasonDependencyUpdated, in order; nil if there are none.
	CausedBy []Identifier
	// CausedByTypes names the type dependencies of which a resource's event caused it, in order, each once; nil if there
	// are none.
	CausedByTypes []Type
}

// Phase is a set of events that may run at the same time, in the order of their identifiers.
type Phase struct {
	Events []Event
}

// Plan is a list of phases that run one after the other. It has no empty phase.
type Plan struct {
	Phases []Phase
}

// PlanOptions changes how plans are made. The zero value is the default.
type PlanOptions struct {
	// RecordsLater tells of which types a change of dependencies, or of the executor, is no reason for an event: it is
	// recorded with the next event that the resource gets, or after it, if that came in an earlier step. Nil: of none.
	RecordsLater func(Type) bool
	// ForceUpdate updates every wanted resource in the last step, whether or not anything changed. See Steps.ForceEarly.
	ForceUpdate bool
}
