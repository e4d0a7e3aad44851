package verify

import (
	"slices"

	"github.com/pgplanner/pgplanner/internal/resource"
)

// replay is the start state with what the events so far have done to it. Only resources that an event
// touches, or that one depends on, have an entry; all others are as start has them.
type replay struct {
	start, end *resource.State
	entries    map[resource.Identifier]*entry
	slab       []entry
	clock      int
}

// entry is one resource in the replay.
type entry struct {
	id  resource.Identifier
	now *resource.Resource // nil: not there
	// wants is what now depends on by name; valid if linked.
	wants  []*entry
	linked bool
	// changed and made are the times at which it was last put and last created.
	changed, made int
	// deleted is the time at which it was last deleted, and where; 0: never.
	deleted   int
	deletedAt place

	current event
	climb   climb
}

// event is what the plan that is being judged does to a resource.
type event struct {
	plan  int // counted from 1; what follows holds only for this plan
	place place
	event *resource.Event
	wants []*entry // what the event's resource depends on by name
}

func newReplay(start, end *resource.State) *replay {
	return &replay{start: start, end: end, entries: make(map[resource.Identifier]*entry)}
}

// entry returns the entry of the resource, a new one if it has none.
func (r *replay) entry(id resource.Identifier) *entry {
	if e, ok := r.entries[id]; ok {
		return e
	}
	if len(r.slab) == 0 {
		r.slab = make([]entry, max(16, min(1024, len(r.entries))))
	}
	e := &r.slab[0]
	r.slab = r.slab[1:]
	e.id = id
	e.now, _ = r.start.Get(id)
	r.entries[id] = e
	return e
}

// get returns the resource as it is now, nil if it is not there.
func (r *replay) get(id resource.Identifier) *resource.Resource {
	if e, ok := r.entries[id]; ok {
		return e.now
	}
	found, _ := r.start.Get(id)
	return found
}

// atStart returns the resource as start has it, nil if it does not.
func (r *replay) atStart(id resource.Identifier) *resource.Resource {
	found, _ := r.start.Get(id)
	return found
}

// resolve returns the entries of what a resource of e depends on by name.
func (r *replay) resolve(e *entry, ids []resource.Identifier) []*entry {
	if len(ids) == 0 {
		return nil
	}
	if len(e.wants) == len(ids) && slices.EqualFunc(e.wants, ids, func(w *entry, id resource.Identifier) bool {
		return w.id == id
	}) {
		return e.wants
	}
	wants := make([]*entry, len(ids))
	for i, id := range ids {
		wants[i] = r.entry(id)
	}
	return wants
}

// link makes sure that the entry knows what it depends on. Of a record that start brought, dependencies
// that end has given up do not count: if that is all that has changed, there is no event.
func (r *replay) link(e *entry) {
	if e.linked {
		return
	}
	e.linked = true
	if e.now == nil {
		return
	}
	kept := e.now.Dependencies
	if wanted, ok := r.end.Get(e.id); ok && !slices.Equal(wanted.Dependencies, kept) {
		kept = slices.DeleteFunc(slices.Clone(kept), func(id resource.Identifier) bool {
			return !slices.Contains(wanted.Dependencies, id)
		})
	}
	e.wants = r.resolve(e, kept)
}

// apply does what the event does.
func (r *replay) apply(e *resource.Event, at place) {
	if !isValid(e) {
		return
	}
	x := r.entry(e.Resource.Identifier)
	switch e.Type {
	case resource.EventDelete:
		x.now, x.wants, x.linked = nil, nil, true
		x.deleted, x.deletedAt = r.clock, at
		return
	case resource.EventCreate:
		x.made, x.changed = r.clock, r.clock
	case resource.EventUpdate:
		x.changed = r.clock
	case resource.EventRefresh:
	}
	if x.current.event == e {
		x.wants = x.current.wants
	} else {
		x.wants = r.resolve(x, e.Resource.Dependencies)
	}
	x.now, x.linked = e.Resource, true
}

// size is the number of resources now.
func (r *replay) size() int {
	size := r.start.Len()
	for id, e := range r.entries {
		_, before := r.start.Get(id)
		switch {
		case e.now != nil && !before:
			size++
		case e.now == nil && before:
			size--
		}
	}
	return size
}

// state returns the state as it is now, in a copy of its own.
func (r *replay) state() *resource.State {
	s := r.start.Clone()
	for id, e := range r.entries {
		if e.now == nil {
			s.Remove(id)
		} else {
			s.Add(e.now)
		}
	}
	return s
}

// isThere tells whether the resource is there and does not have to be made again.
func isThere(r *resource.Resource) bool { return r != nil && !r.NeedsRecreate }

// isDone tells whether the resource is there, and what was last done to it has succeeded.
func isDone(r *resource.Resource) bool { return isThere(r) && r.Error == "" }
