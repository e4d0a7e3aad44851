package verify

import "github.com/pgplanner/pgplanner/internal/resource"

// planning is the plan that is being judged.
type planning struct {
	number  int // counted from 1
	events  int // how many resources it has events for
	lastPut int // the last phase that creates or updates anything; -1: none
	// puts are the resources that it creates, updates or refreshes, by their types.
	puts  map[resource.Type][]*entry
	types map[resource.Type]*entry // see all
	// deletes are the resources of each type that it deletes first.
	deletes map[resource.Type]*entry
}

// begin makes the plan the one that is being judged: it judges the plan's form, and notes for each resource
// the event that the plan has for it, the first one if it has several.
func (j *judge) begin(number int) {
	j.plan = planning{
		number:  number + 1,
		lastPut: -1,
		puts:    make(map[resource.Type][]*entry),
		types:   make(map[resource.Type]*entry),
		deletes: make(map[resource.Type]*entry),
	}
	for i, phase := range j.plans[number].Phases {
		if len(phase.Events) == 0 {
			j.report(RuleEmpty, place{number, i, Nowhere}, "the phase has no events")
		}
		var before *resource.Identifier
		for k := range phase.Events {
			e, at := &phase.Events[k], place{number, i, k}
			if j.stops() {
				return
			}
			if !isValid(e) {
				j.report(RuleInvalidEvent, at, "the event has no type or no resource")
				continue
			}
			id := &e.Resource.Identifier
			if before != nil && before.Compare(*id) > 0 {
				j.about(RuleEventOrder, at, *id, "stands behind", *before)
			}
			before = id
			j.note(e, at)
		}
	}
}

// note remembers the event as the one of its resource in this plan.
func (j *judge) note(e *resource.Event, at place) {
	x := j.entry(e.Resource.Identifier)
	if x.current.plan == j.plan.number {
		j.about(RulePlannedTwice, at, x.id, "has two events in the plan")
		return
	}
	j.plan.events++
	x.current = event{plan: j.plan.number, place: at, event: e}
	if e.Type == resource.EventDelete {
		if _, ok := j.plan.deletes[x.id.Type]; !ok {
			j.plan.deletes[x.id.Type] = x
		}
		return
	}
	x.current.wants = j.resolve(x, e.Resource.Dependencies)
	j.plan.puts[x.id.Type] = append(j.plan.puts[x.id.Type], x)
	if isPut(e) {
		j.plan.lastPut = at.phase
	}
}

// has tells whether the plan creates, updates or refreshes the resource.
func (p *planning) has(x *entry) bool {
	return x.current.plan == p.number && x.current.event.Type != resource.EventDelete
}

// drops tells whether the plan deletes the resource.
func (p *planning) drops(x *entry) bool {
	return x.current.plan == p.number && x.current.event.Type == resource.EventDelete
}

// all stands for all resources of the type that the plan creates, updates or refreshes: what depends on
// the type depends on it.
func (p *planning) all(t resource.Type) *entry {
	x, ok := p.types[t]
	if !ok {
		x = &entry{id: resource.Identifier{Type: t}, wants: p.puts[t], linked: true}
		p.types[t] = x
	}
	return x
}
