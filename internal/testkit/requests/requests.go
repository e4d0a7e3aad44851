// Package requests writes what is asked of the planner as requests.
package requests

import (
	"testing"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert/response"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// Update asks for an update, with attributes in that form, and for an answer in the same one.
func Update(
	tb testing.TB, form plannerv1.AttributesFormat,
	options planner.UpdateDatabaseOptions, start *resource.State, nodes []*planner.NodeResources,
) *plannerv1.UpdateDatabaseRequest {
	tb.Helper()
	e := response.NewFormEncoder(form)
	return &plannerv1.UpdateDatabaseRequest{
		Start: e.State(start), Nodes: each(tb, nodes, e.Node), Services: services(e, options.Services),
		Options: response.ResolvedOptions(options), ResponseOptions: &plannerv1.ResponseOptions{AttributesFormat: form},
	}
}

// Restore asks for a restore, likewise.
func Restore(
	tb testing.TB, form plannerv1.AttributesFormat,
	start *resource.State, nodes []*planner.NodeResources, targets []*planner.NodeRestoreResources,
) *plannerv1.RestoreDatabaseRequest {
	tb.Helper()
	e := response.NewFormEncoder(form)
	return &plannerv1.RestoreDatabaseRequest{
		Start: e.State(start), Nodes: each(tb, nodes, e.Node), Targets: each(tb, targets, e.RestoreNode),
		ResponseOptions: &plannerv1.ResponseOptions{AttributesFormat: form},
	}
}

// Nodes are the nodes of a request.
func Nodes(tb testing.TB, e *response.Encoder, nodes []*planner.NodeResources) []*plannerv1.NodeResources {
	tb.Helper()
	return each(tb, nodes, e.Node)
}

func services(e *response.Encoder, all []*planner.ServiceResources) []*plannerv1.ServiceResources {
	var messages []*plannerv1.ServiceResources
	for _, s := range all {
		messages = append(messages, e.Service(s))
	}
	return messages
}

// each encodes each of a list.
func each[Domain, Message any](tb testing.TB, list []Domain, encode func(Domain) (Message, error)) []Message {
	tb.Helper()
	var messages []Message
	for _, one := range list {
		message, err := encode(one)
		if err != nil {
			tb.Fatal(err)
		}
		messages = append(messages, message)
	}
	return messages
}
