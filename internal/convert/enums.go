package convert

import (
	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/verify"
)

// Each closed set of the domain and its enum are converted by a pair of functions. From the wire, false
// means that the number is unknown, or unspecified where that has no meaning; to the wire, the domain's
// invalid zero value becomes the unspecified one.

// ExecutorTypeFromProto converts an executor type.
func ExecutorTypeFromProto(t plannerv1.ExecutorType) (resource.ExecutorType, bool) {
	switch t {
	case plannerv1.ExecutorType_EXECUTOR_TYPE_HOST:
		return resource.ExecutorHost, true
	case plannerv1.ExecutorType_EXECUTOR_TYPE_PRIMARY:
		return resource.ExecutorPrimary, true
	case plannerv1.ExecutorType_EXECUTOR_TYPE_ANY:
		return resource.ExecutorAny, true
	case plannerv1.ExecutorType_EXECUTOR_TYPE_MANAGER:
		return resource.ExecutorManager, true
	case plannerv1.ExecutorType_EXECUTOR_TYPE_UNSPECIFIED:
	}
	return 0, false
}

// ExecutorTypeToProto converts an executor type.
func ExecutorTypeToProto(t resource.ExecutorType) plannerv1.ExecutorType {
	switch t {
	case resource.ExecutorHost:
		return plannerv1.ExecutorType_EXECUTOR_TYPE_HOST
	case resource.ExecutorPrimary:
		return plannerv1.ExecutorType_EXECUTOR_TYPE_PRIMARY
	case resource.ExecutorAny:
		return plannerv1.ExecutorType_EXECUTOR_TYPE_ANY
	case resource.ExecutorManager:
		return plannerv1.ExecutorType_EXECUTOR_TYPE_MANAGER
	}
	return plannerv1.ExecutorType_EXECUTOR_TYPE_UNSPECIFIED
}

// EventTypeFromProto converts an event type.
func EventTypeFromProto(t plannerv1.EventType) (resource.EventType, bool) {
	switch t {
	case plannerv1.EventType_EVENT_TYPE_REFRESH:
		return resource.EventRefresh, true
	case plannerv1.EventType_EVENT_TYPE_CREATE:
		return resource.EventCreate, true
	case plannerv1.EventType_EVENT_TYPE_UPDATE:
		return resource.EventUpdate, true
	case plannerv1.EventType_EVENT_TYPE_DELETE:
		return resource.EventDelete, true
	case plannerv1.EventType_EVENT_TYPE_UNSPECIFIED:
	}
	return 0, false
}

// EventTypeToProto converts an event type.
func EventTypeToProto(t resource.EventType) plannerv1.EventType {
	switch t {
	case resource.EventRefresh:
		return plannerv1.EventType_EVENT_TYPE_REFRESH
	case resource.EventCreate:
		return plannerv1.EventType_EVENT_TYPE_CREATE
	case resource.EventUpdate:
		return plannerv1.EventType_EVENT_TYPE_UPDATE
	case resource.EventDelete:
		return plannerv1.EventType_EVENT_TYPE_DELETE
	}
	return plannerv1.EventType_EVENT_TYPE_UNSPECIFIED
}

// EventReasonFromProto takes the unspecified reason for that of a refresh, which has none.
func EventReasonFromProto(r plannerv1.EventReason) (resource.EventReason, bool) {
	switch r {
	case plannerv1.EventReason_EVENT_REASON_UNSPECIFIED:
		return 0, true
	case plannerv1.EventReason_EVENT_REASON_DOES_NOT_EXIST:
		return resource.ReasonDoesNotExist, true
	case plannerv1.EventReason_EVENT_REASON_NEEDS_RECREATE:
		return resource.ReasonNeedsRecreate, true
	case plannerv1.EventReason_EVENT_REASON_HAS_ERROR:
		return resource.ReasonHasError, true
	case plannerv1.EventReason_EVENT_REASON_FORCE_UPDATE:
		return resource.ReasonForceUpdate, true
	case plannerv1.EventReason_EVENT_REASON_DEPENDENCY_UPDATED:
		return resource.ReasonDependencyUpdated, true
	case plannerv1.EventReason_EVENT_REASON_HAS_DIFF:
		return resource.ReasonHasDiff, true
	case plannerv1.EventReason_EVENT_REASON_NOT_DESIRED:
		return resource.ReasonNotDesired, true
	}
	return 0, false
}

// EventReasonToProto converts the reason of an event.
func EventReasonToProto(r resource.EventReason) plannerv1.EventReason {
	switch r {
	case resource.ReasonDoesNotExist:
		return plannerv1.EventReason_EVENT_REASON_DOES_NOT_EXIST
	case resource.ReasonNeedsRecreate:
		return plannerv1.EventReason_EVENT_REASON_NEEDS_RECREATE
	case resource.ReasonHasError:
		return plannerv1.EventReason_EVENT_REASON_HAS_ERROR
	case resource.ReasonForceUpdate:
		return plannerv1.EventReason_EVENT_REASON_FORCE_UPDATE
	case resource.ReasonDependencyUpdated:
		return plannerv1.EventReason_EVENT_REASON_DEPENDENCY_UPDATED
	case resource.ReasonHasDiff:
		return plannerv1.EventReason_EVENT_REASON_HAS_DIFF
	case resource.ReasonNotDesired:
		return plannerv1.EventReason_EVENT_REASON_NOT_DESIRED
	}
	return plannerv1.EventReason_EVENT_REASON_UNSPECIFIED
}

// NodeUpdateStrategyFromProto resolves the default.
func NodeUpdateStrategyFromProto(s plannerv1.NodeUpdateStrategy) (planner.NodeUpdateStrategy, bool) {
	switch s {
	case plannerv1.NodeUpdateStrategy_NODE_UPDATE_STRATEGY_UNSPECIFIED,
		plannerv1.NodeUpdateStrategy_NODE_UPDATE_STRATEGY_ROLLING:
		return planner.NodeUpdateStrategyRolling, true
	case plannerv1.NodeUpdateStrategy_NODE_UPDATE_STRATEGY_CONCURRENT:
		return planner.NodeUpdateStrategyConcurrent, true
	}
	return "", false
}

// NodeUpdateStrategyToProto resolves the default, as its counterpart does.
func NodeUpdateStrategyToProto(s planner.NodeUpdateStrategy) plannerv1.NodeUpdateStrategy {
	switch s {
	case "", planner.NodeUpdateStrategyRolling:
		return plannerv1.NodeUpdateStrategy_NODE_UPDATE_STRATEGY_ROLLING
	case planner.NodeUpdateStrategyConcurrent:
		return plannerv1.NodeUpdateStrategy_NODE_UPDATE_STRATEGY_CONCURRENT
	}
	return plannerv1.NodeUpdateStrategy_NODE_UPDATE_STRATEGY_UNSPECIFIED
}

// PlanRulesFromProto resolves the default.
func PlanRulesFromProto(in plannerv1.PlanRules) (verify.Operation, bool) {
	switch in {
	case plannerv1.PlanRules_PLAN_RULES_UNSPECIFIED, plannerv1.PlanRules_PLAN_RULES_STATES:
		return verify.OperationStates, true
	case plannerv1.PlanRules_PLAN_RULES_UPDATE_DATABASE:
		return verify.OperationUpdate, true
	case plannerv1.PlanRules_PLAN_RULES_RESTORE_DATABASE:
		return verify.OperationRestore, true
	}
	return 0, false
}

// KnownFormat tells whether there is such a format.
func KnownFormat(f plannerv1.AttributesFormat) bool {
	switch f {
	case plannerv1.AttributesFormat_ATTRIBUTES_FORMAT_UNSPECIFIED,
		plannerv1.AttributesFormat_ATTRIBUTES_FORMAT_STRUCT,
		plannerv1.AttributesFormat_ATTRIBUTES_FORMAT_JSON:
		return true
	}
	return false
}
