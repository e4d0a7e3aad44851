package simulation

import (
	"github.com/pgplanner/pgplanner/internal/convert/request"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/verify"
)

// advisor asks the planner, and remembers its answers: the planner gives the same ones to the same
// questions, and the same questions come up in many schedules. It belongs to one goroutine.
type advisor struct {
	seen    *classes
	forms   forms
	answers map[question]*answer
	ends    map[wishKey]end
	// tampers changes the plans that the planner gives; nil leaves them as they are.
	tampers func([]plan) []plan
	// blurs changes the state that the planner sees; nil shows it as it is.
	blurs func(*resource.State) *resource.State
	// dresses changes the planner's form of a wanted node; nil leaves it as it is.
	dresses func(*planner.NodeResources)
}

// question is what an answer depends on.
type question struct {
	wish  wishKey
	state uint64
}

// answer is what the planner says: plans, or why there are none.
type answer struct {
	plans   []plan
	hazards []planner.Hazard
	refusal error
	// objections are what the judge of plans has against them.
	objections []verify.Violation
	// classes are those of the plans.
	classes [numClasses]bool
}

// plan and phase are those of the planner, with their events as deeds.
type (
	plan  []phase
	phase []deed
)

// end is the state to which a wish leads, and its sum in a ledger.
type end struct {
	state *resource.State
	sum   uint64
}

// maxAnswers is how many answers are remembered before all are forgotten.
const maxAnswers = 1 << 14

func newAdvisor(seen *classes) *advisor {
	return &advisor{
		seen: seen, forms: make(forms), answers: make(map[question]*answer), ends: make(map[wishKey]end),
	}
}

// ask asks for plans to the wish.
func (a *advisor) ask(w wish, l *ledger) *answer {
	q := question{wish: w.key(), state: l.sum}
	known, ok := a.answers[q]
	if !ok {
		known = a.plan(w, l.state)
		if len(a.answers) == maxAnswers {
			clear(a.answers)
		}
		a.answers[q] = known
	}
	return known
}

func (a *advisor) plan(w wish, start *resource.State) *answer {
	if a.blurs != nil {
		start = a.blurs(start)
	}
	var outcome planner.Outcome
	var err error
	if w.restore {
		outcome, err = planner.RestoreDatabaseTo(
			nil, planner.RestoreDatabaseOptions{LostHosts: w.lost.hosts()}, start, a.forms.kept(w), a.forms.targets(w))
	} else {
		outcome, err = planner.UpdateDatabaseTo(nil, w.options(), start, a.formsOf(w))
	}
	if err != nil {
		return &answer{refusal: err}
	}
	given := &answer{plans: make([]plan, len(outcome.Plans)), hazards: outcome.Hazards}
	for i, p := range outcome.Plans {
		given.plans[i] = make(plan, len(p.Phases))
		for j, ph := range p.Phases {
			given.plans[i][j] = make(phase, len(ph.Events))
			for k, e := range ph.Events {
				given.plans[i][j][k] = deedOf(e)
			}
		}
	}
	given.classify()
	given.objections = a.judge(w, start, outcome.Plans)
	if a.tampers != nil {
		given.plans = a.tampers(given.plans)
	}
	return given
}

// formsOf returns the planner's form of the wish.
func (a *advisor) formsOf(w wish) []*planner.NodeResources {
	if a.dresses == nil {
		return a.forms.of(w)
	}
	nodes := make(forms).of(w)
	for _, n := range nodes {
		a.dresses(n)
	}
	return nodes
}

// judge asks the judge of plans, who knows the rules but not the world, whether he agrees.
func (a *advisor) judge(w wish, start *resource.State, plans []resource.Plan) []verify.Violation {
	options := (&request.UpdateDatabaseCall{Options: w.options(), Nodes: a.formsOf(w)}).Judging(nil)
	if w.restore {
		options = (&request.RestoreDatabaseCall{Options: planner.RestoreDatabaseOptions{LostHosts: w.lost.hosts()}, Nodes: a.forms.kept(w), Targets: a.forms.targets(w)}).Judging(nil)
	}
	violations, _ := verify.Plans(nil, start, plans, a.end(w).state, options) // nobody stops it
	return violations
}

// end is the state to which the wish leads.
func (a *advisor) end(w wish) end {
	known, ok := a.ends[w.key()]
	if !ok {
		state, err := planner.EndState(a.formsOf(w))
		if err != nil {
			panic(err) // No wish is so strange that it has no end state.
		}
		known.state = state
		for _, s := range w.services() {
			state.Merge(resource.NewState(s.Resources...))
		}
		for _, r := range state.Resources() {
			known.sum ^= fingerprint(r)
		}
		a.ends[w.key()] = known
	}
	return known
}
