package verify

import (
	"slices"

	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// moment is a time: how many phases, of all plans, the replay had begun then.
type moment int32

// replay is the start state with what the events so far have done to it.
//
// Every resource has a number, and is looked up by its identifier once to learn it: the resources of start
// have their positions there as numbers, what only end has comes behind them, and behind that, as it comes,
// what neither has. Only resources that an event touches, or that one depends on, have an entry; all others are
// as start has them.
type replay struct {
	stop       *interrupt.Poller
	start, end *resource.State
	rows       []row   // by number
	ofEnd      []int32 // the numbers of the resources of end, by their positions there
	others     map[resource.Identifier]int32
	size       int // how many resources are there
	clock      moment
	// changedTypes is when a resource of the type was last put.
	changedTypes map[resource.Type]moment

	entrySlab []entry  // for entries to come
	wantsSlab []*entry // for what they depend on
	// What depends on much is looked up in these: see dependencySet. There are two, for a resource as it was and as it
	// will be.
	was, becomes dependencySet
}

// row is what is known by the number of a resource.
type row struct {
	wanted *resource.Resource // nil: end does not have it
	entry  *entry             // nil: it has none
}

// entry is one resource in the replay.
type entry struct {
	id *resource.Identifier
	// now is nil if it is not there, wanted if end does not have it.
	now, wanted *resource.Resource
	// wants is what now depends on by name; valid if linked.
	wants  []*entry
	linked bool
	onPath bool // see ascend
	// changed and made are the times at which it was last put and last created.
	changed, made moment
	// recorded is when an event last recorded other dependencies and did nothing else, and before is the record that it
	// took the place of.
	recorded moment
	before   *resource.Resource
	// forced tells whether it was updated because everything is to be, tried whether anything was done to it that is as
	// good.
	forced, tried bool
	deletion      *deletion // the last one; nil: never
	// event is the number of the event that a plan, counted from 1, has for it: see judgedPlan.events. It is that of the
	// last plan that has any.
	plan, event int32
	climb       climb
}

// deletion is when and where something was deleted.
type deletion struct {
	at    moment
	place place
}

// newReplay returns a replay in which no number is known yet.
func newReplay(stop *interrupt.Poller, start, end *resource.State) *replay {
	return &replay{stop: stop, start: start, end: end, size: start.Len(), changedTypes: make(map[resource.Type]moment)}
}

// number gives numbers to the resources of start and end, unless it is stopped. Neighbors in one of
// them are often neighbors in the other.
func (r *replay) number() {
	n := r.start.Len()
	r.rows = make([]row, n, max(n+16, r.end.Len()))
	r.ofEnd = make([]int32, 0, r.end.Len())
	next := 0
	for i := range r.end.Len() {
		if r.stop.Stopped() {
			return
		}
		wanted := r.end.At(i)
		at, ok := next, next < n && r.start.At(next).Identifier == wanted.Identifier
		if !ok {
			at, ok = r.start.Position(wanted.Identifier)
		}
		if ok {
			next = at + 1
		} else {
			at = len(r.rows)
			r.rows = append(r.rows, row{})
		}
		r.rows[at].wanted = wanted
		r.ofEnd = append(r.ofEnd, int32(at))
	}
}

// find returns the number of the resource, -1 if it has none.
func (r *replay) find(id resource.Identifier) int {
	if at, ok := r.start.Position(id); ok {
		return at
	}
	if at, ok := r.end.Position(id); ok {
		return int(r.ofEnd[at])
	}
	if n, ok := r.others[id]; ok {
		return int(n)
	}
	return -1
}

// entry returns the entry of the resource, a new one if it has none.
func (r *replay) entry(id resource.Identifier) *entry {
	n := r.find(id)
	if n >= 0 && r.rows[n].entry != nil {
		return r.rows[n].entry
	}
	if len(r.entrySlab) == 0 {
		r.entrySlab = make([]entry, min(max(16, len(r.rows)/8), 512))
	}
	x := &r.entrySlab[0]
	r.entrySlab = r.entrySlab[1:]
	if n < 0 {
		n = len(r.rows)
		r.rows = append(r.rows, row{})
		if r.others == nil {
			r.others = make(map[resource.Identifier]int32)
		}
		r.others[id] = int32(n)
	}
	x.now, x.wanted = r.now(n), r.rows[n].wanted
	switch {
	case x.now != nil:
		x.id = &x.now.Identifier
	case x.wanted != nil:
		x.id = &x.wanted.Identifier
	default:
		own := id
		x.id = &own
	}
	r.rows[n].entry = x
	return x
}

// now returns the resource of that number as it is now, nil if it is not there.
func (r *replay) now(n int) *resource.Resource {
	if x := r.rows[n].entry; x != nil {
		return x.now
	}
	if n < r.start.Len() {
		return r.start.At(n)
	}
	return nil
}

// ofType returns the resources of the type that states have, one state after the other, each in identifier order.
func (r *replay) ofType(t resource.Type, states ...*resource.State) []*resource.Resource {
	var found []*resource.Resource
	for _, s := range states {
		before := len(found)
		for of := range s.All(r.stop) {
			if of.Identifier.Type == t {
				found = append(found, of)
			}
		}
		interrupt.SortFunc(r.stop, found[before:], (*resource.Resource).Compare)
	}
	return found
}

// get returns the resource as it is now, nil if it is not there.
func (r *replay) get(id resource.Identifier) *resource.Resource {
	if n := r.find(id); n >= 0 {
		return r.now(n)
	}
	return nil
}

// atStart returns the resource as start has it, nil if it does not.
func (r *replay) atStart(id resource.Identifier) *resource.Resource { return recordIn(r.start, id) }

// recordIn returns the resource as a state has it, nil if it does not.
func recordIn(s *resource.State, id resource.Identifier) *resource.Resource {
	found, _ := s.Get(id)
	return found
}

// resolve returns the entries of what a resource of x depends on by name.
func (r *replay) resolve(x *entry, ids []resource.Identifier) []*entry {
	if len(ids) == 0 {
		return nil
	}
	if len(x.wants) == len(ids) && slices.EqualFunc(x.wants, ids, func(w *entry, id resource.Identifier) bool {
		return !r.stop.Stopped() && *w.id == id
	}) {
		return x.wants
	}
	if len(ids) > len(r.wantsSlab) {
		r.wantsSlab = make([]*entry, max(len(ids), min(max(32, len(r.rows)/4), 512)))
	}
	wants := r.wantsSlab[:len(ids):len(ids)]
	r.wantsSlab = r.wantsSlab[len(ids):]
	for i, id := range ids {
		if r.stop.Stopped() {
			return nil
		}
		wants[i] = r.entry(id)
	}
	return wants
}

// link makes sure that the entry knows what it depends on. Of a record that start brought, dependencies
// that end has given up do not count: if that is all that has changed, there is no event.
func (r *replay) link(x *entry) {
	if x.linked {
		return
	}
	x.linked = true
	if x.now == nil {
		return
	}
	needs := x.now.Dependencies
	if x.wanted != nil && (r.stop.Spend(len(needs)/16) || !slices.Equal(x.wanted.Dependencies, needs)) {
		needs = slices.DeleteFunc(slices.Clone(needs), func(id resource.Identifier) bool {
			return !r.stop.Stopped() && !r.becomes.has(r.stop, x.wanted, id)
		})
	}
	x.wants = r.resolve(x, needs)
}

// needs returns the entries of all that a resource which is there depends on by name now.
func (r *replay) needs(x *entry) []*entry {
	if r.link(x); len(x.wants) == len(x.now.Dependencies) {
		return x.wants
	}
	return r.resolve(x, x.now.Dependencies)
}

// apply does what the event does.
func (r *replay) apply(e *judgedEvent) {
	x := e.entry
	if e.Type.Removes() {
		if x.now != nil {
			r.size--
		}
		x.now, x.wants, x.linked = nil, nil, true
		x.deletion = &deletion{r.clock, e.place}
		return
	}
	if x.now == nil {
		r.size++
	}
	switch e.Reason {
	case resource.ReasonForceUpdate:
		x.forced, x.tried = true, true
	case resource.ReasonDoesNotExist, resource.ReasonNeedsRecreate, resource.ReasonHasError:
		x.tried = true
	case resource.ReasonDependencyUpdated, resource.ReasonHasDiff, resource.ReasonDependenciesChanged, resource.ReasonNotDesired,
		resource.ReasonHostLost:
	}
	switch {
	case !isPut(e.Event):
	case isFollowed(e.Event):
		x.changed = r.clock
		r.changedTypes[x.id.Type] = r.clock
	default:
		x.recorded, x.before = r.clock, x.now
	}
	if e.Type == resource.EventCreate {
		x.made = r.clock
	}
	x.now, x.wants, x.linked = e.Resource, e.wants, true
}

// state returns the state as it is now, in a copy of its own.
func (r *replay) state() *resource.State {
	s := resource.NewStateSize(r.size)
	for n := range r.rows {
		if r.stop.Stopped() {
			break
		}
		if now := r.now(n); now != nil {
			s.Add(now)
		}
	}
	return s
}

// isThere tells whether the resource is there and does not have to be made again.
func isThere(r *resource.Resource) bool { return r != nil && !r.NeedsRecreate }

// isDone tells whether the resource is there, and what was last done to it has succeeded.
func isDone(r *resource.Resource) bool { return isThere(r) && r.Error == "" }
