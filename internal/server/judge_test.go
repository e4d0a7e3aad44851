package server

import (
	"slices"
	"strings"
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit"
	"github.com/pgplanner/pgplanner/internal/testkit/calls"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit/answers"
)

// TestBadPlansAreNeverSent shows that an answer that breaks rules is a bug to the caller and named in the log.
func TestBadPlansAreNeverSent(t *testing.T) {
	h := start(t, Config{}, func(s *Server) {
		withPlans(answers.Plans([]int{2}))(s)
		s.planner.judge = judgeDatabase
	})
	answer, err := h.update(wantNodes("n1"))
	if status.Code(err) != codes.Internal || len(answer) != 0 {
		t.Fatalf("got %v and %d messages", err, len(answer))
	}
	if !strings.Contains(h.log.Text(), "the plans break") {
		t.Errorf("the log does not say why:\n%s", h.log.Text())
	}
}

// TestMisleadingPlansAreNeverSent has the planner forget a link between two nodes, in its plans and where it says that
// these lead.
func TestMisleadingPlansAreNeverSent(t *testing.T) {
	forget := func(plans []resource.Plan, end *resource.State, id resource.Identifier) {
		for _, plan := range plans {
			for i := range plan.Phases {
				plan.Phases[i].Events = slices.DeleteFunc(plan.Phases[i].Events, func(e resource.Event) bool {
					return e.Resource.Identifier == id
				})
			}
		}
		end.Remove(id)
	}
	link := database.Link{Provider: "n1", Subscriber: "n2", DatabaseName: "app"}
	both := func(plans []resource.Plan, end *resource.State) {
		forget(plans, end, database.SubscriptionIdentifier(link))
		forget(plans, end, database.ReplicationSlotIdentifier(link))
	}
	h := start(t, Config{}, func(s *Server) {
		s.planner.judge = judgeDatabase
		update, restore := s.planner.updateDatabase, s.planner.restoreDatabase
		s.planner.updateDatabase = func(
			stop *interrupt.Poller, options planner.UpdateDatabaseOptions, start *resource.State, nodes []*planner.NodeResources,
		) (planner.Outcome, error) {
			outcome, err := update(stop, options, start, nodes)
			both(outcome.Plans, outcome.End)
			return outcome, err
		}
		s.planner.restoreDatabase = func(
			stop *interrupt.Poller, options planner.RestoreDatabaseOptions,
			start *resource.State, nodes []*planner.NodeResources, targets []*planner.NodeRestoreResources,
		) (planner.Outcome, error) {
			outcome, err := restore(stop, options, start, nodes, targets)
			both(outcome.Plans, outcome.End)
			return outcome, err
		}
	})
	restore := wantRestore("n1")
	second := proto.CloneOf(restore.GetTargets()[0])
	second.NodeName = "n2"
	second.PrimaryInstance, second.RestoreInstance = wantInstance("n2", "a"), wantInstance("n2", "a")
	restore.Targets = append(restore.Targets, second)
	for name, call := range map[string]func() (int, error){
		"update": func() (int, error) {
			answer, err := h.update(wantNodes("n1", "n2", "n3"))
			return len(answer), err
		},
		"restore": func() (int, error) {
			answer, err := calls.Drain(h.planner().RestoreDatabase(t.Context(), restore))
			return len(answer), err
		},
	} {
		n, err := call()
		if status.Code(err) != codes.Internal || n != 0 {
			t.Errorf("%s: got %v and %d messages", name, err, n)
		}
	}
	const why = "end_missing: database.replication_slot::n1:n2:app is wanted"
	testkit.Eventually(t, func() bool { return strings.Count(h.log.Text(), why) == 2 })
}

func TestVerificationCanBeTurnedOff(t *testing.T) {
	off := New(Config{NoVerification: true})
	if off.planner.judge != nil || off.resource.judge != nil {
		t.Error("there is a judge")
	}
	on := New(Config{})
	if on.planner.judge == nil || on.resource.judge == nil {
		t.Error("there is no judge")
	}
}

func TestVerifyPlans(t *testing.T) {
	h := start(t, Config{}, nil)
	answer, err := h.update(wantNodes("n1", "n2"))
	if err != nil {
		t.Fatal(err)
	}
	var plans []*plannerv1.Plan
	for _, m := range answer {
		if part := m.GetPlanPart(); part != nil {
			plans = append(plans, &plannerv1.Plan{Phases: part.GetPhases()})
		}
	}
	end, err := h.state().EndState(t.Context(), &plannerv1.EndStateRequest{Nodes: wantNodes("n1", "n2").GetNodes()})
	if err != nil {
		t.Fatal(err)
	}
	verify := func(plans []*plannerv1.Plan) *plannerv1.VerifyPlansResponse {
		verdict, err := h.resource().VerifyPlans(t.Context(), &plannerv1.VerifyPlansRequest{
			Plans: plans, End: end.GetState(), Rules: plannerv1.PlanRules_PLAN_RULES_UPDATE_DATABASE,
		})
		if err != nil {
			t.Fatal(err)
		}
		return verdict
	}
	if verdict := verify(plans); verdict.GetTotal() != 0 {
		t.Errorf("good plans: %v", verdict)
	}
	answering := func(names ...string) *plannerv1.VerifyPlansResponse {
		verdict, err := h.resource().VerifyPlans(t.Context(), &plannerv1.VerifyPlansRequest{
			Plans: plans, UpdateDatabase: wantNodes(names...),
		})
		if err != nil {
			t.Fatal(err)
		}
		return verdict
	}
	if verdict := answering("n1", "n2"); verdict.GetTotal() != 0 {
		t.Errorf("good plans for what was asked: %v", verdict)
	}
	if verdict := answering("n1", "n2", "n3"); verdict.GetTotal() == 0 || verdict.GetViolations()[0].GetRule() != "end_missing" {
		t.Errorf("plans for less than was asked: %v", verdict)
	}
	if verdict := verify(plans[1:]); verdict.GetTotal() == 0 || len(verdict.GetViolations()) == 0 {
		t.Errorf("plans without the first one: %v", verdict)
	}
}
