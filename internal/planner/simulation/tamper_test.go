package simulation

import (
	"slices"

	"github.com/pgplanner/pgplanner/internal/database"
)

// These change plans: they show what becomes of a rule that plans do not keep.

// servicesFirst lets services come as soon as there are databases, before the links that the last plan makes.
func servicesFirst(plans []plan) []plan {
	plans, services := split(plans, func(d *deed) bool { return d.kind == typeService && d.makes() })
	switch {
	case len(services) == 0:
		return plans
	case len(plans) == 0:
		return []plan{{services}}
	}
	last, at := len(plans)-1, 0
	for i, ph := range plans[last] {
		if slices.ContainsFunc(ph, func(d deed) bool { return d.kind == database.TypePostgresDatabase && d.makes() }) {
			at = i + 1
		}
	}
	plans[last] = slices.Insert(plans[last], at, services)
	return plans
}

// servicesBesideJoins lets services come in the plan with which nodes have joined, before it deletes what says that they are
// joining.
func servicesBesideJoins(plans []plan) []plan {
	at := slices.IndexFunc(plans, func(p plan) bool { return p.has(marksJoined) })
	if at < 0 || at != len(plans)-2 {
		return plans
	}
	services := plans[at+1]
	first := slices.IndexFunc(plans[at], func(ph phase) bool { return !ph[0].makes() })
	return append(slices.Clone(plans[:at]), slices.Insert(slices.Clone(plans[at]), first, services...))
}

// marksJoined tells whether a node is no longer recorded as joining after a deed.
func marksJoined(d *deed) bool { return d.kind == database.TypeRolesSource && !d.makes() }

// has tells whether the plan has such a deed.
func (p plan) has(is func(*deed) bool) bool {
	for _, ph := range p {
		for i := range ph {
			if is(&ph[i]) {
				return true
			}
		}
	}
	return false
}

// split returns the plans without some events, and these.
func split(plans []plan, is func(*deed) bool) (left []plan, events phase) {
	for _, p := range plans {
		var phases plan
		for _, ph := range p {
			var others phase
			for i := range ph {
				if is(&ph[i]) {
					events = append(events, ph[i])
				} else {
					others = append(others, ph[i])
				}
			}
			if len(others) > 0 {
				phases = append(phases, others)
			}
		}
		if len(phases) > 0 {
			left = append(left, phases)
		}
	}
	return left, events
}

// leavingOut returns what leaves events out of plans.
func leavingOut(is func(*deed) bool) func([]plan) []plan {
	return func(plans []plan) []plan {
		left, _ := split(plans, is)
		return left
	}
}

// leavingForLater returns what leaves the records of things as they are, until they are deleted behind all plans.
func leavingForLater(is func(*deed) bool) func([]plan) []plan {
	return func(plans []plan) []plan {
		left, events := split(plans, is)
		deletes := slices.DeleteFunc(events, func(d deed) bool { return d.makes() })
		if len(deletes) == 0 {
			return left
		}
		return append(left, plan{deletes})
	}
}
