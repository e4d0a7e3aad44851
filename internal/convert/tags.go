package convert

import "google.golang.org/protobuf/encoding/protowire"

// Tags of the fields that are read and written by hand: their number, and how they are written. All take one byte.
const (
	TagIdentifierType = 1<<3 | byte(protowire.BytesType)
	TagIdentifierID   = 2<<3 | byte(protowire.BytesType)

	TagExecutorType = 1<<3 | byte(protowire.VarintType)
	TagExecutorID   = 2<<3 | byte(protowire.BytesType)

	TagResourceIdentifier       = 1<<3 | byte(protowire.BytesType)
	TagResourceExecutor         = 2<<3 | byte(protowire.BytesType)
	TagResourceAttributes       = 3<<3 | byte(protowire.BytesType)
	TagResourceAttributesJSON   = 4<<3 | byte(protowire.BytesType)
	TagResourceDependencies     = 5<<3 | byte(protowire.BytesType)
	TagResourceTypeDependencies = 6<<3 | byte(protowire.BytesType)
	TagResourceDiffIgnore       = 7<<3 | byte(protowire.BytesType)
	TagResourceNeedsRecreate    = 8<<3 | byte(protowire.VarintType)
	TagResourcePendingDeletion  = 9<<3 | byte(protowire.VarintType)
	TagResourceError            = 10<<3 | byte(protowire.BytesType)
	TagResourceVersion          = 11<<3 | byte(protowire.BytesType)

	TagStateVersion   = 1<<3 | byte(protowire.BytesType)
	TagStateResources = 2<<3 | byte(protowire.BytesType)

	TagOperationOp        = 1<<3 | byte(protowire.BytesType)
	TagOperationPath      = 2<<3 | byte(protowire.BytesType)
	TagOperationFrom      = 3<<3 | byte(protowire.BytesType)
	TagOperationValue     = 4<<3 | byte(protowire.BytesType)
	TagOperationValueJSON = 5<<3 | byte(protowire.BytesType)

	TagEventType          = 1<<3 | byte(protowire.VarintType)
	TagEventResource      = 2<<3 | byte(protowire.BytesType)
	TagEventReason        = 3<<3 | byte(protowire.VarintType)
	TagEventDiff          = 4<<3 | byte(protowire.BytesType)
	TagEventCausedBy      = 5<<3 | byte(protowire.BytesType)
	TagEventCausedByTypes = 6<<3 | byte(protowire.BytesType)

	TagPhaseIndex  = 1<<3 | byte(protowire.VarintType)
	TagPhaseEvents = 2<<3 | byte(protowire.BytesType)

	TagPartPlanIndex = 1<<3 | byte(protowire.VarintType)
	TagPartPhases    = 2<<3 | byte(protowire.BytesType)

	// Those of every response that is a part of plans, or a state.
	TagResponsePlanPart   = 2<<3 | byte(protowire.BytesType)
	TagResponseState      = 1<<3 | byte(protowire.BytesType)
	TagResponseStateIndex = 2<<3 | byte(protowire.VarintType)

	TagStructFields = 1<<3 | byte(protowire.BytesType)
	TagMemberKey    = 1<<3 | byte(protowire.BytesType) // of an entry of fields, which is a map
	TagMemberValue  = 2<<3 | byte(protowire.BytesType)
	TagListValues   = 1<<3 | byte(protowire.BytesType)

	TagValueNull   = 1<<3 | byte(protowire.VarintType)
	TagValueNumber = 2<<3 | byte(protowire.Fixed64Type)
	TagValueString = 3<<3 | byte(protowire.BytesType)
	TagValueBool   = 4<<3 | byte(protowire.VarintType)
	TagValueStruct = 5<<3 | byte(protowire.BytesType)
	TagValueList   = 6<<3 | byte(protowire.BytesType)
)

// TagSize is the size of each of them.
const TagSize = 1
