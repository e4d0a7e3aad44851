package verify_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit/execution"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/verify"
)

// joinedUpTo is the state in which n3, which copies n1, with n2 as its peer, has only to be enabled, and the plan that
// does so.
func joinedUpTo(t *testing.T) (wish, *resource.State, []resource.Plan) {
	t.Helper()
	w := wish{nodes: nodes("n1", "n2", "n3")}
	start := wish{nodes: nodes("n1", "n2")}.end()
	plans := w.mustPlan(t, start)
	last := len(plans) - 1
	return w, execution.After(start, plans[:last]...), plans[last:]
}

// TestCopiesOutliveNoPeer: a node has joined up to its last plan, and now its peer joins itself. What the peer had is
// kept nowhere for the node, which has to copy again before anything is enabled.
func TestCopiesOutliveNoPeer(t *testing.T) {
	w, start, plans := joinedUpTo(t)
	enabling := "enabled_too_early plan 0 phase 1 event 1: " + database.SubscriptionIdentifier(peerLink()).String() +
		" applies changes before is done: database.subscription::n1:n3:app"
	says := func() bool {
		return slices.ContainsFunc(judged(start, plans, w.end(), w.options()), func(v verify.Violation) bool {
			return strings.HasPrefix(v.String(), enabling)
		})
	}
	if says() {
		t.Error("a peer that stays one is found to have gone")
	}
	start.Add(database.RolesSource{NodeName: "n2", SourceNodeName: "n1"}.Resource())
	if !says() {
		t.Errorf("not found: %s, but %v", enabling, judged(start, plans, w.end(), w.options()))
	}
}

// TestRecordsOfSlotsMakeNone: where start has the making of a slot without the slot, the record of the slot may be put
// beside it. Where nothing says that the slot has been there, all that needs it has to come after it.
func TestRecordsOfSlotsMakeNone(t *testing.T) {
	w, start, plans := joinedUpTo(t)
	slot := database.ReplicationSlot{Link: peerLink()}.Resource()
	start.Remove(slot.Identifier)
	plans = slices.Insert(plans, 0, resource.Plan{Phases: []resource.Phase{{Events: []resource.Event{
		{Type: resource.EventCreate, Resource: slot, Reason: resource.ReasonDoesNotExist},
	}}}})
	stale := func() int {
		n := 0
		for _, v := range judged(start, plans, w.end(), w.options()) {
			if v.Rule == verify.RuleStaleRecord || v.Rule == verify.RuleEnabledTooEarly {
				n++
			}
		}
		return n
	}
	if n := stale(); n != 0 {
		t.Errorf("%d violations where only the record is new", n)
	}
	start.Remove(database.ReplicationSlotCreateIdentifier(peerLink()))
	start.Remove(database.SubscriptionIdentifier(peerLink()))
	if stale() == 0 {
		t.Error("a slot that is new is taken for one that has been there")
	}
}

// peerLink is the link from the peer to the node.
func peerLink() database.Link {
	return database.Link{Provider: "n2", Subscriber: "n3", DatabaseName: "app"}
}

// TestOtherDatabasesAreLeftOver: a database of another name on a node does not stand for the one that is wanted.
func TestOtherDatabasesAreLeftOver(t *testing.T) {
	w := wish{nodes: nodes("n1", "n2", "n3")}
	start := wish{nodes: nodes("n1", "n2")}.end()
	plans := w.mustPlan(t, start)
	start = execution.After(start, plans[0]) // n3 is joining
	start.Add(database.PostgresDatabase{NodeName: "n3", DatabaseName: "other"}.Resource())
	for _, v := range judged(start, plans[1:], w.end(), w.options()) {
		if v.Rule != verify.RuleLeftover {
			t.Errorf("%v", v)
		}
	}
}

// TestNoNodeIsLinkedToItself: a record of a slot from a node to itself does not say that the node has been linked.
func TestNoNodeIsLinkedToItself(t *testing.T) {
	w := wish{nodes: nodes("n1", "n2")}
	start := wish{nodes: nodes("n1")}.end()
	plans := w.mustPlan(t, start)
	start.Add(database.ReplicationSlot{Link: database.Link{Provider: "n2", Subscriber: "n2", DatabaseName: "app"}}.Resource())
	for _, v := range judged(start, plans, w.end(), w.options()) {
		if v.Rule == verify.RuleMemberIncomplete {
			t.Errorf("%v", v)
		}
	}
}

// TestProvidersAreTriedAgain: a node has joined, one of its links to others has failed, and a removal that was begun has
// taken the wait for its copy. The copy is there: the link may be tried before that is waited for once more.
func TestProvidersAreTriedAgain(t *testing.T) {
	w, start, plans := joinedUpTo(t)
	start = execution.After(start, resource.Plan{Phases: plans[0].Phases[:1]})
	out := database.Subscription{Link: link("n3", "n1")}.Resource()
	out.Error = "it failed"
	start.Add(out)
	start.Remove(database.WaitForSyncEventIdentifier(link("n1", "n3")))
	changed := wish{nodes: nodes("n1", "n2", "n3:2")}
	for _, w := range []wish{w, changed} {
		plans, violations, err := w.judge(start)
		if err != nil {
			t.Fatal(err)
		}
		expectNone(t, plans, violations)
	}
	copyFails := start.Clone()
	edit(copyFails, database.SubscriptionIdentifier(link("n1", "n3")), func(r *resource.Resource) { r.NeedsRecreate = true })
	expectOf(t, []verify.Rule{verify.RuleJoiningOut}, "the copy is lost", "joining_out", copyFails, w)
}
