package verify

import (
	"slices"

	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// judgedPlan is the plan that is being judged.
type judgedPlan struct {
	stop    *interrupt.Poller
	number  int32 // counted from 1
	events  []judgedEvent
	single  bool // all its events are for one resource
	lastPut int  // the last phase that creates or updates anything; -1: none
	// types is what it does to the resources of each type; nil until it is needed.
	types map[resource.Type]*ofType
}

// judgedEvent is an event of the plan, found out about once.
type judgedEvent struct {
	*resource.Event
	entry *entry
	wants []*entry // what the event's resource depends on by name; of a deletion nothing
	place place
}

// ofType is what the plan does to the resources of one type.
type ofType struct {
	// puts stands for all that it creates, updates or refreshes: what depends on the type depends on it.
	puts entry
	// first is the first of these that what depends on the type follows; nil: none.
	first   *entry
	dropped *entry // the first that it deletes; nil: none
}

// readPlan makes the plan the one that is being judged: it judges the plan's form, and notes for each resource
// the event that the plan has for it, the first one if it has several.
func (j *judge) readPlan(number int) {
	count := 0
	for _, phase := range interrupt.Each(j.stop, j.plans[number].Phases) {
		count += len(phase.Events)
	}
	events := slices.Grow(j.plan.events[:0], count)
	j.plan = judgedPlan{stop: j.stop, number: int32(number) + 1, events: events, single: true, lastPut: -1}
	for i, phase := range interrupt.Each(j.stop, j.plans[number].Phases) {
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

// note remembers the event, and if it is the first of its resource in this plan, that it is that.
func (j *judge) note(e *resource.Event, at place) {
	x := j.entry(e.Resource.Identifier)
	p := judgedEvent{Event: e, entry: x, place: at}
	if !e.Type.Removes() {
		p.wants = j.resolve(x, e.Resource.Dependencies)
	}
	number := int32(len(j.plan.events))
	j.plan.events = append(j.plan.events, p)
	if x.plan == j.plan.number {
		j.about(RulePlannedTwice, at, *x.id, "has two events in the plan")
		return
	}
	x.plan, x.event = j.plan.number, number
	j.plan.single = number == 0
	if isPut(e) {
		j.plan.lastPut = at.phase
	}
}

// of returns the event for a resource that has one in the plan, the first one.
func (p *judgedPlan) of(x *entry) *judgedEvent { return &p.events[x.event] }

// isFirst tells whether the event is the first of its resource in the plan. All that can be said of others is
// that they are not.
func (p *judgedPlan) isFirst(e *judgedEvent) bool { return p.of(e.entry) == e }

// has tells whether the plan creates, updates or refreshes the resource.
func (p *judgedPlan) has(x *entry) bool {
	return x.plan == p.number && !p.of(x).Type.Removes()
}

// drops tells whether the plan deletes the resource.
func (p *judgedPlan) drops(x *entry) bool {
	return x.plan == p.number && p.of(x).Type.Removes()
}

// refreshes tells whether the plan refreshes the resource.
func (p *judgedPlan) refreshes(x *entry) bool {
	return x.plan == p.number && p.of(x).Type == resource.EventRefresh
}

// phase is that in which a resource has its event in the plan.
func (p *judgedPlan) phase(x *entry) int { return p.of(x).place.phase }

// ofType returns what the plan does to resources of the type; nil if nothing.
func (p *judgedPlan) ofType(t resource.Type) *ofType {
	if p.types == nil {
		p.types = make(map[resource.Type]*ofType)
		for i := range p.events {
			if e := &p.events[i]; !p.stop.Stopped() && p.isFirst(e) {
				p.addType(e)
			}
		}
	}
	return p.types[t]
}

func (p *judgedPlan) addType(e *judgedEvent) {
	t := e.entry.id.Type
	of := p.types[t]
	if of == nil {
		of = &ofType{puts: entry{id: &resource.Identifier{Type: t}, linked: true}}
		p.types[t] = of
	}
	switch {
	case !e.Type.Removes():
		of.puts.wants = append(of.puts.wants, e.entry)
		if of.first == nil && isFollowed(e.Event) {
			of.first = e.entry
		}
	case of.dropped == nil:
		of.dropped = e.entry
	}
}
