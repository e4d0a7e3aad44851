package verify

import (
	"slices"

	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// judgeReason judges the reason of the event and its causes.
func (j *judge) judgeReason(e *judgedEvent) {
	x, at := e.entry, e.place
	if problem := j.reasonProblem(e); problem != "" {
		j.about(RuleReason, at, *x.id, "has the reason \""+e.Reason.String()+"\" for its "+e.Type.String()+", but "+problem)
		return
	}
	switch hasCause := len(e.CausedBy)+len(e.CausedByTypes) > 0; {
	case e.Reason != resource.ReasonDependencyUpdated && hasCause:
		j.about(RuleReason, at, *x.id, "has causes, which its reason does not need:", e.CausedBy...)
	case e.Reason != resource.ReasonDependencyUpdated:
	case !hasCause:
		j.about(RuleReason, at, *x.id, "is updated because of a dependency, but none is named")
	default:
		j.judgeCauses(e)
		j.judgeCausingTypes(e)
	}
}

// reasonProblem says what is wrong with the reason; empty if nothing is. The resource is there, if the type
// of the event needs that.
func (j *judge) reasonProblem(e *judgedEvent) string {
	if !reasonFits(e.Event) {
		return "that is no reason for it"
	}
	x := e.entry
	switch {
	case e.Type == resource.EventUpdate && x.now.NeedsRecreate:
		return "it has to be made again"
	case e.Type == resource.EventUpdate && e.Reason != resource.ReasonHasError && x.now.Error != "":
		return "it has failed before, which decides first"
	}
	switch e.Reason {
	case resource.ReasonDoesNotExist:
		// In an update of a database, what is to be made again counts as not there from the beginning.
		if x.now != nil && x.now.NeedsRecreate && j.options.Operation != OperationUpdate {
			return "it is there, to be made again"
		}
	case resource.ReasonNeedsRecreate:
		if x.now == nil || !x.now.NeedsRecreate {
			return "nothing says that it has to be made again"
		}
	case resource.ReasonHasError:
		if x.now.Error == "" {
			return "it has not failed"
		}
	case resource.ReasonForceUpdate:
		switch {
		case e.place.plan != len(j.plans)-1 && !j.database.forcesAt(e.place.plan):
			return "only the last plan updates everything"
		case x.forced:
			return "it was updated for that before"
		case j.options.Desired != nil && !j.options.Desired.Force:
			return "nobody asked for that"
		}
	case resource.ReasonHasDiff:
		if len(e.Diff) == 0 {
			return "there is no diff"
		}
		if j.follows(e) {
			return "something that it depends on has an event, which decides first"
		}
	case resource.ReasonDependenciesChanged:
		switch {
		case len(e.Diff) > 0:
			return "its attributes differ, which decides first"
		case j.sameRecord(x.now, e.Resource):
			return "its record says that already"
		case j.follows(e):
			return "something that it depends on has an event, which decides first"
		}
	case resource.ReasonDependencyUpdated, resource.ReasonNotDesired, resource.ReasonHostLost:
	}
	return ""
}

// reasonFits tells whether the reason is one for events of this type.
func reasonFits(e *resource.Event) bool {
	switch e.Reason {
	case resource.ReasonDoesNotExist, resource.ReasonNeedsRecreate:
		return e.Type == resource.EventCreate
	case resource.ReasonHasError, resource.ReasonForceUpdate, resource.ReasonDependencyUpdated, resource.ReasonHasDiff,
		resource.ReasonDependenciesChanged:
		return e.Type == resource.EventUpdate
	case resource.ReasonNotDesired:
		return e.Type == resource.EventDelete
	case resource.ReasonHostLost:
		return e.Type == resource.EventForget
	case 0:
		return e.Type == resource.EventRefresh
	}
	return false
}

// judgeCauses judges that what the event names as causes is dependencies that had an event, all that have one in this
// plan among them, in order.
func (j *judge) judgeCauses(e *judgedEvent) {
	x, at := e.entry, e.place
	for _, cause := range interrupt.Each(j.stop, e.CausedBy) {
		w, depends := j.cause(e, cause)
		before := w.changed > x.changed && w.changed < j.clock // and x has not followed it yet
		if !before || !depends {
			j.about(RuleReason, at, *x.id, "names as cause what had no event since its own, or is no dependency of it:", cause)
		}
	}
	if !slices.IsSortedFunc(e.CausedBy, func(a, b resource.Identifier) int {
		if j.stops() {
			return 0
		}
		return a.Compare(b)
	}) {
		j.about(RuleReason, at, *x.id, "has causes that are not in order")
		return
	}
	for _, w := range interrupt.Each(j.stop, e.wants) {
		if !j.isBefore(w, e) {
			continue
		}
		if _, ok := slices.BinarySearchFunc(e.CausedBy, *w.id, resource.Identifier.Compare); !ok && !j.isIdle(x, w) {
			j.about(RuleReason, at, *x.id, "does not name as cause", *w.id)
		}
	}
}

// cause returns the entry of a cause of the event, and whether that is a dependency of the resource, by name, as it was
// or as it will be.
func (j *judge) cause(e *judgedEvent, id resource.Identifier) (*entry, bool) {
	if len(e.wants) <= fewDependencies {
		for _, w := range e.wants {
			if *w.id == id {
				return w, true
			}
		}
	}
	was := e.entry.now
	return j.entry(id), j.becomes.has(j.stop, e.Resource, id) || was != nil && j.was.has(j.stop, was, id)
}

// judgeCausingTypes judges the same of the types that the event names as causes, each once.
func (j *judge) judgeCausingTypes(e *judgedEvent) {
	x, at := e.entry, e.place
	if len(e.CausedByTypes)+len(e.Resource.TypeDependencies) == 0 {
		return
	}
	depends, named := make(map[resource.Type]bool), make(map[resource.Type]bool)
	for _, r := range []*resource.Resource{x.now, e.Resource} {
		for _, t := range interrupt.Each(j.stop, r.TypeDependencies) {
			depends[t] = true
		}
	}
	for i, t := range interrupt.Each(j.stop, e.CausedByTypes) {
		named[t] = true
		switch {
		case !depends[t] || j.changedTypes[t] <= x.changed:
			j.about(RuleReason, at, *x.id, "names as cause a type of which nothing had an event since its own, or on which it does not depend")
		case i > 0 && t <= e.CausedByTypes[i-1]:
			j.about(RuleReason, at, *x.id, "has types as causes that are not in order")
		}
	}
	for _, t := range interrupt.Each(j.stop, e.Resource.TypeDependencies) {
		if w := j.firstOfType(e, t); w != nil && !named[t] && !j.isIdleType(x, t) {
			j.about(RuleReason, at, *x.id, "does not name as cause the type of", *w.id)
		}
	}
}

// follows tells whether something that the event's resource depends on has an event before it in this plan.
func (j *judge) follows(e *judgedEvent) bool {
	return slices.ContainsFunc(e.wants, func(w *entry) bool {
		return !j.stops() && j.isBefore(w, e) && !j.isIdle(e.entry, w)
	}) || slices.ContainsFunc(e.Resource.TypeDependencies, func(t resource.Type) bool {
		return !j.stops() && j.firstOfType(e, t) != nil && !j.isIdleType(e.entry, t)
	})
}

// isBefore tells whether the plan has an event for the resource before that of e, which e has to follow.
func (j *judge) isBefore(w *entry, e *judgedEvent) bool {
	return j.plan.has(w) && j.plan.phase(w) < e.place.phase && isFollowed(j.plan.of(w).Event)
}

// isFollowed tells whether what depends on the event's resource has to follow it: not if it only records what that
// depends on.
func isFollowed(e *resource.Event) bool { return e.Reason != resource.ReasonDependenciesChanged }

// firstOfType returns a resource of the type that the plan puts before the event; nil if there is none.
func (j *judge) firstOfType(e *judgedEvent, t resource.Type) *entry {
	of := j.plan.ofType(t)
	if of == nil || of.first == nil || !j.isBefore(of.first, e) {
		return nil
	}
	return of.first
}
