// Package impact says what plans cost, before they run: which running instances they touch, what they destroy or give up, and how
// many of their events change something.
//
// # Words
//
//	cost       all of it: what a summary tells people who approve plans
//	touch      an event that updates or deletes an instance which is recorded and not gone
//	change     an event that changes something: no refresh, and not the next thing here
//	follow-on  an update that only lets a resource take note of a changed dependency: it has no diff
//	hazard     see planner.Hazard; those of the planner, and those that plans show
//	severity   the order of kinds of hazards: the worst first
//
// # What it promises
//
//   - It looks at plans of any origin, in one pass. Records that it cannot read it takes for what they are at worst: the primary of a
//     node that is not known.
//   - No attribute value is in what it says, but names and ids.
//   - The same plans and the same start have the same cost.
package impact
