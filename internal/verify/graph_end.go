package verify

import (
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// judgeEnd judges where the plans lead. It tells whether that is the end.
func (j *judge) judgeEnd() bool {
	before := len(j.violations)
	found := 0
	for n := range interrupt.Each(j.stop, j.rows) {
		wanted := j.rows[n].wanted
		if wanted == nil {
			continue
		}
		if j.judgeWanted(n, wanted) {
			found++
		}
		if j.options.Operation != OperationStates && j.options.Desired == nil { // what was asked for has pairs
			j.judgePair(wanted.Identifier)
		}
	}
	if j.size > found {
		j.judgeLeftovers()
	}
	return len(j.violations) == before
}

// judgeWanted judges what the plans leave of a wanted resource, whose number is n. It tells whether that is there.
func (j *judge) judgeWanted(n int, wanted *resource.Resource) bool {
	x, now := j.rows[n].entry, j.now(n) // no entry: no event has touched it
	isGivenUp := now != nil && j.isGivenUp(x, now)
	follows := now != nil && !isGivenUp && j.clock > 0
	for i, id := range interrupt.Each(j.stop, wanted.Dependencies) {
		w := j.dependency(x, wanted, i)
		if w.wanted == nil {
			j.about(RuleEndIncomplete, theEnd(), wanted.Identifier, "is wanted without what it depends on:", id)
		}
		if follows && w.entry != nil && w.entry.changed > 0 && j.was.hasAt(j.stop, now, i, id) {
			j.judgeFollowing(x, w.entry, wanted)
		}
	}
	switch {
	case now == nil:
		j.about(RuleEndMissing, theEnd(), wanted.Identifier, "is wanted, and not there in the end")
		return false
	case isGivenUp:
		return true
	}
	for _, t := range interrupt.Each(j.stop, wanted.TypeDependencies) {
		if w := j.lastOfType(t); w != nil && j.was.hasType(j.stop, now, t) && skips(x, w) &&
			!(x.isNewTo(w) && !j.becomes.hasType(j.stop, x.before, t)) {
			j.about(RuleDependentSkipped, theEnd(), wanted.Identifier, "is not put after what it depends on:", *w.id)
		}
	}
	switch {
	case now == wanted && x != nil && x.changed > 0: // what is wrong with it is wrong with the event
	case now.NeedsRecreate || now.Error != "":
		j.about(RuleEndFailed, theEnd(), wanted.Identifier, "has failed before, and gets no other try")
	case !sameAttributes(j.stop, now, wanted):
		j.about(RuleEndDiffers, theEnd(), wanted.Identifier, "has other attributes in the end than wanted")
	case !j.recordsLater(wanted) && !j.sameRecord(now, wanted):
		j.about(RuleEndDiffers, theEnd(), wanted.Identifier, "is recorded with other dependencies, or another executor, than wanted")
	case j.options.Desired == nil:
	case j.options.Desired.Force && (x == nil || !x.tried):
		j.about(RuleNotForced, theEnd(), wanted.Identifier, "is to be updated whatever it is like, and has no event for that")
	case x == nil || x.changed == 0:
	case !j.isAskedFor(x, now, wanted):
		j.about(RuleRequestDiffers, theEnd(), wanted.Identifier, "is put otherwise than it was asked for")
	}
	return true
}

// recordsLater tells whether what the resource depends on is recorded with its next event only: so it is with the types
// of the catalog.
func (j *judge) recordsLater(r *resource.Resource) bool {
	return j.options.Operation != OperationStates && database.IsCatalogType(r.Identifier.Type)
}

// dependency returns what is known of a dependency of a wanted resource, by its position there. The resource
// itself may have no entry.
func (j *judge) dependency(x *entry, wanted *resource.Resource, position int) row {
	id := wanted.Dependencies[position]
	if x != nil && position < len(x.wants) && *x.wants[position].id == id { // as it mostly is
		return row{x.wants[position].wanted, x.wants[position]}
	}
	if n := j.find(id); n >= 0 {
		return j.rows[n]
	}
	return row{}
}

// judgeFollowing judges that the resource, which may have no entry, followed what happened to w, on which it
// depended and depends: it was put after that was, and in a restore it did not stay while that was deleted and
// created anew. Plans between other states may do so, if they lead through one in which it does not depend on
// that.
func (j *judge) judgeFollowing(x, w *entry, wanted *resource.Resource) {
	made := moment(0)
	if x != nil {
		made = x.made
	}
	gone := w.deletion
	if j.options.Operation == OperationRestore && gone != nil && gone.at > made && w.made > gone.at {
		j.about(RuleDeleteBeforeDependent, gone.place, *w.id, "is deleted, while there stays what depends on it:",
			wanted.Identifier)
	} else if skips(x, w) && !(x.isNewTo(w) && !j.becomes.has(j.stop, x.before, *w.id)) {
		j.about(RuleDependentSkipped, theEnd(), wanted.Identifier, "is not put after what it depends on:", *w.id)
	}
}

// isNewTo tells whether x, which may be nil, had its dependencies recorded after the last change of w. What it did not
// depend on before, it need not follow.
func (x *entry) isNewTo(w *entry) bool { return x != nil && x.before != nil && x.recorded >= w.changed }

// skips tells whether x, which may be nil, was not put after w, on which it depends. In one plan, the order of
// the events has been judged.
func skips(x, w *entry) bool {
	if x == nil || x.changed == 0 {
		return w.changed > 0
	}
	return w.changed > x.changed && w.plan != x.plan
}

// lastOfType returns, of the resources of a type that are there in the end, one that was put last; nil if
// none was.
func (j *judge) lastOfType(t resource.Type) *entry {
	if j.last != nil {
		return j.last[t]
	}
	j.last = make(map[resource.Type]*entry)
	for i := range j.rows {
		x := j.rows[i].entry
		if j.stops() || x == nil || x.now == nil || x.changed == 0 {
			continue
		}
		last := j.last[x.id.Type]
		if last == nil || x.changed > last.changed || x.changed == last.changed && x.id.Compare(*last.id) < 0 {
			j.last[x.id.Type] = x
		}
	}
	return j.last[t]
}

// isGivenUp tells whether start has the resource as pending deletion. Plans between states, those of a
// restore included, leave it as it is until they delete it.
func (j *judge) isGivenUp(x *entry, now *resource.Resource) bool {
	return now.PendingDeletion && (x == nil || x.changed == 0) && j.options.Operation != OperationUpdate
}

// judgeLeftovers finds what is there in the end and not wanted.
func (j *judge) judgeLeftovers() {
	for n := range interrupt.Each(j.stop, j.rows) {
		left := j.now(n)
		if left == nil || j.rows[n].wanted != nil {
			continue
		}
		id := left.Identifier
		rule, says := RuleLeftover, "is not wanted, and there in the end"
		if id.Type == database.TypeReplicationSlot && j.options.Operation != OperationStates {
			rule, says = RuleSlotWithoutSubscription, "is left without its subscription, which is not wanted"
		}
		j.about(rule, theEnd(), id, says)
	}
}

// judgePair judges that in the end a subscription has its slot, and a slot its subscription. Both have the
// same id.
func (j *judge) judgePair(id resource.Identifier) {
	switch id.Type {
	case database.TypeReplicationSlot:
		if _, ok := j.end.Get(resource.Identifier{Type: database.TypeSubscription, ID: id.ID}); !ok {
			j.about(RuleSlotWithoutSubscription, theEnd(), id, "is wanted without its subscription")
		}
	case database.TypeSubscription:
		if _, ok := j.end.Get(resource.Identifier{Type: database.TypeReplicationSlot, ID: id.ID}); !ok {
			j.about(RuleSubscriptionWithoutSlot, theEnd(), id, "is wanted without its slot")
		}
	}
}
