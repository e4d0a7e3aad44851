package messages

import (
	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert/response"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// UpdateDatabase writes a request for an update; without nodes, one that means it. The error is an *InexactError.
func (e *Encoder) UpdateDatabase(
	start *resource.State, options planner.UpdateDatabaseOptions, nodes []*planner.NodeResources,
) (*plannerv1.UpdateDatabaseRequest, error) {
	out := &plannerv1.UpdateDatabaseRequest{
		Start: e.State(start), Options: response.ResolvedOptions(options), ResponseOptions: e.options(),
	}
	out.Options.DeleteDatabase = len(nodes) == 0
	for _, s := range options.Services {
		out.Services = append(out.Services, e.Service(s))
	}
	var err error
	out.Nodes, err = e.Nodes(nodes)
	return out, err
}

// RestoreDatabase writes a request for a restore. The error is an *InexactError.
func (e *Encoder) RestoreDatabase(
	start *resource.State, options planner.RestoreDatabaseOptions,
	nodes []*planner.NodeResources, targets []*planner.NodeRestoreResources,
) (*plannerv1.RestoreDatabaseRequest, error) {
	out := &plannerv1.RestoreDatabaseRequest{
		Start: e.State(start), ResponseOptions: e.options(),
		Options: &plannerv1.RestoreDatabaseOptions{LostHosts: options.LostHosts, HoldNodes: options.HoldNodes},
	}
	var err error
	if out.Nodes, err = e.Nodes(nodes); err != nil {
		return nil, err
	}
	out.Targets, err = each(targets, e.RestoreNode)
	return out, err
}

// Nodes writes the wanted shapes of nodes. The error is an *InexactError.
func (e *Encoder) Nodes(nodes []*planner.NodeResources) ([]*plannerv1.NodeResources, error) {
	return each(nodes, e.Node)
}

// options ask for answers with attributes in the form of the request.
func (e *Encoder) options() *plannerv1.ResponseOptions {
	return &plannerv1.ResponseOptions{AttributesFormat: e.settings.Format}
}

// each encodes each of a list.
func each[Domain, Message any](list []Domain, encode func(Domain) (Message, error)) ([]Message, error) {
	var out []Message
	for _, one := range list {
		m, err := encode(one)
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}
