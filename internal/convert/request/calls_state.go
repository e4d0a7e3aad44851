package request

import plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"

// AddNode converts a request. The error is an *InvalidRequestError or a *TooManyError.
func (c Converter) AddNode(in *plannerv1.AddNodeRequest) (*NodeCall, error) {
	return c.nodeCall(in.GetNode(), in.GetResponseOptions(), checkPrimary)
}

// UpdateNode converts a request. The error is an *InvalidRequestError or a *TooManyError. Whether the node's primary is among
// its instances is left to the planner.
func (c Converter) UpdateNode(in *plannerv1.UpdateNodeRequest) (*NodeCall, error) {
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
func (c Converter) PopulateNode(in *plannerv1.PopulateNodeRequest) (*PopulateNodeCall, error) {
	r := c.reader()
	call := &PopulateNodeCall{
		Node:              required(r, nil, "node", in.GetNode(), r.nodeBy(checkPrimary)),
		ExistingNodeNames: in.GetExistingNodeNames(),
	}
	r.countNodes(len(in.GetExistingNodeNames()))
	r.nodeNames("existing_node_names", in.GetExistingNodeNames())
	call.Response = r.responseSettings(in.GetResponseOptions(), false)
	return finish(r, call)
}

// PopulateNodes converts a request. The error is an *InvalidRequestError or a *TooManyError.
func (c Converter) PopulateNodes(in *plannerv1.PopulateNodesRequest) (*PopulateNodesCall, error) {
	r := c.reader()
	call := &PopulateNodesCall{
		Existing: r.namedNodes("existing", in.GetExisting()),
		New:      r.nodes(nil, "new", in.GetNew(), checkPrimary),
	}
	call.Response = r.responseSettings(in.GetResponseOptions(), false)
	return finish(r, call)
}

// RestoreNode converts a request. The error is an *InvalidRequestError or a *TooManyError.
func (c Converter) RestoreNode(in *plannerv1.RestoreNodeRequest) (*RestoreNodeCall, error) {
	r := c.reader()
	call := &RestoreNodeCall{Target: required(r, nil, "target", in.GetTarget(), r.target)}
	call.Response = r.responseSettings(in.GetResponseOptions(), false)
	return finish(r, call)
}

func (c Converter) nodeCall(in *plannerv1.NodeResources, options *plannerv1.ResponseOptions, rule primaryRule) (*NodeCall, error) {
	r := c.reader()
	call := &NodeCall{Node: required(r, nil, "node", in, r.nodeBy(rule))}
	call.Response = r.responseSettings(options, false)
	return finish(r, call)
}

func (c Converter) nodesCall(in []*plannerv1.NodeResources, options *plannerv1.ResponseOptions, rule primaryRule) (*NodesCall, error) {
	r := c.reader()
	call := &NodesCall{Nodes: r.nodes(nil, "nodes", in, rule)}
	call.Response = r.responseSettings(options, false)
	return finish(r, call)
}
