package verify

import (
	"slices"

	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// judgeEvent judges one event by the state before its phase.
func (j *judge) judgeEvent(p *judgedEvent) {
	x, e, at := p.entry, p.Event, p.place
	if j.judgeExistence(x, e, at) {
		j.judgeReason(p)
		j.judgeDiff(x, e, at)
	}
	if isPut(e) {
		if r := e.Resource; r.NeedsRecreate || r.PendingDeletion || r.Error != "" {
			j.about(RuleMarked, at, *x.id, "is put with an error, or as something to make again or to delete")
		}
		j.judgeDependencies(p)
	}
	if j.database != nil {
		j.database.judgeEvent(x, e, at)
	}
}

// judgeExistence judges whether the resource is there, or not, as the event needs it. It tells whether the
// rest of the event can be judged by what is there.
func (j *judge) judgeExistence(x *entry, e *resource.Event, at place) bool {
	switch {
	case e.Type != resource.EventCreate && x.now == nil:
		j.about(RuleAbsent, at, *x.id, "is not there for its "+e.Type.String())
		return false
	case e.Type == resource.EventCreate && isThere(x.now):
		j.about(RuleCreateExisting, at, *x.id, "is created while it is there")
		return false
	}
	return true
}

// judgeDependencies judges that all is there that the event's resource depends on. What the plan puts only
// later is judged by the order.
func (j *judge) judgeDependencies(e *judgedEvent) {
	for _, w := range interrupt.Each(j.stop, e.wants) {
		if isThere(w.now) || j.plan.has(w) && j.plan.phase(w) >= e.place.phase || w.now != nil && j.isGivenUp(w, w.now) {
			continue
		}
		j.about(RuleMissingDependency, e.place, *e.entry.id, "is put without what it depends on:", *w.id)
	}
}

// judgeReason judges the reason of the event and its causes.
func (j *judge) judgeReason(e *judgedEvent) {
	x, at := e.entry, e.place
	if problem := j.reasonProblem(e); problem != "" {
		j.about(RuleReason, at, *x.id, "has the reason \""+e.Reason.String()+"\" for its "+e.Type.String()+", but "+problem)
		return
	}
	if e.Reason != resource.ReasonDependencyUpdated {
		if len(e.CausedBy) > 0 {
			j.about(RuleReason, at, *x.id, "has causes, which its reason does not need:", e.CausedBy...)
		}
		return
	}
	if len(e.CausedBy) == 0 {
		j.about(RuleReason, at, *x.id, "is updated because of a dependency, but none is named")
	}
	for _, cause := range interrupt.Each(j.stop, e.CausedBy) {
		w, depends := j.cause(e, cause)
		before := w.changed > x.changed && w.changed < j.clock // and x has not followed it yet
		if !before || !depends {
			j.about(RuleReason, at, *x.id, "names as cause what had no event since its own, or is no dependency of it:", cause)
		}
	}
	j.judgeCauses(e)
}

// cause returns the entry of a cause of the event, and whether that is a dependency of the resource as it was or
// as it will be.
func (j *judge) cause(e *judgedEvent, id resource.Identifier) (*entry, bool) {
	if len(e.wants) <= fewDependencies {
		for _, w := range e.wants {
			if *w.id == id {
				return w, true
			}
		}
	}
	return j.entry(id), j.becomes.depends(j.stop, e.Resource, id) || j.was.depends(j.stop, e.entry.now, id)
}

// judgeCauses judges that the causes of an event are all there are in this plan, in order.
func (j *judge) judgeCauses(e *judgedEvent) {
	x, at := e.entry, e.place
	if !slices.IsSortedFunc(e.CausedBy, func(a, b resource.Identifier) int {
		if j.stops() {
			return 0
		}
		return a.Compare(b)
	}) {
		j.about(RuleReason, at, *x.id, "has causes that are not in order")
		return
	}
	lacks := func(w *entry) {
		if !j.plan.has(w) || j.plan.phase(w) >= at.phase {
			return
		}
		if _, ok := slices.BinarySearchFunc(e.CausedBy, *w.id, resource.Identifier.Compare); !ok {
			j.about(RuleReason, at, *x.id, "does not name as cause", *w.id)
		}
	}
	for _, w := range interrupt.Each(j.stop, e.wants) {
		lacks(w)
	}
	for _, t := range interrupt.Each(j.stop, e.Resource.TypeDependencies) {
		if of := j.plan.ofType(t); of != nil {
			for _, w := range interrupt.Each(j.stop, of.puts.wants) {
				lacks(w)
			}
		}
	}
}

// reasonProblem says what is wrong with the reason; empty if nothing is. The resource is there, if the type
// of the event needs that.
func (j *judge) reasonProblem(e *judgedEvent) string {
	if !reasonFits(e.Event) {
		return "that is no reason for it"
	}
	x, at := e.entry, e.place
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
		case at.plan != len(j.plans)-1:
			return "only the last plan updates everything"
		case j.options.Desired != nil && !j.options.Desired.Force:
			return "nobody asked for that"
		}
	case resource.ReasonHasDiff:
		if len(e.Diff) == 0 {
			return "there is no diff"
		}
		if slices.ContainsFunc(e.wants, func(w *entry) bool {
			return !j.stops() && j.plan.has(w) && j.plan.phase(w) < at.phase
		}) {
			return "something that it depends on has an event, which decides first"
		}
	case resource.ReasonDependencyUpdated, resource.ReasonNotDesired:
	}
	return ""
}

// reasonFits tells whether the reason is one for events of this type.
func reasonFits(e *resource.Event) bool {
	switch e.Reason {
	case resource.ReasonDoesNotExist, resource.ReasonNeedsRecreate:
		return e.Type == resource.EventCreate
	case resource.ReasonHasError, resource.ReasonForceUpdate, resource.ReasonDependencyUpdated, resource.ReasonHasDiff:
		return e.Type == resource.EventUpdate
	case resource.ReasonNotDesired:
		return e.Type == resource.EventDelete
	case 0:
		return e.Type == resource.EventRefresh
	}
	return false
}

// judgeDiff judges that there is a diff exactly where the event changes attributes. Attributes of different
// versions are never compared; a state in between, which is not known here, may have had the other one.
func (j *judge) judgeDiff(x *entry, e *resource.Event, at place) {
	changes := false
	if isPut(e) && e.Reason != resource.ReasonDoesNotExist && x.now != nil {
		if x.now.ResourceVersion != e.Resource.ResourceVersion {
			return
		}
		changes = !sameAttributes(j.stop, x.now, e.Resource)
	}
	switch {
	case changes && len(e.Diff) == 0:
		j.about(RuleDiff, at, *x.id, "changes, and has no diff")
	case !changes && len(e.Diff) > 0:
		j.about(RuleDiff, at, *x.id, "has a diff, and does not change")
	}
}
