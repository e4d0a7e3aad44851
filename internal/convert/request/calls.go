package request

import (
	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert"
	"github.com/pgplanner/pgplanner/internal/interrupt"
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
		// DeleteDatabase says that having no nodes is meant.
		DeleteDatabase bool
		// ExpectedDigest is that of the plans which were approved; empty: any will do.
		ExpectedDigest string
	}
	// RestoreDatabaseCall is what PlannerService.RestoreDatabase was asked.
	RestoreDatabaseCall struct {
		Answering

		Start   *resource.State
		Nodes   []*planner.NodeResources
		Targets []*planner.NodeRestoreResources
		Options planner.RestoreDatabaseOptions
		// ExpectedDigest is that of the plans which were approved; empty: any will do.
		ExpectedDigest string
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
	r.lost = r.lostHosts(p, in.GetOptions().GetLostHosts())
	defer func() { r.lost = nil }()
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
	return answering(r, r.restoreDatabase(nil, in), in.GetResponseOptions(), false)
}

// restoreDatabase converts a request but for how it wants to be answered.
func (r *reader) restoreDatabase(p *path, in *plannerv1.RestoreDatabaseRequest) *RestoreDatabaseCall {
	r.lost = r.lostHosts(p, in.GetOptions().GetLostHosts())
	defer func() { r.lost = nil }()
	return &RestoreDatabaseCall{
		Start:   r.state(p, "start", in.GetStart(), recorded),
		Nodes:   r.nodes(p, "nodes", in.GetNodes(), checkPrimary),
		Targets: r.targets(p, "targets", in.GetTargets()),
		Options: r.restoreOptions(p, "options", in.GetOptions()),

		ExpectedDigest: r.digest(p, "expected_digest", in.GetExpectedDigest()),
	}
}

// AddNode converts a request. The error is an *InvalidRequestError or a *TooManyError.
func (c Converter) AddNode(in *plannerv1.AddNodeRequest) (*NodesCall, error) {
	return c.nodeCall(in.GetNode(), in.GetResponseOptions(), checkPrimary)
}

// UpdateNode converts a request. The error is an *InvalidRequestError or a *TooManyError. Whether the node's primary is among
// its instances is left to the planner.
func (c Converter) UpdateNode(in *plannerv1.UpdateNodeRequest) (*NodesCall, error) {
	return c.nodeCall(in.GetNode(), in.GetResponseOptions(), leavePrimary)
}

// AddNodes converts a request. The error is an *InvalidRequestError or a *TooManyError.
func (c Converter) AddNodes(in *plannerv1.AddNodesRequest) (*NodesCall, error) {
	return c.nodesCall(in.GetNodes(), in.GetResponseOptions(), checkPrimary)
}

// RollingUpdateNodes converts a request, as UpdateNode does.
func (c Converter) RollingUpdateNodes(in *plannerv1.RollingUpdateNodesRequest) (*NodesCall, error) {
	return c.nodesCall(in.GetNodes(), in.GetResponseOptions(), leavePrimary)
}

// ConcurrentUpdateNodes converts a request, as UpdateNode does.
func (c Converter) ConcurrentUpdateNodes(in *plannerv1.ConcurrentUpdateNodesRequest) (*NodesCall, error) {
	return c.nodesCall(in.GetNodes(), in.GetResponseOptions(), leavePrimary)
}

// EndState converts a request. The error is an *InvalidRequestError or a *TooManyError.
func (c Converter) EndState(in *plannerv1.EndStateRequest) (*NodesCall, error) {
	return c.nodesCall(in.GetNodes(), in.GetResponseOptions(), checkPrimary)
}

// PopulateNode converts a request. The error is an *InvalidRequestError or a *TooManyError.
func (c Converter) PopulateNode(in *plannerv1.PopulateNodeRequest) (*NodesCall, error) {
	r := c.reader()
	call := &NodesCall{
		Nodes:    r.onlyNode(in.GetNode(), checkPrimary),
		Existing: in.GetExistingNodeNames(),
	}
	r.countNodes(len(call.Existing))
	r.nodeNames("existing_node_names", "", call.Existing)
	return answering(r, call, in.GetResponseOptions(), false)
}

// PopulateNodes converts a request. The error is an *InvalidRequestError or a *TooManyError. Of the existing nodes only
// the names count.
func (c Converter) PopulateNodes(in *plannerv1.PopulateNodesRequest) (*NodesCall, error) {
	r := c.reader()
	call := &NodesCall{}
	if r.countNodes(len(in.GetExisting())) {
		for _, n := range interrupt.Each(r.Stop, in.GetExisting()) {
			call.Existing = append(call.Existing, n.GetNodeName())
		}
		r.nodeNames("existing", "node_name", call.Existing)
	}
	call.Nodes = r.nodes(nil, "new", in.GetNew(), checkPrimary)
	return answering(r, call, in.GetResponseOptions(), false)
}

// RestoreNode converts a request. The error is an *InvalidRequestError or a *TooManyError.
func (c Converter) RestoreNode(in *plannerv1.RestoreNodeRequest) (*RestoreNodeCall, error) {
	r := c.reader()
	call := &RestoreNodeCall{Target: required(r, nil, "target", in.GetTarget(), r.target)}
	return answering(r, call, in.GetResponseOptions(), false)
}

func (c Converter) nodeCall(in *plannerv1.NodeResources, options *plannerv1.ResponseOptions, rule primaryRule) (*NodesCall, error) {
	r := c.reader()
	return answering(r, &NodesCall{Nodes: r.onlyNode(in, rule)}, options, false)
}

// onlyNode is the node of a request that is about one.
func (r *reader) onlyNode(in *plannerv1.NodeResources, rule primaryRule) []*planner.NodeResources {
	return []*planner.NodeResources{required(r, nil, "node", in, r.nodeBy(rule))}
}

func (c Converter) nodesCall(in []*plannerv1.NodeResources, options *plannerv1.ResponseOptions, rule primaryRule) (*NodesCall, error) {
	r := c.reader()
	return answering(r, &NodesCall{Nodes: r.nodes(nil, "nodes", in, rule)}, options, false)
}

// PlanStates converts a request. The error is an *InvalidRequestError or a *TooManyError. Resources may have any type and keep
// their marks (needs_recreate, error, pending_deletion), in wanted states too.
func (c Converter) PlanStates(in *plannerv1.PlanStatesRequest) (*PlanStatesCall, error) {
	r := c.reader()
	call := &PlanStatesCall{Start: r.state(nil, "start", in.GetStart(), recorded)}
	call.States = list(r, nil, "states", in.GetStates(), func(p *path, s *plannerv1.State) *resource.State {
		return r.stateAt(p, s, desired)
	})
	call.Options = planOptionsFromProto(in.GetOptions())
	return answering(r, call, in.GetResponseOptions(), true)
}

// PlanRefresh converts a request. The error is an *InvalidRequestError or a *TooManyError.
func (c Converter) PlanRefresh(in *plannerv1.PlanRefreshRequest) (*PlanRefreshCall, error) {
	r := c.reader()
	call := &PlanRefreshCall{State: r.state(nil, "state", in.GetState(), recorded)}
	return answering(r, call, in.GetResponseOptions(), true)
}

// ApplyEvents converts a request. The error is an *InvalidRequestError or a *TooManyError. What does not count in an event
// (its reason beyond being a known one, its diff, and of a delete all but the identifier) is not looked at.
func (c Converter) ApplyEvents(in *plannerv1.ApplyEventsRequest) (*ApplyEventsCall, error) {
	r := c.reader()
	call := &ApplyEventsCall{State: r.state(nil, "state", in.GetState(), recorded)}
	if r.countResources(len(in.GetEvents())) {
		call.Events = list(r, nil, "events", in.GetEvents(), r.executedEvent)
	}
	return answering(r, call, in.GetResponseOptions(), true)
}
