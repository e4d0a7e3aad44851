package server

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/pgplanner/pgplanner/internal/convert/request"
	"github.com/pgplanner/pgplanner/internal/convert/response"
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/server/admission"
	"github.com/pgplanner/pgplanner/internal/server/identity"
)

// ErrorDomain is the domain of every ErrorInfo that this server sends.
const ErrorDomain = "planner.v1"

// The reasons of ErrorInfo. They are part of the API: programs tell errors apart by them, so none is ever
// renamed or used for something else.

// With INVALID_ARGUMENT and a BadRequest: the request is malformed.
const (
	ReasonRequestInvalid       = "REQUEST_INVALID"        // the request has the violations that BadRequest lists
	ReasonRequestMalformed     = "REQUEST_MALFORMED"      // the bytes are no message of the request's type
	ReasonInstancesMissing     = "INSTANCES_MISSING"      // a node has no instance
	ReasonSourceAndRestore     = "SOURCE_AND_RESTORE"     // a node has both a source and a restore config
	ReasonTargetsMissing       = "TARGETS_MISSING"        // there is no node to restore
	ReasonStrategyUnknown      = "STRATEGY_UNKNOWN"       // there is no such node update strategy
	ReasonWantedOnLostHost     = "WANTED_ON_LOST_HOST"    // something is wanted on a host that is named as lost
	ReasonSelfDependency       = "SELF_DEPENDENCY"        // a resource depends on itself or on its own type
	ReasonInstanceFieldInvalid = "INSTANCE_FIELD_INVALID" // a JSON field of an instance cannot be used
)

// With FAILED_PRECONDITION and a PreconditionFailure: the state does not allow it.
const (
	ReasonDependencyMissing     = "DEPENDENCY_MISSING"       // a dependency is not in the state
	ReasonDependencyCycle       = "DEPENDENCY_CYCLE"         // dependencies form a cycle
	ReasonSourceNodeInvalid     = "SOURCE_NODE_INVALID"      // a new node cannot copy from the source that it names
	ReasonPrimaryMissing        = "PRIMARY_INSTANCE_MISSING" // the primary of a node is not among its instances
	ReasonNodeKeptAndRestored   = "NODE_KEPT_AND_RESTORED"   // a node is wanted twice: kept and restored
	ReasonJoiningSourceInvalid  = "JOINING_SOURCE_INVALID"   // a node that is still joining cannot be finished as asked
	ReasonNodeLost              = "NODE_LOST"                // no instance of a node is left that holds its data
	ReasonNodePartlyRemoved     = "NODE_PARTLY_REMOVED"      // a node is wanted whose removal has begun
	ReasonKeptNodeInvalid       = "KEPT_NODE_INVALID"        // a restore cannot keep a node that does not exist or is still joining
	ReasonEmptyBesideRestored   = "EMPTY_BESIDE_RESTORED"    // a new database would be restored on one node and empty on another
	ReasonMemberIncomplete      = "MEMBER_INCOMPLETE"        // a member lacks rows which nothing will bring
	ReasonRejoinUndrainable     = "REJOIN_UNDRAINABLE"       // a member that is to rejoin cannot be drained before
	ReasonRejoinAndRemoval      = "REJOIN_AND_REMOVAL"       // a node is to be removed while another one rejoins
	ReasonDataAbandoned         = "DATA_ABANDONED"           // no wanted node continues the data that is there
	ReasonDatabaseChanged       = "DATABASE_CHANGED"         // a node is wanted with another database than it has
	ReasonInstanceMoved         = "INSTANCE_MOVED"           // an instance, or what it needs, is wanted elsewhere than where it is
	ReasonNodeNotMentioned      = "NODE_NOT_MENTIONED"       // a restore is not told what becomes of a member
	ReasonBackupBesideMembers   = "BACKUP_BESIDE_MEMBERS"    // a new node from a backup would lack what members have written since
	ReasonPrimaryLost           = "PRIMARY_LOST"             // the primary of a node is on a lost host, and others are there
	ReasonPrimaryUnknown        = "PRIMARY_UNKNOWN"          // the state does not tell which instance of a node is its primary
	ReasonStateTooOld           = "STATE_TOO_OLD"            // the state has the layout of an older version
	ReasonStateTooNew           = "STATE_TOO_NEW"            // a later release wrote the state
	ReasonPlanChanged           = "PLAN_CHANGED"             // the plans are not those that were approved
	ReasonStateAttributeInvalid = "STATE_ATTRIBUTE_INVALID"  // a resource in the state lacks what the planner has to read in it
)

// With RESOURCE_EXHAUSTED: larger than a limit.
const (
	ReasonRequestTooLarge = "REQUEST_TOO_LARGE" // beyond what the server takes
	ReasonEventTooLarge   = "EVENT_TOO_LARGE"   // a single event does not fit into a message
	ReasonStateTooLarge   = "STATE_TOO_LARGE"   // a state, which cannot be cut, does not fit into a message
	ReasonLimitExceeded   = "LIMIT_EXCEEDED"    // some other limit of the server or of gRPC
)

// With codes of their own.
const (
	ReasonDeadlineExceeded = "DEADLINE_EXCEEDED" // DEADLINE_EXCEEDED: the call's time is over
	ReasonCancelled        = "CANCELLED"         //nolint:misspell // gRPC's spelling. CANCELLED: the caller has gone
	ReasonUnauthenticated  = "UNAUTHENTICATED"   // UNAUTHENTICATED: the call brings no credential that is known
	ReasonPermissionDenied = "PERMISSION_DENIED" // PERMISSION_DENIED: whoever calls is known, and may not
	ReasonMethodUnknown    = "METHOD_UNKNOWN"    // UNIMPLEMENTED: there is no such service or method
	ReasonUnavailable      = "UNAVAILABLE"       // UNAVAILABLE: the server stops, or the connection broke
	ReasonInternal         = "INTERNAL"          // INTERNAL: a bug
)

// fault is what an error says about itself to the caller.
type fault struct {
	// reason is that of the rule if it is empty.
	reason string
	// text is for people; empty: the text of the error.
	text string
	// field is the path of what is wrong with the request, for INVALID_ARGUMENT.
	field string
	// violations is what is wrong if it is more than one thing; total counts those that are not in it, too. A fault
	// with a total and no violations stands for itself, and for others of its kind.
	violations []request.Violation
	total      int
	// subject names what the request failed at, for FAILED_PRECONDITION.
	subject string
	// identifiers go into the metadata of the ErrorInfo, but for empty ones.
	identifiers map[string]string
	// retry is when the same call may succeed; 0: there is no telling.
	retry time.Duration
}

// rule is how errors of one type are told to callers.
type rule struct {
	typ      reflect.Type
	code     codes.Code
	reason   string
	describe func(error) fault
}

func ruleFor[E error](code codes.Code, reason string, describe func(E) fault) rule {
	return rule{
		typ:    reflect.TypeFor[E](),
		code:   code,
		reason: reason,
		describe: func(err error) fault {
			e, ok := err.(E) //nolint:errorlint // the table is looked up by exact type
			if !ok {
				return fault{}
			}
			return describe(e)
		},
	}
}

// exhausted is the rule of an error about a limit.
func exhausted[E error](reason string, describe func(E) fault) rule {
	return ruleFor(codes.ResourceExhausted, reason, describe)
}

// rules has every typed error of the packages below, one rule each. An error without a rule is a bug.
var rules = indexRules(
	ruleFor(codes.InvalidArgument, ReasonRequestInvalid, func(e *request.InvalidRequestError) fault {
		return fault{violations: e.Violations, total: e.Total}
	}),
	ruleFor(codes.InvalidArgument, ReasonRequestMalformed, func(*malformedError) fault { return fault{} }),
	ruleFor(codes.Unauthenticated, ReasonUnauthenticated, func(*identity.UnauthenticatedError) fault { return fault{} }),
	ruleFor(codes.PermissionDenied, ReasonPermissionDenied, func(*identity.ForbiddenError) fault { return fault{} }),
	ruleFor(codes.InvalidArgument, ReasonInstancesMissing, func(e *planner.NoInstancesError) fault { return ofNode(e.Node) }),
	ruleFor(codes.InvalidArgument, ReasonSourceAndRestore, func(e *planner.SourceAndRestoreError) fault { return ofNode(e.Node) }),
	ruleFor(codes.InvalidArgument, ReasonTargetsMissing, func(*planner.NoTargetsError) fault { return fault{field: "targets"} }),
	ruleFor(codes.InvalidArgument, ReasonStrategyUnknown, func(*planner.UnknownStrategyError) fault {
		return fault{field: "options.node_update_strategy"}
	}),
	ruleFor(codes.InvalidArgument, ReasonWantedOnLostHost, func(e *planner.HostLostError) fault {
		f := ofResource(e.Resource, "host_id", e.Host)
		f.field = "options.lost_hosts"
		return f
	}),
	ruleFor(codes.InvalidArgument, ReasonSelfDependency, func(e *resource.SelfDependencyError) fault {
		return ofResource(e.Resource, "type", e.Type)
	}),
	ruleFor(codes.InvalidArgument, ReasonInstanceFieldInvalid, func(e *database.InstanceFieldError) fault {
		return fault{field: "nodes", identifiers: pairs("instance_id", e.InstanceID, "field", e.Field)}
	}),
	ruleFor(codes.FailedPrecondition, ReasonDependencyMissing, func(e *resource.MissingDependencyError) fault {
		f := ofResource(e.Resource, "dependency", e.Dependency, "field", e.Field)
		f.total = 1 + e.More
		return f
	}),
	ruleFor(codes.FailedPrecondition, ReasonDependencyCycle, func(e *resource.CycleError) fault {
		ids := make(map[string]string, len(e.Path))
		for i, id := range e.Path[:min(len(e.Path), maxIdentifiers)] {
			ids["resource_"+strconv.Itoa(i)] = id.String()
		}
		return fault{subject: e.Path[0].String(), identifiers: ids}
	}),
	ruleFor(codes.FailedPrecondition, ReasonSourceNodeInvalid, func(e *planner.SourceNodeError) fault {
		return ofNode(e.Node, "source_node", e.Source)
	}),
	ruleFor(codes.FailedPrecondition, ReasonPrimaryMissing, func(e *planner.PrimaryNotFoundError) fault {
		return ofNode(e.Node, "primary_instance_id", e.PrimaryInstanceID)
	}),
	ruleFor(codes.FailedPrecondition, ReasonNodeKeptAndRestored, func(e *planner.DuplicateNodeError) fault { return ofNode(e.Node) }),
	ruleFor(codes.FailedPrecondition, ReasonJoiningSourceInvalid, func(e *planner.JoiningSourceError) fault {
		return ofNode(e.Node, "source_node", e.Source)
	}),
	ruleFor(codes.FailedPrecondition, ReasonNodeLost, func(e *planner.NodeLostError) fault { return ofNode(e.Node) }),
	ruleFor(codes.FailedPrecondition, ReasonNodePartlyRemoved, func(e *planner.NodePartlyRemovedError) fault { return ofNode(e.Node) }),
	ruleFor(codes.FailedPrecondition, ReasonKeptNodeInvalid, func(e *planner.KeptNodeError) fault { return ofNode(e.Node) }),
	ruleFor(codes.FailedPrecondition, ReasonEmptyBesideRestored, func(e *planner.EmptyBesideRestoredError) fault {
		return ofNode(e.Node, "restored", e.Restored)
	}),
	ruleFor(codes.FailedPrecondition, ReasonMemberIncomplete, ofMembers),
	ruleFor(codes.FailedPrecondition, ReasonRejoinUndrainable, func(e *planner.RejoinUndrainableError) fault {
		return ofNode(e.Node, "resource", e.Lost.String())
	}),
	ruleFor(codes.FailedPrecondition, ReasonRejoinAndRemoval, func(e *planner.RejoinAndRemovalError) fault {
		return ofNode(e.Leaving, "rejoining", e.Rejoining)
	}),
	ruleFor(codes.FailedPrecondition, ReasonDataAbandoned, func(e *planner.DataAbandonedError) fault { return ofNodes(e.Nodes) }),
	ruleFor(codes.FailedPrecondition, ReasonDatabaseChanged, func(e *planner.DatabaseChangedError) fault {
		return ofNode(e.Node, "field", e.Field, "resource", e.Recorded.String())
	}),
	ruleFor(codes.FailedPrecondition, ReasonInstanceMoved, func(e *planner.InstanceMovedError) fault {
		f := ofResource(e.Resource, "field", e.Field)
		if e.NeededBy != (resource.Identifier{}) {
			f.identifiers["needed_by"] = e.NeededBy.String()
		}
		return f
	}),
	ruleFor(codes.FailedPrecondition, ReasonNodeNotMentioned, func(e *planner.NodeNotMentionedError) fault { return ofNodes(e.Nodes) }),
	ruleFor(codes.FailedPrecondition, ReasonBackupBesideMembers, func(e *planner.BackupBesideMembersError) fault {
		return ofNode(e.Node, "member", e.Member)
	}),
	ruleFor(codes.FailedPrecondition, ReasonPrimaryLost, func(e *planner.PrimaryLostError) fault {
		return ofNode(e.Node, "primary_instance_id", e.InstanceID)
	}),
	ruleFor(codes.FailedPrecondition, ReasonPrimaryUnknown, func(e *planner.PrimaryUnknownError) fault { return ofNode(e.Node) }),
	ruleFor(codes.FailedPrecondition, ReasonStateTooOld, func(e *planner.StateTooOldError) fault { return ofResource(e.Resource) }),
	ruleFor(codes.FailedPrecondition, ReasonStateTooNew, func(e *request.StateTooNewError) fault {
		return fault{subject: e.Field, identifiers: pairs("field", e.Field, "version", strconv.FormatUint(e.Version, 10))}
	}),
	ruleFor(codes.FailedPrecondition, ReasonPlanChanged, func(e *planChangedError) fault {
		return fault{subject: "expected_digest", identifiers: pairs("expected_digest", e.Approved, "digest", e.Digest)}
	}),
	ruleFor(codes.FailedPrecondition, ReasonStateAttributeInvalid, func(e *database.AttributeError) fault {
		return ofResource(e.Resource, "attribute", e.Key)
	}),
	exhausted(ReasonRequestTooLarge, func(e *requestTooLargeError) fault { return tooLarge(e.Size, e.Limit) }),
	exhausted(ReasonEventTooLarge, func(e *response.EventTooLargeError) fault {
		return tooLarge(e.Size, e.Limit, "resource", e.Resource)
	}),
	exhausted(ReasonStateTooLarge, func(e *response.StateTooLargeError) fault { return tooLarge(e.Size, e.Limit) }),
	exhausted(ReasonTooManyResources, func(e *request.TooManyError) fault {
		f := fault{identifiers: pairs("limit", e.Limit)}
		if e.What == request.Nodes {
			f.reason = ReasonTooManyNodes
		}
		return f
	}),
	exhausted(ReasonQueueFull, func(e *admission.QueueFullError) fault { return again("limit", e.Limit) }),
	exhausted(ReasonQueueTimeout, func(e *admission.QueueTimeoutError) fault { return again("limit", e.Limit) }),
	exhausted(ReasonRequestBytesInFlight, func(e *admission.RequestBytesError) fault {
		f := again("limit_bytes", e.Limit)
		if e.Size > e.Limit {
			f.retry = 0
		}
		return f
	}),
	exhausted(ReasonRequestBytesArriving, func(e *admission.ArrivingBytesError) fault { return again("limit_bytes", e.Limit) }),
	exhausted(ReasonResponseBytesInFlight, func(e *admission.ResponseBytesError) fault { return again("limit_bytes", e.Limit) }),
	exhausted(ReasonSlowReader, func(e *slowReaderError) fault { return fault{identifiers: pairs("limit", e.Limit)} }),
	ruleFor(codes.DeadlineExceeded, ReasonCallTimeLimit, func(e *callTimeError) fault {
		return fault{identifiers: pairs("limit", e.Limit)}
	}),
)

// maxIdentifiers bounds how many resources of a cycle, or nodes, the metadata of an error names.
const maxIdentifiers = 8

// maxMembers is how many damaged members the metadata of an error names, each with two lists.
const maxMembers = 3

// ofMembers names the first damaged members with their providers and records, and counts all.
func ofMembers(e *planner.MemberIncompleteError) fault {
	ids := map[string]string{"members": strconv.Itoa(len(e.Members))}
	for i, member := range e.Members[:min(len(e.Members), maxMembers)] {
		at := strconv.Itoa(i)
		records := make([]string, min(len(member.Records), maxIdentifiers))
		for j := range records {
			records[j] = member.Records[j].String()
		}
		ids["node_"+at] = member.Node
		ids["providers_"+at] = strings.Join(member.Providers[:min(len(member.Providers), maxIdentifiers)], ",")
		ids["resources_"+at] = strings.Join(records, ",")
	}
	return fault{subject: e.Members[0].Node, identifiers: ids}
}

// ofNodes is what an error about several nodes says.
func ofNodes(nodes []string) fault {
	ids := make(map[string]string, len(nodes))
	for i, node := range nodes[:min(len(nodes), maxIdentifiers)] {
		ids["node_"+strconv.Itoa(i)] = node
	}
	return fault{field: "nodes", subject: nodes[0], identifiers: ids}
}

// ofNode is what an error about a node says: of field and subject, the code decides which one callers are told.
func ofNode(node string, more ...any) fault {
	return fault{field: "nodes", subject: node, identifiers: pairs(append(more, "node", node)...)}
}

func ofResource(id resource.Identifier, more ...any) fault {
	return fault{subject: id.String(), identifiers: pairs(append(more, "resource", id)...)}
}

func tooLarge(size, limit int, more ...any) fault {
	return fault{identifiers: pairs(append(more, "size_bytes", size, "limit_bytes", limit)...)}
}

// pairs makes identifiers of keys and values in turns.
func pairs(keysAndValues ...any) map[string]string {
	ids := make(map[string]string, len(keysAndValues)/2)
	for pair := range slices.Chunk(keysAndValues, 2) {
		ids[fmt.Sprint(pair[0])] = fmt.Sprint(pair[1])
	}
	return ids
}

func indexRules(list ...rule) map[reflect.Type]rule {
	index := make(map[reflect.Type]rule, len(list))
	for _, r := range list {
		if _, twice := index[r.typ]; twice {
			panic("two rules for " + r.typ.String())
		}
		index[r.typ] = r
	}
	return index
}

// With RESOURCE_EXHAUSTED: a limit of the server. Those marked with R come with a RetryInfo.
const (
	ReasonTooManyResources      = "TOO_MANY_RESOURCES"       // the request holds more resources than the server takes
	ReasonTooManyNodes          = "TOO_MANY_NODES"           // the request names more nodes than the server takes
	ReasonQueueFull             = "QUEUE_FULL"               // R: too many requests wait to be planned
	ReasonQueueTimeout          = "QUEUE_TIMEOUT"            // R: the request has waited for too long to be planned
	ReasonRequestBytesInFlight  = "REQUEST_BYTES_IN_FLIGHT"  // R, unless it is too large ever: the requests being worked on take too much memory
	ReasonRequestBytesArriving  = "REQUEST_BYTES_ARRIVING"   // R: the requests that are still arriving take too much memory
	ReasonResponseBytesInFlight = "RESPONSE_BYTES_IN_FLIGHT" // R: answers that their callers have not read take too much memory
	ReasonSlowReader            = "SLOW_READER"              // the caller has not read its answer for too long
)

// ReasonCallTimeLimit comes with DEADLINE_EXCEEDED: the call has lasted for as long as the server lets any call
// last, whatever its own deadline.
const ReasonCallTimeLimit = "CALL_TIME_LIMIT"

// limitReasons are the reasons that refusals are counted by.
func limitReasons() []string {
	return []string{
		ReasonRequestTooLarge, ReasonEventTooLarge, ReasonStateTooLarge, ReasonLimitExceeded,
		ReasonTooManyResources, ReasonTooManyNodes, ReasonQueueFull, ReasonQueueTimeout,
		ReasonRequestBytesInFlight, ReasonRequestBytesArriving, ReasonResponseBytesInFlight, ReasonSlowReader, ReasonCallTimeLimit,
	}
}

// slowReaderError says that a caller does not read its answer.
type slowReaderError struct{ Limit time.Duration }

func (e *slowReaderError) Error() string {
	return fmt.Sprintf("the caller has not read its answer for %v", e.Limit)
}

// callTimeError says that a call has lasted too long.
type callTimeError struct{ Limit time.Duration }

func (e *callTimeError) Error() string {
	return fmt.Sprintf("the call has lasted %v, which is as long as this server lets any call last", e.Limit)
}

// again is what an error about a limit says that the same call may keep in one to two seconds: not after the same time
// for all, so that those who were refused together do not all come back at once.
func again(key string, limit any) fault {
	return fault{retry: time.Second + rand.N(time.Second), identifiers: pairs(key, limit)}
}
