package messages_test

import (
	"testing"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/testkit/messages"
)

func TestRequestsAnExactFieldCannotHoldAreRefused(t *testing.T) {
	node := &planner.NodeResources{InstanceResources: []*planner.InstanceResources{{}, {}}}
	node.InstanceResources[1].Instance.ConnectionInfo = []byte(`{"x":9007199254740993}`)
	if _, err := messages.In(plannerv1.AttributesFormat_ATTRIBUTES_FORMAT_JSON).Node(node); err == nil || err.Error() != "connection_info is no JSON object that a Struct could hold exactly" {
		t.Errorf("the error is %v", err)
	}
	node = &planner.NodeResources{}
	node.RestoreConfig = &database.RestoreConfig{Repository: []byte(`["x"]`)}
	if _, err := messages.In(plannerv1.AttributesFormat_ATTRIBUTES_FORMAT_JSON).Node(node); err == nil || err.Error() != "repository is no JSON object that a Struct could hold exactly" {
		t.Errorf("the error is %v", err)
	}
}
