package verify

import (
	"slices"

	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// climb is what has been found out about a resource in one plan: the highest phase in which something that
// it depends on, directly or not, has an event. The name is from layers: what depends on something stands
// above it.
type climb struct {
	round int32 // see judge.round; what follows holds only for this one
	phase int32 // -1: none
	at    *entry
}

// judgeOrder judges the order of the events of the plan by what depends on what.
func (j *judge) judgeOrder() {
	j.round++
	for i := range interrupt.Each(j.stop, j.plan.events) {
		switch e := &j.plan.events[i]; {
		case !j.plan.isFirst(e):
		case e.Type.Removes():
			j.judgeDelete(e)
		default:
			j.judgePut(e)
		}
	}
}

// judgePut judges that all that the event's resource depends on has its event before.
func (j *judge) judgePut(e *judgedEvent) {
	found := false
	report := func(w *entry) {
		if !j.plan.has(w) || j.plan.phase(w) < e.place.phase || j.isIdle(e.entry, w) {
			return
		}
		found = true
		rule, says := RuleDependencyOrder, "has its event before what it depends on:"
		if j.plan.phase(w) == e.place.phase {
			rule, says = RuleSamePhase, "has its event in the same phase as what it depends on:"
		}
		j.about(rule, e.place, *e.entry.id, says, *w.id)
	}
	for _, w := range e.wants {
		switch {
		case j.stops():
			return
		case j.plan.has(w):
			report(w)
		case j.plan.drops(w) && j.plan.phase(w) > e.place.phase:
			j.about(RuleDeleteBeforeDependent, j.plan.of(w).place, *w.id, "is deleted, and is depended on by", *e.entry.id)
		}
	}
	if found || j.plan.single {
		return
	}
	x := e.entry
	isLate := func() bool {
		j.ascend(x)
		return x.climb.at != nil && x.climb.at != x && j.plan.phase(x.climb.at) >= e.place.phase
	}
	if !isLate() {
		return
	}
	if j.findKnots(); isLate() { // though what is idle does not count
		report(x.climb.at)
	}
}

// judgeDelete judges that the resource goes before what it depends on, and after all that is created or updated.
func (j *judge) judgeDelete(e *judgedEvent) {
	x, at := e.entry, e.place
	if at.phase <= j.plan.lastPut && !j.database.judgesDelete(x) {
		j.about(RuleDeleteBeforeCreate, at, *x.id, "is deleted before the plan's last create or update")
	}
	if x.now == nil {
		return
	}
	report := func(w *entry) {
		switch {
		case w == x || j.plan.phase(w) > at.phase || j.findKnots().hasBoth(*x.id, *w.id):
		case j.plan.phase(w) == at.phase:
			j.about(RuleSamePhase, at, *x.id, "is deleted in the same phase as what it depends on:", *w.id)
		default:
			j.about(RuleDeleteBeforeDependent, j.plan.of(w).place, *w.id, "is deleted before what depends on it:", *x.id)
		}
	}
	for _, w := range interrupt.Each(j.stop, j.needs(x)) {
		if j.plan.drops(w) {
			report(w)
		}
	}
	for _, t := range interrupt.Each(j.stop, x.now.TypeDependencies) {
		of := j.plan.ofType(t)
		if of == nil || of.dropped == nil || of.dropped == x || j.plan.phase(of.dropped) > at.phase {
			continue
		}
		if !j.findKnots().hasBoth(*x.id, resource.Identifier{Type: t}) {
			report(of.dropped)
		}
	}
}

// ascent is a resource on the way that ascend goes.
type ascent struct {
	entry *entry
	wants []*entry
	next  int
}

// ascend finds out about x and all that it depends on.
func (j *judge) ascend(x *entry) {
	if x.climb.round == j.round {
		return
	}
	path := j.path[:0]
	path = append(path, j.enter(x))
	for len(path) > 0 {
		if j.stops() {
			return
		}
		top := &path[len(path)-1]
		if top.next == len(top.wants) {
			top.entry.onPath = false
			path = path[:len(path)-1]
			continue
		}
		w := top.wants[top.next]
		if w.climb.round != j.round {
			below := j.enter(w)
			if len(below.wants) > 0 {
				path = append(path, below)
				continue // and look at w again when all below it is known
			}
			w.onPath = false
		}
		if !w.onPath { // a cycle has a direct dependency that stands wrong
			j.raise(top.entry, w)
		}
		top.next++
	}
	j.path = path
}

// enter begins to find out about x.
func (j *judge) enter(x *entry) ascent {
	x.climb, x.onPath = climb{round: j.round, phase: -1}, true
	return ascent{entry: x, wants: j.below(x)}
}

// raise lets x know of w, which it depends on, and of all below w.
func (j *judge) raise(x, w *entry) {
	higher := func(phase int32, at *entry) {
		c := &x.climb
		if phase > c.phase || phase == c.phase && at.id.Compare(*c.at.id) < 0 {
			c.phase, c.at = phase, at
		}
	}
	if j.plan.has(w) {
		higher(int32(j.plan.phase(w)), w)
	}
	if w.climb.at != nil {
		higher(w.climb.phase, w.climb.at)
	}
}

// below returns what x depends on in this plan. What has no event in it may have given up dependencies, if
// that is all that has changed.
func (j *judge) below(x *entry) []*entry {
	j.link(x)
	wants, record := x.wants, x.now
	if j.plan.has(x) {
		e := j.plan.of(x)
		wants, record = e.wants, e.Resource
	}
	isTangled := j.knots != nil && j.knots.any
	if isTangled {
		wants = j.withoutIdle(x, wants)
	}
	if record == nil || len(record.TypeDependencies) == 0 {
		return wants
	}
	var later *resource.Resource
	if !j.plan.has(x) {
		later = x.wanted
	}
	wants = slices.Clone(wants)
	for _, t := range interrupt.Each(j.stop, record.TypeDependencies) {
		if (later == nil || j.becomes.hasType(j.stop, later, t)) && !(isTangled && j.isIdleType(x, t)) {
			if of := j.plan.ofType(t); of != nil {
				wants = append(wants, &of.puts)
			}
		}
	}
	return wants
}
