package client

import (
	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert/request"
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// StateDigest computes the digest of a state, as docs/planning.md specifies it: that which PlanHeader.start_digest has for it. As long as
// the stored state has it, nothing has changed that plans depend on. The error names what in the state is not well-formed.
func StateDigest(state *plannerv1.State) (string, error) {
	call, err := request.Converter{}.PlanRefresh(&plannerv1.PlanRefreshRequest{State: state})
	if err != nil {
		return "", err
	}
	return resource.StateDigest(nil, call.State, database.PrimaryPointers())
}

// Digest computes the digest of plans, as docs/planning.md specifies it: equal plans have equal digests, whatever
// the form of their attributes. The error names what in the plans is not well-formed.
func Digest(plans []*plannerv1.Plan) (string, error) {
	converted, err := request.PlansFromProto(plans)
	if err != nil {
		return "", err
	}
	return resource.Digest(nil, converted)
}
