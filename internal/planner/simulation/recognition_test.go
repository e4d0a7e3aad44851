package simulation

import (
	"fmt"
	"testing"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// blurred returns what changes records before the planner sees them; nil takes one away.
func blurred(how func(*resource.State, *resource.Resource) *resource.Resource) func(*resource.State) *resource.State {
	return func(s *resource.State) *resource.State {
		seen := resource.NewState()
		for _, r := range s.Resources() {
			if r = how(s, r); r != nil {
				seen.Add(r)
			}
		}
		return seen
	}
}

// unrecognized hides that a link has lost its slot: it looks like one that is not there yet.
func unrecognized(s *resource.State, r *resource.Resource) *resource.Resource {
	if link, ok := database.LinkOf(r.Identifier); ok {
		if slot, ok := s.Get(database.ReplicationSlotIdentifier(link)); ok && slot.NeedsRecreate {
			return nil
		}
	}
	return r
}

// forgotten hides why something has to be made again.
func forgotten(_ *resource.State, r *resource.Resource) *resource.Resource {
	c := *r
	if c.NeedsRecreate {
		c.Error = ""
	}
	return &c
}

// failed lets everything that has to be made again look as if it could not be made.
func failed(_ *resource.State, r *resource.Resource) *resource.Resource {
	c := *r
	if c.NeedsRecreate {
		c.Error = "failed"
	}
	return &c
}

// Without recognizing what members lack, and what they do not, rows are lost, or what is harmless is refused.
func TestRecognitionIsNeeded(t *testing.T) {
	t.Parallel()
	slot, subscription := database.ReplicationSlotIdentifier(link(0, 1)), database.SubscriptionIdentifier(link(0, 1))
	both := loss{things: []resource.Identifier{slot, subscription}}
	for _, c := range []struct {
		name  string
		blurs func(*resource.State) *resource.State
		wrong string
	}{
		{"recognized", nil, ""},
		{"lost slots not seen", blurred(unrecognized), "node n# has lost"},
		{"lost links taken for ones that could not be made", blurred(failed), "node n# has lost"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSearch(&classes{})
			o := s.founded(t, wishFor(3))
			o.advisor.blurs = c.blurs
			for _, at := range situations() {
				o.inAllWeathers(func(o *orchestrator) { s.strikeEverywhere(o, at, both, s.resume) })
			}
			s.expect(t, c.wrong)
		})
	}
}

// isHalfTold tells whether something is recorded as if an update could mend it, and is not there: once a refresh has found
// that, nothing tells that it never was.
func (o *orchestrator) isHalfTold() bool {
	for _, r := range o.state.Resources() {
		if d := thing(r); r.Error != "" && !r.NeedsRecreate && !o.world.holds(&d) {
			return true
		}
	}
	return false
}

// A first creation is interrupted anywhere, and a refresh looks at what is there: nothing is refused, for nobody has
// written anything. Without what tells a first creation, it would be.
func TestFirstCreationIsNeverRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		blurs   func(*resource.State) *resource.State
		refused bool
	}{{"recognized", nil, false}, {"reasons not seen", blurred(forgotten), true}} {
		for _, members := range []int{2, 3} {
			t.Run(fmt.Sprintf("%s, %d members", c.name, members), func(t *testing.T) {
				t.Parallel()
				var seen classes
				s := newSearch(&seen)
				o := newOrchestrator(wishFor(members), s.advisor)
				o.advisor.blurs = c.blurs
				o.inAllWeathers(func(o *orchestrator) {
					s.everywhere(o, everyEvent, func(o *orchestrator) {
						again := o.clone()
						s.resume(again)
						if !o.isHalfTold() {
							o.refresh()
							s.resume(o)
						}
					})
				})
				s.report(t)
				if n := seen[refusedIncomplete].Load(); (n > 0) != c.refused {
					t.Errorf("refused %d times", n)
				}
			})
		}
	}
}
