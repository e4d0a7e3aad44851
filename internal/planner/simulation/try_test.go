package simulation

import (
	"cmp"
	"slices"
	"strings"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert/request"
	"github.com/pgplanner/pgplanner/internal/impact"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit/messages"
)

// A try is an attempt to lose a row, in words: steps with " | " between them. The first is a wish that is fulfilled, with
// rows on every node; the last asks for what shall not lose any.
//
//	WISH                  nodes as wish.String writes them; "-" for none, which "delete_database" confirms
//	lose THING...         things are taken away, and a refresh finds that
//	lose-hosts NODE       the hosts of the node are gone for good, and are named as lost from here on
//	forget THING...       things lose their records, and are there
//	mark THING...         things are recorded as needing to be made again, and are there
//	fail THING...         things are recorded as failed, and are there
//	disable THING...      subscriptions are recorded as disabled, and are not
//	set WHAT NODE         from here on, something is different in what is wanted of a node, or of "all"
//	primary INSTANCE      another instance is the primary, as a refresh finds
//	unknown NODE          the primary of the node is not recorded
//	stop N WISH           N phases of the plans to the wish are executed
//	lose-records N WISH   the same, and nothing of the last one is recorded
//	fail-all N WISH       the same, and the last one fails, with nothing done
//	restore NODE... of WISH
type try struct {
	o *orchestrator
	// hazards are those of all answers.
	hazards map[string]bool
	change  changes
	// deletes confirms that the database be deleted.
	deletes bool
}

// play performs all steps, and returns the outcome.
func (t *try) play(text string) string {
	_, text, _ = strings.Cut(text, " | ")
	for step := range strings.SplitSeq(text, " | ") {
		t.o.note("%s", step)
		words := strings.Fields(step)
		if err := t.step(words[0], words[1:]); err != nil {
			return t.outcome(err)
		}
	}
	return t.outcome(nil)
}

func (t *try) step(verb string, words []string) error {
	o := t.o
	t.deletes = verb == "delete_database" || slices.Contains(words, "delete_database")
	switch verb {
	case "lose":
		for range maxNodes {
			o.pass()
		}
		o.takeAway(identifiers(words))
		for range maxNodes {
			o.pass()
		}
	case "lose-hosts":
		o.loseHosts(nodeNumber(words[0]))
	case "forget", "mark", "fail", "disable":
		o.falsify(verb, identifiers(words))
	case "set":
		t.change.set(words[0], words[1])
		if node := nodeNumber(words[1]); strings.HasSuffix(words[0], "backup") && !o.world.servers[node].holdsData() {
			o.world.restored[node] = true
		}
		o.advisor = newAdvisor(nil)
		o.advisor.dresses = t.change.dress
	case "primary":
		node, instance := instanceNumber(words[0])
		o.world.servers[node].primary = instance
		o.recordPrimary(node)
	case "unknown":
		o.withoutPrimary(words[0])
	case "stop", "lose-records", "fail-all":
		return t.interrupted(verb, int(words[0][0]-'0')*10+int(words[0][1]-'0'), wishOf(words[1:]))
	case "restore":
		at := slices.Index(words, "of")
		return t.restore(words[:at], wishOf(words[at+1:]))
	default:
		return t.reach(wishOf(append([]string{verb}, words...)))
	}
	return nil
}

// want sets another wish as the contract asks: the writers of nodes that leave or rejoin stop first.
func (t *try) want(w wish) {
	for _, n := range t.o.wish.nodes {
		if !w.has(n.node) {
			t.o.retire(n.node)
		}
	}
	w.lost = t.o.wish.lost
	for _, n := range w.nodes {
		if n.recovery == planner.NodeRecoveryRejoin || n.recovery == planner.NodeRecoveryRejoinUndrained || t.change[nodeName(n.node)]["rejoin"] {
			t.o.world.open[n.node] = false
		}
	}
	t.o.want(w)
}

// converted tells what the service has against the request before it is planned.
func (t *try) converted(start *resource.State) error {
	if t.o.wish.restore {
		return nil
	}
	encoder := messages.In(plannerv1.AttributesFormat_ATTRIBUTES_FORMAT_JSON)
	in := &plannerv1.UpdateDatabaseRequest{
		Start: encoder.State(start), Options: &plannerv1.UpdateDatabaseOptions{DeleteDatabase: t.deletes},
	}
	for _, n := range t.o.advisor.formsOf(t.o.wish) {
		node, err := encoder.Node(n)
		if err != nil {
			return err
		}
		in.Nodes = append(in.Nodes, node)
	}
	for _, s := range t.o.wish.services() {
		in.Services = append(in.Services, encoder.Service(s))
	}
	_, err := request.Converter{}.UpdateDatabase(in)
	return err
}

// ask asks for plans, and notes what they cost.
func (t *try) ask() (*answer, error) {
	start := t.o.state.Clone()
	if err := t.converted(start); err != nil {
		return nil, err
	}
	a, err := t.o.ask()
	if err != nil {
		return nil, err
	}
	plans := make([]resource.Plan, len(a.plans))
	for i, p := range a.plans {
		for _, ph := range p {
			var events []resource.Event
			for j := range ph {
				events = append(events, ph[j].Event)
			}
			plans[i].Phases = append(plans[i].Phases, resource.Phase{Events: events})
		}
	}
	cost, err := impact.Of(nil, start, plans, a.hazards)
	if err != nil {
		return nil, err
	}
	for _, h := range cost.Hazards {
		t.hazards[strings.TrimSpace(strings.ToUpper(string(h.Kind))+" "+cmp.Or(h.Node, h.Resource.ID))] = true
	}
	return a, nil
}

func (t *try) reach(w wish) error {
	t.want(w)
	a, err := t.ask()
	if err != nil {
		return err
	}
	if err := t.o.finish(a); err != nil {
		return err
	}
	if len(w.nodes) == 0 { // who deletes the database, gives up all
		for node := range t.o.world.servers {
			t.o.world.givenUp[node] = t.o.world.all()
		}
	}
	return t.o.checkKept()
}

// interrupted executes so many phases of the plans to a wish; what becomes of the last one, the verb says.
func (t *try) interrupted(verb string, phases int, w wish) error {
	t.want(w)
	a, err := t.ask()
	if err != nil {
		return err
	}
	for _, plan := range a.plans {
		for _, phase := range plan {
			var mishaps []mishap
			if phases--; phases < 0 {
				return nil
			}
			switch {
			case phases == 0 && verb == "lose-records":
				mishaps = mishapsLike(len(phase), unrecorded)
			case phases == 0 && verb == "fail-all":
				mishaps = mishapsLike(len(phase), mishap{none, asError})
			}
			if err := t.o.runPhase(phase, mishaps); err != nil {
				return err
			}
		}
	}
	return nil
}

// restore restores nodes, and looks at what those have that are kept.
func (t *try) restore(names []string, w wish) error {
	t.want(w)
	nodes := make([]int, len(names))
	for i, name := range names {
		nodes[i] = nodeNumber(name)
	}
	t.o.orderRestore(nodes...)
	a, err := t.ask()
	if err != nil {
		return err
	}
	if err := t.o.run(a.plans); err != nil {
		return err
	}
	return t.reach(t.o.wish.afterRestore())
}

// checkKept checks that nodes that are kept beside those from a backup have what was written on them.
func (o *orchestrator) checkKept() error {
	due := rowset{}
	for _, n := range o.wish.nodes {
		if !o.world.restored[n.node] {
			due = due.or(o.world.committed[n.node])
		}
	}
	for _, n := range o.wish.nodes {
		s := &o.world.servers[n.node]
		lost := due.minus(o.world.givenUp[n.node]).minus(s.commits())
		switch {
		case o.world.restored[n.node]:
		case lost != (rowset{}):
			return &rowError{"has lost", o.world.byOrigin(lost)}
		case s.doubled != (rowset{}):
			return &rowError{"has doubled", o.world.byOrigin(s.doubled)}
		}
	}
	return nil
}
