package request

import (
	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/verify"
)

// The calls. Their states are never nil: a state that the request leaves out is an empty one. A call is
// the caller's alone, but shares memory with its request.
type (
	// Answering says how a call is to be answered.
	Answering struct {
		Response convert.ResponseSettings
	}
	// UpdateDatabaseCall is what PlannerService.UpdateDatabase was asked.
	UpdateDatabaseCall struct {
		Answering

		Start *resource.State
		Nodes []*planner.NodeResources
		// Options are resolved, and hold the services too.
		Options planner.UpdateDatabaseOptions
	}
	// RestoreDatabaseCall is what PlannerService.RestoreDatabase was asked.
	RestoreDatabaseCall struct {
		Answering

		Start   *resource.State
		Nodes   []*planner.NodeResources
		Targets []*planner.NodeRestoreResources
	}
	// NodesCall is what every method of StateService but RestoreNode was asked; Nodes is one of them for a method that is
	// about one.
	NodesCall struct {
		Answering

		Nodes []*planner.NodeResources
		// Existing are the names of the nodes that exist, for PopulateNode and PopulateNodes.
		Existing []string
	}
	// RestoreNodeCall is what StateService.RestoreNode was asked.
	RestoreNodeCall struct {
		Answering

		Target *planner.NodeRestoreResources
	}
	// PlanStatesCall is what ResourceService.PlanStates was asked.
	PlanStatesCall struct {
		Answering

		Start   *resource.State
		States  []*resource.State
		Options resource.PlanOptions
	}
	// PlanRefreshCall is what ResourceService.PlanRefresh was asked.
	PlanRefreshCall struct {
		Answering

		State *resource.State
	}
	// ApplyEventsCall is what ResourceService.ApplyEvents was asked. The events hold what applying them
	// needs, and no more: type and resource, of which a delete has only the identifier.
	ApplyEventsCall struct {
		Answering

		State  *resource.State
		Events []resource.Event
	}
	// VerifyPlansCall is what ResourceService.VerifyPlans was asked. End is nil if the options tell what is desired.
	VerifyPlansCall struct {
		Start, End *resource.State
		Plans      []resource.Plan
		Options    verify.Options
	}
)

// Settings are how the call is to be answered.
func (a *Answering) Settings() convert.ResponseSettings { return a.Response }

func (a *Answering) answerWith(settings convert.ResponseSettings) { a.Response = settings }

// UpdateDatabase converts a request. The error is an *InvalidRequestError or a *TooManyError.
func (c Converter) UpdateDatabase(in *plannerv1.UpdateDatabaseRequest) (*UpdateDatabaseCall, error) {
	r := c.reader()
	return answering(r, r.updateDatabase(nil, in), in.GetResponseOptions(), false)
}

// updateDatabase converts a request but for how it wants to be answered.
func (r *reader) updateDatabase(p *path, in *plannerv1.UpdateDatabaseRequest) *UpdateDatabaseCall {
	call := &UpdateDatabaseCall{
		Start: r.state(p, "start", in.GetStart(), recorded),
		Nodes: r.nodes(p, "nodes", in.GetNodes(), checkPrimary),
	}
	services := r.services(p, "services", in.GetServices())
	call.Options = r.updateOptions(p, "options", in.GetOptions())
	call.Options.Services = services
	return call
}

// RestoreDatabase converts a request. The error is an *InvalidRequestError or a *TooManyError.
func (c Converter) RestoreDatabase(in *plannerv1.RestoreDatabaseRequest) (*RestoreDatabaseCall, error) {
	r := c.reader()
	return answering(r, r.restoreDatabase(nil, in), in.GetResponseOptions(), false)
}

// restoreDatabase converts a request but for how it wants to be answered.
func (r *reader) restoreDatabase(p *path, in *plannerv1.RestoreDatabaseRequest) *RestoreDatabaseCall {
	return &RestoreDatabaseCall{
		Start:   r.state(p, "start", in.GetStart(), recorded),
		Nodes:   r.nodes(p, "nodes", in.GetNodes(), checkPrimary),
		Targets: r.targets(p, "targets", in.GetTargets()),
	}
}
