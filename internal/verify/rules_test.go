package verify_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit/notation"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/verify"
)

// wrong is one thing done to the plans of a story that violates exactly one rule.
type wrong struct {
	rule   verify.Rule
	name   string
	story  story
	mutate func(m *mutant)
	// says, if it is not empty, is the only violation.
	says string
	// follows is another rule that is bound to be violated, too; 0: none.
	follows verify.Rule
}

// rules are the names of the rules that are violated, in order.
func (w wrong) rules() string {
	if w.follows == 0 {
		return w.rule.String()
	}
	return strings.Join(slices.Sorted(slices.Values([]string{w.rule.String(), w.follows.String()})), " ")
}

var (
	creating  = story{wish: wish{nodes: nodes("n1:2", "n2")}}
	changing  = story{start: nodes("n1:2", "n2"), wish: wish{nodes: changed(nodes("n1:2", "n2"))}}
	adding    = story{start: nodes("n1", "n2", "n3"), wish: wish{nodes: nodes("n1", "n2", "n3", "n4")}}
	removing  = story{start: nodes("n1", "n2:2"), wish: wish{nodes: nodes("n1")}}
	replacing = story{
		start: nodes("n1", "n2"), with: []*planner.ServiceResources{service("old", `{}`)},
		wish: wish{nodes: changed(nodes("n1:2", "n2")), services: []*planner.ServiceResources{service("new", `{}`)}},
	}
	moving  = story{start: nodes("n1"), wish: wish{nodes: otherImage(changed(nodes("n1")))}}
	serving = story{
		start: nodes("n1"), with: []*planner.ServiceResources{service("front", `{}`)},
		wish: wish{nodes: nodes("n1"), services: []*planner.ServiceResources{service("front", `{"port":80}`)}},
	}
	// following has a service that depends on all databases by their type.
	following = story{
		start: nodes("n1", "n2"), with: []*planner.ServiceResources{service("front", `{}`)},
		wish: wish{nodes: changed(nodes("n1", "n2")), services: []*planner.ServiceResources{service("front", `{}`)}},
	}
	forcing = story{
		start: nodes("n1:2", "n2"), with: []*planner.ServiceResources{service("front", `{}`)},
		wish: wish{nodes: nodes("n1:2", "n2"), services: []*planner.ServiceResources{service("front", `{}`)}, force: true},
	}
	restoring = story{
		start: nodes("n1", "n2:2"),
		wish:  wish{nodes: nodes("n1"), restore: []*planner.NodeRestoreResources{restored("n2", 2)}},
	}
)

func link(provider, subscriber string) database.Link {
	return database.Link{Provider: provider, Subscriber: subscriber, DatabaseName: "app"}
}

// slotCreate is the id of what makes the slot of a link ahead.
func slotCreate(provider, subscriber string) string {
	return database.ReplicationSlotCreateIdentifier(link(provider, subscriber)).String()
}

// TestEveryRuleIsFoundAlone makes the plans of the planner wrong in one way, and expects to hear of that.
func TestEveryRuleIsFoundAlone(t *testing.T) {
	found := make(map[verify.Rule]int)
	groups := [][]wrong{formCases, reasonCases(), typeCauseCases, graphCases, endCases, updateCases, replicationCases, slices.Concat(requestCases, memberCases, lostCases, rejoinCases)}
	for i, cases := range groups {
		for _, c := range cases {
			t.Run(c.rule.String()+"/"+c.name, func(t *testing.T) {
				m := newMutant(t, c.story)
				if i < len(groups)-1 {
					m.options.Desired = nil // these rules are found without it
				}
				c.mutate(m)
				violations := m.judge()
				if names(violations) != c.rules() || c.says != "" && (len(violations) != 1 || violations[0].String() != c.says) {
					for _, v := range violations {
						t.Errorf("%v", v)
					}
					t.Fatalf("want %s %s for\n%s", c.rules(), c.says, notation.Plans(m.plans))
				}
				for _, v := range violations {
					if bytes.Contains([]byte(v.Message), []byte("secret")) {
						t.Errorf("the message tells a secret: %s", v.Message)
					}
				}
				found[c.rule]++
			})
		}
	}
	for _, rule := range verify.Rules() {
		if found[rule] == 0 && !t.Failed() {
			t.Errorf("no case violates %v", rule)
		}
	}
}
