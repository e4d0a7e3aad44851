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
	// UpdateDatabaseCall is what PlannerService.UpdateDatabase was asked.
	UpdateDatabaseCall struct {
		Start *resource.State
		Nodes []*planner.NodeResources
		// Options are resolved, and hold the services too.
		Options planner.UpdateDatabaseOptions
		// DeleteDatabase says that having no nodes is meant.
		DeleteDatabase bool
		// ExpectedDigest is that of the plans which were approved; empty: any will do.
		ExpectedDigest string
		Response       convert.ResponseSettings
	}
	// RestoreDatabaseCall is what PlannerService.RestoreDatabase was asked.
	RestoreDatabaseCall struct {
		Start   *resource.State
		Nodes   []*planner.NodeResources
		Targets []*planner.NodeRestoreResources
		Options planner.RestoreDatabaseOptions
		// ExpectedDigest is that of the plans which were approved; empty: any will do.
		ExpectedDigest string
		Response       convert.ResponseSettings
	}
	// NodeCall is what StateService.AddNode or UpdateNode was asked.
	NodeCall struct {
		Node     *planner.NodeResources
		Response convert.ResponseSettings
	}
	// NodesCall is what StateService.AddNodes, RollingUpdateNodes, ConcurrentUpdateNodes or EndState was asked.
	NodesCall struct {
		Nodes    []*planner.NodeResources
		Response convert.ResponseSettings
	}
	// PopulateNodeCall is what StateService.PopulateNode was asked.
	PopulateNodeCall struct {
		Node              *planner.NodeResources
		ExistingNodeNames []string
		Response          convert.ResponseSettings
	}
	// PopulateNodesCall is what StateService.PopulateNodes was asked. Of the existing nodes only the names
	// count, so they hold nothing else.
	PopulateNodesCall struct {
		Existing, New []*planner.NodeResources
		Response      convert.ResponseSettings
	}
	// RestoreNodeCall is what StateService.RestoreNode was asked.
	RestoreNodeCall struct {
		Target   *planner.NodeRestoreResources
		Response convert.ResponseSettings
	}
	// PlanStatesCall is what ResourceService.PlanStates was asked.
	PlanStatesCall struct {
		Start    *resource.State
		States   []*resource.State
		Options  resource.PlanOptions
		Response convert.ResponseSettings
	}
	// PlanRefreshCall is what ResourceService.PlanRefresh was asked.
	PlanRefreshCall struct {
		State    *resource.State
		Response convert.ResponseSettings
	}
	// ApplyEventsCall is what ResourceService.ApplyEvents was asked. The events hold what applying them
	// needs, and no more: type and resource, of which a delete has only the identifier.
	ApplyEventsCall struct {
		State    *resource.State
		Events   []resource.Event
		Response convert.ResponseSettings
	}
	// VerifyPlansCall is what ResourceService.VerifyPlans was asked. End is nil if the options tell what is desired.
	VerifyPlansCall struct {
		Start, End *resource.State
		Plans      []resource.Plan
		Options    verify.Options
	}
)

// UpdateDatabase converts a request. The error is an *InvalidRequestError or a *TooManyError.
func (c Converter) UpdateDatabase(in *plannerv1.UpdateDatabaseRequest) (*UpdateDatabaseCall, error) {
	r := c.reader()
	call := r.updateDatabase(nil, in)
	call.Response = r.responseSettings(in.GetResponseOptions(), false)
	return finish(r, call)
}

// updateDatabase converts a request but for how it wants to be answered.
func (r *reader) updateDatabase(p *path, in *plannerv1.UpdateDatabaseRequest) *UpdateDatabaseCall {
	call := &UpdateDatabaseCall{
		Start: r.state(p, "start", in.GetStart(), recorded),
		Nodes: r.nodes(p, "nodes", in.GetNodes(), checkPrimary),
	}
	r.noNodes(p, in, call.Start)
	services := r.services(p, "services", in.GetServices())
	call.Options = r.updateOptions(p, "options", in.GetOptions())
	call.Options.Services = services
	call.DeleteDatabase = r.deleteDatabase(p, in)
	call.ExpectedDigest = r.digest(p, "expected_digest", in.GetExpectedDigest())
	return call
}

// RestoreDatabase converts a request. The error is an *InvalidRequestError or a *TooManyError.
func (c Converter) RestoreDatabase(in *plannerv1.RestoreDatabaseRequest) (*RestoreDatabaseCall, error) {
	r := c.reader()
	call := r.restoreDatabase(nil, in)
	call.Response = r.responseSettings(in.GetResponseOptions(), false)
	return finish(r, call)
}

// restoreDatabase converts a request but for how it wants to be answered.
func (r *reader) restoreDatabase(p *path, in *plannerv1.RestoreDatabaseRequest) *RestoreDatabaseCall {
	return &RestoreDatabaseCall{
		Start:   r.state(p, "start", in.GetStart(), recorded),
		Nodes:   r.nodes(p, "nodes", in.GetNodes(), checkPrimary),
		Targets: r.targets(p, "targets", in.GetTargets()),
		Options: r.restoreOptions(p, "options", in.GetOptions()),

		ExpectedDigest: r.digest(p, "expected_digest", in.GetExpectedDigest()),
	}
}
