package request

import (
	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/planner"
)

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
