package convert

import (
	"slices"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/impact"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/verify"
)

// Enum has the values of a closed set of the domain, each at the number of its counterpart on the wire. At 0, which is
// unspecified there, is the domain's zero value.
type Enum[Domain comparable, Wire ~int32] []Domain

// FromProto returns the domain's value. It is false if the wire has no such number.
func (e Enum[Domain, Wire]) FromProto(w Wire) (value Domain, known bool) {
	if w < 0 || int(w) >= len(e) {
		return value, false
	}
	return e[w], true
}

// ToProto returns the number of the value; that of a value which is in no way valid is 0.
func (e Enum[Domain, Wire]) ToProto(value Domain) Wire { return Wire(max(slices.Index(e, value), 0)) }

// The closed sets.
var (
	ExecutorTypes = Enum[resource.ExecutorType, plannerv1.ExecutorType]{
		plannerv1.ExecutorType_EXECUTOR_TYPE_HOST:    resource.ExecutorHost,
		plannerv1.ExecutorType_EXECUTOR_TYPE_PRIMARY: resource.ExecutorPrimary,
		plannerv1.ExecutorType_EXECUTOR_TYPE_ANY:     resource.ExecutorAny,
		plannerv1.ExecutorType_EXECUTOR_TYPE_MANAGER: resource.ExecutorManager,
	}
	EventTypes = Enum[resource.EventType, plannerv1.EventType]{
		plannerv1.EventType_EVENT_TYPE_REFRESH: resource.EventRefresh,
		plannerv1.EventType_EVENT_TYPE_CREATE:  resource.EventCreate,
		plannerv1.EventType_EVENT_TYPE_UPDATE:  resource.EventUpdate,
		plannerv1.EventType_EVENT_TYPE_DELETE:  resource.EventDelete,
		plannerv1.EventType_EVENT_TYPE_FORGET:  resource.EventForget,
	}
	// EventReasons has the unspecified one for a refresh, which has no reason.
	EventReasons = Enum[resource.EventReason, plannerv1.EventReason]{
		plannerv1.EventReason_EVENT_REASON_DOES_NOT_EXIST:       resource.ReasonDoesNotExist,
		plannerv1.EventReason_EVENT_REASON_NEEDS_RECREATE:       resource.ReasonNeedsRecreate,
		plannerv1.EventReason_EVENT_REASON_HAS_ERROR:            resource.ReasonHasError,
		plannerv1.EventReason_EVENT_REASON_FORCE_UPDATE:         resource.ReasonForceUpdate,
		plannerv1.EventReason_EVENT_REASON_DEPENDENCY_UPDATED:   resource.ReasonDependencyUpdated,
		plannerv1.EventReason_EVENT_REASON_HAS_DIFF:             resource.ReasonHasDiff,
		plannerv1.EventReason_EVENT_REASON_NOT_DESIRED:          resource.ReasonNotDesired,
		plannerv1.EventReason_EVENT_REASON_DEPENDENCIES_CHANGED: resource.ReasonDependenciesChanged,
		plannerv1.EventReason_EVENT_REASON_HOST_LOST:            resource.ReasonHostLost,
	}
	// NodeUpdateStrategies has none for the unspecified one, which stands for rolling.
	NodeUpdateStrategies = Enum[planner.NodeUpdateStrategy, plannerv1.NodeUpdateStrategy]{
		plannerv1.NodeUpdateStrategy_NODE_UPDATE_STRATEGY_ROLLING:    planner.NodeUpdateStrategyRolling,
		plannerv1.NodeUpdateStrategy_NODE_UPDATE_STRATEGY_CONCURRENT: planner.NodeUpdateStrategyConcurrent,
	}
	// NodeRecoveries has none for the unspecified one.
	NodeRecoveries = Enum[planner.NodeRecovery, plannerv1.NodeRecovery]{
		plannerv1.NodeRecovery_NODE_RECOVERY_REJOIN:           planner.NodeRecoveryRejoin,
		plannerv1.NodeRecovery_NODE_RECOVERY_REJOIN_UNDRAINED: planner.NodeRecoveryRejoinUndrained,
		plannerv1.NodeRecovery_NODE_RECOVERY_CONTINUE:         planner.NodeRecoveryContinue,
	}
	// DrainModes has the empty one for the unspecified one, which drains.
	DrainModes = Enum[planner.DrainMode, plannerv1.DrainMode]{
		plannerv1.DrainMode_DRAIN_MODE_SKIP: planner.DrainModeSkip,
	}
	// HazardKinds are those that plans show and those that the planner knows.
	HazardKinds = Enum[planner.HazardKind, plannerv1.HazardKind]{
		plannerv1.HazardKind_HAZARD_KIND_NODE_REMOVED:       impact.NodeRemoved,
		plannerv1.HazardKind_HAZARD_KIND_DATABASE_DELETED:   impact.DatabaseDeleted,
		plannerv1.HazardKind_HAZARD_KIND_INSTANCE_DELETED:   impact.InstanceDeleted,
		plannerv1.HazardKind_HAZARD_KIND_ROWS_GIVEN_UP:      planner.HazardRowsGivenUp,
		plannerv1.HazardKind_HAZARD_KIND_MEMBER_REPOPULATED: planner.HazardMemberRepopulated,
		plannerv1.HazardKind_HAZARD_KIND_RESOURCE_MOVED:     planner.HazardResourceMoved,
	}
	// PlanRules has states for the unspecified ones too.
	PlanRules = Enum[verify.Operation, plannerv1.PlanRules]{
		plannerv1.PlanRules_PLAN_RULES_STATES:           verify.OperationStates,
		plannerv1.PlanRules_PLAN_RULES_UPDATE_DATABASE:  verify.OperationUpdate,
		plannerv1.PlanRules_PLAN_RULES_RESTORE_DATABASE: verify.OperationRestore,
	}
)

// KnownFormat tells whether there is such a format.
func KnownFormat(f plannerv1.AttributesFormat) bool {
	_, known := plannerv1.AttributesFormat_name[int32(f)]
	return known
}
