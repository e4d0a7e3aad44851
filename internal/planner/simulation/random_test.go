package simulation

import (
	"flag"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pgplanner/pgplanner/internal/resource"
)

var (
	schedules = flag.Int("schedules", 1_500, "how many random schedules to try")
	firstSeed = flag.Uint64("seed", 1, "the seed of the first one; each of the others has the next one")
)

// Random schedules: up to six nodes with replicas, crashes in a row, things lost and wishes changed between.
// A failure names the seed with which it can be repeated (-seed N -schedules 1), and shows the shortest
// schedule that could be found in which the same thing goes wrong.
func TestRandomSchedules(t *testing.T) {
	var (
		seen   classes
		next   atomic.Uint64
		known  sync.Map
		group  sync.WaitGroup
		failed atomic.Int64
	)
	if *schedules >= 5_000 {
		seen.demand(t, everything()[:refusedAbandoned]...)
	}
	begin := time.Now()
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			w := newWriter(&seen)
			for n := next.Add(1) - 1; n < uint64(*schedules); n = next.Add(1) - 1 {
				tape := randomTape(*firstSeed + n)
				o, err := w.live(tape)
				if err == nil {
					err = o.objected
				}
				if err == nil {
					continue
				}
				failed.Add(1)
				if _, again := known.LoadOrStore(kindOf(err), true); !again {
					w.tell(t, *firstSeed+n, tape.choices, err)
				}
			}
		})
	}
	group.Wait()
	t.Logf("%d schedules, %d failed, %.0f/s", *schedules, failed.Load(), float64(*schedules)/time.Since(begin).Seconds())
}

// writer makes stories of tapes. It belongs to one goroutine.
type writer struct {
	advisor *advisor
	// founded are fulfilled wishes to start from, with rows on every node.
	founded map[wishKey]*orchestrator
}

func newWriter(seen *classes) *writer {
	return &writer{advisor: newAdvisor(seen), founded: make(map[wishKey]*orchestrator)}
}

// tell reports a failure with a schedule that is as short as it can be.
func (w *writer) tell(t *testing.T, seed uint64, choices []byte, err error) {
	quiet := newWriter(nil)
	short := shrink(choices, func(choices []byte) bool {
		o, again := quiet.live(&tape{choices: choices})
		if again == nil {
			again = o.objected
		}
		return again != nil && kindOf(again) == kindOf(err)
	})
	o, shortest := quiet.live(&tape{choices: short})
	t.Errorf("seed %d: %v; the shortest schedule of this kind: %v\n%v", seed, err, shortest, o.story)
}

// live plays the schedule on the tape.
func (w *writer) live(t *tape) (*orchestrator, error) {
	o, err := w.begin(t)
	if err != nil {
		return o, err
	}
	for range t.pick(5) {
		o.changeWish()
		if err := o.stumble(); err != nil || o.over {
			return o, err
		}
		o.loseSomething()
	}
	return o, o.reach()
}

// begin returns a world to start from.
func (w *writer) begin(t *tape) (*orchestrator, error) {
	wish := wish{}
	for node := range 1 + t.pick(4) {
		wish = wish.with(wanted{node: node, instances: 1 + t.pick(8)/6, source: firstMember})
	}
	found, ok := w.founded[wish.key()]
	if !ok {
		found = newOrchestrator(wish, w.advisor)
		if err := found.found(); err != nil {
			return found, err
		}
		w.founded[wish.key()] = found
	}
	o := found.clone()
	o.tape = t
	return o, nil
}

// stumble asks, and executes what comes, up to a phase in which things go wrong, or to the end.
func (o *orchestrator) stumble() error {
	a, err := o.accepted()
	if err != nil || o.over {
		return err
	}
	phases := 0
	for _, plan := range a.plans {
		phases += len(plan)
	}
	stop := o.tape.pick(min(phases+1, 256))
	if stop == 0 {
		return o.finish(a)
	}
	for i, plan := range a.plans {
		for j, phase := range plan {
			o.note("plan %d phase %d", i+1, j+1)
			if stop--; stop == 0 {
				return o.runPhase(phase, o.someMishaps(phase))
			}
			if err := o.runPhase(phase, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// someMishaps makes up what becomes of the events of a phase.
func (o *orchestrator) someMishaps(p phase) []mishap {
	list := make([]mishap, len(p))
	for i := range p {
		switch o.tape.pick(4) {
		case 1:
			list[i] = unrecorded
		case 2:
			list[i] = notBegun
		case 3:
			all := o.mishapsOf(&p[i])
			list[i] = all[o.tape.pick(len(all))]
		}
	}
	return list
}

// changeWish lets the user think again.
func (o *orchestrator) changeWish() {
	node, change := o.tape.pick(maxNodes), o.tape.pick(8)
	if !o.wish.has(node) {
		o.wantNew(node, change)
		return
	}
	switch change {
	case 2:
		o.want(o.wish.change(node, func(n *wanted) { n.service = !n.service }))
	case 3:
		o.wish.concurrent = !o.wish.concurrent
	case 4:
		if !o.world.open[node] || o.othersOpen(node) && !o.isStuck(node) {
			o.retire(node)
		}
	case 5:
		o.want(o.wish.change(node, func(n *wanted) { n.version++ }))
	case 6:
		o.want(o.wish.change(node, func(n *wanted) { n.instances = min(n.instances+1, maxInstances) }))
	case 7:
		o.want(o.wish.change(node, func(n *wanted) { n.instances = max(n.instances-1, 1) }))
	}
}

// wantNew wishes for one more node, mostly.
func (o *orchestrator) wantNew(node, change int) {
	if change < 3 || o.wish.lost[node] {
		return
	}
	n := wanted{node: node, instances: 1 + o.tape.pick(4)/3, source: firstMember}
	if o.tape.oneIn(4) {
		n.source = o.tape.pick(maxNodes)
	}
	n.service = o.tape.oneIn(3)
	if o.dropped[node] {
		o.world.seen.count(wantedAgain)
	}
	o.want(o.wish.with(n))
}

// loseSomething takes something away, now and then: mostly what loses nothing by nature.
func (o *orchestrator) loseSomething() {
	switch o.tape.pick(8) {
	case 4:
		if node := o.tape.pick(maxNodes); o.tape.oneIn(2) && (o.wish.has(node) || o.dropped[node]) && o.othersOpen(node) {
			o.loseHosts(node)
		}
		return
	case 5, 6:
	case 7:
		o.damageSome()
		return
	default:
		return
	}
	var candidates []*resource.Resource
	for _, r := range o.state.Resources() {
		if d := thing(r); o.canLose(&d) {
			candidates = append(candidates, r)
		}
	}
	if len(candidates) > 0 {
		o.loseOne(candidates[o.tape.pick(min(len(candidates), 256))])
	}
}
