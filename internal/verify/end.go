package verify

import (
	"slices"
	"strings"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// judgeEnd judges where the plans lead. It tells whether that is the end.
func (j *judge) judgeEnd() bool {
	before := len(j.violations)
	wanted := slices.Collect(j.end.All())
	sortPolled(j, wanted, func(a, b *resource.Resource) int { return a.Identifier.Compare(b.Identifier) })
	found := 0
	for _, r := range wanted {
		if j.stops() {
			return false
		}
		if j.judgeWanted(r) {
			found++
		}
	}
	if j.size() > found {
		j.judgeLeftovers()
	}
	if j.options.Operation != OperationStates {
		j.judgePairs(wanted)
	}
	return len(j.violations) == before
}

// judgeWanted judges what the plans leave of one wanted resource. It tells whether that is there.
func (j *judge) judgeWanted(wanted *resource.Resource) bool {
	for _, id := range wanted.Dependencies {
		if _, ok := j.end.Get(id); !ok {
			j.about(RuleEndIncomplete, theEnd(), wanted.Identifier, "is wanted without what it depends on:", id)
		}
	}
	var x *entry // nil: no event has touched it
	var now *resource.Resource
	if len(j.entries) > 0 {
		x = j.entries[wanted.Identifier]
	}
	if x != nil {
		now = x.now
	} else {
		now, _ = j.start.Get(wanted.Identifier)
	}
	if now == nil {
		j.about(RuleEndMissing, theEnd(), wanted.Identifier, "is wanted, and not there in the end")
		return false
	}
	if j.isGivenUp(x, now) {
		return true
	}
	if j.clock > 0 {
		j.judgeFollowing(x, now, wanted)
	}
	switch {
	case now == wanted && x != nil && x.changed > 0: // what is wrong with it is wrong with the event
	case now.NeedsRecreate || now.Error != "":
		j.about(RuleEndFailed, theEnd(), wanted.Identifier, "has failed before, and gets no other try")
	case !sameAttributes(now, wanted):
		j.about(RuleEndDiffers, theEnd(), wanted.Identifier, "has other attributes in the end than wanted")
	}
	return true
}

// judgeFollowing judges that the resource followed what happened to all that it depended on and depends on:
// it was put after that was, and in a restore it did not stay while that was deleted and created anew. Plans
// between other states may do so, if they lead through one in which it does not depend on that.
func (j *judge) judgeFollowing(x *entry, now, wanted *resource.Resource) {
	changed, made, plan := 0, 0, 0
	if x != nil {
		changed, made, plan = x.changed, x.made, x.current.plan
	}
	// In one plan, the order of the events has been judged.
	skips := func(w *entry) bool { return w.changed > changed && (changed == 0 || w.current.plan != plan) }
	for _, id := range wanted.Dependencies {
		w, ok := j.entries[id]
		if !ok || w.changed == 0 || !slices.Contains(now.Dependencies, id) {
			continue
		}
		if j.options.Operation == OperationRestore && w.deleted > made && w.made > w.deleted {
			j.about(RuleDeleteBeforeDependent, w.deletedAt, id, "is deleted, while there stays what depends on it:",
				wanted.Identifier)
		} else if skips(w) {
			j.about(RuleDependentSkipped, theEnd(), wanted.Identifier, "is not put after what it depends on:", id)
		}
	}
	for _, t := range wanted.TypeDependencies {
		if w := j.lastOfType(t); w != nil && skips(w) && slices.Contains(now.TypeDependencies, t) {
			j.about(RuleDependentSkipped, theEnd(), wanted.Identifier, "is not put after what it depends on:", w.id)
		}
	}
}

// lastOfType returns, of the resources of a type that are there in the end, one that was put last; nil if
// none was.
func (j *judge) lastOfType(t resource.Type) *entry {
	if j.last != nil {
		return j.last[t]
	}
	j.last = make(map[resource.Type]*entry)
	for _, x := range j.entries {
		last := j.last[x.id.Type]
		switch {
		case x.now == nil || x.changed == 0:
		case last == nil || x.changed > last.changed || x.changed == last.changed && x.id.Compare(last.id) < 0:
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
	leftover := func(id resource.Identifier) {
		if _, ok := j.end.Get(id); ok {
			return
		}
		rule, says := RuleLeftover, "is not wanted, and there in the end"
		if id.Type == database.TypeReplicationSlot && j.options.Operation != OperationStates {
			rule, says = RuleSlotWithoutSubscription, "is left without its subscription, which is not wanted"
		}
		j.about(rule, theEnd(), id, says)
	}
	var left []resource.Identifier
	for r := range j.start.All() {
		if _, ok := j.entries[r.Identifier]; !ok {
			left = append(left, r.Identifier)
		}
	}
	for id, x := range j.entries {
		if x.now != nil {
			left = append(left, id)
		}
	}
	sortPolled(j, left, resource.Identifier.Compare)
	for _, id := range left {
		leftover(id)
	}
}

// judgePairs judges that in the end every subscription has its slot, and every slot its subscription. Both
// have the same id, and the resources come in identifier order.
func (j *judge) judgePairs(wanted []*resource.Resource) {
	slots, subscriptions := ofType(wanted, database.TypeReplicationSlot), ofType(wanted, database.TypeSubscription)
	for len(slots) > 0 || len(subscriptions) > 0 {
		order := 0
		switch {
		case len(slots) == 0:
			order = 1
		case len(subscriptions) == 0:
			order = -1
		default:
			order = strings.Compare(slots[0].Identifier.ID, subscriptions[0].Identifier.ID)
		}
		if order < 0 {
			j.about(RuleSlotWithoutSubscription, theEnd(), slots[0].Identifier, "is wanted without its subscription")
		}
		if order > 0 {
			j.about(RuleSubscriptionWithoutSlot, theEnd(), subscriptions[0].Identifier, "is wanted without its slot")
		}
		if order <= 0 {
			slots = slots[1:]
		}
		if order >= 0 {
			subscriptions = subscriptions[1:]
		}
	}
}

// ofType returns the resources of one type, which stand together since they come in identifier order.
func ofType(rs []*resource.Resource, t resource.Type) []*resource.Resource {
	first := 0
	for first < len(rs) && rs[first].Identifier.Type != t {
		first++
	}
	last := first
	for last < len(rs) && rs[last].Identifier.Type == t {
		last++
	}
	return rs[first:last]
}
