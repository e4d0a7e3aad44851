package simulation

import (
	"errors"
	"reflect"
	"slices"
	"strings"

	"github.com/pgplanner/pgplanner/internal/convert/request"
	api "github.com/pgplanner/pgplanner/internal/server"
)

// outcome says in a line what came of a try.
func (t *try) outcome(err error) string {
	var rows *rowError
	var invalid *request.InvalidRequestError
	switch {
	case errors.As(err, &invalid):
		return "refused " + api.ReasonRequestInvalid + " at " + invalid.Violations[0].Field + t.costs()
	case errors.As(err, &rows):
		return "LOST " + kindOf(err) + t.costs()
	case err != nil && reasonOf(err) != "":
		return "refused " + reasonOf(err) + t.costs()
	case err != nil:
		return "WRONG " + err.Error()
	case t.o.objected != nil:
		return "WRONG " + t.o.objected.Error()
	case len(t.hazards) == 0:
		return "planned, no row lost"
	}
	return "planned" + t.costs()
}

// costs are the hazards of all that was asked for. With a node, its database and its instances go.
func (t *try) costs() string {
	if len(t.hazards) == 0 {
		return ""
	}
	var list []string
	for h := range t.hazards {
		kind, node, _ := strings.Cut(h, " ")
		if !strings.HasSuffix(kind, "_DELETED") || !t.hazards["NODE_REMOVED "+node] {
			list = append(list, h)
		}
	}
	slices.Sort(list)
	return ", hazard " + strings.Join(list, ", ")
}

// reasons are what callers are told of refusals, by the types of these.
var reasons = map[string]string{
	"BackupBesideMembersError": api.ReasonBackupBesideMembers,
	"DataAbandonedError":       api.ReasonDataAbandoned,
	"DatabaseChangedError":     api.ReasonDatabaseChanged,
	"EmptyBesideRestoredError": api.ReasonEmptyBesideRestored,
	"InstanceMovedError":       api.ReasonInstanceMoved,
	"JoiningSourceError":       api.ReasonJoiningSourceInvalid,
	"KeptNodeError":            api.ReasonKeptNodeInvalid,
	"MemberIncompleteError":    api.ReasonMemberIncomplete,
	"NodeLostError":            api.ReasonNodeLost,
	"NodeNotMentionedError":    api.ReasonNodeNotMentioned,
	"NodePartlyRemovedError":   api.ReasonNodePartlyRemoved,
	"PrimaryNotFoundError":     api.ReasonPrimaryMissing,
	"PrimaryUnknownError":      api.ReasonPrimaryUnknown,
	"RejoinAndRemovalError":    api.ReasonRejoinAndRemoval,
	"RejoinUndrainableError":   api.ReasonRejoinUndrainable,
	"SourceAndRestoreError":    api.ReasonSourceAndRestore,
	"SourceNodeError":          api.ReasonSourceNodeInvalid,
	"StateTooOldError":         api.ReasonStateTooOld,
}

// reasonOf names the refusal that an error is; "" if it is none.
func reasonOf(err error) string {
	for ; err != nil; err = errors.Unwrap(err) {
		of := reflect.TypeOf(err)
		if of.Kind() == reflect.Pointer && strings.HasSuffix(of.Elem().PkgPath(), "/internal/planner") {
			return reasons[of.Elem().Name()]
		}
	}
	return ""
}
