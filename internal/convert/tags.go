package convert

import "google.golang.org/protobuf/encoding/protowire"

// Tags of the fields that are written here: their number, and how they are written. All take one byte.
const (
	identifierType = 1<<3 | byte(protowire.BytesType)
	identifierID   = 2<<3 | byte(protowire.BytesType)

	executorType = 1<<3 | byte(protowire.VarintType)
	executorID   = 2<<3 | byte(protowire.BytesType)

	resourceIdentifier       = 1<<3 | byte(protowire.BytesType)
	resourceExecutor         = 2<<3 | byte(protowire.BytesType)
	resourceAttributes       = 3<<3 | byte(protowire.BytesType)
	resourceAttributesJSON   = 4<<3 | byte(protowire.BytesType)
	resourceDependencies     = 5<<3 | byte(protowire.BytesType)
	resourceTypeDependencies = 6<<3 | byte(protowire.BytesType)
	resourceDiffIgnore       = 7<<3 | byte(protowire.BytesType)
	resourceNeedsRecreate    = 8<<3 | byte(protowire.VarintType)
	resourcePendingDeletion  = 9<<3 | byte(protowire.VarintType)
	resourceError            = 10<<3 | byte(protowire.BytesType)
	resourceVersion          = 11<<3 | byte(protowire.BytesType)

	stateVersion   = 1<<3 | byte(protowire.BytesType)
	stateResources = 2<<3 | byte(protowire.BytesType)

	operationOp        = 1<<3 | byte(protowire.BytesType)
	operationPath      = 2<<3 | byte(protowire.BytesType)
	operationFrom      = 3<<3 | byte(protowire.BytesType)
	operationValue     = 4<<3 | byte(protowire.BytesType)
	operationValueJSON = 5<<3 | byte(protowire.BytesType)

	eventType     = 1<<3 | byte(protowire.VarintType)
	eventResource = 2<<3 | byte(protowire.BytesType)
	eventReason   = 3<<3 | byte(protowire.VarintType)
	eventDiff     = 4<<3 | byte(protowire.BytesType)
	eventCausedBy = 5<<3 | byte(protowire.BytesType)

	phaseIndex  = 1<<3 | byte(protowire.VarintType)
	phaseEvents = 2<<3 | byte(protowire.BytesType)

	partPlanIndex = 1<<3 | byte(protowire.VarintType)
	partPhases    = 2<<3 | byte(protowire.BytesType)

	// Those of every response that is a part of plans, or a state.
	responsePlanPart   = 2<<3 | byte(protowire.BytesType)
	responseState      = 1<<3 | byte(protowire.BytesType)
	responseStateIndex = 2<<3 | byte(protowire.VarintType)

	structFields = 1<<3 | byte(protowire.BytesType)
	memberKey    = 1<<3 | byte(protowire.BytesType) // of an entry of fields, which is a map
	memberValue  = 2<<3 | byte(protowire.BytesType)
	listValues   = 1<<3 | byte(protowire.BytesType)

	valueNull   = 1<<3 | byte(protowire.VarintType)
	valueNumber = 2<<3 | byte(protowire.Fixed64Type)
	valueString = 3<<3 | byte(protowire.BytesType)
	valueBool   = 4<<3 | byte(protowire.VarintType)
	valueStruct = 5<<3 | byte(protowire.BytesType)
	valueList   = 6<<3 | byte(protowire.BytesType)
)

// tagSize is the size of each of them.
const tagSize = 1
