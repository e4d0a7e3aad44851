package server

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/testkit/calls"
)

// TestADatabaseIsDeletedOnPurpose: it has to be said, the header says that it was understood, and to say it again does no harm.
func TestADatabaseIsDeletedOnPurpose(t *testing.T) {
	h := start(t, Config{}, nil)
	req := wantNodes()
	req.Start = created(t, h, wantNodes("n1", "n2"))
	_, err := h.update(req)
	got := take(t, err)
	if got.code != codes.InvalidArgument || !slices.Equal(got.fields(), []string{"nodes"}) {
		t.Errorf("got %v %v", got.code, got.fields())
	}
	req.Options = &plannerv1.UpdateDatabaseOptions{DeleteDatabase: true}
	for range 2 {
		answer, err := h.update(req)
		if err != nil {
			t.Fatal(err)
		}
		header, parts, _ := opened(t, answer)
		if !header.GetOptions().GetDeleteDatabase() {
			t.Errorf("header %v", header)
		}
		if req.Start == nil && header.GetPlans() != 0 {
			t.Errorf("%d plans where nothing is left", header.GetPlans())
		}
		if left := execute(t, h, req.Start, parts); len(left.GetResources()) > 0 {
			t.Errorf("left: %v", left)
		}
		req.Start = nil
	}
}

// TestWhatWasApprovedIsAnswered: with the digest of an answer comes the same answer, and with any other one not even a header.
func TestWhatWasApprovedIsAnswered(t *testing.T) {
	h := start(t, Config{}, nil)
	update := wantNodes("n1", "n2")
	restore := wantRestore("n2", "n1")
	restore.Start = created(t, h, wantNodes("n1", "n2"))
	for name, ask := range map[string]func(digest string) (*plannerv1.PlanSummary, int, error){
		"UpdateDatabase": func(digest string) (*plannerv1.PlanSummary, int, error) {
			req := proto.CloneOf(update)
			req.ExpectedDigest = digest
			answer, err := h.update(req)
			if err != nil {
				return nil, len(answer), err
			}
			return answer[len(answer)-1].GetSummary(), len(answer), nil
		},
		"RestoreDatabase": func(digest string) (*plannerv1.PlanSummary, int, error) {
			req := proto.CloneOf(restore)
			req.ExpectedDigest = digest
			answer, err := calls.Drain(h.planner().RestoreDatabase(t.Context(), req))
			if err != nil {
				return nil, len(answer), err
			}
			return answer[len(answer)-1].GetSummary(), len(answer), nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			first, n, err := ask("")
			if err != nil {
				t.Fatal(err)
			}
			if again, m, err := ask(first.GetDigest()); err != nil || m != n || !proto.Equal(again, first) {
				t.Errorf("%d messages, not %d: %v, %v", m, n, again, err)
			}
			other := strings.Repeat("0", 64)
			_, m, err := ask(other)
			got := take(t, err)
			if m != 0 || got.code != codes.FailedPrecondition || got.info.GetReason() != "PLAN_CHANGED" {
				t.Errorf("%d messages, %v %v", m, got.code, got.info)
			}
			if ids := got.info.GetMetadata(); ids["expected_digest"] != other || ids["digest"] != first.GetDigest() {
				t.Errorf("metadata %v", ids)
			}
		})
	}
}
