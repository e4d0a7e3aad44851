package convert

import (
	"slices"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/verify"
)

// Each closed set of the domain and its enum are converted by a pair of functions. From the wire, false
// means that the number is unknown, or unspecified where that has no meaning; to the wire, the domain's
// invalid zero value becomes the unspecified one.

// enum holds the values of an enum by those of the domain, which are small; the zero values belong together.
type enum[Domain ~uint8, Wire ~int32] []Wire

func (e enum[Domain, Wire]) fromProto(w Wire) (Domain, bool) {
	i := slices.Index(e, w)
	return Domain(max(i, 0)), i > 0
}

func (e enum[Domain, Wire]) toProto(d Domain) Wire {
	if int(d) < len(e) {
		return e[d]
	}
	return 0
}

var executorTypes = enum[resource.ExecutorType, plannerv1.ExecutorType]{
	resource.ExecutorHost:    plannerv1.ExecutorType_EXECUTOR_TYPE_HOST,
	resource.ExecutorPrimary: plannerv1.ExecutorType_EXECUTOR_TYPE_PRIMARY,
	resource.ExecutorAny:     plannerv1.ExecutorType_EXECUTOR_TYPE_ANY,
	resource.ExecutorManager: plannerv1.ExecutorType_EXECUTOR_TYPE_MANAGER,
}

// ExecutorTypeFromProto converts an executor type.
func ExecutorTypeFromProto(t plannerv1.ExecutorType) (resource.ExecutorType, bool) {
	return executorTypes.fromProto(t)
}

// ExecutorTypeToProto converts an executor type.
func ExecutorTypeToProto(t resource.ExecutorType) plannerv1.ExecutorType {
	return executorTypes.toProto(t)
}

var eventTypes = enum[resource.EventType, plannerv1.EventType]{
	resource.EventRefresh: plannerv1.EventType_EVENT_TYPE_REFRESH,
	resource.EventCreate:  plannerv1.EventType_EVENT_TYPE_CREATE,
	resource.EventUpdate:  plannerv1.EventType_EVENT_TYPE_UPDATE,
	resource.EventDelete:  plannerv1.EventType_EVENT_TYPE_DELETE,
}

// EventTypeFromProto converts an event type.
func EventTypeFromProto(t plannerv1.EventType) (resource.EventType, bool) {
	return eventTypes.fromProto(t)
}

// EventTypeToProto converts an event type.
func EventTypeToProto(t resource.EventType) plannerv1.EventType {
	return eventTypes.toProto(t)
}

var eventReasons = enum[resource.EventReason, plannerv1.EventReason]{
	resource.ReasonDoesNotExist:        plannerv1.EventReason_EVENT_REASON_DOES_NOT_EXIST,
	resource.ReasonNeedsRecreate:       plannerv1.EventReason_EVENT_REASON_NEEDS_RECREATE,
	resource.ReasonHasError:            plannerv1.EventReason_EVENT_REASON_HAS_ERROR,
	resource.ReasonForceUpdate:         plannerv1.EventReason_EVENT_REASON_FORCE_UPDATE,
	resource.ReasonDependencyUpdated:   plannerv1.EventReason_EVENT_REASON_DEPENDENCY_UPDATED,
	resource.ReasonHasDiff:             plannerv1.EventReason_EVENT_REASON_HAS_DIFF,
	resource.ReasonNotDesired:          plannerv1.EventReason_EVENT_REASON_NOT_DESIRED,
	resource.ReasonDependenciesChanged: plannerv1.EventReason_EVENT_REASON_DEPENDENCIES_CHANGED,
}

// EventReasonFromProto takes the unspecified reason for that of a refresh, which has none.
func EventReasonFromProto(r plannerv1.EventReason) (resource.EventReason, bool) {
	reason, ok := eventReasons.fromProto(r)
	return reason, ok || r == plannerv1.EventReason_EVENT_REASON_UNSPECIFIED
}

// EventReasonToProto converts the reason of an event.
func EventReasonToProto(r resource.EventReason) plannerv1.EventReason {
	return eventReasons.toProto(r)
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

// NodeRecoveryFromProto takes the unspecified recovery for none.
func NodeRecoveryFromProto(r plannerv1.NodeRecovery) (planner.NodeRecovery, bool) {
	switch r {
	case plannerv1.NodeRecovery_NODE_RECOVERY_UNSPECIFIED:
		return "", true
	case plannerv1.NodeRecovery_NODE_RECOVERY_REJOIN:
		return planner.NodeRecoveryRejoin, true
	case plannerv1.NodeRecovery_NODE_RECOVERY_REJOIN_UNDRAINED:
		return planner.NodeRecoveryRejoinUndrained, true
	case plannerv1.NodeRecovery_NODE_RECOVERY_CONTINUE:
		return planner.NodeRecoveryContinue, true
	}
	return "", false
}

// NodeRecoveryToProto converts a recovery.
func NodeRecoveryToProto(r planner.NodeRecovery) plannerv1.NodeRecovery {
	switch r {
	case planner.NodeRecoveryRejoin:
		return plannerv1.NodeRecovery_NODE_RECOVERY_REJOIN
	case planner.NodeRecoveryRejoinUndrained:
		return plannerv1.NodeRecovery_NODE_RECOVERY_REJOIN_UNDRAINED
	case planner.NodeRecoveryContinue:
		return plannerv1.NodeRecovery_NODE_RECOVERY_CONTINUE
	}
	return plannerv1.NodeRecovery_NODE_RECOVERY_UNSPECIFIED
}

// DrainModeFromProto converts a drain mode: the unspecified one, which drains, is the empty one.
func DrainModeFromProto(m plannerv1.DrainMode) (planner.DrainMode, bool) {
	switch m {
	case plannerv1.DrainMode_DRAIN_MODE_UNSPECIFIED:
		return "", true
	case plannerv1.DrainMode_DRAIN_MODE_SKIP:
		return planner.DrainModeSkip, true
	}
	return "", false
}

// DrainModeToProto converts a drain mode.
func DrainModeToProto(m planner.DrainMode) plannerv1.DrainMode {
	if m == planner.DrainModeSkip {
		return plannerv1.DrainMode_DRAIN_MODE_SKIP
	}
	return plannerv1.DrainMode_DRAIN_MODE_UNSPECIFIED
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
