package client

import (
	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert/request"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// Digest computes the digest of plans, as docs/planning.md specifies it: equal plans have equal digests, whatever
// the form of their attributes. The error names what in the plans is not well-formed.
func Digest(plans []*plannerv1.Plan) (string, error) {
	ours, err := request.PlansFromProto(plans)
	if err != nil {
		return "", err
	}
	return resource.Digest(nil, ours)
}
