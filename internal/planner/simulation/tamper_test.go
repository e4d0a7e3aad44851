package simulation

import "slices"

// These change plans: they show what becomes of a rule that plans do not keep.

// servicePlace is when services come.
type servicePlace uint8

const (
	behindAll     servicePlace = iota // in a plan of their own, when all others are through
	beforeDeletes                     // in the last plan, when all else is made and before anything is deleted
	first                             // before everything else that is made in the last plan
)

// servicesAt returns what lets services come at another time.
func servicesAt(place servicePlace) func([]plan) []plan {
	return func(plans []plan) []plan {
		plans, services := split(plans, func(d *deed) bool { return d.kind == typeService && d.makes() })
		switch {
		case len(services) == 0:
			return plans
		case place == behindAll || len(plans) == 0:
			return append(plans, plan{services})
		}
		last := plans[len(plans)-1]
		if place == first {
			plans[len(plans)-1] = slices.Insert(last, 0, services)
			return plans
		}
		at := slices.IndexFunc(last, func(p phase) bool { return !p[0].makes() })
		if at < 0 {
			at = len(last)
		}
		plans[len(plans)-1] = slices.Insert(last, at, services)
		return plans
	}
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
