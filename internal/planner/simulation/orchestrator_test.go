package simulation

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// orchestrator executes plans on a world, and records what it has done.
type orchestrator struct {
	world *world
	ledger
	wish wish
	// dropped are the nodes that were taken out of the wish since all was as wished.
	dropped [maxNodes]bool
	// kept tells how often nodes were wanted again since another one rejoins, for the present wish.
	kept [maxNodes]int
	// uncertain tells that something may have been done that is not recorded.
	uncertain bool
	// over tells that no node is left that could hold data.
	over bool
	// way is the way out that the user takes if a member lacks rows.
	way way

	advisor *advisor
	tape    *tape
	weather weather
	writer  int
	// steps counts those of the weather in which rows are written.
	steps int
	story *chronicle
	// objected is what the judge of plans had against a plan that was executed all the same.
	objected error
}

func newOrchestrator(w wish, a *advisor) *orchestrator {
	return &orchestrator{
		world: &world{seen: a.seen}, ledger: newLedger(), wish: w, advisor: a, tape: &tape{},
	}
}

// clone returns an orchestrator of its own, with a world of its own, in the same situation.
func (o *orchestrator) clone() *orchestrator {
	c := *o
	c.world, c.ledger = o.world.clone(), o.ledger.clone()
	return &c
}

func (o *orchestrator) note(format string, args ...any) { o.story = o.story.then(format, args...) }

// ask asks the planner for the way from the recorded state to the wish.
func (o *orchestrator) ask() (*answer, error) {
	a := o.advisor.ask(o.wish, &o.ledger)
	if a.refusal != nil {
		return nil, a.refusal
	}
	o.note("asked for %v: %d plans", o.wish, len(a.plans))
	o.giveUp(a.hazards)
	for k, holds := range a.classes {
		if holds {
			o.world.seen.count(class(k))
		}
	}
	for _, v := range a.objections {
		o.note("the judge objects: %v", v)
		if o.objected == nil {
			o.objected = errors.New("the judge objects: " + v.Rule.String())
		}
	}
	return a, o.checkThrift(a)
}

// run executes plans to their end.
func (o *orchestrator) run(plans []plan) error {
	for i, plan := range plans {
		for j, phase := range plan {
			o.note("plan %d phase %d", i+1, j+1)
			if err := o.runPhase(phase, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// runPhase executes the events of a phase in any order, with weather in between. Mishaps say what becomes
// of each event; nil stands for none.
func (o *orchestrator) runPhase(p phase, mishaps []mishap) error {
	left := make([]int, len(p))
	for i := range left {
		left[i] = i
	}
	for len(left) > 0 {
		o.pass()
		at := o.tape.pick(len(left))
		i := left[at]
		var m mishap
		if mishaps != nil {
			m = mishaps[i]
		}
		if err := o.persevere(&p[i], m); err != nil {
			return err
		}
		left = append(left[:at], left[at+1:]...)
	}
	return nil
}

// persevere performs an event, and waits as long as it has to.
func (o *orchestrator) persevere(d *deed, m mishap) error {
	for {
		err := o.perform(d, m)
		switch {
		case err == nil:
			return nil
		case !errors.Is(err, errBlocked):
			return fmt.Errorf("%v cannot be executed: %w", d, err)
		case !o.help(d):
			return fmt.Errorf("%v waits for ever", d)
		case o.weather == mixed:
			o.pass()
		}
	}
}

// help lets replication do what an event waits for, one step. It tells whether that was possible.
func (o *orchestrator) help(d *deed) bool {
	o.world.seen.count(waited)
	moved := o.world.copyNext(d.node, d.other) || o.world.receive(d.node, d.other)
	applied := d.kind == database.TypePeerCatchup && o.world.apply(d.node, d.other) // however much there is to receive
	return moved || applied
}

// perform lets an event happen as the mishap says, and records it as the mishap says.
func (o *orchestrator) perform(d *deed, m mishap) error {
	found := 0
	switch m.effect {
	case full, half:
		var err error
		if found, err = o.world.execute(d, &o.findings); err != nil {
			return err
		}
		if m.effect == half {
			o.world.breakCopy(d.node, d.other)
		}
	case gone:
		o.world.lose(d)
	case none:
	}
	o.note("  %v%v", d, m)
	o.record(d, found, m.recorded)
	return nil
}

// record writes down what became of an event.
func (o *orchestrator) record(d *deed, found int, as recorded) {
	switch {
	case as == asNothing || as != asDone && !d.makes():
		o.uncertain = true
	case as != asDone:
		failed := *d.Resource
		failed.NeedsRecreate = as == asRecreate
		if as == asError || d.Type == resource.EventCreate {
			failed.Error = "failed"
		}
		o.put(&failed, d, 0)
	case !d.makes():
		o.forget(d.Resource.Identifier, d)
		if d.kind == database.TypeInstance && o.world.servers[d.node].holdsData() {
			o.recordPrimary(d.node)
		}
	case d.kind == database.TypeNode:
		o.put(o.withPrimary(d.Resource, d.node), d, found)
	default:
		o.put(d.Resource, d, found)
	}
}

// withPrimary returns the resource of a node with the primary that the node really has.
func (o *orchestrator) withPrimary(r *resource.Resource, node int) *resource.Resource {
	name, err := database.NodePrimaryInstanceID(nil, r)
	actual := instanceName(node, o.world.servers[node].primary)
	if err != nil || name == actual {
		return r
	}
	c := *r
	c.Attributes = bytes.Replace(r.Attributes,
		[]byte(`"primary_instance_id":"`+name+`"`), []byte(`"primary_instance_id":"`+actual+`"`), 1)
	return &c
}

// finish executes plans, to which there must be no mishap, and asks again: nothing must be left to do. Then
// everything must be as the wish says: what was recorded, and what is. New nodes are opened to writers.
func (o *orchestrator) finish(a *answer) error {
	if err := o.run(a.plans); err != nil {
		return err
	}
	if err := o.checkState(); err != nil {
		return err
	}
	again, err := o.ask()
	if err != nil {
		return fmt.Errorf("asking again: %w", err)
	}
	if len(again.plans) > 0 {
		return fmt.Errorf("asking again gives another plan, which begins with %v", &again.plans[0][0][0])
	}
	for node := range o.world.open {
		o.world.open[node] = o.wish.has(node)
	}
	o.wish = o.wish.changeAll(func(n *wanted) { n.recovery = "" })
	o.dropped, o.uncertain, o.world.goingOn = [maxNodes]bool{}, false, [maxNodes][maxNodes]bool{}
	return o.checkWorld()
}
