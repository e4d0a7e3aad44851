package verify

import (
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
		if isThere(w.now) || j.plan.has(w) && j.plan.phase(w) >= e.place.phase || w.now != nil && j.isGivenUp(w, w.now) ||
			j.isIdle(e.entry, w) {
			continue
		}
		j.about(RuleMissingDependency, e.place, *e.entry.id, "is put without what it depends on:", *w.id)
	}
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
