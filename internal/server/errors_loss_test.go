package server

import (
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/pgplanner/pgplanner/internal/convert/request"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// TestRefusalsOfLoss: whatever is refused because it would lose data, or because the state cannot be what it says, names the nodes
// and resources in its metadata.
func TestRefusalsOfLoss(t *testing.T) {
	for name, test := range map[string]refusal{
		"members": {
			err: &planner.MemberIncompleteError{Members: []planner.IncompleteMember{
				{Node: "n2", Providers: []string{"n1", "n3"}, Records: []resource.Identifier{id("slot", "1"), id("slot", "2")}},
				{Node: "n4", Records: []resource.Identifier{id("database", "n4")}},
			}},
			reason: "MEMBER_INCOMPLETE", subjects: []string{"n2"},
			metadata: map[string]string{
				"members": "2", "node_0": "n2", "providers_0": "n1,n3", "resources_0": "slot::1,slot::2", "node_1": "n4", "resources_1": "database::n4",
			},
		},
		"undrainable": {
			err:    &planner.RejoinUndrainableError{Node: "n2", Lost: id("slot", "1")},
			reason: "REJOIN_UNDRAINABLE", subjects: []string{"n2"},
			metadata: map[string]string{"node": "n2", "resource": "slot::1"},
		},
		"removal beside a rejoin": {
			err: &planner.RejoinAndRemovalError{Rejoining: "n2", Leaving: "n3"}, reason: "REJOIN_AND_REMOVAL", subjects: []string{"n3"},
			metadata: map[string]string{"node": "n3", "rejoining": "n2"},
		},
		"data abandoned": {
			err: &planner.DataAbandonedError{Nodes: []string{"n1", "n2"}}, reason: "DATA_ABANDONED", subjects: []string{"n1"},
			metadata: map[string]string{"node_0": "n1", "node_1": "n2"},
		},
		"another database": {
			err:    &planner.DatabaseChangedError{Node: "n1", Field: "database_name", Recorded: id("database", "n1")},
			reason: "DATABASE_CHANGED", subjects: []string{"n1"},
			metadata: map[string]string{"node": "n1", "field": "database_name", "resource": "database::n1"},
		},
		"moved": {
			err:    &planner.InstanceMovedError{Resource: id("dir", "n1-a"), Field: "executor", NeededBy: id("database.instance", "n1-a")},
			reason: "INSTANCE_MOVED", subjects: []string{"dir::n1-a"},
			metadata: map[string]string{"needed_by": "database.instance::n1-a", "resource": "dir::n1-a", "field": "executor"},
		},
		"not mentioned": {
			err: &planner.NodeNotMentionedError{Nodes: []string{"n3"}}, reason: "NODE_NOT_MENTIONED", subjects: []string{"n3"},
			metadata: map[string]string{"node_0": "n3"},
		},
		"backup": {
			err: &planner.BackupBesideMembersError{Node: "n3", Member: "n1"}, reason: "BACKUP_BESIDE_MEMBERS", subjects: []string{"n3"},
			metadata: map[string]string{"node": "n3", "member": "n1"},
		},
		"primary lost": {
			err: &planner.PrimaryLostError{Node: "n1", InstanceID: "i1"}, reason: "PRIMARY_LOST", subjects: []string{"n1"},
			metadata: map[string]string{"node": "n1", "primary_instance_id": "i1"},
		},
		"primary unknown": {
			err: &planner.PrimaryUnknownError{Node: "n1"}, reason: "PRIMARY_UNKNOWN", subjects: []string{"n1"},
			metadata: map[string]string{"node": "n1"},
		},
		"old": {
			err:    &planner.StateTooOldError{Resource: id("database.subscription", "x"), Problem: planner.OldLayoutID},
			reason: "STATE_TOO_OLD", subjects: []string{"database.subscription::x"},
			metadata: map[string]string{"resource": "database.subscription::x"},
		},
		"new": {
			err: &request.StateTooNewError{Field: "start.version", Version: 2}, reason: "STATE_TOO_NEW", subjects: []string{"start.version"},
			metadata: map[string]string{"field": "start.version", "version": "2"},
		},
	} {
		test.code = codes.FailedPrecondition
		t.Run(name, test.check)
	}
}

func TestALaterStateIsRefused(t *testing.T) {
	h := start(t, Config{}, nil)
	req := wantNodes("n1")
	req.Start = wireState()
	req.Start.Version = "2"
	_, err := h.update(req)
	if got := take(t, err); got.code != codes.FailedPrecondition || got.info.GetReason() != "STATE_TOO_NEW" {
		t.Errorf("got %v %v", got.code, got.info)
	}
}
